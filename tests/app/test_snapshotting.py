"""Snapshots around what a session does: an edit, a command, a job, a check; and failures that stop nothing."""

import asyncio
import errno
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aura.agent.flags import find_flags
from aura.app.build import Opened
from aura.core import events as ev
from aura.core.evidence import FileChange
from aura.core.permissions import Mode
from aura.runs.report import make_report
from aura.safety.snapshots import RestorePlan, Snapshots
from aura.testing import call
from tests.app.hosting import Open, opening


@pytest.fixture
async def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Open]:
    """Opens sessions in one workspace, and closes them at the end."""
    async with opening(tmp_path, monkeypatch, Mode.YOLO) as start:
        yield start


async def play(opened: Opened, text: str = "go") -> list[ev.Event]:
    return [recorded.event async for recorded in opened.session.prompt(text)]


def look_back(opened: Opened, seq: int = 0) -> RestorePlan:
    snapshots = opened.files.snapshots
    assert snapshots
    to = snapshots.at(seq)
    assert to
    return snapshots.plan(to)


def verbs(plan: RestorePlan) -> dict[str, str]:
    return {one.path: one.verb for one in plan.changes}


async def test_what_tools_change_is_known_and_what_a_person_changes_between_them_is_not(
    start: Open, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    (work / "a.txt").write_text("one\n")
    (work / "theirs.txt").write_text("one\n")
    opened = await start(
        call("Write", path="new/b.txt", content="b\n"),
        call("Bash", command="printf two > a.txt; printf made > made.txt"),
        "done",
        call("Bash", command="printf more >> made.txt"),
        "done",
    )
    events = await play(opened)
    taken = [event for event in events if isinstance(event, ev.SnapshotTaken)]
    assert [(one.label, one.by, one.changed) for one in taken] == [
        ("Write", "session", 2),
        ("Bash", "person", 0),
        ("Bash", "session", 2),
    ]
    (work / "theirs.txt").write_text("a person's\n")
    await play(opened)
    plan = look_back(opened)
    assert verbs(plan) == {
        "new": "delete",
        "new/b.txt": "delete",
        "a.txt": "restore",
        "made.txt": "delete",
    }
    assert not plan.conflicts


async def test_a_command_that_only_reads_is_not_looked_after(start: Open, tmp_path: Path) -> None:
    opened = await start(call("Bash", command="ls -la"), call("Read", path="x"), "done")
    events = await play(opened)
    assert not [event for event in events if isinstance(event, ev.SnapshotTaken)]
    assert opened.files.snapshots and opened.files.snapshots.is_empty


async def test_what_a_background_job_writes_is_the_sessions_until_it_ends(
    start: Open, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    opened = await start(
        call("Bash", command="while [ ! -e go ]; do sleep 0.02; done; printf job > by_job", background=True),
        "wait",
        call("Bash", command="printf x > last"),
        "done",
    )
    await play(opened)
    (work / "go").write_text("")
    while opened.runners.boxed.is_busy:
        await tick()
    while opened.files.is_settling:
        await tick()
    (work / "theirs").write_text("a person's")
    await play(opened)
    assert verbs(look_back(opened)) == {"by_job": "delete", "last": "delete", "go": "delete"}


async def tick() -> None:
    await asyncio.sleep(0.01)


async def test_a_check_is_the_sessions_doing(start: Open, tmp_path: Path) -> None:
    opened = await start(call("Done", summary="all is done"), "done", checks=("printf c > by_check",))
    await play(opened)
    assert verbs(look_back(opened)) == {"by_check": "delete"}


async def test_a_full_disk_stops_nothing_and_is_told_once(
    start: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Snapshots, "take", refuse)
    opened = await start(
        call("Write", path="a", content="a"),
        call("Write", path="b", content="b"),
        "done",
    )
    events = await play(opened)
    notices = [event.text for event in events if isinstance(event, ev.NoticeShown)]
    assert [text for text in notices if "No space left on device" in text and "aura undo" in text] == notices
    assert len(notices) == 1
    assert (tmp_path / "work" / "b").read_text() == "b"


async def test_the_history_goes_on_in_the_next_process(start: Open, tmp_path: Path) -> None:
    opened = await start(call("Bash", command="printf x > a"), "done")
    await play(opened)
    await opened.close()
    (tmp_path / "work" / "theirs").write_text("a person's")
    opened = await start(call("Bash", command="printf y > a"), "done", resume=opened.session.id)
    await play(opened)
    assert verbs(look_back(opened)) == {"a": "delete"}


async def test_a_path_that_is_none_is_the_tools_to_refuse(start: Open) -> None:
    opened = await start(
        call("Write", path="a\0b", content="x"), call("Write", path="\ud800", content="x"), "done"
    )
    finished = [event for event in await play(opened) if isinstance(event, ev.ToolFinished)]
    assert len(finished) == 2
    for one in finished:
        assert one.outcome in ("error", "invalid") and "failed by itself" not in one.result.content


async def test_in_the_home_folder_only_what_tools_name_is_kept(
    start: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "work"))
    opened = await start(
        call("Bash", command="printf x > by_command"), call("Write", path="by_tool", content="x"), "done"
    )
    await play(opened)
    plan = look_back(opened)
    assert verbs(plan) == {"by_tool": "delete"} and "home folder" in plan.gaps["."]


async def test_it_can_be_switched_off(start: Open, tmp_path: Path) -> None:
    opened = await start(call("Bash", command="printf x > a"), "done", flags={"undo.enabled": False})
    await play(opened)
    assert opened.files.snapshots is None and (tmp_path / "work" / "a").exists()


def told(events: list[ev.Event]) -> dict[str, FileChange]:
    return {one.path: one for event in events if isinstance(event, ev.SnapshotTaken) for one in event.files}


async def test_what_a_command_did_to_files_is_told_and_looked_through(start: Open, tmp_path: Path) -> None:
    work = tmp_path / "work"
    (work / ".gitignore").write_text("*.log\n")
    (work / "test_a.py").write_text("def test_one():\n    assert 1\n\n\ndef test_two():\n    assert 2\n")
    (work / "old.bin").write_bytes(b"\0\1")
    command = (
        "sed -i '/test_two/,$d' test_a.py; rm old.bin; echo made > made.txt; printf x > end; echo n > a.log"
    )
    opened = await start(call("Bash", command=command), "Done with it.", auto=True)
    changes = told(await play(opened))
    assert {path: (one.kind, one.added, one.removed) for path, one in changes.items()} == {
        "test_a.py": ("modified", 0, 2),
        "old.bin": ("deleted", 0, 0),
        "made.txt": ("created", 1, 0),
        "end": ("created", 1, 0),
    }
    assert changes["end"].diff.endswith("+x\n\\ No newline at end of file\n")
    turn = opened.session.turn
    assert not turn.ledger.test_is_stale, "it may be what a tool leaves behind"
    assert "test_a.py: tests removed: test_two" in find_flags(turn.ledger.changes)
    assert {one.path for one in make_report(turn).changed} == set(changes)


async def test_what_an_edit_did_is_told_once(start: Open, tmp_path: Path) -> None:
    opened = await start(call("Write", path="a.txt", content="one\n"), "Written.", auto=True)
    assert told(await play(opened)) == {}
    assert [one.added for one in make_report(opened.session.turn).changed] == [1]


async def test_no_secret_and_no_endless_text_is_told(
    start: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_TOKEN", "canary-of-forty-characters-0123456789")
    (tmp_path / "work" / "in.txt").write_text("canary-of-forty-characters-0123456789\n")
    command = "cat in.txt > out.txt; seq 1 9000 > long.txt; for n in $(seq 1 120); do echo $n > n$n.txt; done"
    opened = await start(call("Bash", command=command), "Done with it.", auto=True)
    changes = told(await play(opened))
    assert len(changes) == 100
    assert not any("canary" in one.diff for one in changes.values())
    assert sum(len(one.diff) for one in changes.values()) < 64_000
    assert (changes["long.txt"].added, changes["long.txt"].diff) == (9000, "")
