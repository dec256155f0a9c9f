"""What is known of a workspace and kept of it: the marks of its files, their contents, and the room for these."""

import json
import time
from collections.abc import Collection, Iterable
from pathlib import Path

from aura.safety.snapshots.looking import Look, look, pass_over
from aura.safety.snapshots.scanning import Scanner
from aura.safety.snapshots.store import Store
from aura.safety.snapshots.values import ABSENT, Bounds, State

SMALL = 262_144  # bytes; an ignored file that is larger is not kept
TOO_WIDE = "it holds your home folder; only files that tools name are covered"

Found = list[tuple[str, State, State]]  # path, as it was found last, as it is


class Keeper:
    """Looks at paths, keeps what stands there in the session's file, and says what differs from the last look."""

    def __init__(self, folder: Path, workspace: Path, bounds: Bounds, excluded: Iterable[Path]) -> None:
        self.store = Store(folder)
        self._workspace = workspace
        self._bounds = bounds
        self._scanner = Scanner(workspace, excluded, bounds.files)
        for path, mark, kind in self.store.list_present():
            if kind == "folder":
                self._scanner.folders[path] = mark
            elif kind != "absent" and not path.startswith("/"):
                self._scanner.learn(path, mark)
        self.gaps = self._scanner.gaps
        self.gaps.update(json.loads(self.store.get_fact("gaps") or "{}"))
        self._bytes = int(self.store.get_fact("bytes") or 0)
        self._room_was_made = False
        self._is_first = True

    @property
    def has_begun(self) -> bool:
        """Whether the whole workspace was looked at before."""
        return bool(self.store.get_fact("begun"))

    def update(self, paths: Collection[str] | None) -> Found:
        """Look at some paths or the whole workspace; what is found for the first time is no difference.

        Except what is new in a workspace that was looked through before: that was made since.
        """
        self._room_was_made = False
        self._is_first = not self.has_begun
        knows_all = paths is None and self.has_begun
        if paths is None:
            paths = self._find_candidates()
            self.store.set_fact("begun", "yes")
            self.store.set_fact("gaps", json.dumps(self.gaps))
        end = time.monotonic() + self._bounds.seconds
        changed: Found = []
        for path in dict.fromkeys(paths):
            before = self.store.find_present(path)
            if before is not None and before.kind == "unread" and self._is_as(path, before):
                continue
            late = time.monotonic() > end
            state = self._note(path, pass_over(self.locate(path)) if late else self.look(path), before)
            if before is None:
                if not knows_all:
                    continue
                before = ABSENT
            if before != state:
                changed.append((path, before, state))
        self.store.set_fact("bytes", str(self._bytes))
        return changed

    def _find_candidates(self) -> Collection[str]:
        if Path.home().is_relative_to(self._workspace):
            self.gaps["."] = TOO_WIDE
            return ()
        found = self._scanner.scan()
        return (*found.folders, *found.files, *found.gone)

    def look(self, path: str) -> Look:
        """What stands at a path now."""
        largest = self._bounds.file_bytes
        if not path.startswith("/") and largest > SMALL and self._scanner.is_ignored(path):
            largest = SMALL
        return look(self.locate(path), largest)

    def is_ignored(self, path: str) -> bool:
        """Whether git would leave a file of the workspace out."""
        return self._scanner.is_ignored(path)

    def see(self, path: str, last: State) -> State:
        """How a path stands now, told apart from how it was found last; what was not kept then is not read."""
        if last.kind == "unread" and self._is_as(path, last):
            return last
        return self.look(path).state

    def _is_as(self, path: str, last: State) -> bool:
        """Whether what was not kept is as it was found last."""
        return pass_over(self.locate(path)).state == last

    def set_busy(self, what: str, paths: Collection[str] = (), *, seq: int = 0) -> None:
        """Note, for the next process too, that something is being done to the workspace, or (empty) nothing is.

        `seq` is the newest event when it began.
        """
        store = self.store
        if store.get_fact("busy") != what:
            store.begin()
            store.set_fact("busy", what)
            store.set_fact("busy_since", str(seq))
            store.set_fact("undoing", json.dumps(list(paths)))
            store.commit()

    @property
    def behind_busy(self) -> int:
        """A place in the log behind the event with which the unfinished work began."""
        return int(self.store.get_fact("busy_since") or 0) + 1

    def locate(self, path: str) -> str:
        """The absolute path."""
        return path if path.startswith("/") else f"{self._workspace}/{path}"

    def _note(self, path: str, found: Look, before: State | None) -> State:
        """Keep what was found at a path; the state as it can be kept."""
        state, mark = found.state, found.mark
        if found.content is not None and not self.store.has(state.sha):
            if self._has_room(len(found.content)):
                self._bytes += self.store.put(state.sha, found.content)
            else:
                passed = pass_over(self.locate(path))
                state, mark = passed.state, passed.mark
        if state != before or mark:
            self.store.set_present(path, mark, state)
        if not path.startswith("/"):
            self._scanner.note(path, mark, state.kind)
        return state

    def _has_room(self, size: int) -> bool:
        """Whether a content may be kept; the oldest snapshots make room for it, once in an update."""
        limit = self._bounds.bytes
        if self._is_first:
            limit -= limit // 4  # room for what changes
        if self._bytes + size > limit and not self._room_was_made:
            self._room_was_made = True
            self._prune(limit - size)
        return self._bytes + size <= limit

    def _prune(self, target: int) -> None:
        """Forget the oldest snapshots until the contents fit; the newest stays."""
        kept = self.store.list_snapshots()
        while len(kept) > 1 and self._bytes > target:
            kept = kept[(len(kept) + 1) // 2 :]
            self.store.forget_before(kept[0].id)
            self.store.set_fact("pruned", "yes")
            self._bytes = self.store.sweep()
