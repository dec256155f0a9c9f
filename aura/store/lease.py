"""Who may write a session: one process at a time, by a lock of the kernel and an epoch in the log.

The lock (`lease.lock`) is released by the kernel when its holder dies, however it dies. Beside it `lease.json` says
who holds it, for people; it is touched every 5 seconds while its holder is alive. Each new holder raises the epoch in
the log, and every write checks it, so a holder that was stopped and overtaken cannot write any more.
"""

import contextlib
import json
import os
import secrets
import socket
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aura.core.durations import tell_duration
from aura.core.errors import SessionLocked
from aura.store.faults import explain

if TYPE_CHECKING:
    from filelock import FileLock

LOCK_NAME = "lease.lock"
HOLDER_NAME = "lease.json"
BEAT_SECONDS = 5.0
STALE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a session: `boot` and `started` tell it from a later one with the same number.

    `since` is Unix time in seconds, `token` differs with each taking.
    """

    host: str
    pid: int
    token: str
    boot: str
    started: str
    since: float

    @property
    def name(self) -> str:
        """The form that the log and messages use: `host/pid/token`."""
        return f"{self.host}/{self.pid}/{self.token}"

    @property
    def is_alive(self) -> bool:
        """Whether the process runs, as far as can be told from here (True for another host: see `find_holder`)."""
        if self.host != socket.gethostname():
            return True
        return self.boot == _boot() and self.started == _started(self.pid) != ""


class Lease:
    """The right to write one session, held by this process until `release`."""

    def __init__(self, folder: Path, lock: "FileLock", holder: Holder) -> None:
        self.folder = folder
        self.holder = holder
        self._lock = lock
        self._path = folder / HOLDER_NAME
        self._file = 0
        self._beaten = 0.0

    @classmethod
    def acquire(cls, folder: Path, *, take_over: bool = False) -> "Lease":
        """Take the session; raises `SessionLocked` with the holder's name, or `StoreFault`.

        `take_over` breaks the lock of a holder that is alive (stopped or hanging); the epoch keeps it from writing.
        """
        from filelock import Timeout  # late: listing sessions needs no lock, and importing it takes 0.1 s

        path = folder / LOCK_NAME
        try:
            try:
                lock = _lock(path)
            except Timeout:
                if not take_over:
                    raise
                path.unlink(missing_ok=True)
                lock = _lock(path)
        except Timeout:
            raise SessionLocked(_tell_holder(folder)) from None
        except OSError as error:
            raise explain(error, folder) from None
        lease = cls(folder, lock, this_process())
        lease._write_holder()
        return lease

    def beat(self) -> None:
        """Show that the holder is alive; to be called often, does something every 5 seconds."""
        now = time.monotonic()
        if now - self._beaten < BEAT_SECONDS:
            return
        self._beaten = now
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino == self._file:  # else it belongs to who took the session over
                os.utime(self._path)

    def release(self) -> None:
        """Let the next one in; harmless when repeated."""
        holder = read_holder(self.folder)
        if holder is not None and holder.token == self.holder.token:
            with contextlib.suppress(OSError):
                self._path.unlink()
        self._lock.release(force=True)

    def _write_holder(self) -> None:
        """Say who holds it; without it all works, and a second opener is told less."""
        unfinished = self._path.with_name(f"{HOLDER_NAME}.{self.holder.token}")
        with contextlib.suppress(OSError):
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(descriptor, 0o600)
                json.dump(asdict(self.holder), file)
                self._file = os.fstat(descriptor).st_ino
            unfinished.replace(self._path)


def this_process() -> Holder:
    """This process as a holder, with a new token."""
    pid = os.getpid()
    return Holder(socket.gethostname(), pid, secrets.token_hex(4), _boot(), _started(pid), time.time())


def read_holder(folder: Path) -> Holder | None:
    """Who says to hold the session; None when nobody does. It may have died since: see `Holder.is_alive`."""
    try:
        fields = json.loads((folder / HOLDER_NAME).read_text(encoding="utf-8"))
        return Holder(
            host=str(fields["host"]),
            pid=int(fields["pid"]),
            token=str(fields["token"]),
            boot=str(fields["boot"]),
            started=str(fields["started"]),
            since=float(fields["since"]),
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None


def find_holder(folder: Path) -> Holder | None:
    """The living process that has the session; None when nobody has.

    One of another host (or container) counts as gone when it has shown no life for `STALE_SECONDS`.
    """
    holder = read_holder(folder)
    if holder is None or not holder.is_alive:
        return None
    return holder if holder.host == socket.gethostname() or silence(folder) <= STALE_SECONDS else None


def silence(folder: Path) -> float:
    """Seconds since the holder last showed that it is alive; 0.0 when nobody holds the session."""
    try:
        return max(0.0, time.time() - (folder / HOLDER_NAME).stat().st_mtime)
    except OSError:
        return 0.0


def _lock(path: Path) -> "FileLock":
    from filelock import FileLock

    lock = FileLock(path, mode=0o600, thread_local=False)
    lock.acquire(timeout=0)
    return lock


def _tell_holder(folder: Path) -> str:
    """Who holds the session, for how long, and what can be done."""
    holder = read_holder(folder)
    if holder is None or not holder.is_alive:
        who = "another process"
    else:
        held = tell_duration(time.time() - holder.since, tenths=False)
        who = f"another process (number {holder.pid} on {holder.host}, for {held})"
    silent = silence(folder)
    if silent > STALE_SECONDS:
        hint = f"it has not moved for {tell_duration(silent, tenths=False)}: end it, or take the session over"
    else:
        hint = "watch it, fork it, or end that process first"
    return f"The session {folder.name} is open in {who}; {hint}."


def _boot() -> str:
    """What differs from one start of the machine to the next; empty where it is not known."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When a process started, in any form that does not change while it runs; empty: there is none.

    One that has ended and whose parent does not ask how (as in many containers) is gone.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        facts = text.rpartition(")")[2].split()
        return "" if facts[0] in "ZX" else facts[19]
    except OSError:
        if Path("/proc/self/stat").exists():
            return ""
    import psutil

    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.0f}"
    except psutil.Error:
        return ""
