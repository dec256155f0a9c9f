"""Is it getting anywhere? Pure rules over the newest calls of a turn.

A step is *stale* when every call in it was made before in this turn, returned the same, and found the edited files as
they were then: nothing was learned and nothing was changed. Waiting (a job that still runs, a command that sleeps)
may rightly repeat and weighs a third.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from aura.core.attempts import Attempt

STOP_AFTER = 7.0
NUDGE_AFTER = 4.0
PERIODS = {5: 6.0, 6: 5.0}
WAITING = 1 / 3


@dataclass(frozen=True, slots=True)
class Staleness:
    """How long nothing new came: the weighted number of stale steps in a row, and the period they repeat with."""

    weight: float = 0.0
    period: int = 0
    calls: tuple[str, ...] = ()

    @property
    def must_stop(self) -> bool:
        """Whether the turn has to end: a cycle of up to six steps is found within twelve."""
        return self.weight >= PERIODS.get(self.period, STOP_AFTER)

    @property
    def calls_for_nudge(self) -> bool:
        """Whether the model should be told, once."""
        return NUDGE_AFTER <= self.weight < NUDGE_AFTER + 1

    @property
    def sentence(self) -> str:
        """What is wrong, for people and for the model."""
        names = ", ".join(dict.fromkeys(self.calls))
        if self.period > 1:
            return f"the same {self.period} steps ({names}) repeat with the same results"
        return f"the same call ({names}) repeats with the same result"


def measure(recent: Sequence[Attempt]) -> Staleness:
    """How stale the newest steps are; `recent` is in order and belongs to one turn."""
    seen: dict[tuple[str, str, str], int] = {}
    weight, period = 0.0, 0
    calls: list[str] = []
    for index, (_, group) in enumerate(groupby(recent, key=lambda attempt: attempt.step)):
        attempts = list(group)
        keys = [(attempt.call, attempt.result, attempt.world) for attempt in attempts]
        if all(key in seen for key in keys):
            weight += WAITING if all(attempt.waiting for attempt in attempts) else 1.0
            period = index - max(seen[key] for key in keys)
            calls.extend(attempt.name for attempt in attempts)
        else:
            weight, period, calls = 0.0, 0, []
        seen.update(dict.fromkeys(keys, index))
    return Staleness(weight, period, tuple(calls[-6:]))
