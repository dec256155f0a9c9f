"""What a restore would change in a file, as people read it."""

import difflib
from dataclasses import dataclass

from aura.safety.snapshots.values import Change, State

LARGEST = 400_000  # bytes of a text that is compared line by line


@dataclass(frozen=True, slots=True)
class Difference:
    """Lines that would come and go, and a unified diff; `note` says why there is none."""

    added: int = 0
    removed: int = 0
    diff: str = ""
    note: str = ""


def compare(change: Change, now: bytes | None, old: bytes | None, shown: str) -> Difference:
    """The difference that a change would make; `now` and `old` are the contents (None: there is none to compare)."""
    before, after = change.now, change.old
    if "folder" in (before.kind, after.kind):
        return Difference(note="folder")
    if "link" in (before.kind, after.kind):
        return Difference(note="link")
    texts = [read_lines(content, exists=state.exists) for content, state in ((now, before), (old, after))]
    if None in texts:
        large = max(before.size, after.size) > LARGEST
        return Difference(note=f"{'large' if large else 'not text'}, {before.size} → {after.size} bytes")
    first, second = texts
    assert first is not None and second is not None
    if first == second:
        return Difference(
            note=f"mode {before.mode:o} → {after.mode:o}" if before.exists and after.exists else "empty"
        )
    return compare_lines(first, second, before, after, shown)


def compare_lines(first: list[str], second: list[str], before: State, after: State, shown: str) -> Difference:
    """The unified diff of two texts, where each line ends, and the sign for a last one that did not."""
    names = (f"a/{shown}" if before.exists else "/dev/null", f"b/{shown}" if after.exists else "/dev/null")
    lines = list(difflib.unified_diff(first, second, *names))
    body = lines[2:]
    return Difference(
        sum(line.startswith("+") for line in body),
        sum(line.startswith("-") for line in body),
        "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines),
    )


def read_lines(content: bytes | None, *, exists: bool) -> list[str] | None:
    """The lines of a text; None for what is no text, or too long."""
    if not exists:
        return []
    if content is None or len(content) > LARGEST or b"\0" in content:
        return None
    try:
        return content.decode("utf-8").splitlines(keepends=True)
    except UnicodeDecodeError:
        return None
