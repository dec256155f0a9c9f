"""Files read whole and replaced whole: atomic, with everything about them kept that is not their content."""

import contextlib
import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from aura.core.errors import ToolError
from aura.tools.unfinished import name_unfinished
from aura.tools.workspace import Place, explain_os_error, open_file, open_folder

EDITABLE = 64 * 1024 * 1024  # bytes; a larger file is not edited as text
CHUNK = 1 << 20


def hash_bytes(content: bytes) -> str:
    """The SHA-256 of some bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file as it was found: its bytes, their SHA-256, and the stat of that moment."""

    content: bytes
    sha: str
    stat: os.stat_result

    @property
    def mark(self) -> tuple[int, ...]:
        """What changes when somebody else writes the file."""
        return mark_of(self.stat)


def mark_of(found: os.stat_result) -> tuple[int, ...]:
    """Device, inode, size and time of change."""
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def load(place: Place) -> Loaded | None:
    """The whole file, or None when there is none; too large, special or unreadable ones raise `ToolError`."""
    try:
        descriptor = open_file(place.path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise explain_os_error(error, place, "read") from None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if found.st_size > EDITABLE:
            size = f"{found.st_size / 1e6:.0f} MB"
            raise ToolError(f"{place.shown} is too large to edit ({size}); change it with a command.")
        try:
            content = file.read(EDITABLE + 1)
        except OSError as error:
            raise explain_os_error(error, place, "read") from None
    return Loaded(content, hash_bytes(content), found)


def store(place: Place, content: bytes, before: Loaded | None) -> list[Path]:
    """Write a file atomically; `before` is what it replaces (None: a new file). The folders made on the way.

    A file changed since `before` was loaded, or one that appeared meanwhile, is refused. Hard links, foreign owners
    and folders that take no new files make it an in-place write, which is undone when it fails half-way.
    """
    try:
        folder, made = open_folder(place.path.parent, create=before is None)
    except OSError as error:
        raise explain_os_error(error, place, "written") from None
    try:
        if before is None:
            _create(place, content, folder)
        else:
            _refuse_unwritable(place, before.stat)
            _refuse_changed(place, before, folder)
            _replace(place, content, before, folder)
    except (OSError, ToolError) as error:
        remove_folders(made)
        if isinstance(error, ToolError):
            raise
        raise explain_os_error(error, place, "written") from None
    finally:
        os.close(folder)
    return made


def remove(place: Place, before: Loaded) -> None:
    """Delete a file that is still as it was loaded."""
    try:
        folder, _ = open_folder(place.path.parent)
        try:
            _refuse_changed(place, before, folder)
            os.unlink(place.path.name, dir_fd=folder)
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise explain_os_error(error, place, "deleted") from None


def remove_folders(folders: list[Path]) -> None:
    """Remove folders again that were made for a file, innermost first, as far as they are empty."""
    for folder in reversed(folders):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _create(place: Place, content: bytes, folder: int) -> None:
    """A new file that clobbers nothing, with the mode that umask leaves."""
    name = place.path.name
    temporary = _write_temporary(folder, content, 0o666)
    try:
        try:
            os.link(temporary, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except FileExistsError:
            raise ToolError(f"{place.shown} appeared meanwhile; read it first.") from None
        except OSError:  # no hard links on this file system
            if place.path.exists():
                raise ToolError(f"{place.shown} appeared meanwhile; read it first.") from None
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            temporary = ""
    finally:
        if temporary:
            os.unlink(temporary, dir_fd=folder)
    os.fsync(folder)


def _replace(place: Place, content: bytes, before: Loaded, folder: int) -> None:
    """The new content under the old name, mode, owner and attributes."""
    if before.stat.st_nlink > 1:
        _write_in_place(place, content, before)
        return
    try:
        temporary = _write_temporary(folder, content, 0o600)
    except PermissionError:  # the folder takes no new files, the file itself may be writable
        _write_in_place(place, content, before)
        return
    try:
        if not _copy_attributes(place.path.name, temporary, folder):
            _write_in_place(place, content, before)
            return
        os.rename(temporary, place.path.name, src_dir_fd=folder, dst_dir_fd=folder)
        temporary = ""
    except OSError as error:
        if error.errno != errno.EBUSY:  # a file mounted onto its place, as in a sandbox
            raise
        _write_in_place(place, content, before)
    finally:
        if temporary:
            os.unlink(temporary, dir_fd=folder)
    os.fsync(folder)


def _write_temporary(folder: int, content: bytes, mode: int) -> str:
    """A new file in a folder with this content, safely on disk; its name."""
    temporary = name_unfinished()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, mode, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    except OSError:
        os.unlink(temporary, dir_fd=folder)
        raise
    return temporary


def _copy_attributes(source: str, target: str, folder: int) -> bool:
    """Give one file the owner, extended attributes and mode of another; False when the owner cannot be kept."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    old = os.open(source, flags, dir_fd=folder)
    try:
        new = os.open(target, flags, dir_fd=folder)
    except OSError:
        os.close(old)
        raise
    try:
        wanted, found = os.fstat(old), os.fstat(new)
        if (wanted.st_uid, wanted.st_gid) != (found.st_uid, found.st_gid):
            try:
                os.fchown(new, wanted.st_uid, wanted.st_gid)
            except PermissionError:
                return False
        if hasattr(os, "listxattr"):
            with contextlib.suppress(OSError):  # some file systems have none
                for name in os.listxattr(old):
                    os.setxattr(new, name, os.getxattr(old, name))
        os.fchmod(new, stat.S_IMODE(wanted.st_mode))
        os.fsync(new)
    finally:
        os.close(old)
        os.close(new)
    return True


def _write_in_place(place: Place, content: bytes, before: Loaded) -> None:
    """Overwrite a file without giving it another inode; the old content comes back when that fails half-way."""
    descriptor = open_file(place.path, os.O_WRONLY)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        if mark_of(os.fstat(descriptor)) != before.mark:
            raise changed_meanwhile(place)
        try:
            _overwrite(file.fileno(), content)
        except OSError:
            with contextlib.suppress(OSError):
                _overwrite(file.fileno(), before.content)
            raise


def _overwrite(descriptor: int, content: bytes) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest[:CHUNK]) :]
    os.ftruncate(descriptor, len(content))
    os.fsync(descriptor)


def _refuse_unwritable(place: Place, found: os.stat_result) -> None:
    if not found.st_mode & 0o222:
        raise ToolError(
            f"{place.shown} is read-only (mode {stat.S_IMODE(found.st_mode):04o}); make it writable first."
        )


def _refuse_changed(place: Place, before: Loaded, folder: int) -> None:
    """The last look before the name changes hands."""
    try:
        now = os.stat(place.path.name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        raise ToolError(f"{place.shown} was deleted meanwhile; look at the folder again.") from None
    if mark_of(now) != before.mark:
        raise changed_meanwhile(place)


def changed_meanwhile(place: Place) -> ToolError:
    """The error for a file that somebody else wrote while a tool was at work on it."""
    return ToolError(f"{place.shown} was changed by somebody else just now; read it again.")
