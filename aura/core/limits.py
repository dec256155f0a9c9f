"""Limits, spend and stop reasons: what may be used, what was used, and why things ended."""

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from operator import add, attrgetter, sub

from aura.core.durations import tell_duration


class StopReason(StrEnum):
    """Why a turn or a run ended; `ENDINGS` maps each to an exit code and a sentence."""

    DONE = "done"
    END_TURN = "end_turn"
    NOT_VERIFIED = "not_verified"
    BLOCKED = "blocked"
    NEEDS_INPUT = "needs_input"
    MAX_STEPS = "max_steps"
    MAX_TURNS = "max_turns"
    MAX_TOKENS = "max_tokens"
    MAX_COST = "max_cost"
    MAX_TIME = "max_time"
    STALLED = "stalled"
    DENIED = "denied"
    PROVIDER = "provider"
    CONFIG = "config"
    ERROR = "error"
    CANCELLED = "cancelled"


OF_A_TURN = ("steps", "time of this turn")  # the limits that begin anew with each turn
PROCESS_ENDED = "the process ended while the turn ran"  # the detail of a stop that nobody wished


@dataclass(frozen=True, slots=True)
class Ending:
    """What a stop reason means outside: the exit code of a headless run and a sentence for people."""

    exit_code: int
    sentence: str


ENDINGS: dict[StopReason, Ending] = {
    StopReason.DONE: Ending(0, "The work is done."),
    StopReason.END_TURN: Ending(0, "The model finished its answer."),
    StopReason.NOT_VERIFIED: Ending(3, "The model says it is done, but the checks do not agree."),
    StopReason.BLOCKED: Ending(4, "Only blocked work is left."),
    StopReason.NEEDS_INPUT: Ending(4, "A person has to answer before the work can go on."),
    StopReason.MAX_STEPS: Ending(5, "The limit of steps is reached."),
    StopReason.MAX_TURNS: Ending(5, "The limit of turns is reached."),
    StopReason.MAX_TOKENS: Ending(5, "The token budget is spent."),
    StopReason.MAX_COST: Ending(5, "The cost limit is reached."),
    StopReason.MAX_TIME: Ending(5, "The time limit is reached."),
    StopReason.STALLED: Ending(6, "The work got nowhere, so it was stopped."),
    StopReason.DENIED: Ending(7, "What was needed is not permitted."),
    StopReason.PROVIDER: Ending(75, "The model's provider failed; try again later."),
    StopReason.CONFIG: Ending(2, "A setting is wrong."),
    StopReason.ERROR: Ending(1, "An error ended the run."),
    StopReason.CANCELLED: Ending(130, "Cancelled."),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be spent; 0 switches a limit off.

    `steps` counts model calls per turn, `turn_seconds` the time of one turn; all others count over the whole window
    (a run, or the session since the limits were last set), `calls` the model calls in it. `cost` is in USD.
    `nudges` is how often in a row the model may be asked to go on without progress (0: never).
    """

    steps: int = 50
    turns: int = 0
    tokens: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    seconds: float = 0.0
    turn_seconds: float = 0.0
    nudges: int = 3
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Spend:
    """What was spent; `cost` sums the known prices in USD, `unpriced` counts the calls whose price is unknown.

    `seconds` is active time: turns that ran, not the waiting between them.
    """

    steps: int = 0
    turns: int = 0
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cost: float = 0.0
    unpriced: int = 0
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """Input and output tokens together."""
        return self.input + self.output

    def __add__(self, other: "Spend") -> "Spend":
        return Spend(*map(add, _all_of(self), _all_of(other)))

    def __sub__(self, other: "Spend") -> "Spend":
        return Spend(*map(sub, _all_of(self), _all_of(other)))


def name_cost(cost: float) -> str:
    """An amount of USD as people are told it everywhere: `$1.84`, `$0.00`, and `<$0.01` for what would round to it."""
    return "<$0.01" if 0 < cost < 0.005 else f"${cost:.2f}"


def tell_amount(name: str, amount: float) -> str:
    """What was used of the limit of that name, or may be, as people are told it: `$0.55`, `1h30m`, `1200000`."""
    if name == "cost":
        return f"${amount:.2f}" if amount >= 0.005 or not amount else f"${amount:.4f}"
    if not name.startswith("time"):
        return f"{amount:.0f}"
    return tell_duration(amount, tenths=False)


_all_of = attrgetter(*(one.name for one in fields(Spend)))


@dataclass(frozen=True, slots=True)
class Standing:
    """One limit and where it stands: its name, what was used, what may be used, and the reason it stops with."""

    name: str
    used: float
    limit: float
    reason: StopReason

    @property
    def is_reached(self) -> bool:
        """Whether nothing is left."""
        return self.used >= self.limit

    @property
    def share(self) -> float:
        """The used part of the limit, 0.0 to 1.0 and beyond."""
        return self.used / self.limit

    @property
    def words(self) -> str:
        """Its name and how much of it is used: `cost: $0.55 of $0.50`."""
        return f"{self.name}: {tell_amount(self.name, self.used)} of {tell_amount(self.name, self.limit)}"


def standings(limits: Limits, window: Spend, *, steps: int, turn_seconds: float) -> tuple[Standing, ...]:
    """Where each limit that is switched on stands.

    `window` is what was spent since the limits were set, `steps` and `turn_seconds` belong to the current turn.
    """
    every = (
        Standing("steps", steps, limits.steps, StopReason.MAX_STEPS),
        Standing("model calls", window.steps, limits.calls, StopReason.MAX_STEPS),
        Standing("turns", window.turns, limits.turns, StopReason.MAX_TURNS),
        Standing("tokens", window.tokens, limits.tokens, StopReason.MAX_TOKENS),
        Standing("tokens in", window.input, limits.tokens_in, StopReason.MAX_TOKENS),
        Standing("tokens out", window.output, limits.tokens_out, StopReason.MAX_TOKENS),
        Standing("cost", window.cost, limits.cost, StopReason.MAX_COST),
        Standing("time", window.seconds, limits.seconds, StopReason.MAX_TIME),
        Standing("time of this turn", turn_seconds, limits.turn_seconds, StopReason.MAX_TIME),
    )
    return tuple(standing for standing in every if standing.limit > 0)


def find_exhausted(limits: Limits, window: Spend, *, steps: int, turn_seconds: float) -> Standing | None:
    """The first limit inside a turn that is reached, or None; `turns` is the driver's to check."""
    for standing in standings(limits, window, steps=steps, turn_seconds=turn_seconds):
        if standing.is_reached and standing.reason is not StopReason.MAX_TURNS:
            return standing
    return None


def grant(limits: Limits, **more: float) -> Limits:
    """The limits raised by what is named (`cost=5`); a limit that is off stays off."""
    raised = {
        name: getattr(limits, name) + extra for name, extra in more.items() if getattr(limits, name) > 0
    }
    return replace(limits, **raised)
