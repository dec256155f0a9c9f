"""The file that snapshots are kept in: contents by their hash, the states that paths went through, what is there now.

One SQLite file per session, for its owner only, written by the holder of the session's lease alone. `present` says
how every covered path was found last; `states` holds only paths that changed, from their first known state on.
"""

import contextlib
import os
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from aura.safety.snapshots.values import ABSENT, By, Kind, Left, Snapshot, State

FOLDER = "snapshots"  # in the session's folder
FILE = "store.sqlite"
SCHEMA = 1
SMALLEST_PACKED = 256  # bytes; shorter contents gain nothing
TABLES = """
CREATE TABLE IF NOT EXISTS snapshots (
    id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at REAL NOT NULL, label TEXT NOT NULL, by TEXT NOT NULL,
    changed INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS objects (
    id INTEGER PRIMARY KEY, sha TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL, is_packed INTEGER NOT NULL,
    data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS present (
    path BLOB PRIMARY KEY, mark INTEGER NOT NULL, kind TEXT NOT NULL, sha TEXT NOT NULL, mode INTEGER NOT NULL,
    size INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS states (
    path BLOB NOT NULL, snapshot INTEGER NOT NULL, by TEXT NOT NULL, kind TEXT NOT NULL, sha TEXT NOT NULL,
    mode INTEGER NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (path, snapshot)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class Store:
    """The tables as values; nothing is durable before `commit`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / FILE
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        self._path = path
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
        for pragma in ("trusted_schema = OFF", "journal_mode = WAL", "synchronous = NORMAL", "mmap_size = 0"):
            self._db.execute(f"PRAGMA {pragma}").fetchall()
        version: int = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA:
            self._db.close()
            raise OSError(f"the snapshots in {folder} were made by a newer aura")
        self._db.executescript(TABLES)
        self._db.execute(f"PRAGMA user_version = {SCHEMA}")
        self._is_open = False

    def begin(self) -> None:
        """Begin to write, unless that has begun."""
        if not self._is_open:
            self._db.execute("BEGIN IMMEDIATE")
            self._is_open = True

    def commit(self) -> None:
        """Make all that was written since `begin` last, or raise `sqlite3.Error`."""
        if self._is_open:
            self._db.execute("COMMIT")
            self._is_open = False

    def roll_back(self) -> None:
        """Forget what was written since `begin`."""
        if self._is_open:
            self._is_open = False
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the file."""
        self.roll_back()
        self._db.close()

    # --- contents ---

    def has(self, sha: str) -> bool:
        """Whether a content is kept."""
        return self._db.execute("SELECT 1 FROM objects WHERE sha = ?", (sha,)).fetchone() is not None

    def put(self, sha: str, content: bytes) -> int:
        """Keep a content; the bytes that it takes (0: it was kept already)."""
        if self.has(sha):
            return 0
        packed = zlib.compress(content, 1) if len(content) >= SMALLEST_PACKED else content
        is_packed = len(packed) < len(content)
        kept = packed if is_packed else content
        row = (sha, len(kept), is_packed, kept)
        self._db.execute("INSERT INTO objects (sha, bytes, is_packed, data) VALUES (?, ?, ?, ?)", row)
        return len(kept)

    def get(self, sha: str) -> bytes | None:
        """A kept content; None when it is not there any more."""
        row = self._db.execute("SELECT is_packed, data FROM objects WHERE sha = ?", (sha,)).fetchone()
        if row is None:
            return None
        return zlib.decompress(row[1]) if row[0] else bytes(row[1])

    def sweep(self) -> int:
        """Drop contents that nothing names any more; the bytes that the others take."""
        self._db.execute(
            "DELETE FROM objects WHERE sha NOT IN (SELECT sha FROM present UNION SELECT sha FROM states)"
        )
        return int(self._db.execute("SELECT coalesce(sum(bytes), 0) FROM objects").fetchone()[0])

    # --- what is there now ---

    def list_present(self) -> Iterator[tuple[str, int, Kind]]:
        """Every covered path with its mark and kind."""
        for path, mark, kind in self._db.execute("SELECT path, mark, kind FROM present"):
            yield os.fsdecode(path), mark, kind

    def find_present(self, path: str) -> State | None:
        """How a path was found last; None when it was never looked at."""
        row = self._db.execute(
            "SELECT kind, sha, mode, size FROM present WHERE path = ?", (os.fsencode(path),)
        ).fetchone()
        return State(*row) if row else None

    def set_present(self, path: str, mark: int, state: State) -> None:
        """Note how a path was found."""
        row = (os.fsencode(path), mark, state.kind, state.sha, state.mode, state.size)
        self._db.execute("INSERT OR REPLACE INTO present VALUES (?, ?, ?, ?, ?, ?)", row)

    # --- what became of paths ---

    def add_snapshot(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with its number."""
        row = (snapshot.seq, snapshot.at, snapshot.label, snapshot.by, snapshot.changed)
        sql = "INSERT INTO snapshots (seq, at, label, by, changed) VALUES (?, ?, ?, ?, ?)"
        number = self._db.execute(sql, row).lastrowid or 0
        return Snapshot(number, *row[:3], snapshot.by, snapshot.changed)

    def add_state(self, path: str, snapshot: int, by: By, state: State, first: State = ABSENT) -> None:
        """Note that a snapshot found a path changed; `first` is how it was before its first change."""
        key = os.fsencode(path)
        sql = "INSERT OR IGNORE INTO states VALUES (?, ?, ?, ?, ?, ?, ?)"
        if not self._db.execute("SELECT 1 FROM states WHERE path = ? LIMIT 1", (key,)).fetchone():
            self._db.execute(sql, (key, 0, "person", first.kind, first.sha, first.mode, first.size))
        self._db.execute(sql, (key, snapshot, by, state.kind, state.sha, state.mode, state.size))

    def list_snapshots(self) -> list[Snapshot]:
        """All snapshots, oldest first."""
        rows = self._db.execute("SELECT id, seq, at, label, by, changed FROM snapshots ORDER BY id")
        return [Snapshot(*row) for row in rows]

    def find_snapshot(self, where: str, *values: object) -> Snapshot | None:
        """The first snapshot that a condition with its order holds for."""
        sql = f"SELECT id, seq, at, label, by, changed FROM snapshots {where} LIMIT 1"  # noqa: S608 - ours
        row = self._db.execute(sql, values).fetchone()
        return Snapshot(*row) if row else None

    def list_changed(self, snapshot: int) -> Iterator[tuple[str, State, list[Left]]]:
        """Every path that changed behind a snapshot: its state there, and what became of it since."""
        sql = "SELECT DISTINCT path FROM states WHERE snapshot > ? ORDER BY path"
        for (key,) in self._db.execute(sql, (snapshot,)).fetchall():
            old, since = ABSENT, []
            rows = self._db.execute(
                "SELECT snapshot, by, kind, sha, mode, size FROM states WHERE path = ? ORDER BY snapshot",
                (key,),
            )
            for number, by, *state in rows:
                if number <= snapshot:
                    old = State(*state)
                else:
                    since.append(Left(cast("By", by), State(*state)))
            yield os.fsdecode(key), old, since

    def forget_before(self, snapshot: int) -> None:
        """Drop the snapshots before one, and the states that only they need."""
        self._db.execute("DELETE FROM snapshots WHERE id < ?", (snapshot,))
        self._db.execute(
            "DELETE FROM states WHERE snapshot < (SELECT max(snapshot) FROM states AS later"
            " WHERE later.path = states.path AND later.snapshot <= ?)",
            (snapshot,),
        )

    # --- facts ---

    def get_fact(self, name: str) -> str:
        """A short text that was kept; empty when there is none."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def set_fact(self, name: str, value: str) -> None:
        """Keep a short text."""
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))


def copy_snapshots(session_dir: Path, new_dir: Path, upto: int) -> None:
    """Give a copy of a session, which has its events up to `upto`, its snapshots, too; none when that fails.

    What was kept behind that event counts as of it: the workspace is as the newest snapshot has it.
    """
    old, new = session_dir / FOLDER / FILE, new_dir / FOLDER / FILE
    if not old.exists():
        return
    try:
        Store(new.parent).close()
        with (
            contextlib.closing(sqlite3.connect(f"{old.absolute().as_uri()}?mode=ro", uri=True)) as source,
            contextlib.closing(sqlite3.connect(new)) as target,
        ):
            source.backup(target)
            target.execute("UPDATE snapshots SET seq = min(seq, ?)", (upto,))
            target.commit()
    except (OSError, sqlite3.Error):
        shutil.rmtree(new.parent, ignore_errors=True)
