"""The card before an unattended start."""

import json
import stat
from pathlib import Path
from typing import Any, cast

import pytest

from aura.app.session import Session
from aura.config.paths import state_dir
from aura.core.events import ChecksSet, LimitsSet
from aura.core.limits import Limits
from aura.ui.preflight import Start, hide, is_hidden, read_known, spell_stops
from aura.ui.tui.docks.preflight import PreflightDock
from tests.ui.tui.docks.bay import Clock, bay
from tests.ui.tui.docks.desk import Desk

KNOWN: dict[str, Any] = {
    "limits": {"steps": 300, "tokens": 1_000_000, "cost": 5.0, "seconds": 28_800.0},
    "unattended": {"steps": 500, "tokens": 0, "cost": 9.0, "seconds": 0},
    "checks": ["ruff check ."],
    "found_checks": [{"command": "pytest -q", "source": "pyproject.toml"}],
    "may_do": "edit files in ~/src/relay, run commands with your rights",
    "if_asked": "the network: refused, and listed",
    "never": ["git push", "rm outside"],
    "sandbox": "no sandbox",
    "last_runs": [{"steps": 96, "cost": 2.1, "seconds": 9600}, {"steps": 100, "cost": None, "seconds": 60}],
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))


async def test_it_says_what_will_happen() -> None:
    async with bay(PreflightDock("Fix [b]it[/b]\x1b[2J", KNOWN, "/srv/relay"), size=(120, 40)) as place:
        for shown in (
            "goal      Fix [b]it[/b]",
            "stops at  300 steps a turn · 1M tokens · $5 · 8h",
            "median of the last 2 runs here: 98 steps, $2.10, 1h20m30s",
            "for unattended runs the settings say: 500 steps a turn · $9 (u takes them)",
            "may do    edit files in ~/src/relay, run commands with your rights",
            "never     git push; rm outside",
            "if asked  the network: refused, and listed; a question goes on by itself after 10 minutes",
            "done when the todo list is empty and `ruff check .` passes (found here: `pytest -q`; v takes them)",
        ):
            assert shown in place.text


async def test_each_answer_does_what_it_says() -> None:
    clock = Clock()
    answers: list[tuple[list[str], Start | None, list[Any]]] = [
        (["enter"], Start(), []),
        (["s"], Start(), []),
        (["escape"], None, []),
        (
            ["v", "s"],
            Start(checks=("ruff check .", "pytest -q")),
            [ChecksSet(("ruff check .", "pytest -q"), "human")],
        ),
        (["v", "v", "s"], Start(), []),
        (
            ["e", *["backspace"] * 2, *"2h", "enter", "enter"],
            Start(Limits(300, tokens=1_000_000, cost=5.0, seconds=7200.0, nudges=0)),
            [LimitsSet(Limits(300, 4, 1_000_000, cost=5.0, seconds=7200.0, nudges=2), by="human")],
        ),
        (
            ["u", "enter"],
            Start(Limits(500, cost=9.0, nudges=0)),
            [LimitsSet(Limits(500, 4, cost=9.0, nudges=2), by="human")],
        ),
        (["e", "x", "enter", "escape", "s"], Start(), []),
    ]
    async with bay(PreflightDock("go", KNOWN, "/srv/relay", clock=clock), clock) as place:
        await place.press("escape")
        for keys, start, said in answers:
            desk = Desk()
            await place.next(PreflightDock("go", KNOWN, "/srv/relay", clock=clock), clock)
            await place.press(*keys)
            assert place.result == start, keys
            await place.app.dock.carry_out(cast("Session", desk))
            assert desk.said == said, keys
    assert not is_hidden("/srv/relay")


async def test_an_enter_that_was_still_held_starts_nothing() -> None:
    clock = Clock()
    async with bay(PreflightDock("go", KNOWN, "/srv/relay", clock=clock)) as place:
        await place.press("enter", "enter")
        assert not place.app.closed
        assert place.app.strayed == []


async def test_limits_that_cannot_be_read_are_told() -> None:
    clock = Clock()
    async with bay(PreflightDock("go", KNOWN, "/srv/relay", clock=clock), clock, size=(120, 30)) as place:
        await place.press("e", "x", "enter")
        assert "time=8hx cannot be read" in place.text
        assert "steps=300 tokens=1M cost=5 time=8hx" in place.text


async def test_shown_no_more_for_this_folder(tmp_path: Path) -> None:
    clock = Clock()
    folder, other = tmp_path / "relay", tmp_path / "other"
    folder.mkdir()
    async with bay(PreflightDock("go", KNOWN, str(folder), clock=clock), clock) as place:
        await place.press("a")
        assert place.result == Start(hide=True)
        assert not is_hidden(str(folder))
        await place.app.dock.carry_out(cast("Session", Desk()))
    assert is_hidden(str(folder))
    assert is_hidden(f"{folder}/../relay")
    assert not is_hidden(str(other))
    hide(str(other))
    assert is_hidden(str(folder))
    file = state_dir() / "preflight.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(json.loads(file.read_text())["hidden"]) == 2


@pytest.mark.parametrize("text", ["", "[]", "{", '{"hidden": 7}', '{"hidden": [7]}'])
def test_a_memory_that_cannot_be_read_shows_the_card(text: str) -> None:
    file = state_dir() / "preflight.json"
    file.write_text(text)
    assert not is_hidden("/srv/relay")
    hide("/srv/relay")
    assert is_hidden("/srv/relay")


def test_nothing_that_an_engine_says_is_taken_on_trust() -> None:
    for odd in ({}, {"limits": 3, "checks": 5, "found_checks": {"a": 1}, "last_runs": "x", "sandbox": 4}):
        known = read_known(odd)
        assert (known.limits, known.checks, known.found, known.last) == (Limits(), (), (), ""), odd
    assert read_known({"limits": {"steps": 3, "unknown": 4, "cost": "x"}}).limits == Limits(steps=3, nudges=0)
    assert read_known({"last_runs": [{"steps": 5}]}).last == "the last run here: 5 steps"


def test_no_limit_is_said_as_such() -> None:
    assert spell_stops(Limits(steps=0)) == ""
    assert spell_stops(Limits(steps=0, turns=2, turn_seconds=60)) == "2 turns · 1m a turn"
