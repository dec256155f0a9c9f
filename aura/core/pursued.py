"""Events of a run: it starts, people give orders, it says where it stands."""

from dataclasses import dataclass
from typing import Literal

from aura.core.limits import Spend, StopReason
from aura.core.run import Order, Phase, Terms


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A goal is to be pursued over turns; `begun` is Unix time in seconds, `wake` when to begin (0: at once)."""

    run: str
    goal: str
    begun: float
    terms: Terms = Terms()
    wake: float = 0.0
    by: str = ""
    type: Literal["run_started"] = "run_started"


@dataclass(frozen=True, slots=True)
class RunOrdered:
    """Somebody wants the run to pause, to go on (with `text` as its next prompt, if there is one) or to be given up."""

    order: Order
    by: str
    text: str = ""
    type: Literal["run_ordered"] = "run_ordered"


@dataclass(frozen=True, slots=True)
class LifetimeSet:
    """The run may exist for so many seconds in all, counted from when it began."""

    lifetime: float
    by: str = ""
    type: Literal["lifetime_set"] = "lifetime_set"


@dataclass(frozen=True, slots=True)
class Checkpointed:
    """Where the run stands after a turn, before a wait and at its end; `spend` is what it took so far.

    `taken` is the number of the last turn that this takes into account, `prompt` begins the next one, `failing` is the
    Unix time since when the provider fails in a row (0: it does not).
    """

    run: str
    phase: Phase
    spend: Spend
    taken: int
    prompt: str = ""
    prompt_by: str = ""
    wake: float = 0.0
    reason: StopReason | None = None
    detail: str = ""
    failures: int = 0
    failing: float = 0.0
    type: Literal["checkpointed"] = "checkpointed"


@dataclass(frozen=True, slots=True)
class StatusReported:
    """The model says how the run is: a state that is allowed, and a few words."""

    state: str
    detail: str = ""
    type: Literal["status_reported"] = "status_reported"


@dataclass(frozen=True, slots=True)
class LimitWarned:
    """Most of a limit is used: `used` of `limit`, in the unit of its `name`."""

    name: str
    used: float
    limit: float
    type: Literal["limit_warned"] = "limit_warned"
