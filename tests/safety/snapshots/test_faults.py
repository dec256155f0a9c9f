"""Undo under adverse conditions: repositories of every kind, odd names, refusals of the disk, a kill in the middle."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aura.safety.snapshots import Bounds, Restored, Snapshots


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


def undo(snapshots: Snapshots) -> Restored:
    start = snapshots.at(0)
    assert start
    return snapshots.restore(snapshots.plan(start), seq=99)


def git(folder: Path, *arguments: str) -> str:
    plain = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "PATH": os.environ["PATH"]}
    named = ("-c", "user.name=n", "-c", "user.email=e@x", "-c", "protocol.file.allow=always")
    done = subprocess.run(
        ["git", "-C", str(folder), *named, *arguments],
        env=plain,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return done.stdout


def make_repository(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    git(folder, "init", "-q")
    (folder / "tracked").write_text("tracked\n")
    (folder / ".gitignore").write_text("*.log\nbuild/\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")


def read_all(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "kind", ["none", "plain", "identityless", "work tree", "submodule", "bare", "shallow"]
)
def test_u02_with_and_without_git(kind: str, tmp_path: Path, snapshots: Snapshots, workspace: Path) -> None:
    origin = tmp_path / "origin"
    match kind:
        case "plain" | "identityless":
            make_repository(workspace)
        case "work tree":
            make_repository(origin)
            git(origin, "worktree", "add", "-q", str(workspace / "tree"))
        case "submodule":
            make_repository(origin)
            make_repository(workspace)
            git(workspace, "submodule", "add", "-q", str(origin), "sub")
        case "bare":
            git(workspace, "init", "-q", "--bare")
        case "shallow":
            make_repository(origin)
            git(tmp_path, "clone", "-q", "--depth", "1", f"file://{origin}", str(workspace / "clone"))
        case _:
            pass
    (workspace / "mine").write_text("staged\n")
    if kind in ("plain", "submodule"):
        git(workspace, "add", "mine")
    (workspace / "mine").write_text("not staged\n")
    before = read_all(workspace)
    snapshots.enter(1, "Bash")
    for path in [*workspace.rglob("tracked"), workspace / "mine"]:
        path.write_text("changed\n")
    (workspace / "made").write_text("made\n")
    snapshots.leave(2, "Bash")
    assert not undo(snapshots).failed
    assert read_all(workspace) == before


def test_u01_what_git_does_not_know_stays_and_comes_back(snapshots: Snapshots, workspace: Path) -> None:
    make_repository(workspace)
    make_repository(workspace / "nested")
    (workspace / "untracked").write_text("untracked")
    (workspace / "small.log").write_text("ignored and small")
    (workspace / "large.log").write_bytes(b"x" * 300_000)
    (workspace / "build").mkdir()
    for number in range(400):
        (workspace / "build" / f"{number}.o").write_text("o")
    before = read_all(workspace)
    snapshots.enter(1, "Bash")
    (workspace / "untracked").unlink()
    (workspace / "small.log").write_text("gone")
    (workspace / "large.log").write_bytes(b"y" * 300_000)
    (workspace / "build" / "0.o").write_text("new")
    (workspace / "nested" / "tracked").write_text("changed")
    git(workspace / "nested", "add", ".")
    index = (workspace / "nested" / ".git" / "index").read_bytes()
    snapshots.leave(2, "Bash")
    start = snapshots.at(0)
    assert start
    plan = snapshots.plan(start)
    assert list(plan.lost) == ["large.log"] and "build" in plan.gaps
    undo(snapshots)
    after = read_all(workspace)
    assert (workspace / "nested" / ".git" / "index").read_bytes() == index  # nobody's history is touched
    changed = {name for name in before if after.get(name) != before[name] and ".git/" not in name}
    assert changed == {"large.log", "build/0.o"}


def test_odd_names_bytes_and_modes(snapshots: Snapshots, workspace: Path) -> None:
    names = [os.fsdecode(b"\xff\xfe"), "new\nline", "-rf", " ", "é", "e\u0301", "a'b\"c", "esc\x1b[31m"]
    for number, name in enumerate(names):
        (workspace / name).write_bytes(b"\r\n\0\xff" * number)
        (workspace / name).chmod(0o400 if number % 2 else 0o751)
    before = {name: ((workspace / name).read_bytes(), (workspace / name).stat().st_mode) for name in names}
    snapshots.enter(1, "Bash")
    for name in names:
        (workspace / name).unlink()
        (workspace / name).mkdir()
    snapshots.leave(2, "Bash")
    assert not undo(snapshots).failed
    assert before == {
        name: ((workspace / name).read_bytes(), (workspace / name).stat().st_mode) for name in names
    }


def test_a_folder_in_the_place_of_a_file_and_the_other_way_round(
    snapshots: Snapshots, workspace: Path
) -> None:
    (workspace / "file").write_text("file")
    (workspace / "folder" / "deep").mkdir(parents=True)
    (workspace / "folder" / "deep" / "x").write_text("x")
    (workspace / "folder").chmod(0o750)
    snapshots.enter(1, "Bash")
    (workspace / "file").unlink()
    (workspace / "file").mkdir()
    (workspace / "file" / "inside").write_text("inside")
    (workspace / "folder" / "deep" / "x").unlink()
    (workspace / "folder" / "deep").rmdir()
    (workspace / "folder").rmdir()
    (workspace / "folder").symlink_to("file")
    snapshots.leave(2, "Bash")
    (workspace / "file" / "theirs").write_text("theirs")
    done = undo(snapshots)
    assert set(done.failed) == {"file"}  # a person's file is in it
    assert (workspace / "file" / "theirs").read_text() == "theirs"
    assert (workspace / "folder" / "deep" / "x").read_text() == "x"
    assert (workspace / "folder").stat().st_mode & 0o777 == 0o750
    (workspace / "file" / "theirs").unlink()
    assert not undo(snapshots).failed
    assert (workspace / "file").read_text() == "file"


def test_links_are_never_followed(snapshots: Snapshots, workspace: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_text("canary")
    (workspace / "d").mkdir()
    (workspace / "d" / "x").write_text("old")
    snapshots.enter(1, "Bash")
    (workspace / "d" / "x").write_text("new")
    snapshots.leave(2, "Bash")
    start = snapshots.at(0)
    assert start
    plan = snapshots.plan(start)
    (workspace / "d").rename(workspace / "moved")
    (workspace / "d").symlink_to(outside)  # a person swaps the folder between the plan and the restore
    done = snapshots.restore(plan, seq=3)
    assert "d/x" in done.failed and not done.paths
    assert (outside / "x").read_text() == "canary"


def test_a_second_name_of_a_file_stays_its_name(snapshots: Snapshots, workspace: Path) -> None:
    (workspace / "one").write_text("old")
    os.link(workspace / "one", workspace / "two")
    snapshots.enter(1, "Bash")
    (workspace / "one").write_text("new and longer")
    snapshots.leave(2, "Bash")
    assert not undo(snapshots).failed
    assert (workspace / "two").read_text() == "old" and (workspace / "two").stat().st_nlink == 2


def test_a_change_between_plan_and_restore_is_left_alone(snapshots: Snapshots, workspace: Path) -> None:
    (workspace / "a").write_text("old")
    snapshots.enter(1, "Bash")
    (workspace / "a").write_text("new")
    snapshots.leave(2, "Bash")
    start = snapshots.at(0)
    assert start
    plan = snapshots.plan(start)
    (workspace / "a").write_text("a person's")
    assert snapshots.restore(plan, seq=3).failed == {"a": "it was changed meanwhile"}
    assert (workspace / "a").read_text() == "a person's"


def test_u06_bounds_hold_and_say_so(tmp_path: Path, workspace: Path) -> None:
    bounds = Bounds(bytes=20_000, file_bytes=5_000, files=50)
    snapshots = Snapshots(tmp_path / "session", workspace, bounds)
    for number in range(200):
        folder = workspace / f"p{number % 4}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}").write_bytes(os.urandom(1_000))
    snapshots.enter(1, "Bash")
    snapshots.leave(2, "Bash")
    before = read_all(workspace)
    snapshots.enter(3, "Bash")
    for path in workspace.rglob("*"):
        if path.is_file():
            path.write_bytes(os.urandom(1_000))
    snapshots.leave(4, "Bash")
    size = (tmp_path / "session" / "snapshots" / "store.sqlite").stat().st_size
    assert size < 120_000
    latest = snapshots.latest()
    assert latest and set(snapshots.gaps) == {"p1", "p2", "p3"}
    plan = snapshots.plan(latest)
    assert plan.is_empty
    now = read_all(workspace)
    start = snapshots.at(0)
    assert start
    plan = snapshots.plan(start)
    assert len(plan.changes) + len(plan.lost) == 50 and len(plan.changes) == 5
    assert not snapshots.restore(plan, seq=9).failed
    after = read_all(workspace)
    assert set(after) == set(now)  # nothing was deleted that nobody knows who made
    kept = {one.path for one in plan.changes}
    assert all(after[path] == (before if path in kept else now)[path] for path in now)
    snapshots.close()


def test_the_oldest_go_first_and_the_newest_stays(tmp_path: Path, workspace: Path) -> None:
    snapshots = Snapshots(tmp_path / "session", workspace, Bounds(bytes=50_000))
    for number in range(40):
        snapshots.enter(number * 2, "Bash")
        (workspace / "a").write_bytes(os.urandom(5_000))
        snapshots.leave(number * 2 + 1, "Bash")
    kept = snapshots.snapshots()
    assert 3 <= len(kept) < 15 and snapshots.at(0) is None
    wanted = kept[-2]
    plan = snapshots.plan(wanted)
    assert [one.path for one in plan.changes] == ["a"] and not plan.lost
    assert not snapshots.restore(plan, seq=99).failed
    snapshots.close()


def test_what_is_not_kept_is_never_deleted(tmp_path: Path, workspace: Path) -> None:
    snapshots = Snapshots(tmp_path / "session", workspace, Bounds(file_bytes=100))
    snapshots.enter(1, "Bash")
    (workspace / "large").write_bytes(b"x" * 1_000)
    snapshots.leave(2, "Bash")
    start = snapshots.at(0)
    assert start
    plan = snapshots.plan(start)
    assert plan.is_empty and "for good" in plan.lost["large"]
    snapshots.close()


@pytest.mark.parametrize("name", ["gitignore", "folder"])
def test_what_becomes_visible_late_was_made_by_nobody(
    name: str, snapshots: Snapshots, workspace: Path
) -> None:
    """A file that was not looked at before, because it was ignored or unreadable, is never taken for the session's."""
    (workspace / "build").mkdir()
    for number in range(400):
        (workspace / "build" / f"{number}").write_text("o")
    (workspace / ".gitignore").write_text("build/\n")
    snapshots.enter(1, "Bash")
    if name == "gitignore":
        (workspace / ".gitignore").unlink()
    else:
        for number in range(300):
            (workspace / "build" / f"{number}").unlink()
    snapshots.leave(2, "Bash")
    snapshots.close()
    undo(snapshots)
    assert (workspace / "build" / "399").exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from aura.safety.snapshots import Snapshots, restoring

left = int(sys.argv[3])
real = restoring._move

def move(*given):
    global left
    real(*given)
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

restoring._move = move
snapshots = Snapshots(Path(sys.argv[1]), Path(sys.argv[2]))
snapshots.restore(snapshots.plan(snapshots.at(0)), seq=9)
"""


@pytest.mark.parametrize("after", [1, 5])
def test_a_restore_that_is_killed_is_finished_by_the_next_one(
    after: int, tmp_path: Path, workspace: Path
) -> None:
    for number in range(8):
        (workspace / f"{number}").write_text(f"old {number}")
    before = read_all(workspace)
    snapshots = Snapshots(tmp_path / "session", workspace)
    snapshots.enter(1, "Bash")
    for number in range(8):
        (workspace / f"{number}").write_text(f"new {number}")
    snapshots.leave(2, "Bash")
    changed = read_all(workspace)
    snapshots.close()
    script = textwrap.dedent(KILLED)
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "session"), str(workspace), str(after)],
        check=False,
        timeout=30,
    )
    assert done.returncode == -signal.SIGKILL
    half = read_all(workspace)
    assert half not in (before, changed)
    assert all(half[name] in (before[name], changed[name]) for name in before)  # whole files only
    (workspace / "theirs").write_text("a person's")
    again = Snapshots(tmp_path / "session", workspace)
    assert not undo(again).failed
    (workspace / "theirs").unlink()
    assert read_all(workspace) == before
    again.close()


def test_a_snapshot_of_a_folder_that_is_gone_is_an_error_and_not_a_deletion(
    snapshots: Snapshots, workspace: Path
) -> None:
    (workspace / "a").write_text("a")
    snapshots.enter(1, "Bash")
    snapshots.leave(2, "Bash")
    workspace.rename(workspace.with_name("elsewhere"))
    with pytest.raises(OSError):
        snapshots.take(3, "Bash")
    workspace.with_name("elsewhere").rename(workspace)
    assert snapshots.take(4, "Bash") is None


def test_times_tell_nothing_when_a_file_is_written_twice_at_once(
    snapshots: Snapshots, workspace: Path
) -> None:
    """F03: the same size and the same time of change, other content."""
    path = workspace / "a"
    path.write_text("one")
    stamp = path.stat()
    snapshots.enter(1, "Bash")
    path.write_text("two")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    taken = snapshots.leave(2, "Bash")
    assert taken and taken.changed == 1
    assert not undo(snapshots).failed and path.read_text() == "one"
    assert time.time_ns() > stamp.st_mtime_ns
