"""What a folder brings that can act: found by looking only, within bounds, whoever made the folder."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aura.config.paths import find_instructions, project_dir, read_regular

Kind = Literal["settings", "plugin", "agent", "command", "skill", "task", "hook", "instructions"]

FOLDERS: dict[str, Kind] = {
    "plugins": "plugin",
    "agents": "agent",
    "commands": "command",
    "skills": "skill",
    "tasks": "task",
    "hooks": "hook",
}
IGNORED = frozenset({"__pycache__", ".git"})
MOST = 2_000  # parts
DEEPEST = 12  # folders below each other
LARGEST = 4 * 1024 * 1024  # bytes of one part
LARGEST_SUM = 32 * 1024 * 1024  # bytes of all
LONGEST_TEXT = 64 * 1024  # bytes of a part that are kept, so that a change can be shown


class TooMuchError(OSError):
    """More than anybody could look at before saying yes."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file, folder or link that can act.

    `name` is its path below the workspace (`../AGENTS.md` for one above), `link` the target as it is written,
    `outside` where it really leads when that is not below the workspace.
    """

    kind: Kind
    name: str
    path: Path
    link: str = ""
    outside: str = ""

    @property
    def title(self) -> str:
        """What people call it: the plugin's name for each of its files, otherwise the path."""
        pieces = self.name.split("/")
        return (
            pieces[2] if self.kind != "settings" and len(pieces) > 2 and pieces[0] == ".aura" else self.name
        )


@dataclass(frozen=True, slots=True)
class Content:
    """What stands in a part: its SHA-256, and its text where that is short and is text."""

    digest: str
    text: str | None = None


def find_parts(workspace: Path) -> tuple[Part, ...]:
    """All that can act, in a stable order; raises `TooMuchError` beyond 2,000 parts or 12 folders deep."""
    root = os.path.realpath(workspace)
    folder = project_dir(workspace)
    found: list[Part] = []
    if folder.is_symlink():
        found.append(_make_part("settings", folder, workspace, root))
    found += [
        _make_part("settings", Path(entry.path), workspace, root)
        for entry in _scan(folder)
        if entry.name.startswith("config") and entry.name.endswith((".yaml", ".yml"))
    ]
    for name, kind in FOLDERS.items():
        place = folder / name
        if place.is_symlink():
            found.append(_make_part(kind, place, workspace, root))
        for path in _walk(place):
            found.append(_make_part(kind, path, workspace, root))
            if len(found) > MOST:
                raise TooMuchError(7, f"it brings more than {MOST:,} parts")
    found += [_make_part("instructions", path, workspace, root) for path in find_instructions(workspace)]
    return tuple(sorted(found, key=lambda part: part.name))


def read_part(part: Part, most: int = LARGEST) -> tuple[Content, int]:
    """What stands in a part, and how many bytes that is; a folder, a pipe or a device has nothing in it.

    Raises `OSError`, and `TooMuchError` when it is longer than `most`.
    """
    data = read_regular(part.path, most + 1)
    if len(data) > most:
        raise TooMuchError(27, f"{part.name} is larger than {most:,} bytes")
    text: str | None = None
    if len(data) <= LONGEST_TEXT and b"\0" not in data:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = None
    return Content(hashlib.sha256(data).hexdigest(), text), len(data)


def read_parts(parts: tuple[Part, ...]) -> dict[str, Content]:
    """What stands in each part, by name; raises `OSError`, and `TooMuchError` beyond 32 MB in all."""
    left = LARGEST_SUM
    found = {}
    for part in parts:
        found[part.name], size = read_part(part)
        left -= size
        if left < 0:
            raise TooMuchError(27, f"what it brings is larger than {LARGEST_SUM:,} bytes")
    return found


def digest_parts(parts: tuple[Part, ...], contents: dict[str, Content], mark: str = "") -> str:
    """A digest of names, kinds, link targets and contents; a link is followed, for its target acts."""
    total = hashlib.sha256()
    pieces = [mark]
    for part in parts:
        pieces += [part.kind, part.name, part.link, part.outside, contents[part.name].digest]
    for piece in pieces:
        data = os.fsencode(piece)
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()


def _make_part(kind: Kind, path: Path, workspace: Path, root: str) -> Part:
    link = str(path.readlink()) if path.is_symlink() else ""
    real = os.path.realpath(path)
    is_inside = real == root or real.startswith(root.rstrip("/") + "/")
    name = os.path.relpath(path, workspace)
    is_above = name.startswith("../") and not link
    return Part(kind, name, path, link, "" if is_inside or is_above else real)


def _scan(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _walk(folder: Path, above: tuple[tuple[int, int], ...] = ()) -> Iterator[Path]:
    """All below a folder, also behind links; a link that leads back to where it stands is not followed."""
    try:
        facts = folder.stat()
    except OSError:
        return
    place = (facts.st_dev, facts.st_ino)
    if place in above:
        return
    if len(above) > DEEPEST:
        raise TooMuchError(7, f"what it brings lies more than {DEEPEST} folders deep")
    for entry in _scan(folder):
        if entry.name in IGNORED:
            continue
        yield Path(entry.path)
        if Path(entry.path).is_dir():  # also of a link; one that leads round to itself is none
            yield from _walk(Path(entry.path), (*above, place))
