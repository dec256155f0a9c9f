"""Sets aside what a command made where nothing may come into being, and says so."""

import itertools
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from aura.core.sandbox import Violation

# What a git config can hold that runs a program, or reads another config.
RUNS = re.compile(
    r"^\s*(?:fsmonitor|hookspath|sshcommand|gitproxy|askpass|pager|editor|external|textconv|command|clean|smudge|process"
    r"|driver|program|helper|cmd|path|uploadpack|receivepack|vcs|\w+\s*=\s*\"?!)",
    re.IGNORECASE | re.MULTILINE,
)
LARGEST_CONFIG = 256 * 1024


def find_new(absent: Iterable[Path]) -> tuple[Path, ...]:
    """Those paths that are there by now."""
    return tuple(path for path in absent if os.path.lexists(path))


def find_armed(repository: Path) -> tuple[Path, ...]:
    """The parts of a repository made by a command that would run something for who uses git in it next."""
    git = repository / ".git"
    if git.is_symlink():
        return (git,)
    if git.is_file():  # a work tree or a module: what it leads to is what counts
        said = _read(git).strip()
        target = Path(os.path.realpath(repository / said.removeprefix("gitdir:").strip()))
        return (git,) if _find_armed_parts(target) else ()
    return _find_armed_parts(git)


def _find_armed_parts(git: Path) -> tuple[Path, ...]:
    try:
        hooks = [one for one in (git / "hooks").iterdir() if not one.name.endswith(".sample")]
    except OSError:
        hooks = []
    is_linked = git.parent.name == "worktrees"  # git itself writes such a file there
    odd = ("config.worktree",) if is_linked else ("commondir", "config.worktree")
    armed = [*hooks, *(git / name for name in odd if os.path.lexists(git / name))]
    config = git / "config"
    if config.is_symlink() or RUNS.search(_read(config)):
        armed.append(config)
    return tuple(armed)


def set_aside(paths: Iterable[Path], workspace: Path, aside: Path | None) -> tuple[Violation, ...]:
    """Move paths out of the workspace to a folder of the session, or remove them when there is none."""
    said = []
    for path in paths:
        name = os.path.relpath(path, workspace) if path.is_relative_to(workspace) else str(path)
        try:
            where = _move(path, aside)
        except OSError as error:
            said.append(
                Violation(
                    f"{name} was made by this command and is protected, but could not be set aside"
                    f" ({error.strerror or error}); look at it before you use it"
                )
            )
            continue
        kept = f"; it lies in {where}" if where else ""
        said.append(Violation(f"{name} is protected: what this command made there was set aside{kept}"))
    return tuple(said)


def _move(path: Path, aside: Path | None) -> Path | None:
    if aside is None:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
        return None
    aside.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = (aside / f"{number}-{path.name.lstrip('.')}" for number in itertools.count(1))
    target = next(name for name in names if not os.path.lexists(name))
    shutil.move(path, target)
    return target


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_CONFIG).decode("utf-8", "replace")
    except OSError:
        return ""
