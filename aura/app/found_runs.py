"""The folder of a run or session, wherever it was begun: one rule for every command that names one."""

import contextlib
import difflib
import os
from collections.abc import Iterator
from pathlib import Path

from aura.config.paths import data_dir
from aura.core.errors import ConfigError, StoreError
from aura.core.text import shorten
from aura.store import index
from aura.store.faults import LOG_NAME

NEWEST = "last"
LISTED = 5
ALIKE = 0.5  # how much a name has to have in common with what was given to be told as near


def list_folders() -> list[Path]:
    """The folders of all sessions of all workspaces, in no order."""
    return [folder for place in _places() for folder in index.list_folders(place)]


def find_run(name: str, place: Path | None = None) -> Path:
    """The folder of the one session that is called `name`, or begins or ends with it; `last` is the last changed.

    All workspaces are searched; where several fit, those in `place` (the folder of one workspace's sessions) win, and
    `last` is the last changed there, if there is one. Raises `ConfigError` when there is none, or more than one.
    """
    wanted = name.strip().lower()
    folders = list_folders()
    near = [folder for folder in folders if folder.parent == place]
    if wanted == NEWEST and folders:
        return _find_last(near or folders)
    fits = (find_fits(wanted, near) or find_fits(wanted, folders)) if wanted else []
    if not fits:
        raise ConfigError(_name_missing(name, [folder.name for folder in folders]))
    return _take_one(name, fits)


def find_session(name: str, place: Path) -> Path:
    """As `find_run`, among the sessions of one workspace alone; the error names the folder of one begun elsewhere."""
    wanted = name.strip().lower()
    folders = index.list_folders(place)
    if wanted == NEWEST and folders:
        return _find_last(folders)
    fits = find_fits(wanted, folders) if wanted else []
    if fits:
        return _take_one(name, fits)
    elsewhere = find_fits(wanted, list_folders()) if wanted else []
    if len(elsewhere) == 1:
        raise ConfigError(_name_elsewhere(elsewhere[0]))
    raise ConfigError(
        f"There is no session {shorten(name, 40)!r} for this folder; `aura sessions` lists those there are."
    )


def _name_elsewhere(folder: Path) -> str:
    try:
        where = f"in {index.read_workspace(folder)}"
    except StoreError:
        where = "in another folder"
    return f"The session {folder.name} was begun {where}: go there, or use `aura attach {folder.name}`."


def _take_one(name: str, fits: list[Path]) -> Path:
    if len(fits) == 1:
        return fits[0]
    some = ", ".join(sorted(folder.name for folder in fits)[:LISTED])
    more = ", …" if len(fits) > LISTED else ""
    said = shorten(name, 40)
    raise ConfigError(f"{len(fits)} sessions are called {said!r}: {some}{more}. Give more of the name.")


def find_fits(wanted: str, folders: list[Path]) -> list[Path]:
    """Those that are called so; else those that begin with it; else those that end with it."""
    return (
        [folder for folder in folders if folder.name == wanted]
        or [folder for folder in folders if folder.name.startswith(wanted)]
        or [folder for folder in folders if folder.name.endswith(wanted)]
    )


def _find_last(folders: list[Path]) -> Path:
    """The one with the newest event; a log is touched, too, by who opens it and writes nothing."""
    touched = sorted(((find_change(folder), folder) for folder in folders), reverse=True)
    last, newest = touched[0][1], 0.0
    for at, folder in touched:
        if at <= newest:
            break
        summary = index.summarise(folder)
        changed = at if summary.problem else summary.changed
        if changed > newest:
            last, newest = folder, changed
    return last


def find_change(folder: Path) -> float:
    """When a session was written to last, in Unix seconds, without opening it (0: unknown).

    Whoever only reads leaves an empty write-ahead log, which does not count.
    """
    newest = 0.0
    for name in (LOG_NAME, f"{LOG_NAME}-wal"):
        with contextlib.suppress(OSError):
            found = (folder / name).stat()
            newest = max(newest, found.st_mtime if found.st_size or name == LOG_NAME else 0.0)
    return newest


def _name_missing(name: str, names: list[str]) -> str:
    said = f"There is no run or session {shorten(name, 40)!r}"
    if not names:
        return f"{said}: nothing was run here yet."
    near = difflib.get_close_matches(name.strip().lower(), names, n=3, cutoff=ALIKE)
    return f"{said}; near are {', '.join(near)}." if near else f"{said}; `aura runs` lists those there are."


def _places() -> Iterator[Path]:
    """The folder of each workspace's sessions."""
    with contextlib.suppress(OSError), os.scandir(data_dir() / "sessions") as entries:
        for entry in entries:
            if not entry.name.startswith("."):
                yield Path(entry.path)
