"""The process of a worker: its settings, its log, its signals."""

import asyncio
import logging
import logging.handlers
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from aura.app.segments import SegmentEnd, run_segment
from aura.config.load import load
from aura.config.paths import check_own_folders
from aura.core.text import shorten
from aura.fleet.queue import SET_BY_JOB, Job
from aura.fleet.site import find_own_site
from aura.fleet.starting import Presence, log_path
from aura.fleet.worker import Habits, Worker
from aura.safety.process import keep_to_itself

CANCELLED = 130
LARGEST_LOG, OLDER_LOGS = 1_000_000, 3
LONGEST_LINE = 500

Say = Callable[[str], None]


def run_worker(database: str | None, concurrency: int | None, detached: int | None) -> int:
    """Be a worker until a signal, or until nothing was to do for long when it was brought up by `aura start`.

    Does not return once it worked: what still hangs ends with the process. Raises `AuraError`.
    """
    check_own_folders()
    keep_to_itself()
    settings = load(Path.cwd(), {"fleet.database": database, "fleet.concurrency": concurrency}, trusted=False)
    site = find_own_site(settings)
    idle = settings.fleet.idle_minutes * 60.0 if detached is not None else 0.0
    say = print_line if detached is None else open_log()
    presence = Presence(site, -1 if detached is None else detached)
    presence.hold()
    habits = Habits(settings.fleet.concurrency, idle_seconds=idle)
    return asyncio.run(_work(Worker(site, work_on, habits, say, presence)))


async def work_on(job: Job, seconds: float) -> SegmentEnd:
    """One segment of a run, in the engine of its session.

    Whoever writes the database sets no other settings than these: it may be shared by several machines.
    """
    sessions = Path(job.sessions) if job.sessions else None
    flags = {name: job.flags[name] for name in SET_BY_JOB if name in job.flags}
    return await run_segment(Path(job.workspace), job.run, sessions, flags, seconds)


async def _work(worker: Worker) -> int:
    loop = asyncio.get_running_loop()

    def leave() -> None:
        worker.leave()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(name)
            signal.signal(name, _end_at_once)

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, leave)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    await worker.run()
    sys.stdout.flush()
    os._exit(0)  # else the tasks that hang would be cancelled, and DBOS would take that for their outcome


def _end_at_once(number: int, frame: object) -> None:
    os._exit(CANCELLED)


def print_line(text: str) -> None:
    """Say one thing on standard output, with the time."""
    print(shorten(f"{time.strftime('%H:%M:%S')} {text}", LONGEST_LINE), flush=True)


def open_log() -> Say:
    """A function that writes lines into the worker's log, which never grows beyond a few megabytes."""
    path = log_path()
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    lines = logging.handlers.RotatingFileHandler(
        path, maxBytes=LARGEST_LOG, backupCount=OLDER_LOGS, encoding="utf-8", errors="replace"
    )
    lines.setFormatter(logging.Formatter("%(asctime)s %(message)s"))

    def say(text: str) -> None:
        line = shorten(text, LONGEST_LINE)
        lines.emit(logging.LogRecord("worker", logging.INFO, "", 0, line, None, None))

    return say
