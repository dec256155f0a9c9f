"""The snapshots of one session: taken as it works, and gone back to."""

import contextlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

from aura.safety.snapshots.judging import judge
from aura.safety.snapshots.keeping import Keeper
from aura.safety.snapshots.restoring import Restoration, find_missing_above
from aura.safety.snapshots.store import FILE, FOLDER, Store
from aura.safety.snapshots.values import (
    Bounds,
    By,
    Change,
    Conflict,
    Restored,
    RestorePlan,
    Snapshot,
    State,
)

NOT_KEPT = "its former content was not kept: it was too large, or could not be read"
IN_THE_WAY = "what is there now is too large to be kept, and would be gone for good"
FAILURES = (OSError, sqlite3.Error)


class Snapshots:
    """The history of a workspace's files within one session, kept in the session's folder.

    Paths are relative to the workspace, with `/`; those outside are absolute. Every method blocks (call it in a
    thread) and may raise `OSError` or `sqlite3.Error`. Only the holder of the session's lease may have one.
    """

    def __init__(
        self, session_dir: Path, workspace: Path, bounds: Bounds | None = None, excluded: Iterable[Path] = ()
    ) -> None:
        self.workspace = Path(os.path.realpath(workspace))
        self._folder = session_dir / FOLDER
        self._bounds = bounds or Bounds()
        self._excluded = (session_dir, Path(os.path.realpath(session_dir)), *excluded)
        self._lock = threading.RLock()
        self._opened: Keeper | None = None
        self._is_working = False  # in this process

    # --- asking ---

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever kept here."""
        return self._opened is None and not (self._folder / FILE).exists()

    @property
    def gaps(self) -> Mapping[str, str]:
        """What is not covered, and why, as of the last look."""
        return {} if self.is_empty else dict(self._kept.gaps)

    def latest(self) -> Snapshot | None:
        """The newest snapshot."""
        if self.is_empty:
            return None
        with self._lock:
            return self._store.find_snapshot("ORDER BY id DESC")

    def at(self, seq: int) -> Snapshot | None:
        """The last snapshot at or before an event; before the first one, how the session found the workspace.

        None when nothing was kept, or nothing from that time is kept any more.
        """
        if self.is_empty:
            return None
        with self._lock:
            found = self._store.find_snapshot("WHERE seq <= ? ORDER BY id DESC", seq)
            oldest = self._store.find_snapshot("ORDER BY id")
            if found is None and oldest is not None and not self._store.get_fact("pruned"):
                return Snapshot(0, 0, oldest.at, "when the session began")
            return found

    def find(self, number: int) -> Snapshot | None:
        """The snapshot with this number (0: how the session found the workspace); None when it is not kept."""
        if number == 0:
            return self.at(0)
        if self.is_empty:
            return None
        with self._lock:
            return self._store.find_snapshot("WHERE id = ?", number)

    def snapshots(self) -> list[Snapshot]:
        """All snapshots that are kept, oldest first."""
        if self.is_empty:
            return []
        with self._lock:
            return self._store.list_snapshots()

    def content(self, state: State | str) -> bytes | None:
        """The content of a state (of a link: its target); None when there is none, or it is not kept.

        A path stands for the state in which it was found last.
        """
        with self._lock:
            found = self._store.find_present(state) if isinstance(state, str) else state
            return self._store.get(found.sha) if found and found.kind in ("file", "link") else None

    def list_changes(self, taken: Snapshot, most: int) -> list[tuple[str, State, State]]:
        """What the newest snapshot found changed: path, state before, state now; without what git would ignore."""
        with self._lock:
            found = (
                (path, old, since[-1].state)
                for path, old, since in self._store.list_changed(taken.id - 1)
                if path.startswith("/") or not self._kept.is_ignored(path)
            )
            return list(islice(found, most))

    def read(self, path: str) -> bytes | None:
        """What stands at a path now (of a link: its target); None when there is nothing to be kept."""
        with self._lock:
            return self._kept.look(path).content

    # --- taking ---

    def take(
        self, seq: int, label: str, *, by: By = "session", paths: Collection[str] | None = None
    ) -> Snapshot | None:
        """Keep how the workspace stands behind an event, or only some paths; None: nothing changed since the last.

        `by` is who made the changes that are found. The first look finds none: it is what all others are held
        against. After a crash in the middle of work the changes count as the session's, whatever `by` says.
        """
        with self._lock:
            store = self._store
            store.begin()
            try:
                taken = _keep(self._kept, Snapshot(0, seq, time.time(), label, by), paths)
                store.commit()
            except BaseException:
                self._abandon()
                raise
            return taken

    def enter(self, seq: int, label: str, paths: Collection[str] | None = None) -> Snapshot | None:
        """Before the session's own work: what changed until now was a person's doing."""
        with self._lock:
            if not self._is_working:
                self._settle()
            taken = self.take(seq, label, by="person", paths=paths)
            self._kept.set_busy("session", seq=seq)
            self._is_working = True
            return taken

    def leave(
        self, seq: int, label: str, paths: Collection[str] | None = None, *, is_busy: bool = False
    ) -> Snapshot | None:
        """After the session's own work; with `is_busy` some of it (a background job) goes on."""
        with self._lock:
            taken = self.take(seq, label, by="session", paths=paths)
            self._is_working = is_busy
            if not is_busy:
                self._kept.set_busy("")
            return taken

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._opened is not None:
                self._opened.store.close()
                self._opened = None

    # --- going back ---

    def plan(self, to: Snapshot, *, paths: Collection[str] | None = None) -> RestorePlan:
        """What going back to a snapshot means, for all paths or some; nothing is changed yet."""
        with self._lock:
            self._settle()
            changes: list[Change] = []
            conflicts: list[Conflict] = []
            lost: dict[str, str] = {}
            for path, old, since in self._store.list_changed(to.id):
                if paths is not None and path not in paths:
                    continue
                now = self._kept.see(path, since[-1].state)
                judged = judge(old, since, now)
                if judged is None:
                    continue
                reason = _find_obstacle(self._store, judged.old, now)
                if reason:
                    lost[path] = reason
                elif judged.reason:
                    conflicts.append(Conflict(path, now, judged.old, judged.reason))
                else:
                    changes.append(Change(path, now, judged.old))
            return RestorePlan(to, tuple(changes), tuple(conflicts), lost, self.gaps)

    def restore(
        self,
        plan: RestorePlan,
        *,
        seq: int,
        paths: Collection[str] | None = None,
        old: Collection[str] = (),
        beside: Collection[str] = (),
    ) -> Restored:
        """Go back as planned: all safe changes or those of `paths`, and of the conflicts what a person chose.

        Of the conflicts, those in `old` get their old content, for those in `beside` it is written next to them, the
        others stay. A path that changed since it was planned is left alone and named. A process that dies meanwhile
        leaves whole files; the same plan made again finishes the work.
        """
        with self._lock:
            chosen = [one for one in plan.changes if paths is None or one.path in paths]
            chosen += [one for one in plan.conflicts if one.path in old]
            asides = [one for one in plan.conflicts if one.path in beside and one.path not in old]
            made_above = find_missing_above(self.workspace, chosen)
            touched = [*made_above, *(one.path for one in (*chosen, *asides))]
            before = self.take(seq, "before an undo", by="person", paths=touched) or self.latest()
            assert before is not None
            self._kept.set_busy("undo", touched, seq=seq)
            work = Restoration(self.workspace, self.content, lambda path: self._kept.look(path).state)
            work.run(chosen)
            made = work.write_beside(asides)
            done = [one.path for one in chosen if one.path not in work.failed]
            paths_after = [*made_above, *done, *made]
            after = self.take(seq + 1, "undo", by="undo", paths=paths_after)  # what says so is logged next
            self._kept.set_busy("")
            settled = {*touched}
            kept = tuple(one.path for one in plan.conflicts if one.path not in settled)
            return Restored(before, after, tuple(done), tuple(made), kept, dict(work.failed))

    # --- inside ---

    @property
    def _kept(self) -> Keeper:
        if self._opened is None:
            self._opened = Keeper(self._folder, self.workspace, self._bounds, self._excluded)
        return self._opened

    @property
    def _store(self) -> Store:
        return self._kept.store

    def _abandon(self) -> None:
        """After a failure: what was learnt since the last commit is forgotten; the next call reads the file anew."""
        kept, self._opened = self._opened, None
        if kept is not None:
            with contextlib.suppress(*FAILURES):
                kept.store.close()

    def _settle(self) -> None:
        """What an undo that was cut off did is its doing, what a command that was cut off did is the session's."""
        busy, since = self._store.get_fact("busy"), self._kept.behind_busy
        if busy == "undo":
            self.take(since, "undo", by="undo", paths=json.loads(self._store.get_fact("undoing")))
            self._kept.set_busy("")
        elif busy:
            self.take(since, "left unfinished")
            if not self._is_working:
                self._kept.set_busy("")


def _keep(kept: Keeper, taken: Snapshot, paths: Collection[str] | None) -> Snapshot | None:
    """Look at a workspace, or some paths of it, and keep what differs as a snapshot; None when nothing does."""
    store = kept.store
    if taken.by == "person" and store.get_fact("busy") == "session":
        taken = replace(taken, by="session")
    is_first = paths is None and not kept.has_begun
    changed = kept.update(paths)
    if not changed and not is_first:
        return None
    taken = store.add_snapshot(replace(taken, changed=len(changed)))
    for path, before, state in changed:
        store.add_state(path, taken.id, taken.by, state, before)
    return taken


def _find_obstacle(store: Store, old: State, now: State) -> str:
    """Why a path cannot be put back; empty: it can."""
    if not old.is_kept or (old.kind in ("file", "link") and not store.has(old.sha)):
        return NOT_KEPT
    return "" if now.is_kept else IN_THE_WAY
