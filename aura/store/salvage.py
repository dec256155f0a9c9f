"""What can still be read of a damaged log, copied into a new session."""

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aura.core.events import NoticeShown, SessionStarted
from aura.store.faults import LOG_NAME, Fault, StoreFault, explain, fault
from aura.store.index import rename_first, write_log
from aura.store.layout import connect_writer, make_folder
from aura.store.lease import Lease
from aura.store.pages import scan_rows
from aura.store.rows import Row, make_row


@dataclass(frozen=True, slots=True)
class Salvage:
    """How a salvage went: the new session's folder, the events it holds, the newest place, the gaps before it."""

    folder: Path
    kept: int
    newest: int
    lost: tuple[tuple[int, int], ...]

    @property
    def sentence(self) -> str:
        """What was kept and what is gone."""
        gaps = ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in self.lost)
        missing = f"lost before that: {gaps}" if gaps else "none is missing before that"
        return (
            f"{self.kept} events were copied to the session {self.folder.name}, the newest is number {self.newest};"
            f" {missing}."
        )


def salvage(folder: Path, new_folder: Path) -> Salvage:
    """Copy every event that can still be read into a new session; the damaged file is left as it is.

    Places stay as they were, so gaps show what is lost; a notice at the end says so too. Raises `SessionLocked`
    while a process has the session open, `StoreFault` when nothing can be read at all.
    """
    if not (folder / LOG_NAME).exists():
        raise fault(Fault.MISSING, folder)
    lease = _hold(folder)
    try:
        with _settled_copy(folder, new_folder.parent) as copy:
            rows = {row.seq: row for row in scan_rows(copy)}
    except OSError as error:
        raise explain(error, folder) from None
    finally:
        if lease is not None:
            lease.release()
    if not rows:
        sentence = f"Nothing can be read of the session {folder.name}; its file is left as it is."
        raise StoreFault(Fault.CORRUPT, sentence)
    newest = max(rows)
    result = Salvage(new_folder, len(rows), newest, tuple(_gaps(sorted(rows))))
    write_log(new_folder, _renew(rows, folder.name, result))
    return result


def _hold(folder: Path) -> Lease | None:
    """The lease, or None where nothing can be written at all (so nobody else does)."""
    try:
        return Lease.acquire(folder)
    except StoreFault as problem:
        if problem.kind is Fault.READ_ONLY:
            return None
        raise


@contextlib.contextmanager
def _settled_copy(folder: Path, place: Path) -> Iterator[Path]:
    """A copy of the file with all that still stood in its write-ahead log, as far as SQLite can put it there."""
    make_folder(place)
    with tempfile.TemporaryDirectory(prefix=".salvage-", dir=place) as made:
        copy = Path(made) / LOG_NAME
        shutil.copyfile(folder / LOG_NAME, copy)
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(folder / f"{LOG_NAME}-wal", copy.with_name(f"{LOG_NAME}-wal"))
        with contextlib.suppress(sqlite3.Error), contextlib.closing(connect_writer(copy)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        yield copy


def _renew(rows: dict[int, Row], parent: str, result: Salvage) -> Iterator[Row]:
    """The rows as those of a new session, in order, and a notice at the end."""
    newest = rows[result.newest]
    first = rows.pop(1, None)
    if first is not None:
        yield rename_first(first, result.folder.name, parent, newest.seq)
    else:
        yield make_row(1, newest.at, SessionStarted(result.folder.name, "", "", parent, newest.seq), 0)
    for seq in sorted(rows):
        yield rows[seq]
    yield make_row(newest.seq + 1, newest.at, NoticeShown(result.sentence, "warning", "store"), newest.turn)


def _gaps(places: Iterable[int]) -> Iterator[tuple[int, int]]:
    expected = 1
    for place in places:
        if place > expected:
            yield expected, place - 1
        expected = place + 1
