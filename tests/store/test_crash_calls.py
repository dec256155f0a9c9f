"""kill -9 between any two system calls of a log, and in the middle of its writes, while it is begun, opened, appended
to and closed.

`AURA_CRASH_SEED` chooses the places of the tests.
"""

import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from aura.store.faults import LOG_NAME, Fault, StoreFault
from aura.store.layout import connect_reader, open_reader
from aura.store.log import SessionLog
from aura.store.rows import read_events
from tests.store.children import begin, prompt, write_until
from tests.store.processes import start

SEED = int(os.environ.get("AURA_CRASH_SEED", "20260"))
FEW, MANY = 12, 100


def count(folder: Path) -> int:
    """How many places there are from here on; skips where they cannot be counted."""
    with start(write_until, folder, 0, False) as writer:
        heard = [writer.hear() for _ in range(5)]
    number, can_count = heard[-1]
    if not can_count:
        pytest.skip("the functions of SQLite cannot be reached")
    assert number > 50
    return int(number)


def kill(folder: Path, number: int, half: bool) -> list[int]:
    """Kill a writer there; the durable places it had told of."""
    with start(write_until, folder, number, half) as writer:
        heard = writer.hear_out()
        writer.process.join(30)
    return [one for one in heard if isinstance(one, int)]


def read(folder: Path, said: list[int]) -> int:
    """All that was said to be durable is there, and is whole; the newest place (0: it never began)."""
    try:
        places = [recorded.seq for recorded in read_events(folder)]
    except StoreFault as problem:
        if said or problem.kind not in (Fault.EMPTY, Fault.MISSING):
            raise
        return 0
    assert places == list(range(1, len(places) + 1))
    assert len(places) >= max(said, default=0), "an acknowledged event is gone"
    assert all(one.event == prompt(one.seq) for one in read_events(folder, after=1))
    with closing(open_reader(folder)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return len(places)


def choose(total: int, part: int) -> list[tuple[int, bool]]:
    """Some of the places, each with and without half a write."""
    every = [(number, half) for number in range(1, total + 1) for half in (False, True)]
    return random.Random(f"{SEED}-{part}").sample(every, part)


def kill_beginnings(folder: Path, part: int) -> None:
    total = count(folder / "whole")
    for number, half in choose(total, part):
        place = folder / f"{number}-{half}"
        newest = read(place, kill(place, number, half))
        if newest:
            with closing(SessionLog.open(place, write=True)) as log:
                assert log.append(prompt(newest + 1), 2.0) == newest + 1
            read(place, [newest + 1])
        else:
            with pytest.raises(StoreFault) as refused:
                SessionLog.open(place, write=True)
            assert refused.value.kind in (Fault.EMPTY, Fault.MISSING)


def kill_openings(folder: Path, part: int) -> None:
    """One log, opened again and again, each time killed at another place."""
    begin(folder)
    newest = 1
    for number, half in choose(count(folder), part):
        now = read(folder, kill(folder, number, half))
        assert now >= newest
        newest = now
    assert newest > 7


def test_killed_while_it_is_begun_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    kill_beginnings(tmp_path, FEW)


def test_killed_while_it_is_opened_and_written_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    kill_openings(tmp_path / "s", FEW)


def test_a_log_whose_laying_out_was_cut_off_was_never_started(tmp_path: Path) -> None:
    """Killed while the file becomes one with a write-ahead log: what is left cannot be read without being mended."""
    count(tmp_path / "whole")
    for number in range(16, 60):
        folder = tmp_path / str(number)
        said = kill(folder, number, half=False)
        assert read(folder, said) == 0
        try:
            connect_reader(folder / LOG_NAME).close()
        except sqlite3.Error as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_READONLY_ROLLBACK:
                return
            raise
    raise AssertionError("SQLite lays a file out in another way now")


@pytest.mark.slow
def test_killed_anywhere_while_it_is_begun(tmp_path: Path) -> None:
    kill_beginnings(tmp_path, MANY)


@pytest.mark.slow
def test_killed_anywhere_while_it_is_opened_and_written(tmp_path: Path) -> None:
    kill_openings(tmp_path / "s", MANY)
