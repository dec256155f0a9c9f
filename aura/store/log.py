"""The log of a session: append-only, in one SQLite file, written by one process at a time.

`log.sqlite` and `lease.lock` lie in the session's folder. Appending returns at once; `flush` returns when all that
was appended is on the disk.
"""

import asyncio
import atexit
import contextlib
import os
import sqlite3
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from aura.core.errors import SessionFenced, SessionLocked, StoreError
from aura.core.events import DurableEvent, Recorded
from aura.store.faults import LOG_NAME, Fault, StoreFault, explain, fault
from aura.store.layout import (
    Connect,
    begin_log,
    check_layout,
    check_pages,
    connect_writer,
    make_folder,
    migrate,
    open_reader,
)
from aura.store.lease import LOCK_NAME, Lease
from aura.store.rows import make_row, read_events
from aura.store.writer import RETRY_SECONDS, Writer

Trouble = Callable[[str | None], None]


@dataclass(frozen=True, slots=True)
class Writing:
    """How a log is written.

    `take_over` breaks the lease of a holder that hangs. `on_trouble` is told a sentence when the disk refuses, and
    None when all is well again: in the event loop that the log was opened in, or in the writing thread if there was
    none. `retry_seconds` is the pause between tries, `connect` makes the writing connection.
    """

    take_over: bool = False
    on_trouble: Trouble | None = None
    retry_seconds: float = RETRY_SECONDS
    connect: Connect = connect_writer


class SessionLog:
    """One session's events; made by `create` or `open`, given back by `close`.

    Reading gives what is durable, from any thread. Appending and closing belong to the process that opened it.
    """

    def __init__(
        self, folder: Path, writer: Writer | None, lease: Lease | None, last: tuple[int, int]
    ) -> None:
        self.folder = folder
        self.lease = lease
        self._writer = writer
        self._last_seq, self._turn = last
        self._process = os.getpid()
        if writer is not None:
            atexit.register(self._close_late)

    @classmethod
    def create(
        cls, folder: Path, first: DurableEvent, at: float, writing: Writing = Writing()
    ) -> "SessionLog":
        """A new log whose first event is durable; raises `StoreFault` and then leaves nothing behind."""
        try:
            make_folder(folder)
        except FileNotFoundError as error:  # as under /proc: folders cannot be made there, whoever asks
            raise fault(Fault.READ_ONLY, folder, error.strerror or str(error)) from None
        except OSError as error:
            raise explain(error, folder) from None
        lease = Lease.acquire(folder)
        row = make_row(1, at, first, 0)
        try:
            connection = begin_log(folder, lease, [row], writing.connect)
        except BaseException:
            abandon(lease)
            raise
        return cls(folder, _start_writer(connection, lease, 1, writing), lease, (1, row.turn))

    @classmethod
    def open(cls, folder: Path, *, write: bool, writing: Writing = Writing()) -> "SessionLog":
        """The log in a folder, to read or to write it.

        Raises `SessionLocked` when another process writes it, `StoreFault` when it cannot be used; the file is then
        as it was.
        """
        if not write:
            with contextlib.closing(open_reader(folder)) as connection:
                return cls(folder, None, None, _find_last(connection, folder))
        if not (folder / LOG_NAME).exists():
            raise fault(Fault.MISSING, folder)
        open_reader(folder, write=True).close()  # refuses before anything is touched
        lease = Lease.acquire(folder, take_over=writing.take_over)
        try:
            connection, epoch, last = _take(folder, lease, writing)
        except BaseException:
            lease.release()
            raise
        return cls(folder, _start_writer(connection, lease, epoch, writing), lease, last)

    @property
    def last_seq(self) -> int:
        """The place of the newest event: appended, or (opened to read) there when the log was opened."""
        return self._last_seq

    @property
    def is_healthy(self) -> bool:
        """Whether what is appended reaches the disk; while it does not, nothing with side effects should start."""
        return self._writer is None or self._writer.problem is None

    def append(self, event: DurableEvent, at: float) -> int:
        """Queue an event and return its place; `at` is Unix time in seconds.

        Raises `SessionFenced` when the session was taken over, `StoreFault` when the log is closed, was opened to
        read, or holds all it can keep in memory while the disk refuses.
        """
        writer = self._need_writer()
        row = make_row(self._last_seq + 1, at, event, self._turn)
        writer.put(row)
        self._last_seq, self._turn = row.seq, row.turn
        return row.seq

    async def flush(self) -> None:
        """Return when everything appended so far is durable; raises the `StoreError` that keeps it from being so.

        While the disk refuses, each call tries it once more. See `recover` for waiting until it works again.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[StoreError | None] = loop.create_future()

        def tell(problem: StoreError | None) -> None:
            if not done.done():
                done.set_result(problem)

        def waiter(problem: StoreError | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits any more
                loop.call_soon_threadsafe(tell, problem)

        self._need_writer().wait(waiter)
        problem = await done
        if problem is not None:
            raise problem

    async def recover(self, pause: float = 1.0) -> None:
        """Return when everything appended is durable, however long the disk refuses; tries every `pause` seconds.

        Raises only what waiting does not mend (`SessionFenced`, a damaged file).
        """
        while True:
            try:
                await self.flush()
            except StoreFault as problem:
                if not problem.is_passing:
                    raise
                await asyncio.sleep(pause)
            else:
                return

    def read(
        self, after: int = 0, types: Collection[str] | None = None, limit: int | None = None
    ) -> Iterator[Recorded]:
        """The durable events behind place `after`, in order: those of `types` (None: all), at most `limit`.

        A reader may stop anywhere and take its time: no transaction stays open between two pages.
        """
        return read_events(self.folder, after, types, limit)

    def close(self) -> None:
        """Write what is left, then let the session go; raises `StoreError` when something could not be written.

        Harmless when repeated.
        """
        writer, self._writer = self._writer, None
        if writer is None or os.getpid() != self._process:
            return
        atexit.unregister(self._close_late)
        problem = writer.close()
        if self.lease is not None:
            self.lease.release()
        if problem is not None:
            raise problem

    def _close_late(self) -> None:
        """At the end of a process that forgot to close; nobody is left to be told."""
        with contextlib.suppress(StoreError):
            self.close()

    def _need_writer(self) -> Writer:
        if self._writer is None:
            what = "is closed" if self.lease is not None else "was opened to be read only"
            raise StoreFault(
                Fault.CLOSED, f"The session {self.folder.name} {what}; open it again to write to it."
            )
        if os.getpid() != self._process:
            raise SessionFenced(
                f"The session {self.folder.name} belongs to the process that opened it, not to its children."
            )
        return self._writer


def _find_last(connection: sqlite3.Connection, folder: Path) -> tuple[int, int]:
    """The newest place and its turn."""
    try:
        row = connection.execute("SELECT seq, turn FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    except sqlite3.Error as error:
        raise explain(error, folder) from None
    return row or (0, 0)


def _take(folder: Path, lease: Lease, writing: Writing) -> tuple[sqlite3.Connection, int, tuple[int, int]]:
    """Open an existing file for writing and raise its epoch."""
    path = folder / LOG_NAME
    with contextlib.closing(open_reader(folder, write=True)) as reader:
        check_pages(reader, folder)
    try:
        connection = writing.connect(path)
    except (sqlite3.Error, OSError) as error:
        raise explain(error, folder) from None
    try:
        migrate(connection, path, check_layout(connection, folder, write=True))
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE lease SET epoch = epoch + 1, holder = ?", (lease.holder.name,))
        epoch = connection.execute("SELECT epoch FROM lease").fetchone()[0]
        last = _find_last(connection, folder)
        connection.execute("COMMIT")
    except (sqlite3.Error, OSError) as error:
        connection.close()
        problem = explain(error, folder)
        if problem.kind is Fault.BUSY:
            raise SessionLocked(
                f"The session {folder.name} is being written by a process that does not let go; end it first."
            ) from None
        raise problem from None
    except BaseException:
        connection.close()
        raise
    return connection, epoch, last


def abandon(lease: Lease) -> None:
    """Release the lease of a folder in which no log could be begun, and the folder if nothing else is in it."""
    lease.release()
    if not (lease.folder / LOG_NAME).exists():
        with contextlib.suppress(OSError):
            (lease.folder / LOCK_NAME).unlink()
            lease.folder.rmdir()


def _start_writer(connection: sqlite3.Connection, lease: Lease, epoch: int, writing: Writing) -> Writer:
    return Writer(
        connection,
        lease,
        epoch,
        report=_in_loop(writing.on_trouble),
        connect=writing.connect,
        retry_seconds=writing.retry_seconds,
    )


def _in_loop(on_trouble: Trouble | None) -> Trouble:
    """The callback, called in the event loop that runs now (if one does)."""
    if on_trouble is None:
        return lambda sentence: None
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return on_trouble

    def report(sentence: str | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(on_trouble, sentence)

    return report
