"""Temporary folders of demos: locked while they are in use, so that what a killed one left behind can be told."""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PREFIX = "aura-demo-"
LOCK = ".running"  # is there until the folder is to be kept; held for as long as its process lives
MIN_AGE = 60.0  # seconds; a younger one may not be locked yet


@dataclass(frozen=True, slots=True)
class Scratch:
    """A temporary folder that goes with its process; `lock` is the open file that is locked."""

    folder: Path
    lock: int

    def keep(self) -> None:
        """Leave the folder for good."""
        with contextlib.suppress(OSError):
            (self.folder / LOCK).unlink()
        os.close(self.lock)

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self.lock)


def make_scratch() -> Scratch:
    """A new folder, after those that nobody uses any more are removed."""
    remove_left(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return Scratch(folder, lock)


def remove_left(place: Path) -> None:
    """Remove the folders of processes that were killed: own ones, unlocked, and older than `MIN_AGE`."""
    try:
        with os.scandir(place) as entries:
            found = [Path(entry.path) for entry in entries if _is_own(entry)]
    except OSError:
        return
    for folder in found:
        if _is_left(folder / LOCK):
            shutil.rmtree(folder, ignore_errors=True)


def _is_own(entry: "os.DirEntry[str]") -> bool:
    try:
        is_folder = entry.name.startswith(PREFIX) and entry.is_dir(follow_symlinks=False)
        return is_folder and entry.stat(follow_symlinks=False).st_uid == os.getuid()
    except OSError:
        return False


def _is_left(lock: Path) -> bool:
    """Whether a lock is old, and nobody holds it."""
    try:
        opened = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:  # kept, or none of aura's
        return False
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return time.time() - os.fstat(opened).st_mtime > MIN_AGE
    except OSError:
        return False
    finally:
        os.close(opened)
