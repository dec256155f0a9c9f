"""A queue of runs in this process: for tests, and for programs that want no database; it ends with the process."""

import asyncio
import contextlib
from dataclasses import dataclass, replace

from aura.core.clock import Clock, SystemClock
from aura.core.errors import AuraError
from aura.core.run import Phase
from aura.fleet.queue import Job, JobState, Segment
from aura.fleet.segments import SEGMENT_SECONDS, work

HERE = "this process"


@dataclass
class _Entry:
    job: Job
    state: JobState
    stirred: asyncio.Event
    task: "asyncio.Task[None] | None" = None


class MemoryQueue:
    """A `RunQueue` that works on its jobs itself, `concurrency` at once; see `RunQueue` for the calls."""

    def __init__(self, segment: Segment, *, concurrency: int = 8, clock: Clock | None = None) -> None:
        self._segment = segment
        self._clock = clock or SystemClock()
        self._slots = asyncio.Semaphore(concurrency)
        self._entries: dict[str, _Entry] = {}

    async def submit(self, job: Job, wake: float = 0.0) -> JobState:
        """See `RunQueue.submit`."""
        old = self._entries.get(job.run)
        if old is not None and old.state.is_active:
            return old.state
        number = old.state.number + 1 if old is not None else 1
        is_early = wake > self._clock.now()
        state = JobState(
            job.run, "waiting" if is_early else "queued", wake=wake if is_early else 0.0, number=number
        )
        entry = _Entry(job, state, asyncio.Event())
        self._entries.pop(job.run, None)
        self._entries[job.run] = entry
        entry.task = asyncio.create_task(self._pursue(entry))
        return state

    async def find(self, run: str) -> JobState | None:
        """See `RunQueue.find`."""
        entry = self._entries.get(run)
        return entry.state if entry is not None else None

    async def jobs(self) -> tuple[JobState, ...]:
        """See `RunQueue.jobs`."""
        return tuple(entry.state for entry in self._entries.values())

    async def cancel(self, run: str) -> bool:
        """See `RunQueue.cancel`."""
        entry = self._entries.get(run)
        if entry is None or entry.state.state not in ("queued", "waiting") or entry.task is None:
            return False
        entry.task.cancel()
        entry.state = replace(entry.state, state="ended", wake=0.0, detail="cancelled")
        return True

    async def resume(self, run: str) -> JobState:
        """See `RunQueue.resume`."""
        entry = self._entries.get(run)
        if entry is None:
            raise AuraError(f"The queue knows no run {run}.")
        return await self.submit(entry.job)

    async def signal(self, run: str) -> bool:
        """See `RunQueue.signal`."""
        entry = self._entries.get(run)
        if entry is None or entry.state.state != "waiting":
            return False
        entry.stirred.set()
        return True

    async def sweep(self) -> tuple[str, ...]:
        """Nothing: its jobs die with it."""
        return ()

    async def close(self) -> None:
        """Leave all jobs; with this process ends what it knew of them."""
        tasks = [entry.task for entry in self._entries.values() if entry.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _pursue(self, entry: _Entry) -> None:
        failures = 0
        while True:
            if entry.state.state == "waiting":
                await self._rest(entry)
            async with self._slots:
                entry.state = replace(entry.state, state="running", worker=HERE, wake=0.0, detail="")
                end, failures = await work(self._segment, entry.job, SEGMENT_SECONDS, failures, self._clock)
                while end.phase in (Phase.RUNNING, Phase.QUEUED):
                    end, failures = await work(
                        self._segment, entry.job, SEGMENT_SECONDS, failures, self._clock
                    )
            if end.phase is not Phase.WAITING:
                entry.state = replace(
                    entry.state, state="ended", worker="", detail=end.detail or end.phase.value
                )
                return
            number = entry.state.number + 1
            entry.state = JobState(entry.job.run, "waiting", wake=end.wake, detail=end.detail, number=number)

    async def _rest(self, entry: _Entry) -> None:
        """Wait until it is to wake, or is signalled."""
        seconds = max(0.0, entry.state.wake - self._clock.now())
        waits = [
            asyncio.ensure_future(self._clock.sleep(seconds)),
            asyncio.ensure_future(entry.stirred.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await wait
        entry.stirred.clear()
