"""Any story of a session, its commands and a person: nobody's bytes are lost, the session's changes are undone."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from aura.safety.snapshots import ABSENT, Snapshots, State
from aura.safety.snapshots.judging import judge
from aura.safety.snapshots.values import By, Left

PATHS = ("a", "b", "d", "d/x", "d/y", "d/e/z")
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112 - no disk is waited for
Tree = dict[str, tuple[str, bytes, int]]

acts = st.lists(
    st.tuples(
        st.sampled_from(["write", "write", "append", "delete", "link", "mode", "folder"]),
        st.sampled_from(PATHS),
        st.sampled_from([b"", b"one\n", b"two\r\n", b"\x00\xff" * 200, b"same\n"]),
    ),
    min_size=1,
    max_size=4,
)


def read(workspace: Path) -> Tree:
    """All that stands in a folder."""
    tree: Tree = {}
    for path in sorted(workspace.rglob("*")):
        name = path.relative_to(workspace).as_posix()
        if path.is_symlink():
            tree[name] = ("link", bytes(path.readlink()), 0)
        elif path.is_dir():
            tree[name] = ("folder", b"", path.stat().st_mode & 0o777)
        else:
            tree[name] = ("file", path.read_bytes(), path.stat().st_mode & 0o777)
    return tree


def clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()


def make_way(workspace: Path, path: Path) -> None:
    """Folders above a path, whatever stood there."""
    for above in reversed(path.relative_to(workspace).parents[:-1]):
        place = workspace / above
        if place.is_symlink() or not place.is_dir():
            clear(place)
            place.mkdir()


def act(workspace: Path, what: str, name: str, content: bytes) -> None:
    """One change to the workspace."""
    path = workspace / name
    match what:
        case "write":
            make_way(workspace, path)
            clear(path)
            path.write_bytes(content)
        case "append":
            if path.is_file() and not path.is_symlink():
                with path.open("ab") as file:
                    file.write(content)
        case "delete":
            clear(path)
        case "link":
            make_way(workspace, path)
            clear(path)
            path.symlink_to(content.decode("latin-1").replace("\0", "n")[:20] or "nowhere")
        case "mode":
            if path.is_file() and not path.is_symlink():
                path.chmod(0o755 if content else 0o600)
        case _:
            make_way(workspace, path)
            clear(path)
            path.mkdir()


class Story(RuleBasedStateMachine):
    """The session works, a person works, and somebody undoes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="aura-story-", dir=MEMORY))
        self.workspace = self.folder / "work"
        self.workspace.mkdir()
        self.snapshots = Snapshots(self.folder / "session", self.workspace)
        self.seq = 0
        self.theirs: Tree = {}  # what a person left last, by path
        self.ours: Tree = {}  # what the session or an undo left last
        self.was_touched = False  # by a person

    def teardown(self) -> None:
        self.snapshots.close()
        shutil.rmtree(self.folder)

    @initialize(first=acts)
    def begin(self, first: list[tuple[str, str, bytes]]) -> None:
        for one in first:
            act(self.workspace, *one)
        self.start = read(self.workspace)
        self.theirs = dict(self.start)
        self.snapshots.enter(1, "begin")
        self.snapshots.leave(1, "begin")

    @rule(what=acts)
    def run_command(self, what: list[tuple[str, str, bytes]]) -> None:
        self.seq += 1
        self.snapshots.enter(self.seq, "Bash")
        before = read(self.workspace)
        for one in what:
            act(self.workspace, *one)
        self.snapshots.leave(self.seq, "Bash")
        self.forget(before)

    @rule(name=st.sampled_from(["a", "b", "d/x"]), content=st.sampled_from([b"edit\n", b"one\n"]))
    def edit(self, name: str, content: bytes) -> None:
        path = self.workspace / name
        if path.parent.is_symlink() or (path.parent.exists() and not path.parent.is_dir()) or path.is_dir():
            return
        self.seq += 1
        paths = [name] if path.parent.exists() else [name, "d"]
        self.snapshots.enter(self.seq, "Edit", paths)
        before = read(self.workspace)
        path.parent.mkdir(exist_ok=True)
        clear(path)
        path.write_bytes(content)
        self.snapshots.leave(self.seq, "Edit", paths)
        self.forget(before)

    def forget(self, before: Tree) -> None:
        """What the session changed is no person's last word any more."""
        now = read(self.workspace)
        self.theirs = {path: left for path, left in self.theirs.items() if before.get(path) == now.get(path)}
        self.ours |= {path: left for path, left in now.items() if path not in self.theirs}

    @rule(what=acts)
    def step_in(self, what: list[tuple[str, str, bytes]]) -> None:
        before = read(self.workspace)
        for one in what:
            act(self.workspace, *one)
        now = read(self.workspace)
        self.was_touched |= before != now
        for path in {*before, *now}:
            if before.get(path) != now.get(path):
                self.theirs.pop(path, None)
                if path in now and now[path] != self.ours.get(
                    path
                ):  # what is as the session left it is nobody's loss
                    self.theirs[path] = now[path]

    @rule(back=st.integers(0, 6))
    def undo_and_redo(self, back: int) -> None:
        self.seq += 1
        to = self.snapshots.at(max(self.seq - 1 - back, 0))
        assert to is not None
        before = read(self.workspace)
        done = self.snapshots.restore(self.snapshots.plan(to), seq=self.seq)
        self.check_theirs()
        if not self.was_touched:
            assert not done.kept and not done.failed
            if to.id == 0:
                assert read(self.workspace) == self.start
        if done.paths and not done.failed:
            again = self.snapshots.plan(done.before)
            assert not again.conflicts and not again.lost
            assert not self.snapshots.restore(again, seq=self.seq).failed
            assert read(self.workspace) == before

    @rule(back=st.integers(0, 6))
    def undo(self, back: int) -> None:
        self.seq += 1
        to = self.snapshots.at(max(self.seq - 1 - back, 0))
        assert to is not None
        before = read(self.workspace)
        self.snapshots.restore(self.snapshots.plan(to), seq=self.seq)
        self.check_theirs()
        self.forget(before)

    @rule()
    def restart(self) -> None:
        self.snapshots.close()

    @invariant()
    def check_theirs(self) -> None:
        """What a person wrote last is as they left it."""
        now = read(self.workspace)
        for path, left in self.theirs.items():
            assert now.get(path) == left, path


TestStory = Story.TestCase
TestStory.settings = settings(
    max_examples=25, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)

states = st.sampled_from([ABSENT, State("file", "1"), State("file", "2"), State("link", "3")])
lefts = st.lists(st.builds(Left, st.sampled_from(["session", "person", "undo"]), states), max_size=6)


@given(states, lefts, states)
def test_only_the_sessions_part_is_undone(old: State, since: list[Left], now: State) -> None:
    judged = judge(old, since, now)
    by: set[By] = {left.by for left in since}
    if by <= {"person"}:
        assert judged is None
    if "person" not in by and since and now == since[-1].state:
        assert (
            judged is None if now == old else judged is not None and (judged.old, judged.reason) == (old, "")
        )
    if judged is not None:
        assert judged.old != now
        if since[-1].by == "person" or now != since[-1].state:
            assert judged.reason
