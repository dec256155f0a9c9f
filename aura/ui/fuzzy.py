"""Names and lines found by a few letters of them: what is typed need only be in the right order."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import nsmallest

WORD_START = re.compile(r"(?:^|[\W_])$")


@dataclass(frozen=True, slots=True)
class Match:
    """A text that was found; `places` are the characters that were asked for, a smaller `distance` is better."""

    text: str
    distance: float
    places: tuple[int, ...] = ()


@lru_cache(maxsize=64)
def subsequence(query: str) -> re.Pattern[str]:
    """What finds whole lines that hold the letters of a query in order, in linear time; the lines in lower case."""
    letters = [re.escape(letter) for letter in query.lower() if letter != "\n"]
    return re.compile(
        "^" + "".join(rf"[^{letter}\n]*+{letter}" for letter in letters) + "[^\n]*$", re.MULTILINE
    )


def match(query: str, text: str) -> Match | None:
    """How well a text answers a query; case does not matter, spaces part words that may stand anywhere.

    A text that holds the whole query comes first, at the start of a word before the middle of one; then one that
    holds all words; then one that holds the letters in order, the closer together the better.
    """
    wanted, line = query.lower().strip(), text.lower()
    if len(line) != len(text):  # a letter that is longer in lower case: places would be wrong
        line = text
    if not wanted:
        return Match(text, 0.0)
    at = _find_word(wanted, line)
    if at >= 0:
        is_start = WORD_START.search(line[:at]) is not None
        return Match(text, (0.0 if at == 0 else 0.5 if is_start else 1.0), tuple(range(at, at + len(wanted))))
    words = wanted.split()
    if len(words) > 1:
        found = [line.find(word) for word in words]
        if min(found) >= 0:
            spans = zip(found, words, strict=True)
            return Match(
                text, 2.0, tuple(sorted({p for at, word in spans for p in range(at, at + len(word))}))
            )
    places = _follow("".join(words), line)
    if not places:
        return None
    return Match(text, 3.0 + (places[-1] - places[0] + 1 - len(places)) / (len(line) + 1), places)


def rank(query: str, texts: Iterable[str], limit: int = 50) -> list[Match]:
    """The best answers to a query; those that are as good as each other stay in their order."""
    found = (one for text in texts if (one := match(query, text)) is not None)
    return nsmallest(limit, found, key=lambda one: one.distance)


def _find_word(wanted: str, line: str) -> int:
    """Where a text stands in a line, the start of a word if there is one; -1: nowhere."""
    first = at = line.find(wanted)
    while at > 0:
        if WORD_START.search(line[at - 1 : at]):
            return at
        at = line.find(wanted, at + 1)
    return first if at < 0 else at


def _follow(letters: str, line: str) -> tuple[int, ...]:
    """The places of letters in order, as close to the end of the line as can be; none when they are not there."""
    places: list[int] = []
    end = len(line)
    for letter in reversed(letters):
        end = line.rfind(letter, 0, end)
        if end < 0:
            return ()
        places.append(end)
    return tuple(reversed(places))


def mark(places: Sequence[int]) -> list[tuple[int, int]]:
    """Places as ranges (from, to), for painting."""
    ranges: list[tuple[int, int]] = []
    for place in places:
        if ranges and ranges[-1][1] == place:
            ranges[-1] = (ranges[-1][0], place + 1)
        else:
            ranges.append((place, place + 1))
    return ranges
