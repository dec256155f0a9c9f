"""The prompt's keys, and what becomes of a text that is sent."""

from pathlib import Path

import pytest

from aura.ui.tui.sending import choose_sending
from aura.ui.tui.snapshot import State
from tests.ui.tui.asking_prompt import PromptApp, write

BUSY: tuple[State, ...] = ("working", "stopping", "asking")

# --- what becomes of a text ---------------------------------------------------------------------------------


@pytest.mark.parametrize("state", BUSY)
def test_enter_steers_tab_queues_and_ctrl_s_interrupts_while_something_runs(state: State) -> None:
    ways = [choose_sending(way, state, "go on", (), pictures=False) for way in ("enter", "queue", "now")]
    assert ways == ["steer", "queue", "now"]


def test_when_nothing_runs_enter_and_ctrl_s_send_and_tab_does_nothing() -> None:
    ways = [choose_sending(way, "idle", "go on", (), pictures=True) for way in ("enter", "queue", "now")]
    assert ways == ["submit", "nothing", "submit"]


def test_commands_and_shell_lines_need_not_wait() -> None:
    for text, expected in (
        ("!ls", "submit"),
        ("/help me", "submit"),
        ("/tmp is full", "steer"),
        ("!", "steer"),
    ):
        assert choose_sending("enter", "working", text, ("help",), pictures=False) == expected
    assert choose_sending("queue", "working", "/help", ("help",), pictures=False) == "queue"


@pytest.mark.parametrize("state", ["starting", "closed", "lost", "idle", "working"])
def test_the_commands_of_the_app_itself_need_no_session(state: State) -> None:
    known = {"quit": 1, "compact": 1}
    for text, goes in (("/quit", True), ("/compact", state in ("idle", "working")), ("!quit", False)):
        sending = choose_sending("enter", state, text, known, pictures=False, own=("quit",))
        assert (sending == "submit") == (goes or (text == "!quit" and state in ("idle", "working")))


def test_nothing_is_dropped_before_and_after_the_engine() -> None:
    assert choose_sending("enter", "starting", "go", (), pictures=False) == "hold"
    assert choose_sending("enter", "closed", "go", (), pictures=False) == "hold"
    assert choose_sending("enter", "lost", "go", (), pictures=False) == "lost"
    assert choose_sending("enter", "working", "see", (), pictures=True) == "pictures"
    assert choose_sending("now", "working", "see", (), pictures=True) == "now"
    assert choose_sending("enter", "idle", " \n", (), pictures=False) == "nothing"


# --- keys ---------------------------------------------------------------------------------------------------


async def test_enter_sends_and_empties_the_prompt(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await write(pilot, "do it")
        await pilot.press("enter", "enter", "tab")
        await pilot.pause()
        assert app.heard == [("Submitted", "do it")]
        assert app.prompt.is_empty


async def test_keys_while_something_runs(tmp_path: Path) -> None:
    app = PromptApp(tmp_path, "working")
    async with app.run_test() as pilot:
        for text, key in (("a", "enter"), ("b", "tab"), ("c", "ctrl+s"), ("!d", "enter")):
            await write(pilot, text)
            await pilot.press(key)
        await pilot.pause()
        assert app.heard == [("Steered", "a"), ("Queued", "b"), ("SentNow", "c"), ("Submitted", "!d")]


@pytest.mark.parametrize("key", ["shift+enter", "alt+enter", "ctrl+j"])
async def test_a_new_line_has_many_keys(tmp_path: Path, key: str) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await pilot.press("a", key, "b", "\\", "enter", "c", "\\", "x", "left", "enter")
        await pilot.pause()
        assert app.heard == [("Submitted", "a\nb\nc\\x")]


async def test_readline_keys(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        prompt = app.prompt
        await write(pilot, "one two three")
        await pilot.press("ctrl+w")
        assert prompt.text == "one two "
        await pilot.press("alt+b", "ctrl+k")
        assert prompt.text == "one "
        await pilot.press("ctrl+y")
        assert prompt.text == "one two "
        await pilot.press("ctrl+y")
        assert prompt.text == "one three"
        await pilot.press("home", "alt+f", "alt+d")
        assert prompt.text == "one"
        await pilot.press("ctrl+u")
        assert prompt.text == ""
        await pilot.press("ctrl+underscore")
        assert prompt.text == "one"


async def test_ctrl_u_and_ctrl_k_mean_the_line_that_was_typed(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test(size=(40, 20)) as pilot:
        line = "word " * 30  # wraps
        app.prompt.set_text(f"first\n{line}\nlast")
        app.prompt.editor.move_cursor((1, 75))
        await pilot.press("ctrl+u")
        assert app.prompt.text == f"first\n{line[75:]}\nlast"
        await pilot.press("ctrl+k")
        assert app.prompt.text == "first\n\nlast"


async def test_select_all_and_cleared_text_comes_back(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await write(pilot, "precious")
        await pilot.press("f7")
        assert app.prompt.selected_text == "precious"
        app.prompt.clear_text()
        assert app.prompt.is_empty
        await pilot.press("ctrl+y")
        assert app.prompt.text == "precious"
        app.prompt.clear_text()
        await pilot.press("up")
        assert app.prompt.text == "precious"


async def test_signs_in_an_empty_prompt_ask_for_something_else(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await pilot.press("question_mark", "left", "ctrl+p")
        await pilot.pause()
        assert [name for name, _ in app.heard] == ["HelpWanted", "AwayLeft", "PaletteWanted"]
        assert app.prompt.is_empty
        await pilot.press("a", "question_mark", "left")
        await pilot.pause()
        assert app.prompt.text == "a?"
        assert len(app.heard) == 3


async def test_keys_act_in_the_order_they_came(tmp_path: Path) -> None:
    """Keys that are bound and keys that are typed arrive by one way; none overtakes the other."""
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await pilot.press("a", "b", "left", "c", "home", "d", "end", "e", "enter", "f")
        await pilot.pause()
        assert app.heard == [("Submitted", "dacbe")]
        assert app.prompt.text == "f"


async def test_a_click_places_the_caret(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await write(pilot, "hello")
        await pilot.click(app.prompt.editor, offset=(2, 0))
        await pilot.press("X")
        assert app.prompt.text == "heXllo"
