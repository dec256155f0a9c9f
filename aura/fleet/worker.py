"""A worker: takes runs from this machine's queue and works on them, segment by segment."""

import asyncio
import contextlib
import logging
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aura.app.segments import SegmentEnd
from aura.core.clock import Clock, SystemClock
from aura.core.durations import tell_duration
from aura.core.run import Phase
from aura.core.text import shorten
from aura.fleet.durable import explain, open_queue
from aura.fleet.queue import Job, Segment, unpack
from aura.fleet.segments import SEGMENT_SECONDS, work
from aura.fleet.site import Site
from aura.fleet.starting import Presence
from aura.fleet.strays import Waits
from aura.fleet.table import APPLICATION, VERSION, WORKFLOW, JobTable

SWEEP_SECONDS = 5.0
PRUNE_SECONDS = 3600.0
POLL_SECONDS = 1.0
LEAVING_SECONDS = 20.0  # for segments that are left
LONGEST_SAID = 300


@dataclass(frozen=True, slots=True)
class Habits:
    """How a worker works: how many runs at once, and the seconds of a segment, between two sweeps, until an idle worker
    ends (0: never), between two looks at its queue.
    """

    concurrency: int = 8
    segment_seconds: float = SEGMENT_SECONDS
    sweep_seconds: float = SWEEP_SECONDS
    idle_seconds: float = 0.0
    poll_seconds: float = POLL_SECONDS


class _Complaints(logging.Handler):
    """What DBOS complains of, as lines of the worker."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = say

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(f"queue: {shorten(record.getMessage(), LONGEST_SAID)}")


class Worker:
    """Works on the runs of a site until it is told to leave; there can be one in a process.

    `say` takes one line for each thing that happens; `presence` shows on this machine that the worker is here.
    """

    def __init__(
        self,
        site: Site,
        segment: Segment,
        habits: Habits,
        say: Callable[[str], None],
        presence: Presence | None = None,
    ) -> None:
        self.name = f"{site.host}-{os.getpid()}-{secrets.token_hex(4)}"
        self._site = site
        self._segment = segment
        self._habits = habits
        self._say = say
        self._presence = presence
        self._clock: Clock = SystemClock()
        self._left = asyncio.Event()
        self._working: dict[str, asyncio.Task[tuple[SegmentEnd, int]]] = {}
        self._table: JobTable | None = None

    def leave(self) -> None:
        """Take nothing more and leave what is worked on to the next worker, which may come from now on."""
        self._left.set()
        if self._presence is not None:
            self._presence.release()

    async def run(self) -> None:
        """Work until `leave` is called, or nothing was to do for long enough.

        Raises `AuraError` when the database does not work at the start. What was left is queued again; tasks of DBOS
        may still hang, so the process should end at once.
        """
        table = self._table = (await asyncio.to_thread(open_queue, self._site)).table
        try:
            await asyncio.to_thread(table.liveness.hold, self.name)
            await self._launch()
        except Exception as error:
            raise explain(error, self._site) from error
        self._say(f"worker {self.name} takes {self._habits.concurrency} at once from {self._site.shown}")
        try:
            await self._watch(table)
        finally:
            await self._withdraw(table)

    # --- what DBOS runs ---

    async def _launch(self) -> None:
        """Start DBOS in this process; what it runs is run by this event loop."""
        from dbos import DBOS, DBOSPortableJSONSerializer

        logging.getLogger("dbos").addHandler(_Complaints(self._say))
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_url": self._site.database,
                "executor_id": self.name,
                "application_version": VERSION,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "WARNING",
                "run_migrations": False,  # done when the queue was opened
            }
        )

        @DBOS.step(name="segment")
        async def segment(data: dict[str, Any], failures: int) -> dict[str, Any]:
            return await self._work(unpack(data), failures)

        @DBOS.step(name="park")
        async def park(data: dict[str, Any], number: int, end: dict[str, Any]) -> None:
            await self._park(unpack(data), number, end)

        @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)
        async def pursue(data: dict[str, Any], number: int, failures: int) -> dict[str, Any]:
            while True:
                end = await segment(data, failures)
                failures = end["failures"]
                if end["phase"] == Phase.WAITING:
                    await park(data, number + 1, end)
                if end["phase"] not in (Phase.RUNNING, Phase.QUEUED):
                    return end

        DBOS.listen_queues([self._site.queue])
        DBOS.launch()
        await DBOS.register_queue_async(
            self._site.queue,
            worker_concurrency=self._habits.concurrency,
            polling_interval_sec=self._habits.poll_seconds,
            on_conflict="always_update",
        )

    async def _work(self, job: Job, failures: int) -> dict[str, Any]:
        """One segment; when the worker leaves, it never returns, so that nothing of it is recorded."""
        if self._left.is_set():
            await asyncio.Event().wait()
        self._say(f"{job.run} is worked on" if not failures else f"{job.run} is tried again")
        task = asyncio.create_task(
            work(self._segment, job, self._habits.segment_seconds, failures, self._clock)
        )
        self._working[job.run] = task
        try:
            await asyncio.wait([task])
        finally:
            if self._working.get(job.run) is task:
                del self._working[job.run]
        if task.cancelled() or self._left.is_set():
            await asyncio.Event().wait()
        end, failures = task.result()
        self._say(_tell(job, end, self._clock.now()))
        return {"phase": end.phase.value, "wake": end.wake, "detail": end.detail, "failures": failures}

    async def _park(self, job: Job, number: int, end: dict[str, Any]) -> None:
        """Queue the next job of a run that waits; a database that is away is waited for, else the run would be lost."""
        assert self._table is not None
        while True:
            try:
                return await asyncio.to_thread(
                    self._table.park, job, number, end["wake"], end["failures"], end["detail"]
                )
            except Exception as error:  # noqa: BLE001 - whatever it is, nobody else can do this
                self._say(f"trouble: {explain(error, self._site).sentence}")
                await self._clock.sleep(self._habits.sweep_seconds)

    # --- what the worker does beside ---

    async def _watch(self, table: JobTable) -> None:
        """Sweep, prune, show that it is alive, and notice when there is nothing to do for long."""
        pruned, busy, waits = 0.0, self._clock.monotonic(), Waits(table, self._say)
        while not self._left.is_set():
            try:
                await asyncio.to_thread(table.liveness.hold, self.name)
                for run in await asyncio.to_thread(table.sweep):
                    self._say(f"{run} is taken over from a worker that is gone")
                await asyncio.to_thread(waits.look, self._clock.now())
                if self._clock.monotonic() - pruned > PRUNE_SECONDS or not pruned:
                    pruned = self._clock.monotonic()
                    await asyncio.to_thread(table.prune)
                if self._habits.idle_seconds and not await asyncio.to_thread(table.is_idle):
                    busy = self._clock.monotonic()
            except Exception as error:  # noqa: BLE001 - a database that is away comes back
                self._say(f"trouble: {explain(error, self._site).sentence}")
                busy = self._clock.monotonic()
            idle = self._clock.monotonic() - busy
            if self._habits.idle_seconds and idle >= self._habits.idle_seconds and await self._may_end(table):
                self._say(f"worker {self.name} ends: nothing to do")
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._habits.sweep_seconds):
                    await self._left.wait()

    async def _may_end(self, table: JobTable) -> bool:
        """Whether nobody handed anything over while the worker made up its mind.

        Who hands something over does so first and looks for a worker then, so one of the two sees the other.
        """
        if self._presence is not None:
            self._presence.release()
        try:
            if await asyncio.to_thread(table.is_idle):
                return True
        except Exception as error:  # noqa: BLE001 - as long as it cannot be asked, it stays
            self._say(f"trouble: {explain(error, self._site).sentence}")
        if self._presence is not None:
            self._presence.hold()
        return False

    async def _withdraw(self, table: JobTable) -> None:
        """Leave the segments, stop DBOS, and queue again what this worker had."""
        from dbos import DBOS

        self._left.set()
        leaving = list(self._working.values())
        if leaving:
            self._say(f"worker {self.name} leaves {len(leaving)} to the next one")
        for task in leaving:
            task.cancel()
        if leaving:
            await asyncio.wait(leaving, timeout=LEAVING_SECONDS)
        try:
            DBOS.destroy()  # here and now: the threads of this loop are those of DBOS, and end with it
            table.hand_back(self.name)
            table.liveness.release()
        except Exception as error:  # noqa: BLE001 - the next sweep finds what could not be handed back
            self._say(f"trouble: {explain(error, self._site).sentence}")
        self._say(f"worker {self.name} is gone")


def _tell(job: Job, end: SegmentEnd, now: float) -> str:
    detail = f": {shorten(end.detail, LONGEST_SAID)}" if end.detail else ""
    if end.phase is Phase.WAITING:
        return f"{job.run} waits for {tell_duration(end.wake - now)}{detail}"
    if end.phase in (Phase.RUNNING, Phase.QUEUED):
        return f"{job.run} goes on"
    return f"{job.run} rests: {end.phase.word}{detail}"
