"""What commands did to files, as the snapshots around them show it: the same form that the tools' own edits have."""

import difflib
import os
from collections.abc import Iterable, Iterator

from aura.core.evidence import FileChange
from aura.safety.redact import MARK, redact
from aura.safety.snapshots import Snapshot, Snapshots, State

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
    kind = "created" if not before.exists else "modified" if now.exists else "deleted"
    texts = [_read(snapshots, state) for state in (before, now)] if kinds <= {"file"} else [None]
    if None in texts:
        return FileChange(shown, kind)  # type: ignore[arg-type]
    old, new = ((text or "").splitlines(keepends=True) for text in texts)
    names = (
        "/dev/null" if not before.exists else f"a/{shown}",
        "/dev/null" if not now.exists else f"b/{shown}",
    )
    lines = list(_mark_ends(difflib.unified_diff(old, new, *names)))
    added, removed = (sum(line.startswith(sign) for line in lines[2:]) for sign in "+-")
    diff = redact("".join(lines))
    if len(diff) > LONGEST_DIFF or MARK in diff:  # what is cut, or hides something, is no diff any more
        diff = ""
    return FileChange(shown, kind, added, removed, diff, now.sha)  # type: ignore[arg-type]


def _read(snapshots: Snapshots, state: State) -> str | None:
    """The text of a state; None when it is no text, too long, or not kept."""
    if not state.exists:
        return ""
    content = snapshots.content(state) if state.size <= LONGEST else None
    try:
        return None if content is None or b"\0" in content else content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _mark_ends(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a diff; one whose text had no end gets one, and the sign that says so."""
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
