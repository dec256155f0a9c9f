"""The log: order, durability, what a reader sees, what is said when a file is not what it should be."""

import asyncio
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura.core.errors import SessionLocked, StoreError
from aura.core.events import AutoSwitched, DurableEvent, NoticeShown, Recorded, SessionStarted, TurnStarted
from aura.core.messages import user
from aura.store import layout
from aura.store.faults import LOG_NAME, Fault, StoreFault
from aura.store.log import SessionLog
from aura.store.memory import MemoryLog
from aura.store.rows import read_events
from tests.store.children import prompt
from tests.store.samples import DURABLE, events

FIRST = SessionStarted("s", "/w", "0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sessions" / "s"


@contextmanager
def new_log(folder: Path) -> Iterator[SessionLog]:
    with closing(SessionLog.create(folder, FIRST, 1.0)) as log:
        yield log


def all_of(folder: Path) -> list[Recorded]:
    return list(read_events(folder))


async def test_what_is_appended_is_read_in_order(folder: Path) -> None:
    with new_log(folder) as log:
        assert log.last_seq == 1
        assert [log.append(prompt(number), number) for number in range(2, 700)] == list(range(2, 700))
        await log.flush()
        expected = [Recorded(1, 1.0, FIRST), *(Recorded(n, float(n), prompt(n)) for n in range(2, 700))]
        assert list(log.read()) == expected
        assert list(log.read(after=690)) == expected[690:]
        assert list(log.read(limit=300)) == expected[:300]
        assert list(log.read(after=3, types={"session_started"})) == []
        assert list(log.read(types=("session_started", "turn_stopped"))) == expected[:1]
        assert list(log.read(after=1, types={"turn_started"}, limit=2)) == expected[1:3]
        assert list(log.read(types=())) == []
    assert all_of(folder) == expected


@settings(max_examples=25)
@given(chosen=st.lists(st.one_of([events(kind) for kind in DURABLE]), max_size=12))
def test_any_events_survive_the_file(
    chosen: list[DurableEvent], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any") / "s"
    with new_log(folder) as log:
        for event in chosen:
            log.append(event, 2.0)
    assert [recorded.event for recorded in all_of(folder)] == [FIRST, *chosen]


async def test_huge_texts_survive_the_file(folder: Path) -> None:
    event = TurnStarted(1, user(("\x00é\ud83d" + "x" * 9_997) * 1_000))
    with new_log(folder) as log:
        log.append(event, 2.0)
        log.append(event, 3.0)
        await log.flush()
        assert [recorded.event for recorded in log.read(after=1)] == [event, event]


async def test_places_go_on_after_closing(folder: Path) -> None:
    with new_log(folder) as log:
        log.append(prompt(2), 2.0)
    with closing(SessionLog.open(folder, write=True)) as log:
        assert log.last_seq == 2
        assert log.append(AutoSwitched(on=True, by="x"), 3.0) == 3
        await log.flush()
        with closing(SessionLog.open(folder, write=False)) as watcher:
            assert watcher.last_seq == 3
            assert [recorded.seq for recorded in watcher.read()] == [1, 2, 3]


def test_closing_writes_what_was_appended(folder: Path) -> None:
    with new_log(folder) as log:
        for number in range(2, 2000):
            log.append(prompt(number), 2.0)
    assert [recorded.seq for recorded in all_of(folder)] == list(range(1, 2000))
    log.close()


async def test_the_turn_of_each_event_is_kept(folder: Path) -> None:
    with new_log(folder) as log:
        log.append(TurnStarted(4, user("x")), 2.0)
        log.append(AutoSwitched(on=True, by="x"), 2.0)
    with closing(SessionLog.open(folder, write=True)) as log:
        log.append(AutoSwitched(on=False, by="x"), 2.0)
    with closing(sqlite3.connect(folder / LOG_NAME)) as connection:
        rows = connection.execute("SELECT seq, turn, epoch FROM events").fetchall()
    assert rows == [(1, 0, 1), (2, 4, 1), (3, 4, 1), (4, 4, 2)]


async def test_every_commit_waits_for_the_disk(folder: Path) -> None:
    with new_log(folder):
        connection = layout.connect_writer(folder / LOG_NAME)
        with closing(connection):
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


async def test_a_reader_that_takes_its_time_holds_nothing_up(folder: Path) -> None:
    with new_log(folder) as log:
        for number in range(2, 1000):
            log.append(prompt(number), 2.0)
        await log.flush()
        slow = log.read()
        assert next(slow).seq == 1
        with closing(sqlite3.connect(folder / LOG_NAME)) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # works only while nobody reads
            assert (folder / f"{LOG_NAME}-wal").stat().st_size == 0
        assert [recorded.seq for recorded in slow] == list(range(2, 1000))


def test_readers_write_nothing(folder: Path) -> None:
    with new_log(folder) as log:
        log.append(prompt(2), 2.0)
    before = (folder / LOG_NAME).read_bytes()
    with closing(layout.open_reader(folder)) as connection:
        for statement in ("DELETE FROM events", "PRAGMA user_version = 9", "CREATE TABLE x (y)"):
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                connection.execute(statement)
    assert len(all_of(folder)) == 2
    assert (folder / LOG_NAME).read_bytes() == before


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o777], ids=oct)
def test_only_the_owner_can_read_it(folder: Path, mask: int) -> None:
    old = os.umask(mask)
    try:
        with new_log(folder) as log:
            log.append(prompt(2), 2.0)
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.iterdir()]}
    finally:
        os.umask(old)
    assert set(modes) >= {LOG_NAME, f"{LOG_NAME}-wal", "lease.lock", "lease.json"}
    assert modes.pop("s") == 0o700
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}


def test_a_log_opened_to_read_is_not_written(folder: Path) -> None:
    with new_log(folder), closing(SessionLog.open(folder, write=False)) as watcher:
        with pytest.raises(StoreFault, match="opened to be read only"):
            watcher.append(prompt(2), 2.0)
        assert watcher.is_healthy


async def test_a_closed_log_is_not_written(folder: Path) -> None:
    with new_log(folder) as log:
        pass
    with pytest.raises(StoreFault, match="is closed"):
        log.append(prompt(2), 2.0)
    with pytest.raises(StoreFault, match="is closed"):
        await log.flush()


# --- files that are not what they should be -----------------------------------------------------------------


def expect(kind: Fault, folder: Path, *, write: bool, says: str) -> None:
    """The log is refused with this kind of fault, and nothing in its file changes."""
    path = folder / LOG_NAME
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(StoreFault) as caught, closing(SessionLog.open(folder, write=write)) as log:
        list(log.read())
    assert caught.value.kind is kind
    assert says in caught.value.sentence
    assert "\n" not in caught.value.sentence
    assert (path.read_bytes() if path.exists() else None) == before


@pytest.mark.parametrize("write", [True, False])
def test_no_folder(folder: Path, write: bool) -> None:
    expect(Fault.MISSING, folder, write=write, says="aura sessions")
    assert not folder.exists()


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize(
    "content", [b"not a database at all" * 500, b"\x00" * 5000, b"SQLite", b"\xef\xbb\xbf{}"]
)
def test_no_database(folder: Path, write: bool, content: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / LOG_NAME).write_bytes(content)
    expect(Fault.NOT_A_LOG, folder, write=write, says="left as it is")


@pytest.mark.parametrize("write", [True, False])
def test_a_database_of_something_else(folder: Path, write: bool) -> None:
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / LOG_NAME)) as connection:
        connection.execute("CREATE TABLE events (seq)")
    expect(Fault.NOT_A_LOG, folder, write=write, says="not a session log of aura")


@pytest.mark.parametrize("write", [True, False])
def test_an_empty_file(folder: Path, write: bool) -> None:
    folder.mkdir(parents=True)
    (folder / LOG_NAME).touch()
    expect(Fault.EMPTY, folder, write=write, says="never started")


def filled(folder: Path) -> Path:
    """A log of 400 events and its file."""
    with new_log(folder) as log:
        for number in range(2, 401):
            log.append(prompt(number), 2.0)
    return folder / LOG_NAME


@pytest.mark.parametrize("write", [True, False])
def test_a_file_cut_short(folder: Path, write: bool) -> None:
    path = filled(folder)
    os.truncate(path, path.stat().st_size // 2 // 4096 * 4096)
    expect(Fault.CORRUPT, folder, write=write, says="aura sessions salvage s")


@pytest.mark.parametrize("write", [True, False])
def test_a_page_of_rubbish(folder: Path, write: bool) -> None:
    path = filled(folder)
    with path.open("r+b") as file:
        for page in range(3, path.stat().st_size // 4096, 7):
            file.seek(page * 4096)
            file.write(b"\xa5" * 4096)
    expect(Fault.CORRUPT, folder, write=write, says="aura sessions salvage s")


def test_flipped_bits_in_a_text_spoil_one_event(folder: Path) -> None:
    path = filled(folder)
    data = path.read_bytes()
    place = data.index(b'"number":123,')
    path.write_bytes(data[:place] + b"\xff" + data[place + 1 :])
    with closing(SessionLog.open(folder, write=True)) as log:
        read = list(log.read())
    assert [recorded.seq for recorded in read] == list(range(1, 401))
    spoilt = [recorded for recorded in read if isinstance(recorded.event, NoticeShown)]
    assert [recorded.seq for recorded in spoilt] == [123]


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / LOG_NAME, isolation_level=None)) as connection:
        connection.execute(statement)


def test_a_newer_version_may_be_read_only(folder: Path) -> None:
    filled(folder)
    change(folder, "PRAGMA user_version = 99")
    change(folder, "ALTER TABLE events ADD COLUMN mood TEXT")
    expect(Fault.NEWER, folder, write=True, says="newer aura")
    with closing(SessionLog.open(folder, write=False)) as log:
        assert sum(1 for _ in log.read()) == 400


@pytest.mark.parametrize("write", [True, False])
def test_a_newer_version_that_cannot_be_understood(folder: Path, write: bool) -> None:
    filled(folder)
    change(folder, "PRAGMA user_version = 99")
    change(folder, "ALTER TABLE events RENAME COLUMN data TO body")
    expect(Fault.NEWER, folder, write=write, says="newer aura")


def test_a_session_is_not_begun_twice(folder: Path) -> None:
    path = filled(folder)
    before = path.read_bytes()
    with pytest.raises(StoreFault) as caught:
        SessionLog.create(folder, FIRST, 1.0)
    assert caught.value.kind is Fault.EXISTS
    assert path.read_bytes() == before
    SessionLog.open(folder, write=True).close()


def test_a_second_opener_is_told_who_holds_it(folder: Path) -> None:
    with new_log(folder):
        with pytest.raises(SessionLocked, match=rf"number {os.getpid()} on .*for 0s"):
            SessionLog.open(folder, write=True)
        with pytest.raises(SessionLocked):
            SessionLog.create(folder, FIRST, 1.0)
    SessionLog.open(folder, write=True).close()


def test_a_file_that_another_program_writes_is_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(folder)
    monkeypatch.setattr(layout, "BUSY_SECONDS", 0.01)
    with closing(sqlite3.connect(folder / LOG_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(SessionLocked, match="does not let go"):
            SessionLog.open(folder, write=True)
        other.execute("ROLLBACK")
    SessionLog.open(folder, write=True).close()


def test_a_place_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError):
        SessionLog.create(tmp_path / "file" / "s", FIRST, 1.0)


# --- older versions -----------------------------------------------------------------------------------------


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version to come, with two migrations."""
    monkeypatch.setattr(layout, "SCHEMA", 3)
    monkeypatch.setitem(layout.MIGRATIONS, 1, ("ALTER TABLE events ADD COLUMN mood TEXT",))
    monkeypatch.setitem(
        layout.MIGRATIONS, 2, ("UPDATE events SET mood = 'calm'", "CREATE INDEX moods ON events (mood)")
    )


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        return version


def test_an_older_file_is_migrated_and_kept(
    folder: Path, later: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as now:
        now.setattr(layout, "SCHEMA", 1)
        path = filled(folder)
    with closing(SessionLog.open(folder, write=False)) as log:
        assert sum(1 for _ in log.read()) == 400
    assert version_of(path) == 1
    with closing(SessionLog.open(folder, write=True)) as log:
        log.append(prompt(401), 2.0)
    assert version_of(path) == 3
    assert sum(1 for _ in read_events(folder)) == 401
    copy = path.with_name(f"{LOG_NAME}.v1")
    assert version_of(copy) == 1
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_migration_that_was_cut_off_starts_again(
    folder: Path, later: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as now:
        now.setattr(layout, "SCHEMA", 1)
        path = filled(folder)
    path.with_name(f"{LOG_NAME}.v1.part").write_bytes(b"half a copy")
    with monkeypatch.context() as now:
        now.setitem(layout.MIGRATIONS, 2, ("UPDATE events SET mood = 'calm'", "this is no SQL"))
        with pytest.raises(StoreFault):
            SessionLog.open(folder, write=True)
    assert version_of(path) == 2
    SessionLog.open(folder, write=True).close()
    assert version_of(path) == 3
    assert version_of(path.with_name(f"{LOG_NAME}.v1")) == 1
    assert sum(1 for _ in read_events(folder)) == 400


# --- without a file -----------------------------------------------------------------------------------------


async def test_a_log_in_memory_is_used_alike(folder: Path) -> None:
    kept = MemoryLog(FIRST, 1.0)
    with new_log(folder) as log:
        for one in (log, kept):
            assert one.last_seq == 1
            assert [one.append(prompt(number), 2.0) for number in range(2, 10)] == list(range(2, 10))
            await one.flush()
            await one.recover()
            assert one.is_healthy
        assert list(kept.read()) == list(log.read())
        assert list(kept.read(3, {"turn_started"}, 2)) == list(log.read(3, {"turn_started"}, 2))
        assert list(kept.read(0, {"session_started"})) == list(log.read(0, {"session_started"}))
    kept.close()


def test_a_process_that_forgets_to_close_loses_nothing(folder: Path) -> None:
    import subprocess
    import sys

    program = f"""
from pathlib import Path
from aura.store.log import SessionLog
from tests.store.children import prompt
from aura.core.events import SessionStarted
log = SessionLog.create(Path({str(folder)!r}), SessionStarted("s", "/w", "0"), 1.0)
for number in range(2, 500):
    log.append(prompt(number), 2.0)
"""
    root = Path(__file__).resolve().parent.parent.parent
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True, timeout=60)
    assert [recorded.seq for recorded in all_of(folder)] == list(range(1, 500))


async def test_many_may_wait_at_once(folder: Path) -> None:
    with new_log(folder) as log:

        async def write(number: int) -> int:
            seq = log.append(AutoSwitched(on=True, by=str(number)), 2.0)
            await log.flush()
            assert any(recorded.seq == seq for recorded in log.read(after=seq - 1, limit=1))
            return seq

        assert sorted(await asyncio.gather(*map(write, range(100)))) == list(range(2, 102))
