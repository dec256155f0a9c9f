"""The folder of a run or session, wherever it was begun: one rule for every command that names one."""

import contextlib
import difflib
import os
from collections.abc import Iterator
from pathlib import Path

from aura.config.paths import data_dir
from aura.core.errors import ConfigError
from aura.core.text import shorten
from aura.store.faults import LOG_NAME
from aura.store.index import summarise

NEWEST = "last"
LISTED = 5
ALIKE = 0.5  # how much a name has to have in common with what was given to be told as near


def list_folders() -> list[Path]:
    """The folders of all sessions of all workspaces, in no order."""
    return [folder for place in _folders_in(data_dir() / "sessions") for folder in _sessions_in(place)]


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
    if len(fits) > 1:
        some = ", ".join(sorted(folder.name for folder in fits)[:LISTED])
        more = ", …" if len(fits) > LISTED else ""
        said = shorten(name, 40)
        raise ConfigError(f"{len(fits)} runs are called {said!r}: {some}{more}. Give more of the name.")
    return fits[0]


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
        summary = summarise(folder)
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


def _sessions_in(place: Path) -> Iterator[Path]:
    return (folder for folder in _folders_in(place) if (folder / LOG_NAME).exists())


def _folders_in(place: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        for entry in entries:
            if not entry.name.startswith("."):
                yield Path(entry.path)
