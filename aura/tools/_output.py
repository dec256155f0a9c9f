"""The output of a command: kept head and tail in memory, whole in a file, and made safe to show."""

import codecs
import contextlib
import os
import re
from pathlib import Path
from typing import BinaryIO

from aura.core.text import clean

HEAD = 32 * 1024  # bytes kept from the start
TAIL = 96 * 1024  # bytes kept from the end
SHOWN = 30_000  # characters a model is given of one command
SPILL = 24 * 1024  # bytes from which on there is a file
FILE_CAP = 64 * 1024 * 1024  # bytes of that file
PIECE = 8 * 1024  # characters shown at once while a command runs

OVERWRITTEN = re.compile(
    r"[^\n]*\r(?=[^\n\r])"
)  # what a progress bar wrote before it went back to the line's start
OPEN_ESCAPE = re.compile(r"\x1b[^a-zA-Z\x1b]{0,200}$")


def settle(text: str) -> str:
    """Terminal output as it stood at the end: what a progress bar overwrote is gone, and the rest is clean."""
    if "\r" in text:
        text = OVERWRITTEN.sub("", text.replace("\r\n", "\n"))
    return clean(text)


class Capture:
    """Takes bytes as they come, in bounded memory.

    `path` is the file that gets everything (up to `FILE_CAP` bytes) as soon as there is more than `SPILL`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.total = 0
        self._head = bytearray()
        self._tail = bytearray()
        self._file: BinaryIO | None = None
        self._filed = 0
        self._broken = False

    def feed(self, data: bytes) -> None:
        """Take some bytes."""
        self.total += len(data)
        room = HEAD - len(self._head)
        if room > 0:
            self._head += data[:room]
        if len(data) > room:
            self._tail += data[max(room, 0) :]
            if len(self._tail) > 4 * TAIL:
                del self._tail[:-TAIL]
        if self._file:
            self._append(data)
        elif self.total > SPILL and not self._broken:
            self._open()

    def close(self) -> str:
        """Close the file; its path, or nothing when all of the output is in memory."""
        if not self._file:
            return ""
        with contextlib.suppress(OSError):
            self._file.close()
        return "" if self._broken else str(self.path)

    def text(self, limit: int = SHOWN) -> tuple[str, bool]:
        """What to show, and whether something is left out: the first third and the last two thirds of `limit`."""
        tail = bytes(self._tail[-TAIL:])
        dropped = self.total - len(self._head) - len(tail)
        if not dropped:
            whole = settle((bytes(self._head) + tail).decode("utf-8", "replace"))
            if len(whole) <= limit:
                return whole, False
            first, last = whole[: limit // 3], whole[len(whole) - limit * 2 // 3 :]
        else:
            first = settle(codecs.getincrementaldecoder("utf-8")("replace").decode(bytes(self._head)))[
                : limit // 3
            ]
            start = next((at for at in range(4) if tail[at] & 0xC0 != 0x80), 0)
            last = settle(tail[start:].decode("utf-8", "replace"))[-(limit * 2 // 3) :]
        first, last = _cut_at_lines(first, last)
        where = f"; all of it is in {self.path}" if self._file and not self._broken else ""
        if self._filed >= FILE_CAP:
            where = f"; the first {FILE_CAP >> 20} MiB are in {self.path}"
        return f"{first}\n… [{_size(self.total)} in all, the middle is left out{where}]\n{last}", True

    def _open(self) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            self._file = os.fdopen(descriptor, "wb", buffering=0)
        except OSError:  # a full or missing disk must not stop the command
            self._broken = True
            return
        self._append(bytes(self._head + self._tail))

    def _append(self, data: bytes) -> None:
        assert self._file
        if self._filed >= FILE_CAP or self._broken:
            return
        data = data[: FILE_CAP - self._filed]
        try:
            self._file.write(data)
        except OSError:
            self._broken = True
        self._filed += len(data)


def _cut_at_lines(first: str, last: str) -> tuple[str, str]:
    """Both parts without the half line at the cut, if that costs little."""
    end = first.rfind("\n")
    if end >= len(first) * 3 // 4:
        first = first[:end]
    start = last.find("\n")
    if 0 <= start <= len(last) // 4:
        last = last[start + 1 :]
    return first, last


def _size(count: int) -> str:
    """A number of bytes for people."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"


class Live:
    """Turns bytes into pieces of safe text to show while a command runs, never more than `PIECE` at once."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._waiting = ""
        self._skipped = 0

    def feed(self, data: bytes) -> None:
        """Take some bytes; of a flood only the end is decoded."""
        if len(data) > 2 * PIECE:
            self._skipped += len(data) - 2 * PIECE
            data = data[-2 * PIECE :]
        self._waiting += self._decoder.decode(data)
        extra = len(self._waiting) - 2 * PIECE
        if extra > 0:
            self._skipped += extra
            self._waiting = self._waiting[extra:]

    def take(self, *, final: bool = False) -> str:
        """What came since the last time."""
        text = self._waiting + (self._decoder.decode(b"", True) if final else "")
        self._waiting = ""
        half = None if final else OPEN_ESCAPE.search(text)
        if half:
            self._waiting = half[0]
            text = text[: half.start()]
        skipped = self._skipped + max(0, len(text) - PIECE)
        self._skipped = 0
        shown = clean(text[-PIECE:])
        return f"… [{_size(skipped)} not shown]\n{shown}" if skipped else shown
