"""Which log a session writes to: a new one, an old one, or a copy."""

import contextlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from aura import __version__
from aura.app.found_runs import find_session
from aura.app.options import SessionOptions
from aura.config.paths import sessions_dir
from aura.core.errors import ConfigError, StoreError
from aura.core.events import SessionStarted
from aura.core.turn import FOLDED, Turn, fold
from aura.safety.snapshots import copy_snapshots
from aura.store.faults import Fault, StoreFault
from aura.store.index import fork, list_sessions, make_id
from aura.store.log import SessionLog, Writing
from aura.store.memory import MemoryLog


@dataclass(frozen=True, slots=True)
class Place:
    """A session's open log, and the turn that was read from it.

    `is_new` when nothing was said in it yet; `notice` is what a person should know of it (empty: nothing).
    """

    id: str
    folder: Path
    log: SessionLog | MemoryLog
    turn: Turn
    is_new: bool
    notice: str = ""
    is_copy: bool = False

    def abandon(self) -> None:
        """Give the log back; what was made for this start alone is taken away again."""
        with contextlib.suppress(StoreError):
            self.log.close()
        if self.is_new or self.is_copy:
            shutil.rmtree(self.folder, ignore_errors=True)


def open_place(options: SessionOptions, now: float, writing: Writing) -> Place:
    """Open the log that the options ask for, under its lease.

    Raises `ConfigError` when there is no such session, `SessionLocked` when another process holds it.
    """
    root = find_root(options)
    if not (options.resume or options.latest):
        if options.fork:
            raise ConfigError("--fork needs --continue or --resume ID: a copy needs an original.")
        name = make_id(now)
        first = SessionStarted(name, str(options.workspace), __version__)
        try:
            log = SessionLog.create(root / name, first, now, writing)
        except StoreFault as problem:
            if problem.kind is not Fault.READ_ONLY:
                raise
            return _open_in_memory(name, first, now, problem.sentence)
        return Place(name, log.folder, log, fold([first]), is_new=True)
    old = find_wanted(options).name
    if options.fork:
        name = make_id(now)
        copy_snapshots(root / old, root / name, fork(root / old, root / name))
        old = name
    log = SessionLog.open(root / old, write=True, writing=writing)
    try:
        turn = fold(recorded.event for recorded in log.read(types=FOLDED))
    except BaseException:
        log.close()
        raise
    return Place(old, log.folder, log, turn, is_new=False, is_copy=options.fork)


def _open_in_memory(name: str, first: SessionStarted, now: float, why: str) -> Place:
    """A session that nothing is kept of, because its place cannot be written; its folder is a temporary one."""
    folder = Path(tempfile.mkdtemp(prefix=f"aura-{name}-"))
    notice = f"{why} Until then nothing of this session is kept: it cannot be resumed."
    return Place(name, folder, MemoryLog(first, now), fold([first]), is_new=True, notice=notice)


def find_root(options: SessionOptions) -> Path:
    """The folder that the sessions of the workspace lie in."""
    return options.sessions or sessions_dir(options.workspace)


def find_wanted(options: SessionOptions) -> Path:
    """The folder of the session that is to be resumed; raises `ConfigError` when there is none, or more than one."""
    root = find_root(options)
    if options.resume:
        return find_session(options.resume, root)
    newest = next((one for one in list_sessions(root) if one.turns or one.run.phase), None)
    if newest is None:
        raise ConfigError("There is no session in this folder yet to continue.")
    return root / newest.id
