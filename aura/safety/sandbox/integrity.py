"""What must be the same after a command as before it: copied first, compared and put back afterwards.

For walls that cannot keep a file inside a writable folder from being changed. Nothing is followed, nothing is lost:
what a command changed or made is moved out of the workspace, and the sentences say where to.
"""

import contextlib
import itertools
import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aura.core.sandbox import Violation
from aura.core.text import shorten

LARGEST = 8 * 1024 * 1024  # bytes kept for one command
MOST = 4000  # entries
DEEPEST_FOLDER = 30
MOST_SAID = 20
LONGEST_NAME = 200  # characters
NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class File:
    """A file; `content` is None when there is too much of it to keep, `stamp` tells then whether it changed."""

    mode: int
    content: bytes | None
    stamp: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder and all in it."""

    mode: int
    entries: Mapping[str, "Entry"]


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link; what it leads to is not looked at."""

    target: str


@dataclass(frozen=True, slots=True)
class Other:
    """A pipe, a socket, a device, or what cannot be read or kept."""

    stamp: tuple[int, ...]


Entry = File | Folder | Link | Other | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What stood where before a command; None: nothing did."""

    workspace: Path
    places: Mapping[Path, Entry]

    def name(self, place: Path) -> str:
        """A place as people know it: below the workspace, if it is."""
        inside = place.is_relative_to(self.workspace)
        return shorten(str(place.relative_to(self.workspace) if inside else place), LONGEST_NAME)


@dataclass(slots=True)
class Room:
    """How much may still be kept."""

    size: int = LARGEST
    entries: int = MOST


def keep(workspace: Path, places: Iterable[Path]) -> Kept:
    """Copies of what stands at these places, in and beside a workspace."""
    room = Room()
    resolved = dict.fromkeys(map(_place, places))
    return Kept(Path(os.path.realpath(workspace)), {place: look(place, room) for place in resolved})


def restore(kept: Kept, quarantine: Path) -> tuple[Violation, ...]:
    """Put back what is not as it was; a sentence for each."""
    said: list[str] = []
    for place, before in kept.places.items():
        now = look(place, Room())
        if not _is_same(before, now):
            try:
                said += _mend(kept, place, (before, now), quarantine)
            except OSError as error:
                reason = error.strerror or str(error)
                said.append(
                    f"{kept.name(place)} is protected and was changed, but could not be put back: {reason}."
                )
    if len(said) > MOST_SAID:
        said[MOST_SAID:] = [
            f"{len(said) - MOST_SAID} more protected files were put back or moved to {quarantine}."
        ]
    return tuple(map(Violation, said))


def look(place: Path, room: Room) -> Entry:
    """What stands there; a link on the way there is not followed, and nothing stands behind it."""
    parent = _enter(place.parent)
    if parent is None:
        return None
    try:
        return _look_at(parent, place.name, room, DEEPEST_FOLDER)
    finally:
        os.close(parent)


def _look_at(parent: int, name: str, room: Room, depth: int) -> Entry:
    try:
        found = os.stat(name, dir_fd=parent, follow_symlinks=False)
    except OSError:
        return None
    stamp = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    mode = stat.S_IMODE(found.st_mode)
    room.entries -= 1
    try:
        if stat.S_ISLNK(found.st_mode):
            return Link(os.readlink(name, dir_fd=parent))
        if stat.S_ISREG(found.st_mode):
            return File(mode, _read(parent, name, found.st_size, room), stamp)
        if stat.S_ISDIR(found.st_mode) and depth and room.entries > 0:
            with _opened(name, os.O_RDONLY | os.O_DIRECTORY, parent) as folder:
                names = sorted(os.listdir(folder))  # noqa: PTH208 - a descriptor
                return Folder(mode, {each: _look_at(folder, each, room, depth - 1) for each in names})
    except OSError:
        pass
    return Other(stamp)


def _read(parent: int, name: str, size: int, room: Room) -> bytes | None:
    if size > room.size:
        return None
    with _opened(name, os.O_RDONLY | os.O_NONBLOCK, parent) as descriptor:
        content = b"".join(iter(lambda: os.read(descriptor, 1 << 20), b""))
    room.size -= len(content)
    return content


def _is_same(before: Entry, now: Entry) -> bool:
    match before, now:
        case File(), File():
            if before.content is None or now.content is None:
                return before.stamp == now.stamp
            return (before.mode, before.content) == (now.mode, now.content)
        case Folder(), Folder():
            return (
                before.mode == now.mode
                and before.entries.keys() == now.entries.keys()
                and all(_is_same(entry, now.entries[name]) for name, entry in before.entries.items())
            )
        case _:
            return before == now


def _mend(kept: Kept, place: Path, change: tuple[Entry, Entry], quarantine: Path) -> Iterator[str]:
    """Make one place what it was; a sentence for each thing done."""
    name = kept.name(place)
    before, now = change
    if isinstance(before, Folder) and isinstance(now, Folder):
        for each in {**before.entries, **now.entries}:
            was, is_ = before.entries.get(each), now.entries.get(each)
            if not _is_same(was, is_):
                yield from _mend(kept, place / each, (was, is_), quarantine)
        with _parent(place, quarantine) as parent, _opened(place.name, os.O_RDONLY, parent) as folder:
            os.fchmod(folder, before.mode)
        return
    if isinstance(before, Other) or (isinstance(before, File) and before.content is None):
        yield f"{name} is protected and was changed; there is too much of it to put it back."
        return
    moved = ""
    with _parent(place, quarantine) as parent:
        if now is not None:
            moved = shorten(_set_aside(parent, place, quarantine), LONGEST_NAME)
        if before is not None:
            _put(parent, place.name, before)
    if before is None:
        yield f"{name} is protected and was made by the command: it was moved to {moved}."
    else:
        what = (
            f"changed: it was put back, the changed one is in {moved}"
            if moved
            else "removed: it was put back"
        )
        yield f"{name} is protected and was {what}."


def _put(parent: int, name: str, entry: Entry) -> None:
    """Make anew what was kept; nothing of that name is there."""
    match entry:
        case Link(target):
            os.symlink(target, name, dir_fd=parent)
        case File(mode, bytes() as content, _):
            with _opened(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, parent) as descriptor:
                with os.fdopen(descriptor, "wb", closefd=False) as file:
                    file.write(content)
                os.fchmod(descriptor, mode)
        case Folder(mode, entries):
            os.mkdir(name, 0o700, dir_fd=parent)
            with _opened(name, os.O_RDONLY | os.O_DIRECTORY, parent) as folder:
                for each, part in entries.items():
                    _put(folder, each, part)
                os.fchmod(folder, mode)
        case _:
            pass  # what could not be kept cannot be made


def _set_aside(parent: int, place: Path, quarantine: Path) -> str:
    """Move something out of the way, into the quarantine or, from another disk, beside its place; where it is now."""
    label = f"{time.time_ns():x}-{next(NUMBERS)}"
    with contextlib.suppress(OSError):
        quarantine.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = quarantine / f"{label}-{place.name}"
        os.rename(place.name, target, src_dir_fd=parent)
        return str(target)
    beside = f"{place.name}.set-aside-{label}"
    os.rename(place.name, beside, src_dir_fd=parent, dst_dir_fd=parent)
    return str(place.with_name(beside))


@contextlib.contextmanager
def _parent(place: Path, quarantine: Path) -> Iterator[int]:
    """The folder that holds a place; it is made anew, and what stands in its way set aside, where it is gone."""
    current = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    way = Path("/")
    try:
        for part in place.parent.parts[1:]:
            way /= part
            try:
                inner = _step(current, part)
            except OSError:
                if _look_at(current, part, Room(), 0) is not None:
                    _set_aside(current, way, quarantine)
                os.mkdir(part, 0o755, dir_fd=current)
                inner = _step(current, part)
            os.close(current)
            current = inner
        yield current
    finally:
        os.close(current)


def _enter(folder: Path) -> int | None:
    """A descriptor of a folder, reached without following a link; None when it cannot be."""
    current = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    for part in folder.parts[1:]:
        try:
            inner = _step(current, part)
        except OSError:
            return None
        finally:
            os.close(current)
        current = inner
    return current


def _step(folder: int, name: str) -> int:
    return os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)


@contextlib.contextmanager
def _opened(name: str, flags: int, parent: int) -> Iterator[int]:
    descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _place(path: Path) -> Path:
    """A path whose folder is resolved; its last part may be a link."""
    return Path(os.path.realpath(path.parent)) / path.name
