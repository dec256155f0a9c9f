"""What became of files over many edits: one diff for each, rebuilt from the diffs of the edits alone.

A file is a row of pieces: stretches of what it held before, whose lines are mostly unknown, and lines that came since.
Each edit's hunks say which lines they replace; what they show of old lines is remembered. Where a hunk does not fit,
something else changed the file in between: what was rebuilt so far stays, and a new diff begins with that edit.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from aura.core.evidence import FileChange

CONTEXT = 3  # lines around a change
MOST_FILES = 2_000  # files whose diffs are rebuilt; of further ones only the lines are counted
MOST_TEXT = 12_000_000  # characters that are held for all files together
MOST_PARTS = 20  # diffs of one file that did not follow from each other
MOST_COMPARED = 4_000_000  # removed times added lines of one place that are compared
NO_END = "\n\\ No newline at end of file"
HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
Line = int | str  # a line of before, by its place from 0, or a new one


class Misfit(Exception):
    """A diff does not follow from what is known of its file."""


@dataclass(frozen=True, slots=True)
class NetChange:
    """What became of one file.

    `before` is its path before (empty: it was not there), `edits` how many calls changed it, `diffs` the net diff, or
    several in order where the edits do not follow from each other. `is_whole` says that `diffs` is one net diff of all
    edits; `note` says why it is not. `added` and `removed` count the lines of the net diff, or of all edits.
    """

    path: str
    kind: str
    added: int
    removed: int
    edits: int
    before: str = ""
    diffs: tuple[str, ...] = ()
    is_whole: bool = True
    note: str = ""


class NetDiffs:
    """Collects the changes of a run, file by file, within a fixed amount of memory."""

    def __init__(self) -> None:
        self._files: dict[str, _Story] = {}
        self._room = MOST_TEXT

    def add(self, change: FileChange) -> None:
        """One edit more."""
        if change.kind == "renamed":
            source = _find_source(change.diff)
            if source and source in self._files:
                self._files[change.path] = self._files.pop(source)
        story = self._files.get(change.path)
        if story is None:
            keeps = len(self._files) < MOST_FILES
            story = self._files[change.path] = _Story(change, keeps=keeps)
        taken = story.add(change, self._room)
        self._room -= taken

    def tell(self) -> tuple[NetChange, ...]:
        """What became of each file, in the order of their first edits; files that are as before are left out."""
        told = (story.tell(path) for path, story in self._files.items())
        return tuple(change for change in told if change is not None)


class _Story:
    """One file over its edits."""

    def __init__(self, change: FileChange, *, keeps: bool) -> None:
        self.before = "" if change.kind == "created" else _find_source(change.diff) or change.path
        self.kind: str = change.kind
        self.edits = self.added = self.removed = 0
        self.keeps = keeps
        self.note = "" if keeps else "too many files were changed to rebuild every diff"
        self.parts: list[str] = []
        self.sheet = _Sheet(is_new=change.kind == "created")

    def add(self, change: FileChange, room: int) -> int:
        """One edit more; how many characters more are held."""
        self.edits += 1
        self.added += change.added
        self.removed += change.removed
        is_first = self.edits == 1
        self.kind = change.kind if is_first or change.kind == "deleted" else _join(self.kind, change.kind)
        if not self.keeps:
            return 0
        if len(change.diff) > room:
            self.keeps, self.note = False, "the diffs are too long to be held all at once"
            return 0
        hunks = read_hunks(change.diff)
        if hunks is None:
            return self._part(
                change.diff, "a diff was too long for the log and is cut, or the file is not text"
            )
        try:
            self.sheet.apply(hunks, ends=change.kind == "deleted")
        except Misfit:
            taken = self._part("", "something else changed the file between the edits")
            self.sheet = _Sheet(is_new=change.kind == "created")
            try:
                self.sheet.apply(hunks, ends=change.kind == "deleted")
            except Misfit:
                return taken + self._part(change.diff, self.note)
        return len(change.diff)

    def _part(self, diff: str, note: str) -> int:
        """Close what was rebuilt so far, and add a diff as it stands."""
        told, _, _ = self.sheet.render()
        fresh = [text for text in (told, _strip(diff)) if text]
        self.note, self.sheet = note, _Sheet(is_new=False)
        kept = fresh[: max(MOST_PARTS - len(self.parts), 0)]
        self.parts += kept
        return sum(map(len, kept))

    def tell(self, path: str) -> NetChange | None:
        """What became of the file; None when it is as it was."""
        if not self.keeps:
            return NetChange(
                path, self.kind, self.added, self.removed, self.edits, self.before, (), False, self.note
            )
        body, added, removed = self.sheet.render()
        diffs = tuple(text for text in (*self.parts, body) if text)
        whole = not self.note
        same = whole and not body and self.before == path and self.kind not in ("created", "deleted")
        never = whole and self.kind == "deleted" and not self.before
        if same or never:
            return None
        if not whole:
            added, removed = self.added, self.removed
        old = f"a/{self.before}" if self.before else "/dev/null"
        new = "/dev/null" if self.kind == "deleted" else f"b/{path}"
        told = tuple(f"--- {old}\n+++ {new}\n{text}" for text in diffs)
        return NetChange(path, self.kind, added, removed, self.edits, self.before, told, whole, self.note)


def _join(past: str, new: str) -> str:
    """What several edits make of a file: one that was deleted and is there again was modified."""
    if past == "deleted":
        return "modified"
    return "renamed" if new == "renamed" and past == "modified" else past


def _strip(diff: str) -> str:
    """A diff without its two lines of names."""
    lines = diff.split("\n", 2)
    return lines[2] if len(lines) == 3 and lines[0].startswith("--- ") else diff


def _find_source(diff: str) -> str:
    """The path that a diff names for before; empty when it names none."""
    first = diff.split("\n", 1)[0]
    return first[6:].partition("\t")[0] if first.startswith("--- a/") else ""


# --- hunks --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hunk:
    """One place of a diff: where it begins in the file before (from 0), how many lines it stands for, its rows.

    A row is a sign (blank, minus or plus) and a line; a line without an end carries diff's own note of that.
    """

    at: int
    length: int
    rows: tuple[tuple[str, str], ...]


def read_hunks(diff: str) -> tuple[Hunk, ...] | None:
    """The hunks of a unified diff of one file; None when it is cut, or is no diff."""
    hunks: list[tuple[int, int, list[tuple[str, str]]]] = []
    old = new = 0
    for number, line in enumerate(diff.split("\n")):
        if line.startswith("\\") and hunks and hunks[-1][2]:
            sign, text = hunks[-1][2][-1]
            hunks[-1][2][-1] = (sign, text + NO_END)
        elif old > 0 or new > 0:
            sign = line[:1] or " "
            if sign not in " -+":
                return None
            hunks[-1][2].append((sign, line[1:]))
            old, new = old - (sign != "+"), new - (sign != "-")
        elif match := HUNK.match(line):
            old, new = (int(match[group] or 1) if match[group] != "0" else 0 for group in (2, 4))
            hunks.append((int(match[1]) - (old > 0), old, []))
        elif line and not (number < 2 and line.startswith(("--- ", "+++ "))):
            return None
    whole = old == 0 and new == 0
    return tuple(Hunk(at, length, tuple(rows)) for at, length, rows in hunks) if whole else None


class _Sheet:
    """A file as pieces: stretches of lines of before (`range`; the last may have no end), and lists of new lines."""

    def __init__(self, *, is_new: bool) -> None:
        self.pieces: list[range | list[str]] = [] if is_new else [range(ENDLESS)]
        self.known: dict[int, str] = {}

    def apply(self, hunks: Sequence[Hunk], *, ends: bool) -> None:
        """Change the file by an edit; `ends` says that nothing is left of it. Raises `Misfit` and changes nothing."""
        pieces, known = list(self.pieces), dict[int, str]()
        for hunk in reversed(hunks):
            self._replace(pieces, known, hunk)
        if ends and any(not isinstance(piece, range) or piece.stop < ENDLESS for piece in pieces):
            raise Misfit
        self.pieces = [] if ends else _merge(pieces)
        self.known.update(known)

    def _replace(self, pieces: list[range | list[str]], known: dict[int, str], hunk: Hunk) -> None:
        first = _split(pieces, hunk.at)
        last = _split(pieces, hunk.at + hunk.length)
        old = [line for piece in pieces[first:last] for line in piece]
        if len(old) != hunk.length:
            raise Misfit
        made: list[Line] = []
        place = 0
        for sign, text in hunk.rows:
            if sign == "+":
                made.append(text)
                continue
            line = old[place]
            place += 1
            told = self.known.get(line) if isinstance(line, int) else line
            if told is not None and told != text:
                raise Misfit
            if isinstance(line, int):
                known[line] = text
            if sign == " ":
                made.append(line)
        pieces[first:last] = _gather(made)

    def render(self) -> tuple[str, int, int]:
        """The hunks of the net diff, and how many lines it adds and removes."""
        rows = list(_find_rows(self.pieces, self.known))
        hunks = "".join(_render_hunks(rows))
        added = sum(row.sign == "+" for row in rows)
        return hunks, added, sum(row.sign == "-" for row in rows)


ENDLESS = 1 << 60  # behind the last line of a file whose length is unknown


def _split(pieces: list[range | list[str]], place: int) -> int:
    """The index of the piece that begins at a place of the file, which is made if need be; raises `Misfit`."""
    at = 0
    for index, piece in enumerate(pieces):
        if at == place:
            return index
        if place < at + len(piece):
            pieces[index : index + 1] = [piece[: place - at], piece[place - at :]]
            return index + 1
        at += len(piece)
    if at != place:
        raise Misfit
    return len(pieces)


def _gather(lines: Sequence[Line]) -> list[range | list[str]]:
    """Lines as pieces."""
    pieces: list[range | list[str]] = []
    for line in lines:
        last = pieces[-1] if pieces else None
        if isinstance(line, str):
            if isinstance(last, list):
                last.append(line)
            else:
                pieces.append([line])
        elif isinstance(last, range) and last.stop == line:
            pieces[-1] = range(last.start, line + 1)
        else:
            pieces.append(range(line, line + 1))
    return pieces


def _merge(pieces: Sequence[range | list[str]]) -> list[range | list[str]]:
    """The pieces with neighbours joined that belong together; empty ones go."""
    merged: list[range | list[str]] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        if not piece:
            continue
        if isinstance(piece, range) and isinstance(last, range) and last.stop == piece.start:
            merged[-1] = range(last.start, piece.stop)
        elif isinstance(piece, list) and isinstance(last, list):
            merged[-1] = [*last, *piece]
        else:
            merged.append(piece)
    return merged


# --- the net diff -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the net diff; `old` and `new` are its places from 0 (of what follows, where it has none)."""

    sign: str
    text: str
    old: int
    new: int


def _find_rows(pieces: Sequence[range | list[str]], known: dict[int, str]) -> Iterator[_Row]:
    """The rows that came and went, and what is known of the lines around them."""
    old = new = 0
    fresh: list[str] = []
    end = max(known, default=-1) + 1
    stretches = [*pieces, range(max(end, _end(pieces)), ENDLESS)] if not _is_endless(pieces) else list(pieces)
    for piece in stretches:
        if isinstance(piece, list):
            fresh += piece
            continue
        gone = [known.get(place, "") for place in range(old, piece.start)]
        yield from _compare(gone, fresh, old, new)
        new += len(fresh)
        old, fresh = piece.start, []
        for place in _around(piece):
            if place in known:
                yield _Row(" ", known[place], place, new + place - old)
        new, old = new + len(piece), piece.stop


def _end(pieces: Sequence[range | list[str]]) -> int:
    return max((piece.stop for piece in pieces if isinstance(piece, range)), default=0)


def _is_endless(pieces: Sequence[range | list[str]]) -> bool:
    return bool(pieces) and isinstance(pieces[-1], range) and pieces[-1].stop == ENDLESS


def _around(piece: range) -> Iterator[int]:
    """The places in a stretch that lie close to its ends."""
    if len(piece) <= 2 * CONTEXT:
        yield from piece
        return
    yield from piece[:CONTEXT]
    if piece.stop < ENDLESS:
        yield from piece[-CONTEXT:]


def _compare(gone: list[str], fresh: list[str], old: int, new: int) -> Iterator[_Row]:
    """Lines that went and lines that came in their place; those that are equal stayed."""
    if len(gone) * len(fresh) > MOST_COMPARED:
        codes = [("replace", 0, len(gone), 0, len(fresh))]
    else:
        codes = [*SequenceMatcher(None, gone, fresh, autojunk=False).get_opcodes()]
    for name, a, b, c, d in codes:
        if name == "equal":
            yield from (_Row(" ", gone[a + i], old + a + i, new + c + i) for i in range(b - a))
            continue
        yield from (_Row("-", gone[i], old + i, new + c) for i in range(a, b))
        yield from (_Row("+", fresh[i], old + b, new + i) for i in range(c, d))


def _render_hunks(rows: Sequence[_Row]) -> Iterator[str]:
    """Rows that follow each other, as hunks; a stretch in which nothing changed is none."""
    changed = [index for index, row in enumerate(rows) if row.sign != " "]
    near: set[int] = set()
    for index in changed:
        near.update(range(max(index - CONTEXT, 0), min(index + CONTEXT + 1, len(rows))))
    kept = [rows[index] for index in sorted(near)]
    begin = 0
    for index, (one, other) in enumerate(pairwise([*kept, None]), 1):
        if one is None or (other is not None and _follows(one, other)):
            continue
        yield _render_hunk(kept[begin:index])
        begin = index


def _follows(one: _Row, other: _Row) -> bool:
    return other.old == one.old + (one.sign != "+") and other.new == one.new + (one.sign != "-")


def _render_hunk(rows: Sequence[_Row]) -> str:
    if all(row.sign == " " for row in rows):
        return ""
    old = sum(row.sign != "+" for row in rows)
    new = sum(row.sign != "-" for row in rows)
    head = f"@@ -{rows[0].old + (old > 0)},{old} +{rows[0].new + (new > 0)},{new} @@\n"
    return head + "".join(f"{row.sign}{row.text}\n" for row in rows)
