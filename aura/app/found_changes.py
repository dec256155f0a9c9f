"""What commands did to files, as the snapshots around them show it: the same form that the tools' own edits have."""

import os
from typing import Literal

from aura.core.evidence import FileChange
from aura.safety.redact import MARK, redact
from aura.safety.snapshots import Snapshot, Snapshots, State
from aura.safety.snapshots.differences import compare_lines, read_lines

MOST = 100  # files that are named
LONGEST = 64_000  # bytes of a file whose change is shown line by line
LONGEST_DIFF = 16_000  # characters
ROOM = 64_000  # characters of all diffs of one command


def find_changes(snapshots: Snapshots, taken: Snapshot) -> tuple[FileChange, ...]:
    """What differs between a snapshot and the one before it, files that git would ignore left out; may block."""
    changes, room = [], ROOM
    for path, before, now in snapshots.list_changes(taken, MOST):
        change = _describe(snapshots, path, before, now)
        if change is None:
            continue
        if len(change.diff) > room:
            change = FileChange(change.path, change.kind, change.added, change.removed)
        room -= len(change.diff)
        changes.append(change)
    return tuple(changes)


def _describe(snapshots: Snapshots, path: str, before: State, now: State) -> FileChange | None:
    kinds = {before.kind, now.kind} - {"absent"}
    if kinds <= {"folder"}:
        return None
    shown = os.fsencode(path).decode("utf-8", "replace")
    kind: Literal["created", "modified", "deleted"]
    kind = "created" if not before.exists else "modified" if now.exists else "deleted"
    old, new = (_read(snapshots, state) for state in (before, now)) if kinds <= {"file"} else (None, None)
    if old is None or new is None:
        return FileChange(shown, kind)
    found = compare_lines(old, new, before, now, shown)
    diff = redact(found.diff)
    if len(diff) > LONGEST_DIFF or MARK in diff:  # what is cut, or hides something, is no diff any more
        diff = ""
    return FileChange(shown, kind, found.added, found.removed, diff, now.sha)


def _read(snapshots: Snapshots, state: State) -> list[str] | None:
    """The lines of a state; None when it is no text, too long, or not kept."""
    content = snapshots.content(state) if state.exists and state.size <= LONGEST else None
    return read_lines(content, exists=state.exists)
