"""Runs that should be going on and are not: their log says so, and nobody has them."""

from pathlib import Path

from aura.app import sockets
from aura.app.found_runs import list_folders
from aura.core.errors import StoreError
from aura.core.events import Event, Recorded, SessionStarted
from aura.core.turn import fold
from aura.fleet.queue import Job
from aura.store.lease import read_holder
from aura.store.rows import read_events

TOLD = ("session_started", "run_started", "run_ordered", "checkpointed")


def find_strays() -> list[tuple[Job, float]]:
    """Every run of this machine that is active in its log while no process has its session, and when it wakes.

    The time is in Unix seconds (0: now). A log that cannot be read has none.
    """
    return [stray for folder in list_folders() if (stray := find_stray(folder)) is not None]


def find_stray(folder: Path) -> tuple[Job, float] | None:
    """The run of one session, if it is active and nobody has it."""
    holder = read_holder(folder)
    if (holder is not None and holder.is_alive) or sockets.is_live(folder):
        return None
    try:
        told = list(read_events(folder, types=TOLD))
    except StoreError:
        return None
    first = next((one.event for one in told if isinstance(one.event, SessionStarted)), None)
    run = fold(_events(told)).run
    if first is None or not run.name or not run.phase.is_active:
        return None
    return Job(folder.name, first.workspace, str(folder.parent)), run.wake


def _events(told: list[Recorded]) -> list[Event]:
    return [one.event for one in told]
