"""A text as lines that remember where they stand, and the difference between two lists of lines."""

import difflib
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

_BREAK = re.compile(r"\r\n|\n|\r")
_DETAILED = (
    10_000  # line pairs up to which difflib compares at once; beyond, lines unique on both sides anchor
)
_HOPELESS = 4_000_000  # and beyond these it is one great change, if nothing anchors


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a text without their endings; `starts` are offsets, `endings` what closes each line."""

    texts: list[str]
    starts: list[int]
    endings: list[str]

    @classmethod
    def split(cls, text: str) -> "Lines":
        """LF, CRLF and lone CR each end a line; a final ending opens no further line."""
        if "\r" not in text:
            texts = text.split("\n")
            starts = [0, *accumulate(len(line) + 1 for line in texts)]
            endings = ["\n"] * (len(texts) - 1) + [""]
        else:
            texts, starts, endings = [], [0], []
            for found in _BREAK.finditer(text):
                texts.append(text[starts[-1] : found.start()])
                endings.append(found.group())
                starts.append(found.end())
            texts.append(text[starts[-1] :])
            endings.append("")
        if not texts[-1]:
            texts.pop()
            endings.pop()
        return cls(texts, starts[: len(texts)], endings)

    def start(self, index: int) -> int:
        """The offset where a line begins, or where the text ends for the line after the last."""
        if index < len(self.starts):
            return self.starts[index]
        return self.end(index - 1) if index else 0

    def end(self, index: int) -> int:
        """The offset behind a line and its ending."""
        return self.starts[index] + len(self.texts[index]) + len(self.endings[index])

    def at(self, offset: int) -> int:
        """The index of the line an offset lies in."""
        return max(bisect_right(self.starts, offset) - 1, 0)


def count_breaks(text: str, start: int, end: int) -> int:
    """How many line endings there are between two offsets."""
    found = text.count("\n", start, end)
    if text.find("\r", start, end) >= 0:
        found += text.count("\r", start, end) - text.count("\r\n", start, end)
    return found


def line_start(text: str, offset: int) -> int:
    """Where the line that holds an offset begins."""
    start = text.rfind("\n", 0, offset) + 1
    return max(start, text.rfind("\r", start, offset) + 1)


def line_end(text: str, offset: int) -> int:
    """Where the line that holds an offset ends, before its line ending."""
    end = text.find("\n", offset)
    end = len(text) if end < 0 else end
    lone = text.find("\r", offset, end)
    return end if lone < 0 else lone


def break_after(text: str, offset: int) -> int:
    """Behind the line ending that stands at an offset, or the offset itself where there is none."""
    if text.startswith("\r\n", offset):
        return offset + 2
    return offset + 1 if text[offset : offset + 1] in {"\n", "\r"} else offset


def differing(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """The ranges (old from, to, new from, to) in which two lists differ; the rest is the same, in order."""
    found: list[tuple[int, int, int, int]] = []
    _compare(old, new, (0, len(old), 0, len(new)), found)
    return found


def _compare(
    old: Sequence[str],
    new: Sequence[str],
    area: tuple[int, int, int, int],
    found: list[tuple[int, int, int, int]],
) -> None:
    low, high, new_low, new_high = area
    while low < high and new_low < new_high and old[low] == new[new_low]:
        low, new_low = low + 1, new_low + 1
    while low < high and new_low < new_high and old[high - 1] == new[new_high - 1]:
        high, new_high = high - 1, new_high - 1
    if low == high and new_low == new_high:
        return
    if low == high or new_low == new_high:
        found.append((low, high, new_low, new_high))
        return
    pairs = (high - low) * (new_high - new_low)
    anchors = _anchors(old, new, (low, high, new_low, new_high)) if pairs > _DETAILED else []
    if anchors:
        place, new_place = low, new_low
        for index, new_index in [*anchors, (high, new_high)]:
            _compare(old, new, (place, index, new_place, new_index), found)
            place, new_place = index + 1, new_index + 1
    elif pairs > _HOPELESS:
        found.append((low, high, new_low, new_high))
    else:
        matcher = difflib.SequenceMatcher(None, old[low:high], new[new_low:new_high], autojunk=False)
        found.extend(
            (low + i1, low + i2, new_low + j1, new_low + j2)
            for tag, i1, i2, j1, j2 in matcher.get_opcodes()
            if tag != "equal"
        )


def _anchors(
    old: Sequence[str], new: Sequence[str], area: tuple[int, int, int, int]
) -> list[tuple[int, int]]:
    """Lines that occur once on each side, as the longest run that rises on both."""
    low, high, new_low, new_high = area
    counts, new_counts = Counter(old[low:high]), Counter(new[new_low:new_high])
    places = {new[j]: j for j in range(new_low, new_high) if new_counts[new[j]] == 1}
    pairs = [(i, places[old[i]]) for i in range(low, high) if counts[old[i]] == 1 and old[i] in places]
    tails: list[int] = []
    ends: list[int] = []
    previous = [-1] * len(pairs)
    for number, (_, j) in enumerate(pairs):
        rank = bisect_left(tails, j)
        tails[rank : rank + 1] = [j]
        ends[rank : rank + 1] = [number]
        previous[number] = ends[rank - 1] if rank else -1
    chain: list[tuple[int, int]] = []
    number = ends[-1] if ends else -1
    while number >= 0:
        chain.append(pairs[number])
        number = previous[number]
    return chain[::-1]
