"""Ctrl+P: everything that can be done."""

import json
from pathlib import Path

import pytest

from aura.core.facts import CommandFact, Facts
from aura.ui.look import ASCII, Look
from aura.ui.tui.actions import Action
from aura.ui.tui.docks.palette import PaletteDock, is_complete, list_commands, read_recent, remember
from aura.ui.tui.docks.results import ActionChosen, LineChosen
from tests.ui.tui.docks.plain_stage import VIEWS, show


async def nothing(app: object, rest: str) -> None:
    """An action that is never run here."""


ACTIONS = {
    action.name: action
    for action in (
        Action("auto", "Auto mode on or off", "Work", nothing, ("ctrl+a", "alt+a"), "auto"),
        Action("model", "Model and thinking", "Session", nothing, (), "model", "[NAME]"),
        Action("palette", "All actions", "Screen", nothing, ("ctrl+p",), "palette"),
    )
}
COMMANDS = (
    CommandFact("model", "See or switch the model.", "/model [PROVIDER/NAME]"),
    CommandFact("assert", "Go on only if it holds.", "/assert CONDITION"),
    CommandFact("check", "See the checks.", "/check [add COMMAND]"),
    CommandFact("deploy", "Of a plugin.", "/deploy PLACE", title="Deploy to\x1b[31m staging"),
)
FACTS = Facts("s", "/relay", commands=COMMANDS)


@pytest.mark.parametrize(("size", "look"), VIEWS)
async def test_actions_stand_with_keys_and_commands(
    tmp_path: Path, size: tuple[int, int], look: Look
) -> None:
    async with show(PaletteDock(ACTIONS, FACTS, tmp_path / "kept"), size=size, look=look) as it:
        line = next(line for line in it.lines if "Auto mode" in line)
        assert "Ctrl+A" in line and (size[0] < 80 or "/auto" in line)
        assert look.colour or it.colours == set()
        assert look.signs != ASCII or it.text.isascii()


async def test_an_action_wins_over_the_command_of_its_name(tmp_path: Path) -> None:
    assert [one.name for one in list_commands(ACTIONS, COMMANDS)] == ["deploy", "assert", "check"]
    async with show(PaletteDock(ACTIONS, FACTS, tmp_path / "kept")) as it:
        await it.type("model")
        await it.press("enter")
        assert it.app.results == [ActionChosen("model")]


async def test_a_plugins_entry_is_sent(tmp_path: Path) -> None:
    async with show(PaletteDock(ACTIONS, FACTS, tmp_path / "kept")) as it:
        await it.type("staging")
        assert "Deploy to staging" in it.text
        await it.press("enter")
        assert it.app.results == [LineChosen("/deploy")]


async def test_a_command_that_wants_more_words_goes_into_the_prompt(tmp_path: Path) -> None:
    async with show(PaletteDock(ACTIONS, FACTS, tmp_path / "kept")) as it:
        await it.type("assert")
        await it.press("enter")
        assert it.app.results == [LineChosen("/assert ", send=False)]


def test_which_commands_want_more_words() -> None:
    assert [is_complete(one) for one in COMMANDS] == [True, False, True, True]
    assert is_complete(CommandFact("x", "", "/x"))
    assert is_complete(CommandFact("x", "", ""))


async def test_what_was_used_lately_comes_first(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    for word in ("checks", "actions"):
        async with show(PaletteDock(ACTIONS, FACTS, kept)) as it:
            await it.type(word)
            await it.press("enter")
    dock = PaletteDock(ACTIONS, FACTS, kept)
    async with show(dock) as it:
        assert [row.key for row in dock.all[:3]] == ["action:palette", "command:check", "action:auto"]


def test_what_is_kept_is_short_and_may_be_broken(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert read_recent(kept) == []
    for number in range(50):
        remember(kept, str(number))
    remember(kept, "45")
    assert read_recent(kept)[:3] == ["45", "49", "48"] and len(read_recent(kept)) == 20
    for broken in ("[1, 2", "{}", json.dumps([1, None, "x"])):
        kept.write_text(broken)
        assert read_recent(kept) in ([], ["x"])
    remember(tmp_path / "no" / "such" / "folder", "x")
