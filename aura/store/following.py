"""Reads a log while it is being written: what is there, then what comes, without reading anything twice."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from aura.store.faults import LOG_NAME
from aura.store.rows import Row, read_rows

PAUSE = 0.3  # seconds between two looks
FRESH = 2.0  # seconds after a write in which its time does not tell it from the next
LONGEST = 5.0  # seconds after which is read whatever the files look like


def follow_rows(
    folder: Path,
    after: int = 0,
    *,
    pause: float = PAUSE,
    wait: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.time,
) -> Iterator[Row | None]:
    """The rows behind place `after` as they come, for ever; None whenever all that is there was told.

    While nothing is written only the dates of two files are looked at. Raises `StoreFault`.
    """
    seen: tuple[tuple[int, int], ...] | None = None
    read_at = 0.0
    while True:
        looks, now = _look(folder), clock()
        newest = max((changed for changed, _ in looks), default=0) / 1e9
        if looks != seen or now - newest < FRESH or not 0 <= now - read_at < LONGEST:
            seen, read_at = looks, now
            for row in read_rows(folder, after):
                after = row.seq
                yield row
        yield None
        wait(pause)


def _look(folder: Path) -> tuple[tuple[int, int], ...]:
    """When the files of a log were changed, and how long they are."""
    looks = []
    for name in (LOG_NAME, f"{LOG_NAME}-wal"):
        with contextlib.suppress(OSError):
            status = (folder / name).stat()
            looks.append((status.st_mtime_ns, status.st_size))
    return tuple(looks)
