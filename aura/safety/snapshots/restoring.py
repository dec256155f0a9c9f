"""Puts files back: whole or not at all, without following links, and only what is still as it was planned."""

import contextlib
import errno
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aura.safety.snapshots.values import Change, State

SUFFIX = ".aura-old"
CHANGED = "it was changed meanwhile"
OTHERS = "other files are in it"
LOST = "its former content is not there any more"
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass
class Restoration:
    """One run of putting things back; `failed` maps a path to why it could not be."""

    workspace: Path
    content: Callable[[State], bytes | None]
    look: Callable[[str], State]
    failed: dict[str, str] = field(default_factory=dict)

    def run(self, changes: Sequence[Change]) -> None:
        """Make all changes that can be made: first what goes, from the inside out, then what comes."""
        inward = sorted(changes, key=lambda one: one.path)
        for change in reversed(inward):
            if change.now.exists and change.now.kind != "folder" and change.old.kind in ("absent", "folder"):
                self._try(change, self._remove)
        for change in reversed(inward):
            if change.now.kind == "folder" and change.old.kind != "folder":
                self._try(change, self._remove_folder)
        for change in inward:
            if change.old.kind == "folder":
                self._try(change, self._make_folder)
        for change in inward:
            if change.old.kind in ("file", "link"):
                self._try(change, self._write)

    def write_beside(self, changes: Iterable[Change]) -> list[str]:
        """Write old contents next to files that stay, as `NAME.aura-old`; the paths written."""
        made = []
        for change in changes:
            if change.old.kind not in ("file", "link"):
                continue
            number = 1
            while True:
                path = change.path + SUFFIX + (f".{number}" if number > 1 else "")
                if not self.look(path).exists:
                    break
                number += 1
            self._try(Change(path, self.look(path), change.old), self._write)
            if path not in self.failed:
                made.append(path)
        return made

    def _try(self, change: Change, act: Callable[[Change, int, str], None]) -> None:
        if (
            change.path in self.failed or self.look(change.path) == change.old
        ):  # as with a second name of a file
            return
        try:
            full = change.path if change.path.startswith("/") else f"{self.workspace}/{change.path}"
            above, _, name = full.rpartition("/")
            folder = open_folder(above)
            try:
                act(change, folder, name)
            finally:
                os.close(folder)
        except OSError as error:
            self.failed[change.path] = error.strerror or str(error)

    def _check(self, change: Change, *, cleared: bool = False) -> None:
        """Refuse what is not as it was planned; `cleared`: the other kind of thing that stood there is gone."""
        now = self.look(change.path)
        if now != change.now and not (cleared and not now.exists):
            raise OSError(CHANGED)

    def _remove(self, change: Change, folder: int, name: str) -> None:
        self._check(change)
        os.unlink(name, dir_fd=folder)

    def _remove_folder(self, change: Change, folder: int, name: str) -> None:
        try:
            os.rmdir(name, dir_fd=folder)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                raise OSError(OTHERS) from None
            raise

    def _make_folder(self, change: Change, folder: int, name: str) -> None:
        self._check(change, cleared=change.now.kind != "folder")
        if change.now.kind != "folder":
            os.mkdir(name, 0o700, dir_fd=folder)
        descriptor = os.open(name, FOLDER_FLAGS, dir_fd=folder)
        try:
            os.fchmod(descriptor, change.old.mode)
        finally:
            os.close(descriptor)

    def _write(self, change: Change, folder: int, name: str) -> None:
        self._check(change, cleared=change.now.kind == "folder")
        content = self.content(change.old)
        if content is None:
            raise OSError(LOST)
        if change.old.kind == "link":
            temporary = _name_temporary()
            os.symlink(os.fsdecode(content), temporary, dir_fd=folder)
            _move(temporary, name, folder)
        elif not _write_in_place(change, content, folder, name):
            _move(_write_temporary(change, content, folder, name), name, folder)


def find_missing_above(workspace: Path, changes: Iterable[Change]) -> list[str]:
    """The folders below the workspace that have to be made for what comes back."""
    missing: dict[str, None] = {}
    for change in changes:
        above = change.path.rpartition("/")[0]
        while change.old.exists and above and not (workspace / above).is_dir():
            missing.setdefault(above)
            above = above.rpartition("/")[0]
    return list(missing)


def open_folder(path: str) -> int:
    """A descriptor of an absolute folder, reached without following links; what is missing is made.

    Raises `OSError`.
    """
    descriptor = os.open("/", FOLDER_FLAGS)
    for part in path.split("/"):
        if not part:
            continue
        try:
            try:
                below = os.open(part, FOLDER_FLAGS, dir_fd=descriptor)
            except FileNotFoundError:
                os.mkdir(part, dir_fd=descriptor)
                below = os.open(part, FOLDER_FLAGS, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = below
    return descriptor


def _name_temporary() -> str:
    return f".aura-undo-{os.getpid()}-{os.urandom(6).hex()}.tmp"


def _move(temporary: str, name: str, folder: int) -> None:
    try:
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise


def _write_in_place(change: Change, content: bytes, folder: int, name: str) -> bool:
    """Write through a file that has other names, so that it keeps them; False for one that has not."""
    if change.now.kind != "file":
        return False
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if found.st_nlink < 2:
        return False
    descriptor = os.open(name, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.truncate()
        file.flush()
        os.fsync(descriptor)
        os.fchmod(descriptor, change.old.mode)
    return True


def _write_temporary(change: Change, content: bytes, folder: int, name: str) -> str:
    """A new file with the content, mode, and as far as possible the owner and attributes of what it replaces."""
    temporary = _name_temporary()
    descriptor = os.open(temporary, FILE_FLAGS, 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if change.now.kind == "file":
                _take_after(descriptor, folder, name)
            os.fchmod(descriptor, change.old.mode)
            os.fsync(descriptor)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    return temporary


def _take_after(descriptor: int, folder: int, name: str) -> None:
    """Give a new file the owner and extended attributes of the one it replaces, as far as that is allowed."""
    with contextlib.suppress(OSError):
        old = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        try:
            wanted, found = os.fstat(old), os.fstat(descriptor)
            if (wanted.st_uid, wanted.st_gid) != (found.st_uid, found.st_gid):
                os.fchown(descriptor, wanted.st_uid, wanted.st_gid)
            if hasattr(os, "listxattr"):
                for attribute in os.listxattr(old):
                    os.setxattr(descriptor, attribute, os.getxattr(old, attribute))
        finally:
            os.close(old)
