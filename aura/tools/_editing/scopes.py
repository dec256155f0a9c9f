"""Which places of a hunk stand below the headers it names."""

from collections.abc import Sequence

from aura.tools._editing.fitting import Fit
from aura.tools._editing.folding import fold
from aura.tools._editing.lines import count_breaks
from aura.tools._editing.provenance import weight

_LEAST = 0.2  # weight of the lines of a hunk from which a header may tell where it belongs
_CLOSERS = ("}", ")", "]", "{", "end", "else", "#", "*/")


def under_headers(text: str, headers: Sequence[str], places: Sequence[Fit]) -> list[Fit]:
    """The places inside what the headers open; all places where the headers do not tell."""
    telling = sum(weight(fold(line)) for line in places[0].script.base)
    if not headers or telling < _LEAST:
        return list(places)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    numbers = [count_breaks(text, 0, fit.at) for fit in places]
    scopes = [(0, len(lines))]
    for header in headers:
        scopes = [
            (place, _scope_end(lines, place, high))
            for low, high in scopes
            for place in _occurrences(lines, header, low, high)
        ]
    found = [
        fit
        for fit, number in zip(places, numbers, strict=True)
        if any(low - len(fit.script.base) < number < high for low, high in scopes)
    ]
    return found or list(places)


def _occurrences(lines: Sequence[str], header: str, low: int, high: int) -> list[int]:
    """The lines that are the header; failing that, those that begin with it."""
    wanted = header.strip()
    same = [place for place in range(low, high) if lines[place].strip() == wanted]
    return same or [place for place in range(low, high) if lines[place].strip().startswith(wanted)]


def _scope_end(lines: Sequence[str], place: int, limit: int) -> int:
    """The first line behind a header that is indented no deeper and does not merely close or continue."""
    depth = _depth(lines[place])
    for number in range(place + 1, limit):
        line = lines[number]
        if line.strip() and _depth(line) <= depth and not line.lstrip().startswith(_CLOSERS):
            return number
    return limit


def _depth(line: str) -> int:
    return len(line.expandtabs(8)) - len(line.expandtabs(8).lstrip())
