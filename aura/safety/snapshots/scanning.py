"""What changed in a workspace since the last look, told by the marks of files and without reading them."""

import os
import re
import stat
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from aura.safety.snapshots.ignoring import FILES as IGNORE_FILES
from aura.safety.snapshots.ignoring import Ignoring
from aura.safety.snapshots.values import Kind

NEVER = frozenset({".git", ".hg", ".svn", ".jj"})  # the history of repositories, also of nested ones
MADE = frozenset(
    {"node_modules", "__pycache__", ".venv", ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
)  # what tools make again
UNFINISHED = re.compile(r"\.aura-.*\.tmp")
IGNORED_FILES = 300  # an ignored folder with more is not covered
TWINS = 20_000_000  # nanoseconds in which a file can change twice and keep its times
WHOLE_SECOND = 1_000_000_000
MADE_AGAIN = "made again by tools"
TOO_MANY = "more files than are covered"


@dataclass(frozen=True, slots=True)
class Found:
    """What a look found: files and links that are new or may have changed, folders likewise, and what is gone."""

    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


def mark_of(found: os.stat_result, now: int | None = None) -> int:
    """One number that changes when a file does; 0 for one that changed too recently to tell (`now` in nanoseconds)."""
    changed = found.st_ctime_ns
    window = 2 * WHOLE_SECOND if changed % WHOLE_SECOND == 0 else TWINS
    if changed + window > (time.time_ns() if now is None else now):
        return 0
    return hash((found.st_mtime_ns, changed, found.st_size, found.st_ino))


def mark_of_folder(found: os.stat_result) -> int:
    """The same for a folder: its permissions are all that counts."""
    return stat.S_IMODE(found.st_mode) or -1


class Scanner:
    """Walks a workspace; `known` are the marks of what is covered, by folder and name, `gaps` what is not and why.

    What was a gap once stays one: what stands there was never looked at, and nobody can say who made it. `excluded`
    are folders that are never entered (absolute). Nothing of another file system is.
    """

    def __init__(self, workspace: Path, excluded: Iterable[Path], most: int) -> None:
        self.known: dict[str, dict[str, int]] = {}
        self.folders: dict[str, int] = {}
        self.gaps: dict[str, str] = {}
        self.count = 0
        self._workspace = workspace
        self._excluded = frozenset(str(path) for path in excluded)
        self._most = most
        self._ignoring = Ignoring(workspace)
        self._ignored: set[str] = set()  # folders that are ignored and covered all the same
        self._device = 0

    def learn(self, path: str, mark: int) -> None:
        """Take a file or link as known with a mark."""
        folder, _, name = path.rpartition("/")
        names = self.known.setdefault(folder, {})
        self.count += name not in names
        names[name] = mark

    def forget(self, path: str) -> None:
        """Take a file or link as gone."""
        folder, _, name = path.rpartition("/")
        if self.known.get(folder, {}).pop(name, None) is not None:
            self.count -= 1

    def note(self, path: str, mark: int, kind: Kind) -> None:
        """Take a path as what it is now."""
        if kind == "folder":
            self.forget(path)
            self.folders[path] = mark
            return
        self.folders.pop(path, None)
        if kind == "absent":
            self.forget(path)
        else:
            self.learn(path, mark)

    def scan(self) -> Found:
        """Look through the workspace; raises `OSError` when it cannot be read at all."""
        self._device = self._workspace.stat().st_dev
        found = Found()
        visited = {""}
        waiting = deque([""])
        room = self._most - self.count
        while waiting:
            folder = waiting.popleft()
            names = self.known.get(folder) or {}
            try:
                entries, below = self._list(folder)
            except OSError as error:
                if not folder:
                    raise
                self._keep(folder, visited, error)
                continue
            for name, mark in entries:
                path = f"{folder}/{name}" if folder else name
                if name in names:
                    if names[name] != mark or not mark:
                        found.files.append(path)
                elif room > 0 and folder not in self.gaps:
                    room -= 1
                    found.files.append(path)
                else:
                    self.gaps.setdefault(folder, TOO_MANY)
            if len(names):
                here = {name for name, _ in entries}
                found.gone.extend(
                    f"{folder}/{name}" if folder else name for name in names if name not in here
                )
            for path, mark in below:
                visited.add(path)
                waiting.append(path)
                if self.folders.get(path) != mark:
                    found.folders.append(path)
        self._find_gone(visited, found)
        if any(path.rpartition("/")[2] in IGNORE_FILES for path in (*found.files, *found.gone)):
            self._ignoring.forget()
        return found

    def _list(self, folder: str) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
        """The files and links of a folder with their marks, and the folders in it that are covered."""
        names = self.known.get(folder) or {}
        prefix = f"{folder}/" if folder else ""
        files: list[tuple[str, int]] = []
        below: list[tuple[str, int]] = []
        now = time.time_ns()
        with os.scandir(self._workspace / folder if folder else self._workspace) as entries:
            for entry in entries:
                name = entry.name
                if entry.is_dir(follow_symlinks=False):
                    mark = self._enter(prefix, entry)
                    if mark:
                        below.append((prefix + name, mark))
                    continue
                found = entry.stat(follow_symlinks=False)
                if name not in names and not _is_covered(name, found):
                    continue
                files.append((name, mark_of(found, now)))
        return files, below

    def _enter(self, prefix: str, entry: "os.DirEntry[str]") -> int:
        """The mark of a folder that is covered, 0 for another."""
        name, path = entry.name, prefix + entry.name
        if name in NEVER or entry.path in self._excluded:
            return 0
        if path in self.gaps and path not in self.folders:
            return 0
        if name in MADE:
            self.gaps[path] = MADE_AGAIN
            return 0
        found = entry.stat(follow_symlinks=False)
        if found.st_dev != self._device:
            self.gaps[path] = "on another file system"
            return 0
        if path not in self.folders and not self._is_wanted(prefix.rstrip("/"), entry):
            return 0
        return mark_of_folder(found)

    def _is_wanted(self, folder: str, entry: "os.DirEntry[str]") -> bool:
        """Whether a folder that is new is covered: not when it is ignored and large, or a Python environment."""
        path = f"{folder}/{entry.name}" if folder else entry.name
        if os.path.lexists(f"{entry.path}/pyvenv.cfg"):
            self.gaps[path] = MADE_AGAIN
            return False
        if folder in self._ignored:
            self._ignored.add(path)
        elif self._ignoring.is_ignored(folder, f"{entry.name}/"):
            if not _is_small(entry.path):
                self.gaps[path] = f"ignored, with more than {IGNORED_FILES} files"
                return False
            self._ignored.add(path)
        return True

    def is_ignored(self, path: str) -> bool:
        """Whether a file is ignored."""
        folder, _, name = path.rpartition("/")
        return folder in self._ignored or self._ignoring.is_ignored(folder, name)

    def _keep(self, folder: str, visited: set[str], error: OSError) -> None:
        """A folder that cannot be read now: what is known below it counts as still there."""
        if isinstance(error, (FileNotFoundError, NotADirectoryError)):
            return
        self.gaps[folder] = f"cannot be read ({error.strerror})"
        inside = f"{folder}/"
        visited.add(folder)
        visited.update(path for path in self.folders if path.startswith(inside))

    def _find_gone(self, visited: set[str], found: Found) -> None:
        missing = [folder for folder in self.known if folder not in visited and not folder.startswith("/")]
        for folder in missing:
            found.gone.extend(f"{folder}/{name}" for name in self.known[folder])
        found.gone.extend(folder for folder in self.folders if folder not in visited)


def _is_covered(name: str, found: os.stat_result) -> bool:
    if name in NEVER or not (stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode)):
        return False
    return not (name.startswith(".aura-") and UNFINISHED.fullmatch(name))


def _is_small(folder: str) -> bool:
    """Whether a folder has few files in it."""
    left = IGNORED_FILES
    for _, folders, files in os.walk(folder):
        left -= len(files) + len(folders)
        if left < 0:
            return False
    return True
