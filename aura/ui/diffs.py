"""A unified diff as rows: line numbers, what came and went, and which words of a changed line differ."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from aura.ui.cells import tidy

HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
WORDS = re.compile(r"\w+|\s+|[^\w\s]")
LONGEST = 400  # characters of a line that are compared word by word
MOST_PAIRS = 144  # removed times added lines of a run of changes that are matched by likeness
LIKE = 0.5  # from here on two lines are the same line, changed
MOST_CHANGED = 0.7  # a line that differs in more than this is not marked word by word

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a diff, its text safe to show.

    `old` and `new` are line numbers from 1 (0: not in that file), `words` where the text differs from its counterpart.
    A gap stands between hunks, a file begins what belongs to another file, a note is what diff itself says.
    """

    kind: Literal["same", "added", "removed", "gap", "file", "note"]
    text: str
    old: int = 0
    new: int = 0
    words: tuple[Span, ...] = ()

    @property
    def number(self) -> int:
        """The line number to show: the old one of a line that went, else the new one."""
        return self.old if self.kind == "removed" else self.new


@lru_cache(maxsize=128)
def read_diff(text: str) -> tuple[Row, ...]:
    """The rows of a unified diff, of one file or several; a gap before the first hunk is left out.

    A file row is given only where there is more than one file. What is no diff at all becomes notes.
    """
    rows = list(_read_rows(text))
    if sum(row.kind == "file" for row in rows) < 2:
        rows = [row for row in rows if row.kind != "file"]
    kept = [row for index, row in enumerate(rows) if row.kind != "gap" or _follows_text(rows, index)]
    return tuple(_mark_words(kept))


def _follows_text(rows: Sequence[Row], index: int) -> bool:
    return index > 0 and rows[index - 1].kind not in ("file", "gap")


def _read_rows(text: str) -> Iterator[Row]:
    old = new = old_left = new_left = 0
    name = ""
    for line in _split(text):
        sign, rest = line[:1], line[1:]
        if old_left > 0 or new_left > 0:
            if sign == "-":
                yield Row("removed", _tidy_row(rest), old=old)
                old, old_left = old + 1, old_left - 1
                continue
            if sign == "+":
                yield Row("added", _tidy_row(rest), new=new)
                new, new_left = new + 1, new_left - 1
                continue
            if sign in (" ", ""):
                yield Row("same", _tidy_row(rest), old=old, new=new)
                old, new, old_left, new_left = old + 1, new + 1, old_left - 1, new_left - 1
                continue
        hunk = HUNK.match(line)
        if hunk:
            old, new = int(hunk[1]), int(hunk[3])
            old_left = int(hunk[2]) if hunk[2] is not None else 1
            new_left = int(hunk[4]) if hunk[4] is not None else 1
            yield Row("gap", "")
        elif line.startswith("--- "):
            name = _name(line)
        elif line.startswith("+++ "):
            yield Row("file", _tidy_row(_name(line) or name))
        elif line.strip() and not line.startswith(("diff --git", "index ")):
            yield Row("note", _tidy_row(line.removeprefix("\\ ")))


def _tidy_row(text: str) -> str:
    """The text of one row, safe; what would begin a new line in it is shown as a sign."""
    return tidy(text).replace("\n", "␊")


def _split(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _name(line: str) -> str:
    """The file that a `---` or `+++` line names; empty for no file."""
    name = line[4:].partition("\t")[0].strip()
    return "" if name == "/dev/null" else re.sub(r"^[ab]/", "", name)


def _mark_words(rows: list[Row]) -> list[Row]:
    """The rows with the words marked that differ between a line that went and the one that came instead."""
    index = 0
    while index < len(rows):
        gone = index
        while gone < len(rows) and rows[gone].kind == "removed":
            gone += 1
        come = gone
        while come < len(rows) and rows[come].kind == "added":
            come += 1
        for before, after in _pair(rows[index:gone], rows[gone:come]):
            first, second = index + before, gone + after
            words = compare_words(rows[first].text, rows[second].text)
            rows[first] = replace(rows[first], words=words[0])
            rows[second] = replace(rows[second], words=words[1])
        index = max(come, index + 1)
    return rows


def _pair(removed: Sequence[Row], added: Sequence[Row]) -> list[tuple[int, int]]:
    """Which removed line became which added one, in order: those most alike, or one by one in long runs."""
    if not removed or not added:
        return []
    if len(removed) == len(added) == 1:
        return [(0, 0)]
    if len(removed) * len(added) > MOST_PAIRS:
        return [(at, at) for at in range(len(removed))] if len(removed) == len(added) else []
    before, after = [_count(row.text) for row in removed], [_count(row.text) for row in added]
    best = [[0.0] * (len(after) + 1) for _ in range(len(before) + 1)]
    alike = [[_likeness(one, other) for other in after] for one in before]
    for i in range(len(before) - 1, -1, -1):
        for j in range(len(after) - 1, -1, -1):
            both = best[i + 1][j + 1] + alike[i][j] if alike[i][j] >= LIKE else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], both)
    pairs, i, j = [], 0, 0
    while i < len(before) and j < len(after):
        if alike[i][j] >= LIKE and best[i][j] == best[i + 1][j + 1] + alike[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _count(text: str) -> Counter[str]:
    return Counter(word for word in WORDS.findall(text[:LONGEST]) if not word.isspace())


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """How many of the words two lines share, 0.0 to 1.0."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0


def compare_words(before: str, after: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Where two lines differ, as places in the first and in the second; nowhere when they have little in common."""
    if max(len(before), len(after)) > LONGEST:
        return (), ()
    old, new = WORDS.findall(before), WORDS.findall(after)
    head, tail = _count_common(old, new)
    first, second = old[head : len(old) - tail], new[head : len(new) - tail]
    gone, come = list(range(head, head + len(first))), list(range(head, head + len(second)))
    if min(len(first), len(second)) > 1:
        for at, other, size in SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks():
            gone = [place for place in gone if not at <= place - head < at + size]
            come = [place for place in come if not other <= place - head < other + size]
    return _to_spans(old, gone, before), _to_spans(new, come, after)


def _count_common(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many words two lines share at their beginnings, and at their ends."""
    most = min(len(old), len(new))
    head = next((at for at in range(most) if old[at] != new[at]), most)
    tail = next((at for at in range(most - head) if old[-1 - at] != new[-1 - at]), most - head)
    return head, tail


def _to_spans(words: Sequence[str], chosen: Sequence[int], text: str) -> tuple[Span, ...]:
    """Where the chosen words stand, neighbours as one; spaces at either end of a place do not count."""
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word))
    spans: list[Span] = []
    for place in chosen:
        begin, end = starts[place], starts[place + 1]
        if spans and spans[-1][1] == begin:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((begin, end))
    trimmed = [_trim(text, span) for span in spans]
    kept = tuple(span for span in trimmed if span[0] < span[1])
    changed = sum(end - begin for begin, end in kept)
    return () if changed > MOST_CHANGED * len(text.strip()) else kept


def _trim(text: str, span: Span) -> Span:
    part = text[span[0] : span[1]]
    begin = span[0] + len(part) - len(part.lstrip())
    return begin, max(begin, span[0] + len(part.rstrip()))


def split_spans(row: Row) -> list[tuple[str, bool]]:
    """The row's text in parts, each with whether its words changed."""
    edges = [0, *(edge for span in row.words for edge in span), len(row.text)]
    parts = [(row.text[begin:end], bool(index % 2)) for index, (begin, end) in enumerate(pairwise(edges))]
    return [part for part in parts if part[0]]
