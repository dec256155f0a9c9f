"""The disk refuses: what was appended waits in memory, is written in order, and nothing is written twice."""

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from aura.core.errors import SessionFenced, StoreError
from aura.core.events import SessionStarted
from aura.store import writer
from aura.store.faults import Fault, StoreFault
from aura.store.layout import connect_writer
from aura.store.log import SessionLog, Writing
from aura.store.rows import read_events
from tests.store.children import prompt

ROOT = Path(__file__).resolve().parent.parent.parent
FIRST = SessionStarted("s", "/w", "0")


def refusal(code: int, message: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(message)
    error.sqlite_errorcode = code
    return error


FULL = refusal(sqlite3.SQLITE_FULL, "database or disk is full")
BROKEN = refusal(sqlite3.SQLITE_IOERR | 10 << 8, "disk I/O error")
LOCKED = refusal(sqlite3.SQLITE_BUSY, "database is locked")
SEALED = refusal(sqlite3.SQLITE_READONLY, "attempt to write a readonly database")


class Disk:
    """Decides which statement of the writing connection fails: all while `error` is set, or the n-th one."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.fails_at = 0
        self.after = False  # fail once it is done
        self.statements = 0

    def refuse(self, statement: str, *, done: bool) -> None:
        if statement.startswith(("PRAGMA", "ROLLBACK")):
            return
        if done is self.after:
            self.statements += 1
            if self.statements == self.fails_at:
                raise BROKEN
        if self.error is not None and not done:
            raise self.error

    def connect(self, path: Path) -> sqlite3.Connection:
        disk = self

        class Connection(sqlite3.Connection):
            def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
                disk.refuse(statement, done=False)
                cursor = super().execute(statement, *values)
                disk.refuse(statement, done=True)
                return cursor

            def executemany(self, statement: str, *values: Any) -> sqlite3.Cursor:
                disk.refuse(statement, done=False)
                cursor = super().executemany(statement, *values)
                disk.refuse(statement, done=True)
                return cursor

        return connect_writer(path, Connection)


class Told(list[str | None]):
    """What the log said of its troubles; `next` waits for more."""

    def __init__(self) -> None:
        super().__init__()
        self._more = asyncio.Event()

    def __call__(self, sentence: str | None) -> None:
        self.append(sentence)
        self._more.set()

    async def next(self) -> str | None:
        await asyncio.wait_for(self._more.wait(), 30)
        self._more.clear()
        return self[-1]


@pytest.fixture
def disk() -> Disk:
    return Disk()


def new_log(tmp_path: Path, disk: Disk, told: Told, retry: float = 0.01) -> SessionLog:
    writing = Writing(on_trouble=told, retry_seconds=retry, connect=disk.connect)
    return SessionLog.create(tmp_path / "s", FIRST, 1.0, writing)


def check(folder: Path, newest: int) -> None:
    """Each event once, in order, as it was appended."""
    read = list(read_events(folder))
    assert [recorded.seq for recorded in read] == list(range(1, newest + 1))
    assert [recorded.event for recorded in read[1:]] == [prompt(number) for number in range(2, newest + 1)]


def append_many(log: SessionLog, upto: int) -> None:
    for number in range(log.last_seq + 1, upto + 1):
        log.append(prompt(number), 2.0)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (FULL, "is full; free some space"),
        (BROKEN, "check the disk"),
        (LOCKED, "in use by another process"),
        (SEALED, "make it writable"),
        (OSError(28, "No space left on device"), "is full; free some space"),
        (ValueError("a surprise"), "a surprise"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
async def test_the_log_says_so_waits_and_recovers(
    tmp_path: Path, disk: Disk, error: Exception, says: str
) -> None:
    told = Told()
    log = new_log(tmp_path, disk, told)
    disk.error = error
    log.append(prompt(2), 2.0)
    sentence = await told.next()
    assert sentence is not None and says in sentence
    health = [log.is_healthy]
    for number in range(3, 1200):
        assert log.append(prompt(number), 2.0) == number
    with pytest.raises(StoreError, match=says):
        await log.flush()
    assert [recorded.seq for recorded in log.read()] == [1]
    disk.error = None
    assert await told.next() is None
    await log.flush()
    assert [*health, log.is_healthy] == [False, True]
    assert told == [sentence, None]
    log.close()
    check(log.folder, 1199)


async def test_a_flush_tries_again_at_once(tmp_path: Path, disk: Disk) -> None:
    told = Told()
    with closing(new_log(tmp_path, disk, told, retry=3600.0)) as log:
        disk.error = FULL
        log.append(prompt(2), 2.0)
        with pytest.raises(StoreFault):
            await log.flush()
        disk.error = None
        await log.flush()
        assert await told.next() is None
    check(log.folder, 2)


async def test_recover_waits_for_the_disk(tmp_path: Path, disk: Disk) -> None:
    told = Told()
    with closing(new_log(tmp_path, disk, told, retry=3600.0)) as log:
        disk.error = FULL
        log.append(prompt(2), 2.0)
        waiting = asyncio.create_task(log.recover(0.001))
        await told.next()
        assert not waiting.done()
        disk.error = None
        await asyncio.wait_for(waiting, 30)
        assert log.is_healthy
    check(log.folder, 2)


@pytest.mark.parametrize("after", [False, True], ids=["before it is done", "after it is done"])
async def test_each_statement_may_fail(tmp_path: Path, disk: Disk, after: bool) -> None:
    disk.after = after
    failed = 0
    for number in range(1, 60):
        disk.statements, disk.fails_at = 0, number
        folder = tmp_path / str(number)
        log = None
        with suppress(StoreFault):
            log = SessionLog.create(
                folder / "s", FIRST, 1.0, Writing(retry_seconds=0.0, connect=disk.connect)
            )
        if log is None:
            assert not (folder / "s").exists(), "a log that could not be begun leaves nothing behind"
            failed += 1
            continue
        for place in range(2, 6):
            log.append(prompt(place), 2.0)
            await log.recover(0.0)
        log.close()
        check(log.folder, 5)
        if disk.statements < number:
            break
    else:
        raise AssertionError("more statements than expected")
    assert failed >= 4
    assert number > failed + 10


async def test_what_cannot_be_written_at_the_end_is_said(tmp_path: Path, disk: Disk) -> None:
    log = new_log(tmp_path, disk, Told())
    disk.error = FULL
    log.append(prompt(2), 2.0)
    with pytest.raises(StoreFault, match="is full"):
        log.close()
    disk.error = None
    with closing(SessionLog.open(log.folder, write=True)) as again:
        assert again.last_seq == 1


async def test_memory_is_not_filled_without_end(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LARGEST_BACKLOG", 20_000)
    told = Told()
    log = new_log(tmp_path, disk, told, retry=3600.0)
    disk.error = FULL
    log.append(prompt(2), 2.0)
    assert "is full" in (await told.next() or "")
    with pytest.raises(StoreFault, match="events wait in memory") as caught:
        append_many(log, 1000)
    assert caught.value.kind is Fault.FULL
    newest = log.last_seq
    assert newest < 30
    disk.error = None
    await log.flush()
    assert log.append(prompt(newest + 1), 2.0) == newest + 1
    log.close()
    check(log.folder, newest + 1)


async def test_damage_is_not_tried_again(tmp_path: Path, disk: Disk) -> None:
    told = Told()
    log = new_log(tmp_path, disk, told)
    disk.error = refusal(sqlite3.SQLITE_CORRUPT, "database disk image is malformed")
    log.append(prompt(2), 2.0)
    with pytest.raises(StoreFault) as caught:
        await log.flush()
    assert caught.value.kind is Fault.CORRUPT
    disk.error = None
    for attempt in (log.flush(), log.recover()):
        with pytest.raises(StoreFault, match="salvage"):
            await attempt
    with pytest.raises(StoreFault, match="salvage"):
        log.append(prompt(3), 2.0)
    with pytest.raises(StoreFault, match="salvage"):
        log.close()
    SessionLog.open(log.folder, write=True).close()


async def test_events_that_another_wrote_are_never_overwritten(tmp_path: Path, disk: Disk) -> None:
    """Whoever takes over raises the epoch, and the old holder writes nothing more, also not what waited."""
    told = Told()
    log = new_log(tmp_path, disk, told)
    disk.error = FULL
    log.append(prompt(2), 2.0)
    await told.next()
    with closing(SessionLog.open(log.folder, write=True, writing=Writing(take_over=True))) as new:
        new.append(prompt(2), 5.0)
        await new.flush()
    disk.error = None
    with pytest.raises(SessionFenced):
        await log.recover(0.0)
    with pytest.raises(SessionFenced):
        log.close()
    assert [recorded.at for recorded in read_events(log.folder)] == [1.0, 5.0]


async def test_a_file_that_was_put_back_to_an_older_state_is_not_written(tmp_path: Path) -> None:
    log = SessionLog.create(tmp_path / "s", FIRST, 1.0)
    log.append(prompt(2), 2.0)
    await log.flush()
    with closing(sqlite3.connect(log.folder / "log.sqlite", isolation_level=None)) as other:
        other.execute("DELETE FROM events WHERE seq = 2")
    log.append(prompt(3), 2.0)
    with pytest.raises(StoreFault, match="events are missing"):
        await log.flush()
    with pytest.raises(StoreFault):
        log.close()


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_file_that_is_gone_is_not_written_to(tmp_path: Path, replaced: bool) -> None:
    log = SessionLog.create(tmp_path / "s", FIRST, 1.0)
    content = (log.folder / "log.sqlite").read_bytes()
    shutil.rmtree(log.folder)
    if replaced:
        log.folder.mkdir()
        (log.folder / "log.sqlite").write_bytes(content)
    log.append(prompt(2), 2.0)
    with pytest.raises(StoreFault, match="removed or replaced") as caught:
        await log.flush()
    assert caught.value.kind is Fault.GONE
    with pytest.raises(StoreFault, match="removed or replaced"):
        log.close()


# --- a real disk --------------------------------------------------------------------------------------------

PROGRAM = """
import asyncio, json, sys
from pathlib import Path
from tests.store.children import fill
place = Path(sys.argv[1])
print(json.dumps(asyncio.run(fill(place / "sessions" / "s", (place / "ballast").unlink))))
"""
READ_ONLY = """
import json, sys
from pathlib import Path
from aura.core.errors import StoreError
from aura.core.events import SessionStarted
from aura.store.log import SessionLog
place = Path(sys.argv[1])
said = []
for attempt in (
    lambda: SessionLog.create(place / "new" / "s", SessionStarted("s", "/w", "0"), 1.0),
    lambda: SessionLog.open(place / "s", write=True),
):
    try:
        attempt()
    except StoreError as problem:
        said.append(problem.sentence)
print(json.dumps([said, sum(1 for _ in SessionLog.open(place / "s", write=False).read())]))
"""


def in_own_mounts(mount: str, program: str, place: Path) -> Any:
    """Run a program in a user and mount namespace of its own after a shell command; what it printed, as JSON."""
    script = f'{mount} && exec "$1" -c "$2" "$3"'
    command = ["unshare", "-rm", "sh", "-ec", script, "sh", sys.executable, program, str(place)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    try_it = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs none /tmp"]
    return subprocess.run(try_it, capture_output=True, check=False).returncode == 0


needs_mounts = pytest.mark.skipif(
    not can_mount(), reason="this machine lets nobody mount a small file system"
)


@needs_mounts
def test_a_full_disk_stops_nothing_for_good(tmp_path: Path) -> None:
    mount = 'mount -t tmpfs -o size=4m none "$3" && head -c 3500000 /dev/zero > "$3/ballast"'
    result = in_own_mounts(mount, PROGRAM, tmp_path)
    assert "is full; free some space" in result["problem"]
    assert result["was_healthy"] is False and result["is_healthy"] is True
    assert result["saved"] == result["refused"] - 1
    assert result["last"] == result["refused"] + 50
    assert result["told"][0] == result["problem"] and result["told"][-1] is None
    assert result["read"] == result["last"]


@needs_mounts
def test_a_read_only_home(tmp_path: Path) -> None:
    with closing(SessionLog.create(tmp_path / "s", FIRST, 1.0)) as log:
        for number in range(2, 50):
            log.append(prompt(number), 2.0)
    mount = 'mount --bind "$3" "$3" && mount -o remount,bind,ro "$3"'
    said, count = in_own_mounts(mount, READ_ONLY, tmp_path)
    assert len(said) == 2
    for sentence in said:
        assert "set AURA_HOME to a place that is" in sentence
    assert count == 49
