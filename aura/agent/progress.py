"""Is it getting anywhere? Pure rules over the newest calls of a turn.

Each step without news adds points, a step with news sets them to zero. News is a call that succeeded and that was not
made before in this turn with the same result while the edited files stood as they stand now; what a compaction took
out of the context may be looked up once more. Without news are:

- a repeated step: every call in it was made before with the same result, in the same state of the files (10 points);
- a waiting step: the same, but of calls that may rightly repeat, a job that runs or a command that sleeps (7 points,
  or 2 when time truly passed meanwhile);
- a failed step: calls not made before, all failed or refused (7 points, or 3 for commands that ran and ended badly:
  their output is worth something).
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import groupby

from aura.core.attempts import Attempt

REPEATED, WAITING, PATIENT, FAILED, RAN = 10, 7, 2, 7, 3
STOP_AT = 70
NUDGE_AT = 40
SOONER = {5: 60, 6: 50}
PATIENCE = 5.0
LOOK_UPS = 2

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Staleness:
    """How long nothing new came: points, how many of them the newest step added, and the calls behind them.

    `period` is after how many steps the newest one repeats (0: it does not, its calls just fail).
    """

    points: int = 0
    added: int = 0
    period: int = 0
    calls: tuple[str, ...] = ()

    @property
    def must_stop(self) -> bool:
        """Whether the turn has to end: a cycle of up to six steps is found within twelve."""
        return self.points >= SOONER.get(self.period, STOP_AT)

    @property
    def calls_for_nudge(self) -> bool:
        """Whether the model should be told, which is once on the way to the end."""
        return self.points >= NUDGE_AT > self.points - self.added

    @property
    def sentence(self) -> str:
        """What is wrong, for people and for the model."""
        names = ", ".join(dict.fromkeys(self.calls))
        if not self.period:
            return f"one call after the other failed ({names})"
        if self.period > 1:
            return f"the same {self.period} steps ({names}) repeat with the same results"
        return f"the same call ({names}) repeats with the same result"


def measure(recent: Sequence[Attempt]) -> Staleness:
    """How stale the newest steps are; `recent` is in order and belongs to one turn."""
    seen: dict[Key, int] = {}
    eras: dict[Key, set[int]] = {}
    stale = Staleness()
    for index, (_, group) in enumerate(groupby(recent, key=lambda attempt: attempt.step)):
        attempts = list(group)
        keys = [_key(attempt) for attempt in attempts]
        news = [one for one, key in zip(attempts, keys, strict=True) if _is_news(one, eras.get(key, set()))]
        if any(not attempt.failed for attempt in news):
            stale = Staleness()
        else:
            added = _weigh_failures(news) if news else _weigh_repetition(attempts)
            period = 0 if news else index - min(seen[key] for key in keys)
            calls = (*stale.calls, *(attempt.name for attempt in attempts))[-6:]
            stale = Staleness(stale.points + added, added, period, calls)
        seen.update(dict.fromkeys(keys, index))
        for attempt, key in zip(attempts, keys, strict=True):
            eras.setdefault(key, set()).add(attempt.era)
    return stale


def _is_news(attempt: Attempt, eras: AbstractSet[int]) -> bool:
    """Whether a call was not made in this era before, nor in two earlier ones; `eras` are those it was made in."""
    return attempt.era not in eras and len(eras) < LOOK_UPS


def _key(attempt: Attempt) -> Key:
    return attempt.call, attempt.result, attempt.world


def _weigh_failures(news: Sequence[Attempt]) -> int:
    return RAN if all(attempt.ran for attempt in news) else FAILED


def _weigh_repetition(attempts: Sequence[Attempt]) -> int:
    if not all(attempt.waiting for attempt in attempts):
        return REPEATED
    return PATIENT if max(attempt.seconds for attempt in attempts) >= PATIENCE else WAITING
