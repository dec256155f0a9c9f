"""What was entered before: one file per user, a JSON line per entry, the newest last.

Lines that look as if they held a secret stay in memory only, and so do very long ones.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aura.config.paths import state_dir
from aura.ui.fuzzy import Match, rank

FILE = "history.jsonl"
LONGEST = 32 * 1024  # bytes of an entry that is kept in the file
LARGEST = 1024 * 1024  # bytes of the file; when it is larger the older half goes
SEARCHED = 2_000  # characters of an entry that are searched


class History:
    """The entries of a user, those of this workspace first; the file is read when it is first needed."""

    def __init__(self, workspace: str, path: Path | None = None) -> None:
        self._workspace = workspace
        self._path = path if path is not None else state_dir() / FILE
        self._here: dict[str, None] = {}
        self._elsewhere: dict[str, None] = {}
        self._read = False

    @property
    def entries(self) -> list[str]:
        """What was entered, newest first, each text once: first here, then elsewhere."""
        self._load()
        return [*reversed(self._here), *(one for one in reversed(self._elsewhere) if one not in self._here)]

    def add(self, text: str, *, keep: bool = True) -> None:
        """Take an entry; without `keep` it is remembered only as long as the program runs."""
        if not text.strip():
            return
        self._load()
        self._here.pop(text, None)
        self._here[text] = None
        if keep:
            with contextlib.suppress(OSError):  # history is worth no complaint
                self._append(text)

    def find(self, query: str, limit: int = 50) -> list[Match]:
        """The entries that answer a query best, newer ones before older ones that are as good."""
        return rank(query, (entry for entry in self.entries if len(entry) <= SEARCHED), limit)

    def _append(self, text: str) -> None:
        from aura.safety.redact import redact

        row = {"at": round(time.time()), "workspace": self._workspace, "text": text}
        line = json.dumps(row, ensure_ascii=True).encode() + b"\n"
        if len(line) > LONGEST or redact(text) != text:
            return
        with _locked(self._path) as descriptor:
            if os.fstat(descriptor).st_size + len(line) > LARGEST:
                self._halve(descriptor)
            os.write(descriptor, line)

    def _halve(self, descriptor: int) -> None:
        """Leave the newer half, in place: whoever waits for the lock has the same file."""
        data = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
        kept = data[data.find(b"\n", len(data) // 2) + 1 :]
        os.ftruncate(descriptor, 0)
        os.write(descriptor, kept)

    def _load(self) -> None:
        if self._read:
            return
        self._read = True
        data = b""
        with contextlib.suppress(OSError), self._path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - LARGEST))
            data = file.read()
        for row in _parse(data):
            entries = self._here if row.get("workspace") == self._workspace else self._elsewhere
            text = row["text"]
            entries.pop(text, None)
            entries[text] = None


class Browsing:
    """A walk through older entries that begin as what was typed, and back to it."""

    def __init__(self, entries: list[str], typed: str) -> None:
        self._shown = [typed, *(one for one in entries if one.startswith(typed) and one != typed)]
        self._place = 0

    @property
    def text(self) -> str:
        """What is shown now."""
        return self._shown[self._place]

    def older(self) -> bool:
        """Go back by one; whether there was one."""
        if self._place + 1 >= len(self._shown):
            return False
        self._place += 1
        return True

    def newer(self) -> bool:
        """Go forth by one, at last to what was typed; whether there was one."""
        if self._place == 0:
            return False
        self._place -= 1
        return True


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The file, open for appending, 0600, with nobody else writing to it."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _parse(data: bytes) -> Iterator[dict[str, Any]]:
    """The rows of a file; a line that is none is skipped."""
    for line in data.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and isinstance(row.get("text"), str):
            yield row
