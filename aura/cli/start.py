"""What `aura start` does: it makes a session with a run in it, queues it, and sees that there is a worker."""

import asyncio
import contextlib
import datetime as dt
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aura.app.options import SessionOptions
from aura.cli.given import find_workspace, read_session
from aura.config.load import load
from aura.core.durations import read_duration
from aura.core.errors import AuraError, ConfigError, StoreError
from aura.core.text import clean, shorten
from aura.fleet.durable import DurableQueue, open_queue
from aura.fleet.queue import SET_BY_JOB, Job
from aura.fleet.site import find_own_site
from aura.fleet.starting import ensure_worker
from aura.fleet.strays import find_strays
from aura.store.index import remove_session
from aura.ui.run_words import tell_moment

if TYPE_CHECKING:
    from aura.app.build import Opened

LONGEST_GOAL = 60


def start_given(given: Mapping[str, Any]) -> int:
    """Do what the command line asked for and return the exit code; raises `AuraError`."""
    if given["resume_all"]:
        if given["goal"]:
            raise ConfigError("--resume-all takes no goal: it takes up what was begun.")
        return asyncio.run(_resume_all(given))
    wake = read_wake(given["wait"], given["moment"], dt.datetime.now().astimezone())
    goal = _read_goal(given["goal"])
    fixed = {"resume": "", "latest": False, "fork": False, "auto": True}
    options = replace(read_session({**given, **fixed}), unattended=True)
    return asyncio.run(_start(options, goal, wake, is_quiet=bool(given["quiet"])))


def read_wake(wait: str | None, moment: str | None, now: dt.datetime) -> float:
    """The Unix time in seconds at which a run is to begin (0.0: at once), from `2h` or from `22:30`.

    A time without a day is the next one; without a zone it is that of `now`. Raises `ConfigError`.
    """
    if wait and moment:
        raise ConfigError("--in and --at exclude each other: when is the run to begin?")
    if wait:
        return now.timestamp() + read_duration(wait)
    if not moment:
        return 0.0
    try:
        clock = dt.time.fromisoformat(moment.strip())
        wanted = dt.datetime.combine(now.date(), clock, clock.tzinfo or now.tzinfo)
        return (wanted if wanted > now else wanted + dt.timedelta(days=1)).timestamp()
    except ValueError:
        pass
    try:
        wanted = dt.datetime.fromisoformat(moment.strip())
    except ValueError:
        raise ConfigError(
            f"{shorten(moment, 40)!r} is not a time: write 22:30, or a day too: 2030-01-31T22:30."
        ) from None
    wanted = wanted if wanted.tzinfo else wanted.replace(tzinfo=now.tzinfo)
    if wanted <= now:
        raise ConfigError(f"{shorten(moment, 40)} is over: the run has to begin later than now.")
    return wanted.timestamp()


def _read_goal(goal: str | None) -> str:
    if goal == "-":
        goal = sys.stdin.buffer.read().decode("utf-8", "replace") if sys.stdin is not None else ""
    goal = (goal or "").encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip()
    if not goal:
        raise ConfigError('A run needs a goal, as in `aura start "make the tests pass"`.')
    return goal


async def _start(options: SessionOptions, goal: str, wake: float, *, is_quiet: bool) -> int:
    from aura.app.build import open_session  # late: taking up runs again needs none of it

    opened = await open_session(options)
    folder, site = opened.session.folder, find_own_site(opened.settings)
    try:
        queue = await asyncio.to_thread(open_queue, site)
        try:
            await _begin(opened, options, goal, wake)
            await opened.close()
            await queue.submit(_make_job(opened, options), wake)
        finally:
            await queue.close()
    except BaseException:
        with contextlib.suppress(AuraError):
            await opened.close()
        with contextlib.suppress(StoreError):
            await asyncio.to_thread(remove_session, folder)
        raise
    print(clean(opened.session.id), flush=True)
    started = ensure_worker(site)
    if not is_quiet:
        _tell(opened, wake, started)
    return 0


async def _begin(opened: "Opened", options: SessionOptions, goal: str, wake: float) -> None:
    """Record in the session what it is to do, so that its engines need to be told nothing more."""
    from aura.app.effort import fit_effort
    from aura.app.pursuit import Pursuit, make_wish
    from aura.store.memory import MemoryLog

    if isinstance(opened.log, MemoryLog):
        raise AuraError(next(iter(reversed(opened.notices)), "This session cannot be kept."))
    if options.flags.get("model"):
        await opened.switch_model(str(options.flags["model"]))
    wish = make_wish(opened.settings, goal)
    limits = await fit_effort(opened, goal, wish.limits)
    Pursuit(opened.session).begin(replace(wish, limits=limits, wake=wake))
    await opened.session.recorder.settle()


def _make_job(opened: "Opened", options: SessionOptions) -> Job:
    flags = {name: options.flags[name] for name in SET_BY_JOB if name in options.flags}
    return Job(opened.session.id, str(options.workspace), str(opened.session.folder.parent), flags)


def _tell(opened: "Opened", wake: float, worker: int) -> None:
    """How it goes on, for people."""
    name = opened.session.id
    now = time.time()
    when = f"begins at {tell_moment(wake, now)}" if wake > now else "begins now"
    lines = [
        f"queued in the background with {shorten(opened.model_name, LONGEST_GOAL)}; it {when}",
        *([f"a worker was brought up (process {worker})"] if worker else []),
        f"watch: aura attach {name}   all: aura runs   stop: aura cancel {name}   report: aura report {name}",
    ]
    for line in lines:
        print(clean(line), file=sys.stderr, flush=True)


async def _resume_all(given: Mapping[str, Any]) -> int:
    """Queue every run that should be going on and is not."""
    settings = load(find_workspace(given["cwd"]), {}, trusted=False)
    site = find_own_site(settings)
    queue = await asyncio.to_thread(open_queue, site)
    try:
        strays = await asyncio.to_thread(find_strays)
        taken = [stray for stray in strays if await _take_up(queue, *stray)]
        has_work = not await asyncio.to_thread(queue.table.is_idle)
    finally:
        await queue.close()
    if has_work:
        ensure_worker(site)
    for job, _ in taken:
        print(clean(job.run), flush=True)
    if not given["quiet"]:
        waiting = sum(wake > time.time() for stray, wake in strays if (stray, wake) not in taken)
        queued = len(strays) - len(taken) - waiting
        print(clean(_tell_taken(len(taken), queued, waiting)), file=sys.stderr, flush=True)
    return 0


def _tell_taken(taken: int, queued: int, waiting: int) -> str:
    """How many runs go on, by this command or because they were in the queue, now or at their time, as one line."""
    parts = [f"{taken} taken up"] if taken else []
    if queued:
        parts.append(
            f"{queued} in the queue already: a worker goes on with {'it' if queued == 1 else 'them'}"
        )
    if waiting:
        parts.append(f"{waiting} {'waits for its' if waiting == 1 else 'wait for their'} time")
    return ", ".join(parts) or "no run has to be taken up"


async def _take_up(queue: DurableQueue, job: Job, wake: float) -> bool:
    """Queue a run unless it is queued; whether it was not."""
    state = await queue.find(job.run)
    if state is not None and state.is_active:
        return False
    await queue.submit(job, wake)
    return True
