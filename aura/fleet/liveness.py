"""Which workers are alive: each holds a lock that the kernel, or the server, drops when it dies, however it dies.

On one machine that is a lock on a file beside the database; on PostgreSQL an advisory lock of a connection of its
own. Nothing is written while a worker lives and no clocks are compared.
"""

import contextlib
import fcntl
import hashlib
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from aura.config.paths import private_folder
from aura.core.errors import AuraError
from aura.fleet.site import Site

if TYPE_CHECKING:
    import psycopg

SUFFIX = ".lock"
PATIENCE = 10  # seconds for a connection
OLD = 24 * 3600.0  # seconds after which a name without a lock is cleared away


class Liveness(Protocol):
    """Tells living workers from dead ones."""

    def hold(self, worker: str) -> None:
        """Show that this worker is alive, until `release` or its end; to be repeated, it mends what broke."""
        ...

    def is_alive(self, worker: str) -> bool:
        """Whether a worker is alive."""
        ...

    def release(self) -> None:
        """Count as dead from now on."""
        ...


class FileLiveness:
    """Locks on files in a folder that all workers of one database see."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: tuple[Path, int] | None = None

    def hold(self, worker: str) -> None:
        """Lock the file of this worker; it gets its name when it is locked, so that it never looks dead."""
        if self._held is not None:
            return
        private_folder(self._folder)
        descriptor, name = tempfile.mkstemp(dir=self._folder, prefix=".")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        path = self._folder / f"{worker}{SUFFIX}"
        Path(name).rename(path)
        self._held = path, descriptor
        self._clear()

    def is_alive(self, worker: str) -> bool:
        """Whether somebody holds the lock of this worker."""
        return _is_locked(self._folder / f"{worker}{SUFFIX}")

    def release(self) -> None:
        """Take the file away and let go of it."""
        if self._held is not None:
            path, descriptor = self._held
            self._held = None
            path.unlink(missing_ok=True)
            os.close(descriptor)

    def _clear(self) -> None:
        """Take away what dead workers left long ago."""
        for path in self._folder.glob(f"*{SUFFIX}"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > OLD and not _is_locked(path):
                    path.unlink()


def _is_locked(path: Path) -> bool:
    """Whether somebody holds the lock of a file; true when that cannot be found out: living work is not taken away."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: others may look at the same time
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


class PostgresLiveness:
    """Advisory locks of a PostgreSQL database, each held by a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection | None = None

    def hold(self, worker: str) -> None:
        """Lock, or lock again when the connection broke; raises `AuraError` when the server cannot be reached."""
        import psycopg

        try:
            if self._connection is not None and not self._connection.closed:
                self._connection.execute("SELECT 1")
                return
        except psycopg.Error:
            self.release()
        connection = self._connect()
        try:
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", (_key(worker),)).fetchone()
        except psycopg.Error as error:
            connection.close()
            raise _unreachable(error) from None
        if row is not None and row[0]:
            self._connection = connection
        else:
            connection.close()  # the server has not noticed yet that the former one broke

    def is_alive(self, worker: str) -> bool:
        """Whether some connection holds the lock of this worker; raises `AuraError`."""
        import psycopg

        key = _key(worker) % 2**64
        query = (
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
            " AND classid::bigint = %s AND objid::bigint = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        try:
            with self._connect() as connection:
                row = connection.execute(query, (key >> 32, key % 2**32)).fetchone()
        except psycopg.Error as error:
            raise _unreachable(error) from None
        return row is not None and bool(row[0])

    def release(self) -> None:
        """Close the connection that holds the lock."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connect(self) -> "psycopg.Connection":
        import psycopg

        try:
            return psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=PATIENCE,
                keepalives_idle=10,
                keepalives_interval=5,
                keepalives_count=3,
            )
        except psycopg.Error as error:
            raise _unreachable(error) from None


def _key(worker: str) -> int:
    """The number of a worker's lock: 64 bits with a sign."""
    return int.from_bytes(hashlib.blake2b(worker.encode(), digest_size=8).digest(), "big", signed=True)


def _unreachable(error: Exception) -> AuraError:
    why = str(error).strip().splitlines()[-1:] or [type(error).__name__]
    return AuraError(f"The database of runs cannot be reached: {why[0]}.")


def open_liveness(site: Site) -> Liveness:
    """The locks that belong to a site's database."""
    if site.file is None:
        return PostgresLiveness(site.database)
    return FileLiveness(site.file.with_name(f"{site.file.name}.workers"))
