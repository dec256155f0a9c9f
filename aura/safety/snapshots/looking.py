"""One path read as it stands now."""

import hashlib
import os
import stat
import time
from dataclasses import dataclass

from aura.safety.snapshots.scanning import mark_of, mark_of_folder
from aura.safety.snapshots.values import ABSENT, State

FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
LATE = 1 << 62  # nanoseconds: a time by which every file has been at rest


@dataclass(frozen=True, slots=True)
class Look:
    """What was found: the state, its mark, and the content that is to be kept (None: there is none to keep)."""

    state: State
    mark: int = 0
    content: bytes | None = None


def look(path: str, largest: int) -> Look:
    """What stands at an absolute path; files of more than `largest` bytes are not read."""
    try:
        found = os.lstat(path)
        if stat.S_ISDIR(found.st_mode):
            return Look(State("folder", mode=stat.S_IMODE(found.st_mode)), mark_of_folder(found))
        if stat.S_ISLNK(found.st_mode):
            target = os.fsencode(os.readlink(path))  # noqa: PTH115 - a target may be no path
            return Look(State("link", hash_of(target), 0, len(target)), mark_of(found), target)
        if stat.S_ISREG(found.st_mode) and found.st_size <= largest:
            return _read(path, largest)
    except (FileNotFoundError, NotADirectoryError):
        return Look(ABSENT)
    except OSError:
        found = os.lstat(path)
    return _pass_over(found)


def _read(path: str, largest: int) -> Look:
    descriptor = os.open(path, FLAGS)
    try:
        found = os.fstat(descriptor)
        now = time.time_ns()
        if not stat.S_ISREG(found.st_mode):
            return _pass_over(found)
        pieces = []
        left = largest + 1
        while left > 0 and (piece := os.read(descriptor, min(left, max(found.st_size + 1, 65_536)))):
            pieces.append(piece)
            left -= len(piece)
        content = b"".join(pieces)
    finally:
        os.close(descriptor)
    if len(content) > largest:
        return _pass_over(found)
    state = State("file", hash_of(content), stat.S_IMODE(found.st_mode), len(content))
    return Look(state, mark_of(found, now), content)


def pass_over(path: str) -> Look:
    """What stands at a path, without reading it."""
    try:
        return _pass_over(os.lstat(path))
    except OSError:
        return Look(ABSENT)


def _pass_over(found: os.stat_result) -> Look:
    mark = mark_of(found, LATE)
    return Look(State("unread", f"{mark:x}", stat.S_IMODE(found.st_mode), found.st_size), mark)


def hash_of(content: bytes) -> str:
    """The name of a content: its SHA-256, in hex."""
    return hashlib.sha256(content).hexdigest()
