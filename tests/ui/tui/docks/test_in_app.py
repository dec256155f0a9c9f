"""Approvals, questions and the card before an unattended start, in the whole application."""

from pathlib import Path

import pytest

from aura.core import events as ev
from aura.store.rows import read_events
from aura.testing import call, reply
from aura.ui.tui.docks.define import Dock
from tests.ui.tui.rig import Rig, rig


@pytest.fixture(autouse=True)
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pytest of our own comes first on the path."""
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "pytest").write_text("#!/bin/sh\necho ran\n")
    (folder / "pytest").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


async def shown(made: Rig, text: str) -> None:
    """A dock with a text is there, and its keys count."""

    def is_ready() -> bool:
        docks = list(made.app.chat.dock.query(Dock))
        return text in made.text and bool(docks) and not docks[0].is_dead

    await made.until(is_ready, text)


def _succeeded(made: Rig) -> list[ev.ToolFinished]:
    found = [one.event for one in read_events(Path(made.session.facts.folder))]
    return [one for one in found if isinstance(one, ev.ToolFinished) and one.outcome == "ok"]


async def test_what_was_refused_is_allowed_from_the_list(tmp_path: Path) -> None:
    write = call("Write", path="a.txt", content="one\n")
    async with rig(
        tmp_path, reply("", write), "I could not.", reply("", write), "done", size=(80, 24)
    ) as made:
        await made.type("go")
        await made.pilot.press("enter")
        await shown(made, "Approve new file")
        await made.pilot.press("n")
        await made.until_idle()
        assert not _succeeded(made)
        await made.type("/denials")
        await made.pilot.press("enter")
        await shown(made, "Refused calls")
        await made.pilot.press("enter")
        await made.until(lambda: made.session.turn.rest.denials.listed[0].state == "allowed", "the yes")
        await made.type("again")
        await made.pilot.press("enter")
        await made.until(lambda: bool(_succeeded(made)), "the call")
        await made.until_idle()
        assert made.session.turn.rest.denials.listed[0].state == "used"


async def test_a_turn_with_a_person_beside_it(tmp_path: Path) -> None:
    acts = (
        reply("", call("Write", path="a.txt", content="one\n")),
        reply("", call("Bash", command="pytest -q")),
        reply("", call("Bash", command="pytest -x")),
        reply("", call("Ask", question="Which?", kind="choice", options=["SQLite", "JSONL"])),
        "done",
    )
    async with rig(tmp_path, *acts, size=(80, 24)) as made:
        await made.type("go")
        await made.pilot.press("enter")
        await shown(made, "Approve new file · a.txt +1 −0")
        await made.pilot.press("ctrl+a")
        assert not made.session.turn.auto
        await made.pilot.press("y")
        await shown(made, "$ pytest -q")
        await made.pilot.press("s")
        await shown(made, "aura asks")
        await made.pilot.press("2")
        await made.until_idle()
        assert [one.call.name for one in _succeeded(made)] == ["Write", "Bash", "Bash", "Ask"]
        assert not made.app.chat.docks
        assert made.app.chat.prompt.has_focus_within


async def test_stopping_the_turn_takes_the_dock_away(tmp_path: Path) -> None:
    async with rig(tmp_path, reply("", call("Bash", command="pytest -q")), "done", size=(80, 24)) as made:
        await made.type("go")
        await made.pilot.press("enter")
        await shown(made, "Approve command")
        await made.session.interrupt()
        await made.until(lambda: not made.app.chat.docks, "the end of the dock")
        assert "Approve command" not in made.text


async def test_the_first_unattended_start_shows_the_card_and_escape_keeps_the_prompt(tmp_path: Path) -> None:
    async with rig(tmp_path, "done", "done", size=(80, 24)) as made:
        await made.pilot.press("ctrl+a")
        await made.type("fix the test")
        await made.pilot.press("enter")
        await shown(made, "Start unattended")
        assert "goal      fix the test" in made.text
        await made.pilot.press("escape")
        await made.until(lambda: not made.app.chat.docks, "the end of the card")
        assert "fix the test" in made.text
        assert made.session.turn.number == 0
        await made.pilot.press("enter")
        await shown(made, "Start unattended")
        await made.pilot.press("enter")
        await made.until(lambda: made.session.turn.number == 1, "the turn")
        await made.until_idle()
        assert not made.app.chat.docks


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 16)])
async def test_the_card_shows_its_answers_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    async with rig(tmp_path, "unused", size=size) as made:
        await made.pilot.press("ctrl+a")
        await made.type("a goal that is told in a good many words, so that it takes more than one line")
        await made.pilot.press("enter")
        await shown(made, "Start unattended")
        await made.until(lambda: "s start" in made.text and "Enter start" in made.text, "the answers")
