"""A part of a text file, found in bounded memory however large the file is."""

import codecs
import hashlib
import io
import os
from dataclasses import dataclass, field

from aura.tools._editing.lines import Lines
from aura.tools.textfile import TextFile

WHOLE = 4 * 1024 * 1024  # bytes up to which a file is decoded at once
CHUNK = 1024 * 1024
SAMPLE = 64 * 1024  # bytes that decide on the encoding of a larger file
LINE_KEPT = 4096  # characters kept of one line of a larger file
MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
HIGH = bytes(range(128, 256))


@dataclass(frozen=True, slots=True)
class Window:
    """Some lines of a file: the first's number (from 1), how many lines the file has, its hash and its form."""

    lines: list[str]
    first: int
    total: int
    sha: str
    form: str


def read_window(descriptor: int, size: int, offset: int, limit: int) -> Window:
    """Lines `offset` (from 1; negative: from the end) and on; raises `NotText`."""
    if size <= WHOLE:
        with os.fdopen(os.dup(descriptor), "rb") as file:
            data = file.read(WHOLE + CHUNK)
        return _cut(data, offset, limit)
    if offset < 0:
        total = _scan(descriptor, 1, 0).total
        offset = max(total + offset + 1, 1)
    return _scan(descriptor, max(offset, 1), limit)


def _cut(data: bytes, offset: int, limit: int) -> Window:
    file = TextFile.decode(data)
    lines = Lines.split(file.text).texts
    first = max(len(lines) + offset + 1, 1) if offset < 0 else max(offset, 1)
    form = describe_form(file.encoding, file.bom, _endings(file.text), stray=file.errors != "strict")
    return Window(
        lines[first - 1 : first - 1 + limit], first, len(lines), hashlib.sha256(data).hexdigest(), form
    )


def _endings(text: str) -> tuple[str, ...]:
    pairs = text.count("\r\n")
    counts = {"\n": text.count("\n") - pairs, "\r\n": pairs, "\r": text.count("\r") - pairs}
    return tuple(ending for ending, count in counts.items() if count)


def describe_form(encoding: str, bom: bytes, endings: tuple[str, ...], *, stray: bool = False) -> str:
    """What is unusual about a file's bytes; empty for UTF-8 with LF."""
    names = {"\r\n": "CRLF line endings", "\r": "CR line endings"}
    notes = [] if encoding == "utf-8" else [encoding]
    if bom:
        notes.append("byte order mark")
    if stray:
        notes.append("some bytes are not valid in this encoding")
    if len(endings) > 1:
        notes.append("mixed line endings")
    elif endings and endings[0] in names:
        notes.append(names[endings[0]])
    return ", ".join(notes)


@dataclass(slots=True)
class _Collector:
    """Takes text piece by piece; keeps the wanted lines, cut to a bearable length, and counts all."""

    first: int
    limit: int
    breaks: int = 0
    kept: list[str] = field(default_factory=list)
    open_line: str = ""
    has_open: bool = False

    def feed(self, text: str) -> None:
        if not text:
            return
        count = text.count("\n")
        number = self.breaks + 1  # of the line that goes on
        if number + count < self.first or len(self.kept) >= self.limit:
            self.breaks += count
            self.open_line = ""
            self.has_open = not text.endswith("\n")
            return
        pieces = text.split("\n")
        for index, piece in enumerate(pieces):
            self.open_line = (self.open_line + piece[:LINE_KEPT])[:LINE_KEPT]
            if index == len(pieces) - 1:
                break
            self._end_line()
        self.has_open = not text.endswith("\n")

    def _end_line(self) -> None:
        self.breaks += 1
        if self.breaks >= self.first and len(self.kept) < self.limit:
            self.kept.append(self.open_line)
        self.open_line = ""

    @property
    def total(self) -> int:
        return self.breaks + self.has_open

    def finish(self) -> list[str]:
        if self.has_open and self.total >= self.first and len(self.kept) < self.limit:
            self.kept.append(self.open_line)
        return self.kept


def _scan(descriptor: int, first: int, limit: int) -> Window:
    """One pass over a large file: hash all of it, keep the wanted lines."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    hashed = hashlib.sha256()
    collector = _Collector(first, limit)
    encoding, bom = _guess(os.pread(descriptor, SAMPLE, 0))
    inner = codecs.getincrementaldecoder(encoding)("replace")
    decoder = io.IncrementalNewlineDecoder(inner, translate=True)
    rest = len(bom)
    while data := os.read(descriptor, CHUNK):
        hashed.update(data)
        skipped = min(rest, len(data))
        rest -= skipped
        collector.feed(decoder.decode(data[skipped:]))
    collector.feed(decoder.decode(b"", final=True))
    found = decoder.newlines
    endings = (found,) if isinstance(found, str) else tuple(found or ())
    form = describe_form(encoding, bom, endings)
    return Window(collector.finish(), first, collector.total, hashed.hexdigest(), form)


def _guess(sample: bytes) -> tuple[str, bytes]:
    """Encoding and byte order mark by a file's beginning, cut where no character is; raises `NotText`."""
    marked = next((bom for bom in MARKS if sample.startswith(bom)), b"")
    whole = marked or sample
    if not marked and len(sample) == SAMPLE:
        whole = sample[: sample.rfind(b"\n") + 1] or sample.rstrip(HIGH)
    file = TextFile.decode(whole)
    return file.encoding, file.bom
