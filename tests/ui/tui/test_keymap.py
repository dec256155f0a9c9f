"""Other keys: which may be chosen, how they are chosen, and that they hold at once and from then on."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.config.paths import user_config_file
from aura.core.errors import AuraError
from aura.ui.manners import Preferences, recall
from aura.ui.tui.actions import PRESETS, choose_keys
from aura.ui.tui.docks.help import HelpDock
from aura.ui.tui.docks.rebinding import KeyDock
from aura.ui.tui.hotkeys import find_fault, find_preset, read_key
from aura.ui.tui.table import load_actions
from aura.ui.tui.window import Begin
from tests.ui.tui.rig import Rig, rig

ACTIONS = load_actions()


@pytest.mark.parametrize(
    ("name", "key", "said"),
    [
        ("auto", "alt+g", ""),
        ("auto", "ctrl+a", ""),  # it has it already
        ("auto", "f9", ""),
        ("auto", "ctrl+t", "Ctrl+T is “Todo panel on or off” already; give that another key first."),
        ("auto", "g", "G alone is text; take it together with Ctrl or Alt."),
        ("auto", "shift+g", "Shift+G is text; take it together with Ctrl or Alt."),
        ("auto", "enter", "Enter is needed for writing; take another key."),
        ("auto", "ctrl+m", "Enter is needed for writing; take another key."),
        ("auto", "ctrl+w", "Ctrl+W is needed for writing; take another key."),
        ("nothing", "alt+g", "There is no action nothing; `?` and Ctrl+E on a line show what it is called."),
    ],
)
def test_what_stands_against_a_key(name: str, key: str, said: str) -> None:
    assert find_fault(ACTIONS, name, key) == said


@given(
    st.sampled_from(sorted(ACTIONS)),
    st.sampled_from(["ctrl", "alt"]),
    st.sampled_from("abcdefghijklmnopqrstuvwxyz"),
)
def test_a_key_that_is_allowed_is_nobody_elses_afterwards(name: str, held: str, letter: str) -> None:
    key = f"{held}+{letter}"
    if find_fault(ACTIONS, name, key) == "":
        chosen = choose_keys(ACTIONS, "aura", {name: key})
        assert [one.name for one in chosen.values() if key in one.keys] == [name]
        assert chosen[name].is_hot(key) or key in ACTIONS[name].keys, "or the prompt does it itself"


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_in_no_preset_a_key_means_two_things(preset: str) -> None:
    chosen = choose_keys(ACTIONS, preset, {})
    keys = [key for action in chosen.values() for key in action.keys]
    assert len(keys) == len(set(keys))
    assert set(PRESETS[preset]) <= set(ACTIONS)


@pytest.mark.parametrize(
    ("text", "key"), [("Alt+G", "alt+g"), ("ctrl+PgUp", "ctrl+pageup"), ("Shift+↑", "shift+up"), ("F9", "f9")]
)
def test_a_key_is_written_as_people_write_it(text: str, key: str) -> None:
    assert read_key(text) == key


def test_what_is_no_key_and_no_preset_is_said() -> None:
    with pytest.raises(AuraError, match="is not the name of a key"):
        read_key("ctrl+[b]x[/b]")
    with pytest.raises(AuraError, match="aura, emacs, vim, go-aura"):
        find_preset("nano")


async def enter(it: Rig, line: str) -> None:
    """Enter a line."""
    await it.type(line)
    await it.pilot.press("enter")


async def test_another_key_is_chosen_in_the_dialog_and_holds_at_once(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.pilot.press("question_mark")
        await it.until(lambda: it.app.chat.docks and it.app.chat.docks[0].has_focus_within, "the keys")
        await it.pilot.press("ctrl+e")
        assert isinstance(it.app.chat.docks[0], HelpDock)  # the first lines are no actions
        await it.pilot.press(*"auto mode on")
        await it.until(lambda: "Auto mode on or off" in it.text, "the line")
        await it.pilot.press("ctrl+e")
        await it.until(lambda: it.app.chat.docks and isinstance(it.app.chat.docks[0], KeyDock), "the dialog")
        dock = it.app.chat.docks[0]
        await it.until(lambda: not dock.is_dead, "the end of the dead time")
        await it.pilot.press("ctrl+t")
        await it.until(lambda: "Todo panel on or off” already" in it.text, "why not")
        assert it.app.chat._wants_panel  # it was not done either
        await it.pilot.press("alt+g")
        await it.until(lambda: "Alt+G from now on" in it.text, "that it holds")
        await it.type("a draft")
        await it.pilot.press("alt+g")
        await it.until(lambda: it.session.turn.auto, "auto")
        await it.until(lambda: "AUTO on · Alt+G to undo" in it.text, "the note")
        await it.pilot.press("ctrl+a")
        assert it.session.turn.auto and it.app.chat.prompt.text == "a draft"
    assert "auto: alt+g" in user_config_file().read_text(encoding="utf-8")
    assert recall()["keys"] == {"auto": "alt+g"}


async def test_keys_are_changed_by_a_line_as_well(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await enter(it, "/keys panel Ctrl+A")
        await it.until(lambda: "“Auto mode on or off” already" in it.text, "why not")
        await enter(it, "/keys panel Alt+P")
        await it.until(lambda: it.app.actions["panel"].keys == ("alt+p",), "the key")
        await enter(it, "/keys panel default")
        await it.until(lambda: it.app.actions["panel"].keys == ("ctrl+t",), "the usual key")
        await enter(it, "/keys panel")
        await it.until(lambda: "It is /keys [ACTION KEY" in it.text, "how it is written")
        assert not it.app.chat.docks


async def test_the_vim_preset_has_letters_for_blocks(tmp_path: Path) -> None:
    long = "\n\n".join(f"paragraph {number}" for number in range(60))
    async with rig(tmp_path, long) as it:
        await enter(it, "/keys preset vim")
        await it.until(lambda: "The keys are those of vim now" in it.text, "the preset")
        await enter(it, "begin")
        await it.until_idle()
        await it.type("draft")
        await it.pilot.press("ctrl+b")
        await it.until(lambda: "paragraph 59" not in it.text, "a page up")
        assert it.app.chat.prompt.text == "draft"
        await it.pilot.press("alt+k")
        transcript = it.app.chat.transcript
        assert it.app.focused is transcript
        before = transcript.cursor
        await it.pilot.press("k")
        assert transcript.cursor is not before
        await it.pilot.press("j")
        assert transcript.cursor is before
        await it.pilot.press("G")
        await it.until(lambda: "paragraph 59" in it.text, "the end")
        await it.pilot.press("x")
        await it.until(lambda: it.app.chat.prompt.text == "draftx", "what means nothing there")


async def test_in_go_aura_ctrl_r_switches_thinking_and_alt_r_searches(tmp_path: Path) -> None:
    begin = Begin(wanted=Preferences(motion=False, ui={"preset": "go-aura"}))
    async with rig(tmp_path, begin=begin) as it:
        await it.pilot.press("ctrl+r")
        await it.until(lambda: it.session.turn.switches.thinking, "thinking")
        await it.pilot.press("ctrl+r")
        await it.until(lambda: not it.session.turn.switches.thinking, "no thinking")
        await it.pilot.press("alt+r")
        await it.until(lambda: "search:" in it.text, "the search")
