"""Snapshots taken and gone back to, on real files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aura.safety.snapshots import Bounds, Snapshots


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def snapshots(tmp_path: Path, workspace: Path) -> Iterator[Snapshots]:
    made = Snapshots(tmp_path / "session", workspace)
    yield made
    made.close()


def undo_all(snapshots: Snapshots) -> dict[str, str]:
    start = snapshots.at(0)
    assert start
    return dict(snapshots.restore(snapshots.plan(start), seq=99).failed)


def test_what_a_command_did_is_undone_and_redone(snapshots: Snapshots, workspace: Path) -> None:
    (workspace / "kept.txt").write_text("one\r\n", newline="")
    (workspace / "gone.bin").write_bytes(bytes(range(256)))
    (workspace / "gone.bin").chmod(0o640)
    (workspace / "link").symlink_to("nowhere")
    snapshots.enter(1, "Bash")
    (workspace / "kept.txt").write_text("two")
    (workspace / "gone.bin").unlink()
    (workspace / "link").unlink()
    (workspace / "new" / "deep").mkdir(parents=True)
    (workspace / "new" / "deep" / "made").write_text("made")
    (workspace / "new" / "script").write_text("#!/bin/sh")
    (workspace / "new" / "script").chmod(0o755)
    taken = snapshots.leave(2, "Bash")
    assert taken and taken.changed == 7 and taken == snapshots.latest()

    start = snapshots.at(1)
    assert start
    plan = snapshots.plan(start)
    assert {(one.path, one.verb) for one in plan.changes} == {
        ("kept.txt", "restore"), ("gone.bin", "recreate"), ("link", "recreate"), ("new", "delete"),
        ("new/deep", "delete"), ("new/deep/made", "delete"), ("new/script", "delete"),
    }  # fmt: skip
    done = snapshots.restore(plan, seq=3)
    assert not done.failed and not done.kept and len(done.paths) == 7
    assert (workspace / "kept.txt").read_bytes() == b"one\r\n"
    assert (workspace / "gone.bin").read_bytes() == bytes(range(256))
    assert (workspace / "gone.bin").stat().st_mode & 0o777 == 0o640
    assert (workspace / "link").readlink() == Path("nowhere")
    assert not (workspace / "new").exists()

    again = snapshots.plan(done.before)
    assert not again.conflicts
    assert not snapshots.restore(again, seq=4).failed
    assert (workspace / "kept.txt").read_text() == "two"
    assert not (workspace / "gone.bin").exists()
    assert (workspace / "new" / "script").stat().st_mode & 0o777 == 0o755
    assert snapshots.plan(again.to).is_empty


def test_a_person_is_never_overwritten_unless_they_choose(snapshots: Snapshots, workspace: Path) -> None:
    (workspace / "both").write_text("old")
    (workspace / "theirs").write_text("old")
    snapshots.enter(1, "Bash")
    (workspace / "both").write_text("session")
    snapshots.leave(2, "Bash")
    (workspace / "both").write_text("person")
    (workspace / "theirs").write_text("person")
    start = snapshots.at(0)
    assert start
    plan = snapshots.plan(start)
    assert not plan.changes
    assert [(one.path, one.now.size) for one in plan.conflicts] == [("both", 6)]
    done = snapshots.restore(plan, seq=3)
    assert done.kept == ("both",) and not done.paths
    assert (workspace / "both").read_text() == "person"

    done = snapshots.restore(plan, seq=4, beside=["both"])
    assert done.beside == ("both.aura-old",)
    assert (workspace / "both.aura-old").read_text() == "old"
    assert (workspace / "both").read_text() == "person"

    done = snapshots.restore(snapshots.plan(start), seq=6, old=["both"])
    assert done.paths == ("both",)
    assert (workspace / "both").read_text() == "old"
    snapshots.restore(snapshots.plan(done.before), seq=7)
    assert (workspace / "both").read_text() == "person"
    assert (workspace / "theirs").read_text() == "person"


def test_an_edit_needs_no_look_at_the_workspace(snapshots: Snapshots, workspace: Path) -> None:
    (workspace / "a").write_text("old")
    snapshots.enter(1, "Edit", ["a", "b"])
    (workspace / "a").write_text("new")
    (workspace / "b").write_text("new")
    (workspace / "other").write_text("a person's")
    snapshots.leave(2, "Edit", ["a", "b"])
    assert undo_all(snapshots) == {}
    assert {path.name: path.read_text() for path in workspace.iterdir()} == {
        "a": "old",
        "other": "a person's",
    }


def test_a_crash_in_the_middle_of_a_command_leaves_its_changes_the_sessions(
    tmp_path: Path, workspace: Path
) -> None:
    (workspace / "a").write_text("old")
    first = Snapshots(tmp_path / "session", workspace)
    first.enter(1, "Bash")
    (workspace / "a").write_text("half")
    (workspace / "b").write_text("half")
    first.close()
    second = Snapshots(tmp_path / "session", workspace)
    start = second.at(0)
    assert start and len(second.plan(start).changes) == 2  # looking at it takes nothing away
    second.close()
    (workspace / "theirs").write_text("a person's")
    second = Snapshots(tmp_path / "session", workspace)
    assert undo_all(second) == {}
    assert {path.name for path in workspace.iterdir()} == {"a", "theirs"}
    assert (workspace / "a").read_text() == "old"
    second.close()


def test_what_is_not_kept_is_named(tmp_path: Path, workspace: Path) -> None:
    snapshots = Snapshots(tmp_path / "session", workspace, Bounds(file_bytes=100))
    (workspace / "large").write_bytes(b"x" * 200)
    (workspace / "node_modules").mkdir()
    (workspace / "node_modules" / "x").write_text("x")
    snapshots.enter(1, "Bash")
    (workspace / "large").write_bytes(b"y" * 300)
    (workspace / "node_modules" / "x").write_text("y")
    snapshots.leave(2, "Bash")
    start = snapshots.at(0)
    assert start
    plan = snapshots.plan(start)
    assert plan.is_empty and "large" in plan.lost and "node_modules" in plan.gaps
    snapshots.close()
