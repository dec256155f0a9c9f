"""A run: a goal pursued over turns, and where it stands.

A run is told by three kinds of events in the log of its session: `RunStarted`, what people order (`RunOrdered`), and
`Checkpointed`, written after every turn and before every wait. Folded, they are all that is needed to go on.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from aura.core.limits import Spend, StopReason

WEEK = 7 * 86_400.0
DAY = 86_400.0
Order = Literal["", "pause", "resume", "cancel"]
PAUSED, GIVEN_UP = "paused by a person", "given up by a person"
AFTER_OUTAGE = "[aura] The provider had failed; this is the next try. Go on where you were. "


class Phase(StrEnum):
    """Where a run stands: the first three go on by themselves, the others are endings that are kept apart."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    LIMIT = "limit"
    NEEDS_INPUT = "needs_input"
    BLOCKED = "blocked"
    STALLED = "stalled"
    NOT_VERIFIED = "not_verified"
    FAILED = "failed"
    DONE = "done"
    CANCELLED = "cancelled"

    @property
    def word(self) -> str:
        """For people: `needs input`."""
        return self.value.replace("_", " ")

    @property
    def is_active(self) -> bool:
        """Whether the run goes on by itself."""
        return self in (Phase.QUEUED, Phase.RUNNING, Phase.WAITING)

    @property
    def is_final(self) -> bool:
        """Whether only a new goal can follow."""
        return self in (Phase.DONE, Phase.CANCELLED)


PHASES: dict[StopReason, Phase] = {
    StopReason.DONE: Phase.DONE,
    StopReason.END_TURN: Phase.DONE,
    StopReason.NOT_VERIFIED: Phase.NOT_VERIFIED,
    StopReason.BLOCKED: Phase.BLOCKED,
    StopReason.NEEDS_INPUT: Phase.NEEDS_INPUT,
    StopReason.MAX_STEPS: Phase.LIMIT,
    StopReason.MAX_TURNS: Phase.LIMIT,
    StopReason.MAX_TOKENS: Phase.LIMIT,
    StopReason.MAX_COST: Phase.LIMIT,
    StopReason.MAX_TIME: Phase.LIMIT,
    StopReason.STALLED: Phase.STALLED,
    StopReason.DENIED: Phase.BLOCKED,
    StopReason.PROVIDER: Phase.FAILED,
    StopReason.CONFIG: Phase.FAILED,
    StopReason.ERROR: Phase.FAILED,
    StopReason.CANCELLED: Phase.CANCELLED,
}

STATES = ("working", "waiting", "blocked", "needs_input")


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for one run beside the limits of its session.

    `lifetime` is how many seconds it may exist, waits included (0: for ever), `outage` for how long its provider may
    fail in a row before it counts as failed. `states` are those the model may report of itself. `ask` says what
    becomes of questions while nobody watches: `away` keeps them open and goes on, `nobody` has them answered with that.
    """

    lifetime: float = WEEK
    outage: float = DAY
    states: tuple[str, ...] = STATES
    ask: Literal["away", "nobody"] = "away"


@dataclass(frozen=True, slots=True)
class Since:
    """What stood when a run began.

    `begun` is Unix time in seconds, `before` what the session had spent, `turn` the number of its last turn;
    `failing` is since when the provider fails in a row (0: it does not).
    """

    begun: float = 0.0
    before: Spend = Spend()
    turn: int = 0
    failing: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """Where a run stands, folded from its events; `name` is empty when the session has none.

    `taken` is the number of the last turn that was taken into account. `prompt` begins the next turn (empty: it is
    built from what is left), said by `prompt_by`; `wake` is the Unix time in seconds of the next turn (0: now).
    `failures` counts turns in a row that the provider ended. `order` is what a person wants and was not carried out
    yet, `warned` names the limits that were warned of. `state` and `state_detail` are what the model reported last.
    """

    name: str = ""
    goal: str = ""
    phase: Phase = Phase.QUEUED
    reason: StopReason | None = None
    detail: str = ""
    prompt: str = ""
    prompt_by: str = ""
    wake: float = 0.0
    taken: int = 0
    failures: int = 0
    order: Order = ""
    state: str = ""
    state_detail: str = ""
    since: Since = Since()
    terms: Terms = Terms()
