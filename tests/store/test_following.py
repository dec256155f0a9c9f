"""A log is followed without being read twice, and without being opened while nothing happens."""

import asyncio
import itertools
from contextlib import closing
from pathlib import Path

import pytest

from aura.core.events import NoticeShown, SessionStarted
from aura.store import following
from aura.store.following import LONGEST, follow_rows
from aura.store.log import SessionLog
from aura.store.rows import read_rows


def test_what_is_there_comes_first_and_what_comes_later_comes_once(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    with closing(SessionLog.create(folder, SessionStarted("s", "/w", "0"), 1.0)) as log:
        log.append(NoticeShown("one"), 2.0)
        asyncio.run(log.flush())
        rows = follow_rows(folder, wait=lambda seconds: None)
        assert [row.seq for row in itertools.takewhile(lambda row: row is not None, rows) if row] == [1, 2]
        for number in range(3):
            log.append(NoticeShown(str(number)), 3.0)
        asyncio.run(log.flush())
        assert [row.seq for row in itertools.takewhile(lambda row: row is not None, rows) if row] == [3, 4, 5]
        assert next(rows) is None


def test_it_goes_on_behind_a_place(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    with closing(SessionLog.create(folder, SessionStarted("s", "/w", "0"), 1.0)) as log:
        log.append(NoticeShown("one"), 2.0)
        asyncio.run(log.flush())
        rows = follow_rows(folder, 1, wait=lambda seconds: None)
        first = next(rows)
        assert first is not None
        assert first.seq == 2


def test_a_log_that_is_not_written_to_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour of looking is a handful of readings: only in case the dates of the files tell nothing."""
    folder = tmp_path / "s"
    SessionLog.create(folder, SessionStarted("s", "/w", "0"), 1.0).close()
    now = [(folder / "log.sqlite").stat().st_mtime + 10]
    readings = []

    def count(folder: Path, after: int = 0) -> object:
        readings.append(after)
        return read_rows(folder, after)

    def wait(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(following, "read_rows", count)
    rows = follow_rows(folder, wait=wait, clock=lambda: now[0])
    looks = 12_000
    told = [next(rows) for _ in range(looks)]
    assert sum(row is not None for row in told) == 1
    assert len(readings) <= looks * following.PAUSE / LONGEST + 2
