"""Long texts line by line: a string, or a file of which only an index and what is visible are in memory."""

import contextlib
import os
from array import array
from pathlib import Path
from typing import BinaryIO, Protocol

from aura.ui.cells import break_text, tidy

STRIDE = 128  # lines between two places that are remembered
CHUNK = 1 << 20  # bytes read at once
LONGEST = 4_000  # characters of a line that are shown


class Source(Protocol):
    """Lines that can be shown; `count` is how many are known so far, and grows by `advance`."""

    count: int

    def fit(self, width: int) -> None:
        """The window is so many cells wide now."""
        ...

    def advance(self) -> bool:
        """Look at some more; false when everything was looked at."""
        ...

    def lines(self, first: int, number: int) -> list[str]:
        """Some lines, cleaned; fewer where the text ends."""
        ...


class TextSource:
    """A text in memory, wrapped to the window."""

    def __init__(self, text: str) -> None:
        self._text = tidy(text)
        self._lines: list[str] = []
        self.count = 0

    def fit(self, width: int) -> None:
        """Wrap it anew."""
        self._lines = [self._text[begin:end] for begin, end in break_text(self._text, width)]
        self.count = len(self._lines)

    def advance(self) -> bool:
        """There is nothing to look at."""
        return False

    def lines(self, first: int, number: int) -> list[str]:
        """Some lines."""
        return self._lines[first : first + number]


class FileSource:
    """A file, not wrapped; raises `OSError` when it cannot be opened."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("rb")
        self._places = array("Q", [0])  # where each `STRIDE`th line begins
        self._read = 0
        self._size = os.fstat(self._file.fileno()).st_size
        self._ends_open = False  # the last line has no end
        self.count = 0

    def fit(self, width: int) -> None:
        """Lines are cut, not wrapped."""

    def advance(self) -> bool:
        """Index one chunk more."""
        if self._read >= self._size:
            return False
        chunk = os.pread(self._file.fileno(), CHUNK, self._read)
        if not chunk:
            self._size = self._read
            return False
        lines = self.count - self._ends_open
        at = chunk.find(b"\n")
        while at >= 0:
            lines += 1
            if lines % STRIDE == 0:
                self._places.append(self._read + at + 1)
            at = chunk.find(b"\n", at + 1)
        self._ends_open = not chunk.endswith(b"\n")
        self._read += len(chunk)
        self.count = lines + self._ends_open
        return self._read < self._size

    def lines(self, first: int, number: int) -> list[str]:
        """Some lines; of what is not indexed yet there are none."""
        found: list[str] = []
        number = min(number, self.count - first)
        while len(found) < number:
            at = first + len(found)
            stretch = self._stretch(at // STRIDE)
            found += stretch[at % STRIDE : at % STRIDE + number - len(found)] or [""]
        return found

    def _stretch(self, which: int) -> list[str]:
        """The lines between two remembered places; the end of an endless one is left out."""
        start = self._places[which]
        stop = self._places[which + 1] if which + 1 < len(self._places) else self._read
        data = os.pread(self._file.fileno(), min(stop - start, 2 * CHUNK), start)
        return [
            tidy(line[: 4 * LONGEST].decode("utf-8", "replace")[:LONGEST]).replace("\n", " ")
            for line in data.split(b"\n")
        ]

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(OSError):
            self._file.close()


def find_line(source: Source, needle: str, start: int, step: int) -> int | None:
    """The next line from `start` on, in steps of 1 or -1, that has a text in it, whatever its case (None: no line)."""
    needle = needle.casefold()
    at = start
    while 0 <= at < source.count:
        first = at if step > 0 else max(0, at - STRIDE + 1)
        lines = source.lines(first, STRIDE if step > 0 else at - first + 1)
        if not lines:
            return None
        places = range(len(lines)) if step > 0 else range(len(lines) - 1, -1, -1)
        for place in places:
            if needle in lines[place].casefold():
                return first + place
        at = first + len(lines) if step > 0 else first - 1
    return None
