"""The trash of a session: copies of what a command is about to delete or overwrite, where no snapshot keeps it.

It lies in the session's folder, for its owner only: contents by number, and `index.jsonl` that says what each was.
"""

import contextlib
import glob
import json
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from aura.safety.snapshots.scanning import MADE, NEVER

FOLDER = "trash"
INDEX = "index.jsonl"
MOST_FILES = 2_000  # that are kept for one command
MOST_SEEN = 50_000  # that are looked at
LARGEST = 100_000_000  # bytes of a file that is copied
TOO_LARGE = "it is too large to be copied"
TOO_MANY = "it and what follows are too many files"
BESIDE = ".aura-old"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the trash: a file or a link (`target`), where it was, its mode, its size, when it was put there.

    `at` is Unix time in seconds, `why` the command that may have taken it.
    """

    number: int
    path: str
    size: int
    mode: int
    at: float
    why: str = ""
    target: str = ""


@dataclass
class Kept:
    """What was put into the trash now, and what could not be, with the reason."""

    entries: list[Entry] = field(default_factory=list)
    missed: dict[str, str] = field(default_factory=dict)


class Trash:
    """The trash in one session's folder; `limit` bounds its bytes, the oldest go first. Every method blocks."""

    def __init__(self, session_dir: Path, limit: int = 500_000_000) -> None:
        self._folder = session_dir / FOLDER
        self._limit = limit

    def entries(self) -> list[Entry]:
        """What is there, oldest first."""
        found: list[Entry] = []
        with contextlib.suppress(OSError):
            for line in (self._folder / INDEX).read_text(encoding="utf-8").splitlines():
                with contextlib.suppress(ValueError, TypeError):
                    found.append(Entry(**json.loads(line)))
        return [one for one in found if one.target or (self._folder / str(one.number)).exists()]

    def keep(
        self,
        paths: Iterable[str],
        why: str,
        *,
        is_covered: Callable[[str], bool] = lambda path: False,
        is_deleted: bool = False,
    ) -> Kept:
        """Copy what stands at absolute paths (files, links, all below folders), but for what is covered elsewhere.

        With `is_deleted` the command only deletes, and a second name for the same content is enough. Raises nothing.
        """
        kept, old = Kept(), self.entries()
        number = self._find_last(old)
        for seen, path in enumerate(_walk(paths)):
            if seen < MOST_SEEN and is_covered(path):
                continue
            if seen >= MOST_SEEN or len(kept.entries) >= MOST_FILES:
                kept.missed[path] = TOO_MANY
                break
            number += 1
            try:
                kept.entries.append(self._put(number, path, why, is_deleted=is_deleted))
            except FileNotFoundError:
                continue
            except OSError as error:
                kept.missed[path] = error.strerror or str(error)
        if kept.entries:
            self._write(self._prune([*old, *kept.entries]))
        return kept

    def restore(self, number: int) -> str:
        """Put a thing back to where it was, beside what stands there now; its path. Raises `KeyError`, `OSError`."""
        entry = next((one for one in self.entries() if one.number == number), None)
        if entry is None:
            raise KeyError(number)
        path, count = entry.path, 1
        while os.path.lexists(path):
            path = f"{entry.path}{BESIDE}{f'.{count}' if count > 1 else ''}"
            count += 1
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if entry.target:
            Path(path).symlink_to(entry.target)
            return path
        part = f"{path}.aura-{os.getpid()}.tmp"
        _copy(str(self._folder / str(entry.number)), part, entry.mode)
        Path(part).rename(path)
        return path

    def empty(self) -> int:
        """Delete all of it; how many things there were."""
        count = len(self.entries())
        shutil.rmtree(self._folder, ignore_errors=True)
        return count

    def _put(self, number: int, path: str, why: str, *, is_deleted: bool) -> Entry:
        found = os.lstat(path)
        entry = Entry(number, path, found.st_size, stat.S_IMODE(found.st_mode), time.time(), why)
        if stat.S_ISLNK(found.st_mode):
            return Entry(**{**asdict(entry), "target": str(Path(path).readlink())})
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = self._folder / str(number)
        if is_deleted and found.st_nlink == 1:
            with contextlib.suppress(OSError):  # another file system
                os.link(path, place, follow_symlinks=False)
                return entry
        if found.st_size > min(LARGEST, self._limit):
            raise OSError(TOO_LARGE)
        _copy(path, str(place), 0o600)
        return entry

    def _find_last(self, entries: Iterable[Entry]) -> int:
        """The highest number in use, also by what was left behind."""
        names: list[str] = []
        with contextlib.suppress(OSError):
            names = [path.name for path in self._folder.iterdir()]
        return max(
            [*(one.number for one in entries), *(int(name) for name in names if name.isdecimal())], default=0
        )

    def _prune(self, entries: list[Entry]) -> list[Entry]:
        total = sum(one.size for one in entries)
        while len(entries) > 1 and total > self._limit:
            gone = entries.pop(0)
            total -= gone.size
            (self._folder / str(gone.number)).unlink(missing_ok=True)
        return entries

    def _write(self, entries: Iterable[Entry]) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self._folder / f"{INDEX}.part"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(asdict(one))}\n" for one in entries)
        part.replace(self._folder / INDEX)


def _walk(paths: Iterable[str]) -> Iterator[str]:
    """The files and links at and below some paths, which may be patterns; repositories and what tools make are left."""
    for given in dict.fromkeys(paths):
        for path in [given] if os.path.lexists(given) else sorted(glob.glob(given)):  # noqa: PTH207 - absolute
            if os.path.islink(path) or os.path.isfile(path):  # noqa: PTH113, PTH114 - plain texts
                yield path
                continue
            for folder, folders, files in os.walk(path):
                folders[:] = [name for name in folders if name not in MADE | NEVER]
                yield from (f"{folder}/{name}" for name in files)
                yield from (f"{folder}/{name}" for name in folders if os.path.islink(f"{folder}/{name}"))  # noqa: PTH114


def _copy(source: str, target: str, mode: int) -> None:
    """Copy a regular file; raises `OSError`."""
    reading = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(reading, "rb") as file:
        if not stat.S_ISREG(os.fstat(reading).st_mode):
            raise OSError("it is no regular file")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(target, flags, 0o600), "wb") as copy:
            shutil.copyfileobj(file, copy, 1 << 20)
            os.fchmod(copy.fileno(), mode)
