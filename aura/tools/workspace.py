"""Where a path that a model names really is: links, `..`, `~` and spellings resolved, suggestions for what is missing.

Whether a place may be touched is judged elsewhere, from the tool's `Access`; here every path becomes one absolute,
link-free path, and a file is then opened by walking down that very path without following any link.
"""

import difflib
import errno
import os
import stat
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from aura.core.errors import ToolError

LISTED = 5000  # names looked at in one folder when a spelling is searched


@dataclass(frozen=True, slots=True)
class Place:
    """One path: as given, where it really is (absolute, no links), how it is shown (in the workspace: relative)."""

    given: str
    path: Path
    shown: str

    @property
    def key(self) -> str:
        """The path as it stands in `ToolContext.seen`."""
        return escape(self.path)


def find_place(workspace: Path, given: str) -> Place:
    """The place a model means; the file need not exist, its folders neither.

    A name that does not exist as written but does in the other Unicode normalisation is taken as that one.
    """
    if not given or "\0" in given or not _is_encodable(given):
        raise ToolError(
            "A path must not be empty or contain NUL or half characters; give the path of a file."
        )
    expanded = os.path.expanduser(given) if given.startswith("~") else given  # noqa: PTH111 - Path fails on ~nobody
    start = os.path.join(workspace, expanded)  # noqa: PTH118 - the kernel's reading of `..`, not pathlib's
    try:
        real = Path(os.path.realpath(_spell_out(start)))
    except OSError as error:
        raise ToolError(f"{escape(given)} cannot be resolved ({error.strerror}); check the path.") from None
    if is_link(real):
        raise ToolError(f"{escape(given)} is a link that leads in a circle; name the file itself.")
    return Place(given, real, show(workspace, real))


def _is_encodable(given: str) -> bool:
    try:
        os.fsencode(given)
    except UnicodeEncodeError:
        return False
    return True


def show(workspace: Path, path: Path) -> str:
    """A path for people and models: relative below the workspace, absolute elsewhere, unreadable bytes escaped."""
    for root in (workspace, Path(os.path.realpath(workspace))):
        if path.is_relative_to(root):
            path = path.relative_to(root)
            break
    return escape(path)


def escape(path: str | Path) -> str:
    """A path as text that can be stored and sent: bytes that are not UTF-8 are written as hexadecimal escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def is_link(path: Path) -> bool:
    """Whether the last part is still a link after all were resolved: a loop."""
    try:
        return stat.S_ISLNK(os.lstat(path).st_mode)
    except OSError:
        return False


def refuse_dangling(workspace: Path, place: Place) -> None:
    """Refuse to write through a link to nowhere: what it points to is nobody's stated intent."""
    given = Path(workspace, os.path.expanduser(place.given))  # noqa: PTH111 - as in find_place
    if is_link(given) and not place.path.exists():
        raise ToolError(
            f"{escape(place.given)} is a link to {place.shown}, which does not exist; name the file itself."
        )


def _spell_out(path: str) -> str:
    """The path with each missing part replaced by the same name in another Unicode normalisation, if that exists."""
    if os.path.lexists(path):
        return path
    spelled = "/" if path.startswith("/") else ""
    for part in path.split("/"):
        step = os.path.join(spelled, part) if part else spelled  # noqa: PTH118 - `..` must stay
        if part in ("", ".", "..") or os.path.lexists(step):
            spelled = step
            continue
        other = spell(part, list_names(spelled or "."))
        spelled = os.path.join(spelled, other)  # noqa: PTH118
    return spelled


def spell(name: str, names: Iterable[str]) -> str:
    """The entry that is the same text as `name` in another Unicode normalisation, or `name` itself."""
    if name.isascii():
        return name
    wanted = unicodedata.normalize("NFC", name)
    return next((other for other in names if unicodedata.normalize("NFC", other) == wanted), name)


def list_names(folder: str) -> list[str]:
    """The first names in a folder, in no order; none when it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry, _ in zip(entries, range(LISTED), strict=False)]
    except OSError:
        return []


def explain_missing(workspace: Path, place: Place) -> ToolError:
    """The error for a file that is not there, with the nearest names."""
    folder = place.path.parent
    if not folder.is_dir():
        missing = folder
        while not missing.parent.is_dir():
            missing = missing.parent
        near = find_near(missing.name, list_names(str(missing.parent)))
        hint = f"; did you mean {show(workspace, missing.parent / near[0])}?" if near else ""
        return ToolError(f"{place.shown} does not exist: there is no folder {show(workspace, missing)}{hint}")
    near = find_near(place.path.name, list_names(str(folder)))
    if near:
        shown = ", ".join(show(workspace, folder / name) for name in near)
        return ToolError(f"{place.shown} does not exist; did you mean {shown}?")
    return ToolError(f"{place.shown} does not exist; look for it with Glob.")


def find_near(name: str, names: Iterable[str]) -> list[str]:
    """Up to three names like this one; differences in case and extension weigh little."""
    by_fold: dict[str, str] = {}
    for other in names:
        by_fold.setdefault(other.casefold(), other)
    folded = name.casefold()
    stems = {other.rpartition(".")[0] or other: other for other in by_fold}
    close = difflib.get_close_matches(folded, by_fold, 3, 0.6)
    stem = folded.rpartition(".")[0] or folded
    if stem in stems and stems[stem] not in close:
        close.insert(0, stems[stem])
    return [by_fold[other] for other in close[:3]]


def open_folder(path: Path, *, create: bool = False) -> tuple[int, list[Path]]:
    """A descriptor of a link-free absolute folder, reached without following links, and the folders made on the way.

    A part that is (or has just become) a link raises `ToolError`: somebody changed the tree since it was resolved.
    """
    made: list[Path] = []
    at = os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    here = Path("/")
    try:
        for part in path.parts[1:]:
            here /= part
            if create and _make_folder(part, at):
                made.append(here)
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
            os.close(at)
            at = below
    except OSError as error:
        os.close(at)
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            kind = "was replaced by a link" if is_link(here) else "is not a folder"
            raise ToolError(f"{escape(here)} {kind}; look at it again.") from None
        raise
    return at, made


def _make_folder(name: str, at: int) -> bool:
    """Make a folder unless it is there; whether it was made."""
    try:
        os.mkdir(name, dir_fd=at)
    except FileExistsError:
        return False
    except PermissionError:
        if os.access(name, os.F_OK, dir_fd=at):
            return False
        raise
    return True


def open_file(path: Path, flags: int = os.O_RDONLY) -> int:
    """A descriptor of a regular file at a link-free path; folders, devices and pipes are refused.

    A missing file raises `FileNotFoundError`.
    """
    folder, _ = open_folder(path.parent)
    try:
        descriptor = os.open(path.name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ToolError(f"{escape(path)} was replaced by a link; look at it again.") from None
        if error.errno in (errno.ENXIO, errno.ENODEV):
            raise ToolError(f"{escape(path)} is a socket or a device, not a file.") from None
        raise
    finally:
        os.close(folder)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise ToolError(f"{escape(path)} is {describe_kind(mode)}, not a file.")
    return descriptor


def describe_kind(mode: int) -> str:
    """What a file that is not regular is."""
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFLNK: "a link",
    }
    return kinds.get(stat.S_IFMT(mode), "something special")


def explain_os_error(error: OSError, place: Place, what: str) -> ToolError:
    """One sentence for an error of the file system: what could not be done to which file, and why."""
    hints = {
        errno.EACCES: "permission denied; ask for access or use another file",
        errno.EPERM: "the system does not permit it",
        errno.EROFS: "the file system is read-only",
        errno.ENOSPC: "the disk is full; free some space first",
        errno.EDQUOT: "the disk quota is used up; free some space first",
        errno.ENAMETOOLONG: "the name is too long",
        errno.EISDIR: "it is a folder",
        errno.ENOTDIR: "a part of the path is not a folder",
    }
    return ToolError(
        f"{place.shown} could not be {what}: {hints.get(error.errno or 0, error.strerror or str(error))}."
    )
