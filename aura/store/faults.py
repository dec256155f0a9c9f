"""What can be wrong with a session's files, each as one sentence that says what to do."""

import errno
import sqlite3
from enum import StrEnum
from pathlib import Path

from aura.core.errors import StoreError

LOG_NAME = "log.sqlite"


class Fault(StrEnum):
    """Why a session file cannot be read or written."""

    MISSING = "missing"
    EXISTS = "exists"
    EMPTY = "empty"
    NOT_A_LOG = "not_a_log"
    CORRUPT = "corrupt"
    NEWER = "newer"
    READ_ONLY = "read_only"
    FULL = "full"
    BUSY = "busy"
    IO = "io"
    GONE = "gone"
    CLOSED = "closed"


PASSING = frozenset({Fault.READ_ONLY, Fault.FULL, Fault.BUSY, Fault.IO})


class StoreFault(StoreError):
    """A session file cannot be read or written; `kind` says why, for programs."""

    def __init__(self, kind: Fault, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind

    @property
    def is_passing(self) -> bool:
        """Whether the same may work later, without aura being told to."""
        return self.kind in PASSING


SQLITE_KINDS = {
    sqlite3.SQLITE_FULL: Fault.FULL,
    sqlite3.SQLITE_CORRUPT: Fault.CORRUPT,
    sqlite3.SQLITE_NOTADB: Fault.NOT_A_LOG,
    sqlite3.SQLITE_BUSY: Fault.BUSY,
    sqlite3.SQLITE_LOCKED: Fault.BUSY,
    sqlite3.SQLITE_READONLY: Fault.READ_ONLY,
    sqlite3.SQLITE_PERM: Fault.READ_ONLY,
}
OS_KINDS = {
    errno.ENOSPC: Fault.FULL,
    errno.EDQUOT: Fault.FULL,
    errno.EROFS: Fault.READ_ONLY,
    errno.EACCES: Fault.READ_ONLY,
    errno.EPERM: Fault.READ_ONLY,
    errno.ENOENT: Fault.MISSING,
}
SENTENCES = {
    Fault.MISSING: "There is no session in {folder}; `aura sessions` lists those there are.",
    Fault.EXISTS: "There is a session in {folder} already; open it, or choose another folder.",
    Fault.EMPTY: "The session in {folder} was never started: its log is empty; begin a new one.",
    Fault.NOT_A_LOG: (
        "{path} is not a session log of aura, or its beginning is destroyed; it is left as it is:"
        " `aura sessions salvage {id}` copies what can be made out of it into a new session."
    ),
    Fault.CORRUPT: "{path} is damaged ({detail}); it is left as it is: `aura sessions salvage {id}` copies what can"
    " still be read into a new session.",
    Fault.NEWER: "{path} was written by a newer aura and can only be read by this one; update aura to go on with it.",
    Fault.READ_ONLY: "{folder} cannot be written ({detail}); make it writable, or set AURA_HOME to a place that is.",
    Fault.FULL: "The disk that holds {folder} is full; free some space on it.",
    Fault.BUSY: "{path} is in use by another process; end that one, or try again.",
    Fault.GONE: "{path} was removed or replaced while the session was open; nothing more can be kept of it: begin a"
    " new session.",
    Fault.IO: "{path} cannot be read or written ({detail}); check the disk.",
}


def fault(kind: Fault, folder: Path, detail: str = "") -> StoreFault:
    """The fault of a session's folder, with its sentence."""
    sentence = SENTENCES[kind].format(folder=folder, path=folder / LOG_NAME, id=folder.name, detail=detail)
    return StoreFault(kind, sentence)


def explain(error: sqlite3.Error | OSError, folder: Path) -> StoreFault:
    """The fault behind an error of SQLite or of the operating system."""
    if isinstance(error, OSError):
        kind = OS_KINDS.get(error.errno or 0, Fault.IO)
        return fault(kind, folder, error.strerror or str(error))
    code: int = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return fault(SQLITE_KINDS.get(code, Fault.IO), folder, str(error))
