"""Where the work happens: the git branch of a folder and how many files differ from its last commit.

A folder may be hostile: nothing that its settings name (filters, monitors, hooks, helpers) is run, nothing is written
and nothing is fetched.
"""

import asyncio
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from aura.core.events import CommandRan, Event, SessionResumed, SessionStarted, StepEnded, TurnStopped
from aura.core.text import shorten

PATIENCE = 3.0  # seconds until git is given up
PAUSE = 2.0  # seconds between two looks
PIECE = 65_536  # bytes
MOST = 10_000  # changed files that are counted
LONGEST = 32  # characters of a branch's name
TELLS = (SessionStarted, SessionResumed, StepEnded, CommandRan, TurnStopped)  # after these it may differ

SAFE = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "safe.bareRepository": "explicit",
}
QUIET = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_PAGER": "cat",
}
STATUS = (
    "status", "--porcelain=v2", "--branch", "-z", "--no-renames", "--untracked-files=normal", "--ignore-submodules=all",
)  # fmt: skip
FILTERS = ("config", "--null", "--name-only", "--get-regexp", r"^filter\..*\.(clean|process|required)$")


def read_branch(folder: Path) -> str:
    """The branch and the number of changed files: `main ±2`; empty where there is no git. Takes up to some seconds."""
    environment = _make_environment(SAFE)
    keys = b"".join(_run(FILTERS, folder, environment)).decode(errors="replace").split("\0")
    filters = {key: "false" if key.endswith(".required") else "" for key in keys if key}
    return summarise(_split(_run(STATUS, folder, _make_environment({**SAFE, **filters}))))


def summarise(fields: Iterator[bytes]) -> str:
    """The words for the fields of git's status, form 2."""
    branch, commit, changed = "", "", 0
    for field in fields:
        if field.startswith(b"# branch.head "):
            branch = field[14:].decode(errors="replace")
        elif field.startswith(b"# branch.oid "):
            commit = field[13:].decode(errors="replace")
        elif field[:2] in (b"1 ", b"2 ", b"u ", b"? "):
            changed += 1
            if changed >= MOST:
                break
    if branch == "(detached)":
        branch = commit[:8]
    if not branch:
        return ""
    count = f" ±{changed}{'+' if changed >= MOST else ''}" if changed else ""
    return f"{shorten(branch, LONGEST)}{count}"


def _make_environment(settings: dict[str, str]) -> dict[str, str]:
    """This process's environment, with settings that outrank those of the folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    pairs = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        pairs |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return {**kept, **QUIET, **pairs}


def _run(arguments: tuple[str, ...], folder: Path, environment: dict[str, str]) -> Iterator[bytes]:
    """What git prints, in pieces; nothing when there is no git or it takes too long."""
    try:
        git = subprocess.Popen(
            ["git", "--no-pager", *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return
    timer = threading.Timer(PATIENCE, git.kill)
    timer.daemon = True
    timer.start()
    try:
        assert git.stdout is not None
        while piece := git.stdout.read(PIECE):
            yield piece
    finally:
        timer.cancel()
        git.kill()
        if git.stdout is not None:
            git.stdout.close()
        git.wait()


def _split(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *fields, rest = (rest + piece).split(b"\0")
        yield from fields


class PlaceWatch:
    """Looks at the place in a thread when an event says that it may differ, and tells what it found.

    Never two looks at a time, and none within `PAUSE` seconds of another: the last word is always looked at.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None], *, pause: float = PAUSE) -> None:
        self.folder = folder
        self._tell = tell
        self._pause = pause
        self._task: asyncio.Task[None] | None = None
        self._is_due = False

    def take(self, event: Event) -> None:
        """Look again if this event may have changed something."""
        if isinstance(event, TELLS):
            self.look()

    def look(self) -> None:
        """Look now, or when the look under way is over."""
        self._is_due = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        while self._is_due:
            self._is_due = False
            self._tell(await asyncio.to_thread(read_branch, self.folder))
            await asyncio.sleep(self._pause)

    def stop(self) -> None:
        """Look no more; what is under way tells nothing."""
        self._is_due = False
        if self._task is not None:
            self._task.cancel()
