"""The file of a log: its tables, its version, and how connections to it are made.

SQLite before 3.51.3 can damage a WAL file that two connections write or checkpoint at once. So one connection
writes, the lease's holder's; all others are opened read-only, never checkpoint, and hold no transaction open.
"""

import contextlib
import os
import sqlite3
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from aura.store.faults import LOG_NAME, Fault, explain, fault
from aura.store.lease import Lease

APPLICATION = 0x41555241  # "AURA", so that another program's file is not taken for a log
SCHEMA = 1
BUSY_SECONDS = 5.0
LARGEST_CHECKED = 200_000_000  # bytes that are looked through before they are written to
LARGEST_IDLE_WAL = 16_000_000  # bytes that the -wal file keeps after a checkpoint

TABLES = (
    """CREATE TABLE events (
        seq INTEGER PRIMARY KEY, at REAL NOT NULL, epoch INTEGER NOT NULL,
        type TEXT NOT NULL, turn INTEGER NOT NULL, data TEXT NOT NULL)""",
    "CREATE TABLE lease (id INTEGER PRIMARY KEY CHECK (id = 1), epoch INTEGER NOT NULL, holder TEXT NOT NULL)",
)
INSERT = "INSERT INTO events (epoch, seq, at, type, turn, data) VALUES (?, ?, ?, ?, ?, ?)"

# From version n to n + 1; each runs in one transaction together with its version number.
MIGRATIONS: dict[int, tuple[str, ...]] = {}

Connect = Callable[[Path], sqlite3.Connection]


def connect_writer(path: Path, factory: type[sqlite3.Connection] = sqlite3.Connection) -> sqlite3.Connection:
    """The one connection that writes; it may be used from any thread, one at a time."""
    connection = sqlite3.connect(
        _uri(path, "mode=rw"),
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        factory=factory,
    )
    with _closed_on_error(connection):
        for pragma in (
            "trusted_schema = OFF",
            "journal_mode = WAL",
            "synchronous = FULL",
            "fullfsync = ON",  # macOS: wait for the disk, as elsewhere
            "mmap_size = 0",
            f"journal_size_limit = {LARGEST_IDLE_WAL}",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads, for the thread that asks for it."""
    if not path.exists():
        raise fault(Fault.MISSING, path.parent)
    try:
        return _try_reader(path, "mode=ro")
    except sqlite3.OperationalError:
        wal = path.with_name(f"{path.name}-wal")
        if os.access(path.parent, os.W_OK) or (wal.exists() and wal.stat().st_size):
            raise
        return _try_reader(path, "immutable=1")  # nobody can write here, so nothing is being written


def _try_reader(path: Path, option: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        _uri(path, option),
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,  # a reader that was left in the middle may be cleared away in any thread
    )
    with _closed_on_error(connection):
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA query_only = ON")
        # A flipped bit in a text spoils one event, which the codec reports, and not the rest.
        connection.text_factory = partial(str, encoding="utf-8", errors="replace")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return connection


@contextlib.contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _uri(path: Path, option: str) -> str:
    return f"file:{urllib.parse.quote(str(path.absolute()))}?{option}"


def make_file(path: Path) -> None:
    """Create the empty file, readable by its owner only whatever the umask; raises `OSError`."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Create the folder and those above it that are missing, for the owner only; raises `OSError`."""
    missing = []
    place = folder
    while not place.exists():
        missing.append(place)
        place = place.parent
    for new in reversed(missing):
        with contextlib.suppress(FileExistsError):
            new.mkdir(mode=0o700)
            new.chmod(0o700)
            sync_folder(new.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the file system can."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_tables(connection: sqlite3.Connection) -> None:
    """Lay out an empty file; belongs into the transaction that writes the first event."""
    for table in TABLES:
        connection.execute(table)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {SCHEMA}")


def begin_log(
    folder: Path,
    lease: Lease,
    rows: Iterable[tuple[int, float, str, int, str]],
    connect: Connect = connect_writer,
) -> sqlite3.Connection:
    """Lay out a new file and write its first rows, all or nothing; raises `StoreFault`."""
    path = folder / LOG_NAME
    try:
        make_file(path)
    except FileExistsError:
        raise fault(Fault.EXISTS, folder) from None
    except OSError as error:
        raise explain(error, folder) from None
    try:
        connection = connect(path)
        with _closed_on_error(connection):
            connection.execute("BEGIN IMMEDIATE")
            make_tables(connection)
            connection.execute("INSERT INTO lease VALUES (1, 1, ?)", (lease.holder.name,))
            connection.executemany(INSERT, ((1, *row) for row in rows))
            connection.execute("COMMIT")
            sync_folder(folder)
    except BaseException as error:
        for name in (LOG_NAME, f"{LOG_NAME}-wal", f"{LOG_NAME}-shm"):
            with contextlib.suppress(OSError):
                (folder / name).unlink()
        if isinstance(error, (sqlite3.Error, OSError)):
            raise explain(error, folder) from None
        raise
    return connection


def check_layout(connection: sqlite3.Connection, folder: Path, *, write: bool) -> int:
    """The version of the file; raises `StoreFault` when it is no log, empty, or too new to be written."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables and application in (0, APPLICATION):
        raise fault(Fault.EMPTY, folder)
    if application != APPLICATION:
        raise fault(Fault.NOT_A_LOG, folder)
    if version > SCHEMA:
        columns = {row[1] for row in connection.execute("PRAGMA table_info(events)")}
        if write or not columns >= {"seq", "at", "type", "turn", "data"}:
            raise fault(Fault.NEWER, folder)
    elif "events" not in tables:
        raise fault(Fault.EMPTY, folder)
    return version


def check_pages(connection: sqlite3.Connection, folder: Path) -> None:
    """Look through the pages of the file (0.1 s for 100 MB; larger ones are left to those who read them).

    Raises `StoreFault` when one is damaged.
    """
    try:
        if (folder / LOG_NAME).stat().st_size > LARGEST_CHECKED:
            return
        verdict: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except (sqlite3.Error, OSError) as error:
        raise explain(error, folder) from None
    if verdict != "ok":
        raise fault(Fault.CORRUPT, folder, verdict.removeprefix("*** in database main ***").strip())


def migrate(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Bring an older file up to `SCHEMA`, step by step; a copy of the old one stays beside it."""
    if version >= SCHEMA:
        return
    copy = path.with_name(f"{path.name}.v{version}")
    if not copy.exists():
        unfinished = path.with_name(f"{copy.name}.part")
        unfinished.unlink(missing_ok=True)
        make_file(unfinished)
        with contextlib.closing(sqlite3.connect(unfinished)) as target:
            connection.backup(target)
        unfinished.replace(copy)
    for step in range(version, SCHEMA):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in MIGRATIONS[step]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {step + 1}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def open_reader(folder: Path, *, write: bool = False) -> sqlite3.Connection:
    """A read-only connection to a session's log, checked (`write`: also whether this aura may write it).

    Raises `StoreFault`.
    """
    try:
        connection = connect_reader(folder / LOG_NAME)
        with _closed_on_error(connection):
            check_layout(connection, folder, write=write)
    except (sqlite3.Error, OSError) as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_ROLLBACK:
            # Only a file that is being laid out has a rollback journal: its process died before the first event.
            raise fault(Fault.EMPTY, folder) from None
        raise explain(error, folder) from None
    return connection
