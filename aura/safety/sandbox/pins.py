"""What stays as it is inside a workspace that may be written: git's own settings and hooks, and files that run things.

A command may commit, but not change what git or an editor will run for a person afterwards. What is there is pinned;
what is not there is remembered, so that it can be set aside when a command made it.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

DEPTH = 4  # levels of folders below the workspace in which repositories are looked for
MOST_FOLDERS = 1_000  # that are looked at for them
MOST_REPOSITORIES = 40

# Folders and files at the top of a workspace or repository whose contents other programs run or obey.
NAMES = (
    ".aura",
    ".mcp.json",
    ".vscode",
    ".idea",
    ".envrc",
    ".husky",
    ".claude",
    ".codex",
    ".gemini",
    ".cursor",
)
# Folders with so many others that they are not looked into; nobody works in a repository inside them.
CROWDED = frozenset(
    {"node_modules", ".venv", "venv", "__pycache__", "site-packages", ".tox", ".nox", ".mypy_cache"}
)
GIT_PINNED = ("config", "config.worktree", "hooks", "commondir", "gitdir", "info/attributes")
GIT_ABSENT = ("config", "config.worktree", "hooks", "commondir")
POINTED = re.compile(r"^\s*(?:hookspath|path)\s*=\s*\"?([^\"\n]+?)\"?\s*$", re.IGNORECASE | re.MULTILINE)
LARGEST_CONFIG = 256 * 1024


@dataclass(frozen=True, slots=True)
class Pins:
    """What is pinned in a workspace.

    `fixed` is read-only, `kept` stays in its place but may be written, `write` are git folders elsewhere that commits
    of the workspace need; `absent` must not come into being.
    """

    fixed: tuple[Path, ...] = ()
    kept: tuple[Path, ...] = ()
    write: tuple[Path, ...] = ()
    absent: tuple[Path, ...] = ()


class Repositories:
    """The `.git` entries below a folder; a second look only reads the folders that changed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._seen: dict[str, tuple[int, tuple[str, ...], bool]] = {}

    @property
    def known(self) -> tuple[Path, ...]:
        """Those that were there at the last look."""
        return tuple(Path(folder) for folder, entry in self._seen.items() if entry[2])

    def find(self) -> tuple[Path, ...]:
        """The folders that hold a `.git`, the nearest first."""
        found: list[Path] = []
        level = [str(self.root)]
        looked = 0
        seen: dict[str, tuple[int, tuple[str, ...], bool]] = {}
        for _ in range(DEPTH + 1):
            below: list[str] = []
            for folder in level:
                looked += 1
                entry = self._look(folder) if looked <= MOST_FOLDERS else None
                if entry is None:
                    continue
                seen[folder] = entry
                below += entry[1]
                if entry[2]:
                    found.append(Path(folder))
            level = below
        self._seen = seen
        return tuple(found[:MOST_REPOSITORIES])

    def _look(self, folder: str) -> tuple[int, tuple[str, ...], bool] | None:
        """When a folder changed, the folders in it, and whether it holds a `.git`."""
        try:
            changed = os.lstat(folder).st_mtime_ns
            known = self._seen.get(folder)
            if known and known[0] == changed:
                return known
            with os.scandir(folder) as entries:
                listed = [(one.name, one.is_dir(follow_symlinks=False), one.path) for one in entries]
        except OSError:
            return None
        folders = tuple(
            path for name, is_dir, path in listed if is_dir and name not in CROWDED and name != ".git"
        )
        return changed, folders, any(name == ".git" for name, _, _ in listed)


def find_pins(workspace: Path, repositories: Iterable[Path]) -> Pins:
    """What has to stay as it is in a workspace with these repositories."""
    fixed: list[Path] = []
    kept: list[Path] = []
    write: list[Path] = []
    absent: list[Path] = []
    for name in NAMES:
        (fixed if _is_there(workspace / name) else absent).append(workspace / name)
    enclosing = _find_enclosing(workspace)
    for folder in (*repositories, *((enclosing,) if enclosing else ())):
        kept += _between(workspace, folder)
        entry = folder / ".git"
        kind = _kind(entry)
        if kind == "file":
            fixed.append(entry)
            folders = _follow(entry)
            write += [one for one in folders if not one.is_relative_to(workspace)]
        else:
            folders = (entry,) if kind == "dir" else ()
            write += [one for one in folders if not one.is_relative_to(workspace)]
        for git in folders:
            _pin_git(git, workspace, fixed, kept, absent)
    return Pins(_once(fixed), _once(kept), _once(write), _once(absent))


def _pin_git(git: Path, workspace: Path, fixed: list[Path], kept: list[Path], absent: list[Path]) -> None:
    """The parts of one git folder, and of the modules and work trees inside it."""
    kept.append(git)
    for place in (git, *_inner(git / "modules"), *_inner(git / "worktrees")):
        if place != git:
            kept += _between(git, place)
            kept.append(place)
        fixed += [place / name for name in GIT_PINNED if _is_there(place / name)]
        if _is_there(place / "info" / "attributes"):
            kept.append(place / "info")
        absent += [place / name for name in GIT_ABSENT if not _is_there(place / name)]
        fixed += [one for one in _pointed(place / "config") if one.is_relative_to(workspace)]


def _inner(folder: Path) -> Iterator[Path]:
    """The git folders below `modules` or `worktrees`, also those of modules in modules."""
    with_head: list[Path] = []
    level = [folder]
    for _ in range(DEPTH):
        level = [child for one in level for child in _folders(one)]
        with_head += [one for one in level if _is_there(one / "HEAD")]
    yield from with_head[:MOST_REPOSITORIES]


def _folders(folder: Path) -> list[Path]:
    skipped = {"objects", "refs", "logs", "hooks", "info"}
    try:
        with os.scandir(folder) as entries:
            return [
                Path(e.path) for e in entries if e.is_dir(follow_symlinks=False) and e.name not in skipped
            ]
    except OSError:
        return []


def _pointed(config: Path) -> Iterator[Path]:
    """Files and folders that a git config names: hooks elsewhere, configs it includes."""
    text = _read(config)
    for match in POINTED.finditer(text):
        place = Path(os.path.realpath(config.parent.parent / Path(match.group(1)).expanduser()))
        if _is_there(place) and place != config.parent.parent:
            yield place


def _follow(entry: Path) -> tuple[Path, ...]:
    """The git folders that a `.git` file leads to, if they point back to it; else none.

    A file that a repository brought along could otherwise open any folder to be written.
    """
    said = _read(entry).strip()
    if not said.startswith("gitdir:"):
        return ()
    git = Path(os.path.realpath(entry.parent / said.removeprefix("gitdir:").strip()))
    back = _read(git / "gitdir").strip()
    if back:  # a linked work tree
        if os.path.realpath(git / back) != os.path.realpath(entry):
            return ()
        common = Path(os.path.realpath(git / (_read(git / "commondir").strip() or "../..")))
        return (common, git) if git.is_relative_to(common / "worktrees") else ()
    match = re.search(r"^\s*worktree\s*=\s*(.+?)\s*$", _read(git / "config"), re.MULTILINE)
    if match and os.path.realpath(git / match.group(1)) == os.path.realpath(entry.parent):
        return (git,)
    return ()


def _find_enclosing(workspace: Path) -> Path | None:
    """The folder of the repository that a workspace is a part of, when it is another folder of the same owner."""
    if _kind(workspace / ".git"):
        return None
    for folder in workspace.parents:
        kind = _kind(folder / ".git")
        if kind:
            same = (folder / ".git").lstat().st_uid == workspace.stat().st_uid
            return folder if same and kind == "dir" and folder != Path.home() else None
    return None


def _between(root: Path, folder: Path) -> list[Path]:
    """The folders from below `root` down to `folder`: each can be renamed unless it is held."""
    if folder == root or not folder.is_relative_to(root):
        return []
    return [folder, *(one for one in folder.parents if one != root and one.is_relative_to(root))]


def _kind(path: Path) -> str:
    """`dir` or `file` for what is really there; empty for nothing, links and everything else."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return ""
    return "dir" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else ""


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)


def _read(path: Path) -> str:
    """The text of a regular file, in part when it is large; empty when it cannot be read."""
    if _kind(path) != "file":
        return ""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_CONFIG).decode("utf-8", "replace")
    except OSError:
        return ""


def _once(paths: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(paths))
