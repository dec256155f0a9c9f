"""What the tools that change files have in common: is the file known, what became of it, what does it look like now."""

import re
from typing import Literal

from aura.core.evidence import FileChange
from aura.core.tools import ToolContext, ToolOutput
from aura.tools._disk import Loaded, hash_bytes
from aura.tools._editing.draft import Draft
from aura.tools._editing.lines import Lines
from aura.tools.textfile import NotEncodable, NotText, Splice, TextFile
from aura.tools.workspace import Place

DIFF_CAP = 16_000  # characters of a diff that go into the log
LOOK_LINES = 200  # lines of a fresh look
LOOK_WIDTH = 500  # characters of one line in it
SURROGATES = re.compile("[\ud800-\udfff]")
Kind = Literal["created", "modified", "deleted", "renamed"]
AROUND = 6  # lines shown before and behind a place


def number_lines(lines: list[str], first: int, width: int = LOOK_WIDTH) -> str:
    """Lines as Read shows them: the number right-aligned in six columns, a tab, the text."""
    return "\n".join(f"{first + index:>6}\t{cut_line(line, width)}" for index, line in enumerate(lines))


def cut_line(line: str, width: int) -> str:
    """A line that is not too long; stray bytes as U+FFFD."""
    if not line.isascii():
        line = _make_safe(line)
    return line if len(line) <= width else f"{line[:width]}… [cut at {width} characters]"


def _make_safe(line: str) -> str:
    """The text with every unpaired surrogate as U+FFFD, so that it can be stored and sent."""
    return SURROGATES.sub("\ufffd", line)


def look_at(loaded: Loaded, spans: list[tuple[int, int]]) -> tuple[str, bool]:
    """The lines around some spans (from 1, inclusive), or the whole file without spans; and whether it is whole."""
    try:
        lines = Lines.split(TextFile.decode(loaded.content).text).texts
    except NotText as error:
        return str(error), True
    if not lines:
        return "[the file is empty]", True
    if not spans:
        spans = [(1, min(len(lines), LOOK_LINES))]
    wanted: list[int] = []
    for first, last in spans:
        wanted += range(max(first - AROUND, 1), min(last + AROUND, len(lines)) + 1)
    pieces: list[str] = []
    previous = 0
    for number in sorted(set(wanted))[:LOOK_LINES]:
        if number != previous + 1 and previous:
            pieces.append("…")
        pieces.append(number_lines([lines[number - 1]], number))
        previous = number
    return "\n".join(pieces), len(set(wanted)) >= len(lines) and len(lines) <= LOOK_LINES


def is_stale(context: ToolContext, place: Place, loaded: Loaded) -> bool:
    """Whether the model has seen the file in another state than it is in."""
    return context.seen.get(place.key, loaded.sha) != loaded.sha


def refuse(
    place: Place, loaded: Loaded, sentence: str, spans: list[tuple[int, int]], *, known: bool
) -> ToolOutput:
    """A refusal with a fresh look; `known` makes the model's next try count as informed."""
    look, _ = look_at(loaded, spans)
    seen = {place.key: loaded.sha} if known else {}
    return ToolOutput(f"{sentence}\n{look}", display=sentence, is_error=True, seen=seen)


def compare(before: bytes, after: bytes) -> tuple[str, int, int]:
    """The hunks of a unified diff, the lines added and removed; a sentence instead of hunks when it is not text."""
    try:
        old = TextFile.decode(before)
        new = TextFile.decode(after)
        draft = Draft(
            TextFile(old.full.encode("utf-8", "surrogatepass"), old.full, "utf-8", errors="surrogatepass")
        )
        draft.replace([Splice(0, len(old.full), new.full)], 0)
        edited = draft.finish()
    except (NotText, NotEncodable):
        return f"(not text: {len(before)} bytes before, {len(after)} now)\n", 0, 0
    return edited.diff, edited.added, edited.removed


def make_change(
    place: Place, before: bytes | None, after: bytes | None, *, source: Place | None = None
) -> FileChange:
    """What happened to one file; None stands for no file, `source` is where a renamed one came from."""
    diff, added, removed = compare(before or b"", after or b"")
    return tell_change(place, after, (diff, added, removed), is_new=before is None, source=source)


def tell_change(
    place: Place,
    after: bytes | None,
    difference: tuple[str, int, int],
    *,
    is_new: bool = False,
    source: Place | None = None,
) -> FileChange:
    """The same with hunks that are known already."""
    hunks, added, removed = difference
    old = "/dev/null" if is_new else f"a/{(source or place).shown}"
    new = "/dev/null" if after is None else f"b/{place.shown}"
    diff = cap_diff(f"--- {old}\n+++ {new}\n{hunks}") if hunks or source else ""
    kind: Kind = "deleted" if after is None else "renamed" if source else "created" if is_new else "modified"
    return FileChange(
        path=place.shown,
        kind=kind,
        added=added,
        removed=removed,
        diff=_make_safe(diff),
        after="" if after is None else hash_bytes(after),
    )


def cap_diff(diff: str) -> str:
    """A diff that is not too long, cut at a line."""
    if len(diff) <= DIFF_CAP:
        return diff
    kept = diff[: diff.rfind("\n", 0, DIFF_CAP) + 1] or diff[:DIFF_CAP]
    return f"{kept}… [{diff.count(chr(10)) - kept.count(chr(10))} more lines]\n"


def count_lines(change: FileChange) -> str:
    """The size of a change, as in `+3 -1`."""
    return f"+{change.added} -{change.removed}"
