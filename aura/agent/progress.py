"""Is it getting anywhere? News and staleness, weighed step by step; pure rules over the newest calls.

`aura.agent.patterns` names what repeats, `aura.agent.ladder` decides what is said of it. Here each step without news
adds points, a step with news sets them to zero. News is a call that succeeded and that was not made before with the
same result while the edited files stood as they stand now; what a compaction took out of the context may be looked up
once more. Without news are:

- a repeated step: every call in it was made before with the same result, in the same state of the files (10 points);
- a waiting step: the same, but of calls that may rightly repeat, a job that runs or a command that sleeps (7 points,
  or 2 when time truly passed meanwhile);
- a failed step: calls not made before, all failed or refused (7 points, or 3 for commands that ran and ended badly:
  their output is worth something).
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import reduce
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
class Step:
    """The calls of one step; `news` are those that were not made before with this result in this state of the files.

    `keys` holds each call once, `period` is after how many steps it all repeats (0: it does not).
    """

    attempts: tuple[Attempt, ...]
    keys: frozenset[tuple[Key, int]]
    news: tuple[Attempt, ...]
    period: int = 0

    @property
    def is_fresh(self) -> bool:
        """Whether something new came of it: one new call that worked."""
        return any(not attempt.failed for attempt in self.news)

    @property
    def waits(self) -> bool:
        """Whether a call in it waits for something, so that it may rightly repeat."""
        return any(attempt.waiting for attempt in self.attempts)


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
        return self.is_spent(STOP_AT // REPEATED + 1)

    @property
    def calls_for_nudge(self) -> bool:
        """Whether the model should be told, which is once on the way to the end."""
        return self.points >= NUDGE_AT > self.points - self.added

    def is_spent(self, calls: int) -> bool:
        """Whether the turn has to end when it ends after so many equal calls in a row."""
        return self.points * STOP_AT >= SOONER.get(self.period, STOP_AT) * (calls - 1) * REPEATED

    def is_odd(self, calls: int) -> bool:
        """Whether it went so far that the model should have been told, measured in the same way."""
        return self.points * STOP_AT >= NUDGE_AT * (calls - 1) * REPEATED

    @property
    def sentence(self) -> str:
        """What is wrong, for people and for the model."""
        names = ", ".join(dict.fromkeys(self.calls))
        if not self.period:
            return f"one call after the other failed ({names})"
        if self.period > 1:
            return f"the same {self.period} steps ({names}) repeat with the same results"
        return f"the same call ({names}) repeats with the same result"


def read_steps(recent: Sequence[Attempt]) -> list[Step]:
    """The newest calls step by step, with what was new in each; `recent` is in order."""
    seen: dict[Key, int] = {}
    eras: dict[Key, set[int]] = {}
    steps = []
    for index, (_, group) in enumerate(groupby(recent, key=lambda attempt: attempt.step)):
        attempts = tuple(group)
        keys = [attempt.key for attempt in attempts]
        news = tuple(
            one for one, key in zip(attempts, keys, strict=True) if _is_news(one, eras.get(key, set()))
        )
        period = 0 if news else index - min(seen[key] for key in keys)
        marked = frozenset((key, one.era) for key, one in zip(keys, attempts, strict=True))
        steps.append(Step(attempts, marked, news, period))
        seen.update(dict.fromkeys(keys, index))
        for key, attempt in zip(keys, attempts, strict=True):
            eras.setdefault(key, set()).add(attempt.era)
    return steps


def measure(recent: Sequence[Attempt]) -> Staleness:
    """How stale the newest steps are; `recent` is in order."""
    return reduce(weigh, read_steps(recent), Staleness())


def weigh(stale: Staleness, step: Step) -> Staleness:
    """How stale it is after one step more."""
    if step.is_fresh:
        return Staleness()
    added = _weigh_failures(step.news) if step.news else _weigh_repetition(step.attempts)
    calls = (*stale.calls, *(attempt.name for attempt in step.attempts))[-6:]
    return Staleness(stale.points + added, added, step.period, calls)


def _is_news(attempt: Attempt, eras: AbstractSet[int]) -> bool:
    """Whether a call was not made in this era before, nor in two earlier ones; `eras` are those it was made in."""
    return attempt.era not in eras and len(eras) < LOOK_UPS


def _weigh_failures(news: Sequence[Attempt]) -> int:
    return RAN if all(attempt.ran for attempt in news) else FAILED


def _weigh_repetition(attempts: Sequence[Attempt]) -> int:
    if not all(attempt.waiting for attempt in attempts):
        return REPEATED
    return PATIENT if max(attempt.seconds for attempt in attempts) >= PATIENCE else WAITING
