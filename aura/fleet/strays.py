"""Runs as their logs tell them: those that should be going on and are not, and those that wait for nothing any more."""

from collections.abc import Callable
from pathlib import Path

from aura.app import sockets
from aura.app.found_runs import find_change, list_folders
from aura.core.errors import StoreError
from aura.core.events import SessionStarted
from aura.core.run import Run
from aura.core.turn import fold
from aura.fleet.queue import Job
from aura.fleet.table import JobTable
from aura.store.lease import find_holder
from aura.store.rows import read_events

TOLD = ("session_started", "run_started", "run_ordered", "checkpointed")


def find_strays() -> list[tuple[Job, float]]:
    """Every run of this machine that is active in its log while no process has its session, and when it wakes.

    The time is in Unix seconds (0: now). A log that cannot be read has none.
    """
    return [stray for folder in list_folders() if (stray := find_stray(folder)) is not None]


def find_stray(folder: Path) -> tuple[Job, float] | None:
    """The run of one session, if it is active and nobody has it."""
    if is_held(folder):
        return None
    workspace, run = read_run(folder)
    return (
        (Job(folder.name, workspace, str(folder.parent)), run.wake)
        if run.phase.is_active and run.name
        else None
    )


def is_held(folder: Path) -> bool:
    """Whether a living process has the session."""
    return find_holder(folder) is not None or sockets.is_live(folder)


def read_run(folder: Path) -> tuple[str, Run]:
    """The workspace and the run of a session, by its log; a run without a name when there is none, or no log."""
    try:
        events = [one.event for one in read_events(folder, types=TOLD)]
    except StoreError:
        return "", Run()
    first = next((event for event in events if isinstance(event, SessionStarted)), None)
    return (first.workspace, fold(events).run) if first is not None else ("", Run())


class Waits:
    """Keeps the jobs that wait in step with the logs of their runs: people give orders while no engine is alive."""

    def __init__(self, table: JobTable, say: Callable[[str], None]) -> None:
        self._table = table
        self._say = say
        self._seen: dict[str, tuple[float, bool]] = {}

    def look(self, now: float) -> None:
        """Drop what rests by now, wake what is to go on at once.

        A log is read again only when it was written to, or when somebody took the session or let go of it.
        """
        seen, self._seen = self._seen, {}
        for job, failures in self._table.waiting():
            folder = Path(job.sessions) / job.run
            held = is_held(folder)
            looks = self._seen[job.run] = find_change(folder), held
            if looks != seen.get(job.run):
                self._follow(job, folder, now, may_wake=not failures and not held)

    def _follow(self, job: Job, folder: Path, now: float, *, may_wake: bool) -> None:
        _, run = read_run(folder)
        if not run.name:
            return
        if not run.phase.is_active:
            if self._table.cancel(job.run):
                self._say(f"{job.run} waits no longer: {run.phase.word}")
        elif may_wake and run.wake <= now and self._table.signal(job.run):
            self._say(f"{job.run} is woken")
