"""Events as rows of a log's table, and rows read page by page."""

import contextlib
import sqlite3
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from aura.core.events import DurableEvent, Recorded, TurnStarted
from aura.store import codec
from aura.store.faults import explain
from aura.store.layout import open_reader

PAGE_ROWS = 256
PAGE_CHARACTERS = 4_000_000


class Row(NamedTuple):
    """One row: its place, Unix time in seconds, the event's tag, the number of its turn, and the event as JSON."""

    seq: int
    at: float
    type: str
    turn: int
    data: str


def make_row(seq: int, at: float, event: DurableEvent, turn: int) -> Row:
    """The row of an event that follows one of turn `turn`."""
    number = event.number if isinstance(event, TurnStarted) else turn
    return Row(seq, at, event.type, number, codec.encode(event))


def read_rows(
    folder: Path, after: int = 0, types: Collection[str] | None = None, limit: int | None = None
) -> Iterator[Row]:
    """The durable rows behind place `after`, in order: those of `types` (None: all), at most `limit`.

    A reader may stop anywhere and take its time: no transaction stays open between two pages. Raises `StoreFault`.
    """
    where = "" if types is None else f" AND type IN ({', '.join('?' * len(types))})"
    query = f"SELECT seq, at, type, turn, data FROM events WHERE seq > ?{where} ORDER BY seq LIMIT ?"  # noqa: S608 - question marks only
    left = limit
    with contextlib.closing(open_reader(folder)) as connection:
        while left is None or left > 0:
            size = PAGE_ROWS if left is None else min(left, PAGE_ROWS)
            try:
                page = _read_page(connection, query, (after, *(types or ()), size))
            except sqlite3.Error as error:
                raise explain(error, folder) from None
            if not page:
                return
            yield from page
            after = page[-1].seq
            left = None if left is None else left - len(page)


def read_events(
    folder: Path, after: int = 0, types: Collection[str] | None = None, limit: int | None = None
) -> Iterator[Recorded]:
    """The events of a log, without opening it first; the choice is that of `read_rows`."""
    for seq, at, kind, _, data in read_rows(folder, after, types, limit):
        yield Recorded(seq, at, codec.decode(kind, data))


def _read_page(connection: sqlite3.Connection, query: str, values: tuple[object, ...]) -> list[Row]:
    """Some rows; the transaction that read them is over."""
    page = []
    characters = 0
    with contextlib.closing(connection.execute(query, values)) as cursor:
        for row in map(_settle, cursor):
            page.append(row)
            characters += len(row.data)
            if characters > PAGE_CHARACTERS:
                break
    return page


def _settle(columns: tuple[Any, ...]) -> Row:
    """The row of columns; a damaged file may hold anything in them, which is read as an event that says nothing."""
    seq, at, kind, turn, data = columns
    if isinstance(data, str) and isinstance(kind, str) and isinstance(at, float):
        return Row(seq, at, kind, turn, data)
    when = float(at) if isinstance(at, int | float) else 0.0
    return Row(seq, when, str(kind), turn, data if isinstance(data, str) else "")
