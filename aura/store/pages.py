"""Events straight from the pages of a SQLite file, whatever became of the tree above them.

Only what a log needs is read: leaf pages of tables and their overflow pages, by the published file format
(https://www.sqlite.org/fileformat2.html). A page that makes no sense is passed over.
"""

import json
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from aura.store.rows import Row

MAGIC = b"SQLite format 3\x00"
USUAL_PAGE = 4096
LEAF = 0x0D
COLUMNS = 6
TAG = re.compile(r"[a-z_]{1,60}")
INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}  # serial type: bytes
LONGEST_TEXT = 200_000_000

Value = int | float | str | None


def scan_rows(path: Path) -> Iterator[Row]:
    """Every row of an event log that can be made out in the file, in the order of its pages; raises `OSError`."""
    with path.open("rb") as file:
        pages = _Pages(file)
        for number in range(1, pages.count + 1):
            yield from _scan_page(pages, number)


class _Pages:
    """The pages of a file; `usable` is what SQLite uses of each, in bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        head = file.read(100)
        size, reserved = USUAL_PAGE, 0
        if head.startswith(MAGIC) and len(head) == 100:
            size = int.from_bytes(head[16:18], "big")
            size = 65_536 if size == 1 else size
            reserved = head[20]
        if size < 512 or size & (size - 1):
            size, reserved = USUAL_PAGE, 0
        self.size = size
        self.usable = size - reserved
        self.count = file.seek(0, 2) // size

    def read(self, number: int) -> bytes:
        """One page, counted from 1."""
        if not 1 <= number <= self.count:
            raise ValueError(number)
        self._file.seek((number - 1) * self.size)
        return self._file.read(self.size)


def _scan_page(pages: _Pages, number: int) -> Iterator[Row]:
    page = pages.read(number)
    start = 100 if number == 1 else 0
    if page[start] != LEAF:
        return
    cells = int.from_bytes(page[start + 3 : start + 5], "big")
    for index in range(cells):
        place = start + 8 + 2 * index
        try:
            row = _read_cell(pages, page, int.from_bytes(page[place : place + 2], "big"))
        except (ValueError, IndexError, struct.error, RecursionError):
            continue
        if row is not None:
            yield row


def _read_cell(pages: _Pages, page: bytes, place: int) -> Row | None:
    length, place = _varint(page, place)
    seq, place = _varint(page, place)
    if length > LONGEST_TEXT or seq < 1:
        return None
    usable = pages.usable
    local = length
    if length > usable - 35:
        least = (usable - 12) * 32 // 255 - 23
        local = least + (length - least) % (usable - 4)
        local = local if local <= usable - 35 else least
    payload = page[place : place + local]
    if local < length:
        rest = int.from_bytes(page[place + local : place + local + 4], "big")
        payload += _overflow(pages, rest, length - local)
    return _make_row(seq, _read_record(payload)) if len(payload) == length else None


def _overflow(pages: _Pages, number: int, length: int) -> bytes:
    """`length` bytes from a chain of overflow pages."""
    pieces = []
    while length > 0:
        page = pages.read(number)
        number = int.from_bytes(page[:4], "big")
        piece = page[4 : min(pages.usable, 4 + length)]
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def _read_record(payload: bytes) -> list[Value]:
    end, place = _varint(payload, 0)
    kinds = []
    while place < end:
        kind, place = _varint(payload, place)
        kinds.append(kind)
    if len(kinds) != COLUMNS:
        raise ValueError(kinds)
    values: list[Value] = []
    for kind in kinds:
        value, place = _read_value(payload, place, kind)
        values.append(value)
    return values


def _read_value(payload: bytes, place: int, kind: int) -> tuple[Value, int]:
    if kind == 0:
        return None, place
    if kind in (8, 9):
        return kind - 8, place
    if kind in INTEGERS:
        end = place + INTEGERS[kind]
        return int.from_bytes(payload[place:end], "big", signed=True), end
    if kind == 7:
        return struct.unpack_from(">d", payload, place)[0], place + 8
    if kind >= 13 and kind % 2:
        end = place + (kind - 13) // 2
        return payload[place:end].decode("utf-8"), end
    raise ValueError(kind)


def _make_row(seq: int, values: list[Value]) -> Row | None:
    """The row, if the values are those of an event whose JSON is whole."""
    nothing, at, epoch, kind, turn, data = values
    if nothing is not None or not isinstance(epoch, int) or not isinstance(turn, int):
        return None
    if not isinstance(at, (int, float)) or not isinstance(kind, str) or not isinstance(data, str):
        return None
    if TAG.fullmatch(kind) is None or not isinstance(json.loads(data), dict):
        return None
    return Row(seq, float(at), kind, turn, data)


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends."""
    value = 0
    for index in range(9):
        byte = data[place + index]
        if index == 8:
            return (value << 8) | byte, place + 9
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            return value, place + index + 1
    raise AssertionError(place)
