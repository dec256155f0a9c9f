"""`?`: keys and words."""

import os
from pathlib import Path

import pytest
from rich.cells import cell_len

from aura.ui.look import ASCII, Look
from aura.ui.tui.actions import Action, name_key
from aura.ui.tui.docks.help import HelpDock, break_text, find_clash, write_help
from aura.ui.tui.docks.results import ActionChosen
from aura.ui.tui.table import load_actions
from tests.ui.tui.docks.plain_stage import BARE, VIEWS, show

ACTIONS = load_actions()


async def nothing(app: object, rest: str) -> None:
    """An action that is never run here."""


def test_every_action_stands_in_the_help_once_with_its_key() -> None:
    lines = list(write_help(ACTIONS, ""))
    for action in ACTIONS.values():
        told = [line for line in lines if line.action == action.name]
        assert len(told) == bool(action.keys or action.slash)
        for line in told:
            assert not action.keys or name_key(action.keys[0]) in line.left
            assert not action.slash or f"/{action.slash}" in line.left + line.slash


def test_an_action_of_a_group_that_nobody_knew_is_listed_as_well() -> None:
    lines = [
        line.text for line in write_help({"x": Action("x", "Something", "New group", nothing, ("f9",))}, "")
    ]
    assert lines[-2:] == ["New group", "Something"]


def test_other_keys_of_a_person_are_told() -> None:
    action = Action("auto", "Auto mode", "Work", nothing, ("f9",), "auto")
    lines = list(write_help({"auto": action}, ""))
    assert any(line.left == "F9" and "F9 turns it on and off" in line.text for line in lines)
    assert not any("Ctrl+A" in line.text for line in lines)


@pytest.mark.parametrize(("size", "look"), VIEWS)
async def test_all_of_it_can_be_read_at_every_size(size: tuple[int, int], look: Look) -> None:
    dock = HelpDock(ACTIONS, {})
    async with show(dock, size=size, look=look) as it:
        seen = it.text
        for _ in range(len(dock.all)):
            await it.press("pagedown")
            seen += it.text
            if dock.list.cursor == len(dock.all) - 1:
                break
        words = " ".join(seen.split())
        for action in ACTIONS.values():
            assert action.title.split()[0] in words
        for word in ("steer", "queue", "Ctrl+J"):
            assert word in words
        assert look.colour or it.colours == set()
        assert look.signs != ASCII or seen.isascii()


async def test_long_texts_are_broken_and_not_cut() -> None:
    dock = HelpDock(ACTIONS, {})
    async with show(dock, size=(80, 24)) as it:
        await it.type("goes on by itself")
        text = " ".join(row.cells[1].text for row in dock.list.rows)
        assert "until the work is done" in text and "aura --auto" in text
        assert "…" not in it.text


async def test_filter_keeps_whole_texts_and_enter_does_an_action() -> None:
    async with show(HelpDock(ACTIONS, {})) as it:
        await it.type("permission")
        await it.press("enter")
        assert it.app.results == [ActionChosen("mode")]
    async with show(HelpDock(ACTIONS, {})) as it:
        await it.press("enter")  # a heading is only read
        assert it.app.results == []


async def test_another_width_breaks_the_texts_anew() -> None:
    dock = HelpDock(ACTIONS, {})
    async with show(dock, size=(120, 40)) as it:
        before = len(dock.all)
        await it.pilot.resize_terminal(60, 24)
        await it.until(lambda: len(dock.all) > before, "more lines")


async def test_where_ctrl_a_is_taken_the_help_says_what_to_do() -> None:
    async with show(HelpDock(ACTIONS, {"STY": "1234.pts-0"}), size=(120, 40), look=BARE) as it:
        await it.until(lambda: "press it twice, or Alt+A" in it.text, "the note")


def test_outside_of_tmux_nothing_is_asked() -> None:
    assert find_clash({"PATH": "/nowhere"}) == ""


@pytest.mark.parametrize(
    ("script", "clashes"),
    [
        ('[ "$3" = prefix ] && echo C-a || echo None', True),
        ('[ "$3" = prefix2 ] && echo C-a || echo C-b', True),
        ("echo C-b", False),
        ("exit 1", False),
        ("printf '\\033[31m'", False),
        ("exec sleep 30", False),
    ],
)
def test_tmux_is_asked_for_its_prefix_and_given_up_soon(tmp_path: Path, script: str, clashes: bool) -> None:
    tmux = tmp_path / "tmux"
    tmux.write_text(f"#!/bin/sh\n{script}\n")
    tmux.chmod(0o755)
    environ = {"TMUX": "/tmp/x,1,0", "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    assert bool(find_clash(environ)) == clashes


def test_without_tmux_there_is_no_clash(tmp_path: Path) -> None:
    assert find_clash({"TMUX": "/tmp/x,1,0", "PATH": str(tmp_path)}) == ""


def test_words_are_broken_where_they_end() -> None:
    assert break_text("one two three", 7) == ["one two", "three"]
    assert break_text("", 7) == [""]
    assert all(cell_len(line) <= 10 for line in break_text("漢字 漢字漢字 a bb ccc dddd", 10))
