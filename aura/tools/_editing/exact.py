"""Finding a text as it was sent, whatever the file's line endings, and putting another in its place."""

import re
from bisect import bisect_left
from functools import cached_property

from aura.tools._editing.lines import Lines, break_after, differing, line_end, line_start
from aura.tools.textfile import MARK, Splice

_ENDING = re.compile(r"\r\n|\n|\r")


def unified(text: str) -> str:
    """The text without a byte order mark and with LF for every line ending."""
    return text.removeprefix(MARK).replace("\r\n", "\n").replace("\r", "\n")


def find_all(text: str, wanted: str, *, overlapping: bool) -> list[int]:
    """Every offset at which wanted stands in the text."""
    found: list[int] = []
    place = text.find(wanted)
    while place >= 0:
        found.append(place)
        place = text.find(wanted, place + (1 if overlapping else len(wanted)))
    return found


class Plain:
    """A text with LF for its line endings and no byte order mark, and the way back to the text's own offsets."""

    def __init__(self, source: str, *, lone: bool = True, literal: bool = False) -> None:
        """With `lone` a CR on its own also shows as LF, without it is a character; `literal` shows all as it is."""
        self._source = source
        self._lead = 1 if source.startswith(MARK) and not literal else 0
        self.text = source
        if not literal:
            shown = source.removeprefix(MARK)
            shown = shown.replace("\r\n", "\n") if "\r" in shown else shown
            self.text = shown.replace("\r", "\n") if lone and "\r" in shown else shown

    def own(self, offset: int) -> int:
        """The text's own offset for an offset in the plain text."""
        if len(self.text) + self._lead == len(self._source):
            return offset + self._lead
        if self._is_uniform:
            return offset + self._lead + self.text.count("\n", 0, offset)
        return offset + self._lead + bisect_left(self._dropped, offset)

    @cached_property
    def _is_uniform(self) -> bool:
        return len(self._source) - self._lead - len(self.text) == self.text.count("\n")

    @cached_property
    def _dropped(self) -> list[int]:
        """The plain offsets of the LF whose CR is not shown."""
        pairs = enumerate(re.finditer(r"\r\n", self._source))
        return [found.start() - self._lead - number for number, found in pairs]


def has_lone_returns(text: str) -> bool:
    """Whether a CR stands on its own somewhere."""
    return "\r" in text and text.count("\r") > text.count("\r\n")


def with_endings(text: str, start: int, end: int, new: str) -> str:
    """`new`, which has LF only, with the line endings of the lines it replaces or joins.

    Lines that stay keep their own ending, changed ones take that of the line they replace, and added ones
    that of their neighbours.
    """
    if "\n" not in new:
        return new
    if "\r" not in text:
        return new
    segment = text[start:end]
    near = ending_around(text, start, end)
    endings = _ENDING.findall(segment)
    if all(ending == near for ending in endings):
        return new.replace("\n", near)
    old_lines, new_lines = Lines.split(segment + "."), new.split("\n")
    return _joined(old_lines, new_lines, near)


def _joined(old: Lines, new: list[str], near: str) -> str:
    """New lines with endings by the difference to the old ones (whose last text has a dot added)."""
    texts = [*old.texts[:-1], old.texts[-1][:-1]]
    endings: list[str] = []
    place = 0
    for i1, i2, j1, j2 in [*differing(texts, new), (len(texts), len(texts), len(new), len(new))]:
        endings += old.endings[place:i1]
        taken = old.endings[i1:i2][: j2 - j1]
        last = (taken or endings or old.endings[i1 : i1 + 1] or [near])[-1] or near
        endings += taken + [last] * (j2 - j1 - len(taken))
        place = i2
    pieces = [line + (ending or near) for line, ending in zip(new[:-1], endings, strict=False)]
    return "".join([*pieces, new[-1]])


def ending_around(text: str, start: int, end: int) -> str:
    """The first line ending from start on, else the last one before, else LF."""
    found = _ENDING.search(text, start)
    if found:
        return found.group()
    begin = line_start(text, start)
    if begin == 0:
        return "\n"
    return "\r\n" if text[begin - 2 : begin] == "\r\n" else text[begin - 1]


def splice_in(text: str, start: int, end: int, new: str) -> Splice:
    """The splice that puts new (LF only) at these offsets of a text with line endings of its own."""
    return Splice(start, end, with_endings(text, start, end, new))


def lead_of(text: str, offset: int) -> str | None:
    """The blanks between the start of the line and an offset; None if other characters stand there."""
    lead = text[line_start(text, offset) : offset].removeprefix(MARK)
    return lead if not lead.strip(" \t") else None


def rest_of_line(text: str, offset: int) -> str:
    """What follows an offset on its line, with the line's ending."""
    end = line_end(text, offset)
    return text[offset : break_after(text, end)]
