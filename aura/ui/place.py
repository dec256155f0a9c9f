"""Where the work happens: the git branch of a folder and how many files differ from its last commit.

A folder may be hostile: nothing that its settings name (filters, monitors, hooks, helpers) is run, nothing is written
and nothing is fetched.
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

from aura.core.events import CommandRan, Event, SessionResumed, SessionStarted, StepEnded, TurnStopped
from aura.core.text import shorten

PAUSE = 2.0  # seconds between two looks
MOST = 10_000  # changed files that are counted
LONGEST = 32  # characters of a branch's name
TELLS = (SessionStarted, SessionResumed, StepEnded, CommandRan, TurnStopped)  # after these it may differ

STATUS = (
    "status", "--porcelain=v2", "--branch", "-z", "--no-renames", "--untracked-files=normal", "--ignore-submodules=all",
)  # fmt: skip


def read_branch(folder: Path) -> str:
    """The branch and the number of changed files: `main ±2`; empty where there is no git. Takes up to some seconds."""
    from aura.safety.own_git import read_git, read_head  # late: nothing of it is needed to paint

    return summarise(_split(read_git(STATUS, folder))) or shorten(read_head(folder), LONGEST)


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
