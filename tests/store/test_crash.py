"""Whatever was said to be durable is there after SIGKILL, in order and without gaps."""

import os
import random
import time
from contextlib import closing
from pathlib import Path

import pytest

from aura.store.layout import open_reader
from aura.store.log import SessionLog
from aura.store.rows import read_events
from tests.store.children import begin, hold_and_fork, prompt, write_for_ever
from tests.store.processes import start


def kill_and_look(folder: Path, chance: random.Random) -> int:
    """Let a writer run, kill it anywhere, and compare what it said with what is there; the newest place."""
    with start(write_for_ever, folder, chance.choice([1, 1, 3, 40])) as writer:
        said = [writer.hear() for _ in range(chance.randrange(1, 12))]
        time.sleep(chance.random() * 0.004)  # anywhere inside a transaction; nothing depends on where
        writer.kill()
        said += writer.hear_out()
    places = [recorded.seq for recorded in read_events(folder)]
    assert places == list(range(1, len(places) + 1))
    assert said == sorted(said)
    assert len(places) >= said[-1], "an acknowledged event is gone"
    return len(places)


def check_content(folder: Path) -> None:
    for recorded in read_events(folder, after=1):
        assert recorded.event == prompt(recorded.seq)
    with closing(open_reader(folder)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def run_kills(folder: Path, times: int, seed: int) -> None:
    begin(folder)
    chance = random.Random(seed)
    newest = 1
    for _ in range(times):
        now = kill_and_look(folder, chance)
        assert now >= newest
        newest = now
    assert newest > times
    check_content(folder)
    with closing(SessionLog.open(folder, write=True)) as log:
        assert log.append(prompt(newest + 1), 2.0) == newest + 1
    check_content(folder)


def test_nothing_acknowledged_is_lost_in_forty_kills(tmp_path: Path) -> None:
    run_kills(tmp_path / "s", 40, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost_in_many_kills(tmp_path: Path) -> None:
    """60 kills, or as many as STORE_KILLS says."""
    run_kills(tmp_path / "s", int(os.environ.get("STORE_KILLS", "60")), seed=2)


def test_readers_beside_a_writer_that_is_killed_see_a_prefix(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    begin(folder)
    with start(write_for_ever, folder, 5) as writer:
        seen = 0
        for _ in range(20):
            acknowledged = writer.hear()
            places = [recorded.seq for recorded in read_events(folder, after=seen)]
            assert places == list(range(seen + 1, seen + 1 + len(places)))
            seen += len(places)
            assert seen >= acknowledged
        writer.kill()
    check_content(folder)


def test_a_forked_child_neither_writes_nor_keeps_the_session(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    begin(folder)
    with start(hold_and_fork, folder) as parent:
        child, said = parent.hear()
        assert said == "SessionFenced"
        parent.kill()
        os.kill(child, 0)  # it lives
        with closing(SessionLog.open(folder, write=True)) as log:
            assert log.append(prompt(log.last_seq + 1), 2.0) >= 2
        parent.pipe.send("end")
    places = [recorded.seq for recorded in read_events(folder)]
    assert places == list(range(1, len(places) + 1))
