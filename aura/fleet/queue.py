"""What a queue of runs knows and does; the session's log owns everything that a run says and costs.

A queue knows four things of a run: that it is to be worked on, who works on it, when it wakes, what it waits for. A
*job* is one run that was handed to it, a *segment* one stretch of work on it by a worker.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

from aura.app.segments import SegmentEnd

Standing = Literal["queued", "waiting", "running", "ended"]


SET_BY_JOB = (
    "models.window",
    "sandbox.mode",
)  # settings that no session keeps, so that its engines are told them


@dataclass(frozen=True, slots=True)
class Job:
    """One run as it is handed to a queue, plain enough for JSON.

    `run` is the id of its session, `sessions` the folder of the logs (empty: the user's). `flags` are settings that
    the session itself does not keep, by dotted name.
    """

    run: str
    workspace: str
    sessions: str = ""
    flags: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobState:
    """Where a job stands: `worker` has it (empty: nobody), `wake` is the Unix time in seconds before which it rests.

    `number` counts how often the run was handed over, `detail` says what it waits for or how it ended; `host` is the
    machine it belongs to.
    """

    run: str
    state: Standing
    worker: str = ""
    wake: float = 0.0
    detail: str = ""
    number: int = 1
    host: str = ""

    @property
    def is_active(self) -> bool:
        """Whether it is worked on by itself, now or later."""
        return self.state != "ended"


Segment = Callable[[Job, float], Awaitable[SegmentEnd]]
"""Works on a run for so many seconds at most, under the lease of its session; may be repeated, raises `AuraError`."""


class RunQueue(Protocol):
    """Hands runs to workers; one run is never handed over twice at once."""

    async def submit(self, job: Job, wake: float = 0.0) -> JobState:
        """Have the run worked on, from `wake` on (Unix time in seconds; 0: now).

        One that is queued, waits or runs already is left as it is.
        """
        ...

    async def find(self, run: str) -> JobState | None:
        """Where the newest job of a run stands; None when the queue knows nothing of it."""
        ...

    async def jobs(self) -> tuple[JobState, ...]:
        """The newest job of each run, oldest first."""
        ...

    async def cancel(self, run: str) -> bool:
        """Drop the job if nobody works on it; False when somebody does, or there is none: ask the session then."""
        ...

    async def resume(self, run: str) -> JobState:
        """Hand a run over again whose job ended; raises `AuraError` when the queue knows nothing of it."""
        ...

    async def signal(self, run: str) -> bool:
        """Wake a run that waits, because something happened to it; False when it does not wait."""
        ...

    async def sweep(self) -> tuple[str, ...]:
        """Give back what dead workers had; the runs that are queued again."""
        ...

    async def close(self) -> None:
        """Let go of what the queue holds open; jobs are not touched."""
        ...


def pack(job: Job) -> dict[str, Any]:
    """The job as JSON values."""
    return asdict(job)


def unpack(data: Mapping[str, Any]) -> Job:
    """The job of JSON values; names that this version does not know are set aside."""
    return Job(**{name: data[name] for name in Job.__dataclass_fields__ if name in data})
