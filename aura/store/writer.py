"""The thread that writes a log: rows in order, several in one transaction, each checked against the lease."""

import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from itertools import islice

from aura.core.errors import SessionFenced, StoreError
from aura.store.faults import LOG_NAME, Fault, StoreFault, explain, fault
from aura.store.layout import INSERT, Connect, connect_writer
from aura.store.lease import BEAT_SECONDS, Lease
from aura.store.rows import Row

LARGEST_BATCH = 500  # rows of one transaction
LARGEST_BACKLOG = 64_000_000  # characters kept in memory while nothing can be written
RETRY_SECONDS = 2.0

Waiter = Callable[[StoreError | None], None]


class Writer:
    """Writes rows in a thread of its own until it is closed, is fenced, or the file turns out to be damaged.

    While the disk refuses (full, read-only, busy, failing) rows are kept in memory and tried again; `report` is then
    called from the thread with a sentence, and with None when all is well again.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        lease: Lease,
        epoch: int,
        *,
        report: Callable[[str | None], None],
        connect: Connect = connect_writer,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._path = lease.folder / LOG_NAME
        self._file = self._path.stat().st_ino
        self._connection: sqlite3.Connection | None = connection
        self._connect = connect
        self._lease = lease
        self._epoch = epoch
        self._report = report
        self._retry = retry_seconds
        self._changed = threading.Condition()
        self._rows: deque[Row] = deque()
        self._waiters: list[tuple[int, Waiter]] = []
        self._backlog = 0
        self._closing = False
        self._problem: StoreError | None = None
        self._thread = threading.Thread(target=self._run, name=f"log of {lease.folder.name}", daemon=True)
        self._thread.start()

    @property
    def problem(self) -> StoreError | None:
        """Why nothing can be written at present; None when all is well."""
        return self._problem

    def put(self, row: Row) -> None:
        """Queue a row; raises `SessionFenced`, or `StoreFault` when the log cannot take any more."""
        with self._changed:
            self._check(len(row.data))
            self._rows.append(row)
            self._backlog += len(row.data)
            self._changed.notify()

    def wait(self, waiter: Waiter) -> None:
        """Call `waiter` from the thread once all rows queued so far are durable, or with what went wrong.

        After an earlier failure the disk is tried again at once.
        """
        with self._changed:
            if self._rows and not self._is_over:
                self._waiters.append((self._rows[-1].seq, waiter))
                self._changed.notify()
                return
            problem = self._problem
        waiter(problem)

    def close(self) -> StoreError | None:
        """Write what is left (one try), end the thread and the connection; what could not be done, or None."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
        return self._problem if self._rows else None

    @property
    def _is_over(self) -> bool:
        """Whether trying again is of no use."""
        problem = self._problem
        is_passing = isinstance(problem, StoreFault) and problem.is_passing
        return self._closing or (problem is not None and not is_passing)

    def _check(self, size: int) -> None:
        problem = self._problem
        if self._closing:
            raise StoreFault(Fault.CLOSED, "The session is closed; open it again.")
        if problem is None:
            return
        if self._is_over:
            raise problem
        if self._backlog + size > LARGEST_BACKLOG:
            waiting = f"{len(self._rows)} events wait in memory, which is all aura keeps"
            raise StoreFault(Fault.FULL, f"{problem.sentence} {waiting}.")

    # --- the thread -----------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._has_work, timeout=self._patience())
                batch = list(islice(self._rows, LARGEST_BATCH))
                closing = self._closing
            self._lease.beat()
            problem = self._write(batch) if batch else None
            if batch:
                self._settle(batch, problem)
            if (problem is not None and self._is_over) or (closing and not self._rows):
                return

    def _has_work(self) -> bool:
        return self._closing or bool(self._waiters) or (bool(self._rows) and self._problem is None)

    def _patience(self) -> float:
        return self._retry if self._problem is not None else BEAT_SECONDS

    def _settle(self, batch: list[Row], problem: StoreError | None) -> None:
        """Take note of how a batch fared, and tell who waits."""
        newest = batch[-1].seq
        with self._changed:
            before, self._problem = self._problem, problem
            if problem is None:
                for row in batch:
                    self._rows.popleft()
                    self._backlog -= len(row.data)
            ready = [waiter for seq, waiter in self._waiters if problem is not None or seq <= newest]
            self._waiters = [] if problem is not None else [w for w in self._waiters if w[0] > newest]
        sentence = problem.sentence if problem else None
        if sentence != (before.sentence if before else None):
            self._report(sentence)
        for waiter in ready:
            waiter(problem)

    def _write(self, batch: list[Row]) -> StoreError | None:
        """One transaction; what kept it from being durable, or None."""
        folder = self._path.parent
        try:
            self._look()
            if self._connection is None:
                self._connection = self._connect(self._path)
            self._commit(self._connection, batch)
        except StoreError as error:
            return error
        except sqlite3.IntegrityError:
            self._undo()
            return fault(Fault.CORRUPT, folder, "an event is there already")
        except (sqlite3.Error, OSError) as error:
            self._undo()
            return explain(error, folder)
        except Exception as error:  # noqa: BLE001 - the thread must outlive any surprise and say so
            self._undo()
            return fault(Fault.IO, folder, f"{type(error).__name__}: {error}")
        return None

    def _look(self) -> None:
        """Whether the file is the one that was opened; SQLite would go on writing to one that nobody can find."""
        try:
            is_same = self._path.stat().st_ino == self._file
        except FileNotFoundError:
            is_same = False
        if not is_same:
            raise fault(Fault.GONE, self._path.parent)

    def _commit(self, connection: sqlite3.Connection, batch: list[Row]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        row = connection.execute("SELECT epoch, (SELECT max(seq) FROM events) FROM lease").fetchone()
        epoch, newest = row or (None, None)
        if epoch != self._epoch:
            connection.execute("ROLLBACK")
            raise SessionFenced(
                f"The session {self._path.parent.name} was taken over by another process; this one cannot write to"
                " it any more. Open it again to see where it stands."
            )
        # A commit that failed may still have reached the disk: what is there already is not written again.
        rows = [(self._epoch, *row) for row in batch if row.seq > (newest or 0)]
        if rows and rows[0][1] != (newest or 0) + 1:
            connection.execute("ROLLBACK")
            raise fault(Fault.CORRUPT, self._path.parent, "events are missing")
        connection.executemany(INSERT, rows)
        connection.execute("COMMIT")

    def _undo(self) -> None:
        """Leave the transaction and the connection: after an error the next try begins with a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            with contextlib.suppress(sqlite3.Error):
                connection.close()
