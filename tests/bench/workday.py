"""A run of eight hours on a clock that only it knows: real session, real log, real tools, invented time.

The model takes its time, quotas run out and come back, the provider is gone for a while, limits are warned of, reached
and raised by a person.
"""

import asyncio
import gc
import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from aura.app.build import Opened, open_session
from aura.app.options import SessionOptions
from aura.app.pursuit import Pursuit, Wish
from aura.core.events import Checkpointed, LimitsSet, LimitWarned, Recorded, TurnStopped
from aura.core.limits import Limits, grant
from aura.core.messages import Message
from aura.core.permissions import Mode
from aura.core.run import Phase
from tests.bench.endless import CHECK, WINDOW, Endless, Trouble

SETTINGS = {"retry.attempts": 2, "auto.max_turns": 0, "auto.max_cost": 0.0, "auto.max_seconds": 0.0}
LOOKS = 64  # samples of the memory


class Invented:
    """A clock that moves when somebody sleeps, and then at once."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self._began = time.time()

    def now(self) -> float:
        """Unix time in seconds, as it would be."""
        return self._began + self.elapsed

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.elapsed += max(seconds, 0.001)
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class Plan:
    """A day: hours on the clock, seconds of it for a reply, steps of a turn, turns until the limit, what fails."""

    hours: float = 8.0
    pace: float = 3.0
    steps: int = 1
    turns: int = 500
    trouble: Trouble = Trouble(quota_every=600, reset=1200.0, outage_every=1040)
    window: int = WINDOW


@dataclass
class Workday:
    """How it went: hours on the clock, seconds in truth, what happened how often, what was held at each look.

    `rss` is in MB, `whole` counts the messages that have all their parts.
    """

    phase: str = ""
    hours: float = 0.0
    seconds: float = 0.0
    steps: int = 0
    messages: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    rss: list[float] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """Memory in the last quarter as a multiple of that in the second one, when all that is bounded is full."""
        quarter = len(self.rss) // 4
        second, last = self.rss[quarter : 2 * quarter], self.rss[-quarter:]
        return statistics.median(last) / statistics.median(second)


async def work(place: Path, plan: Plan = Plan()) -> Workday:
    """Run as planned; files are made below `place`."""
    clock, day = Invented(), Workday()
    (place / "work").mkdir(parents=True)
    model = Endless(plan.hours * 3600, plan.pace, plan.trouble, clock, plan.window)
    options = SessionOptions(
        place / "work",
        flags=SETTINGS,
        auto=True,
        mode=Mode.AUTO,
        checks=(CHECK,),
        unattended=True,
        model=model,
        trusted=False,
        sessions=place / "sessions",
    )
    opened = await open_session(options, clock)
    begun = time.perf_counter()
    try:
        await _pursue(opened, day, clock, plan)
    finally:
        await opened.close()
    turn = opened.session.turn
    day.phase, day.steps, day.messages = turn.run.phase.value, turn.spend.steps, len(turn.messages)
    day.hours, day.seconds = clock.elapsed / 3600, time.perf_counter() - begun
    day.counts |= {"turns": turn.number, "compactions": turn.counters.compactions}
    return day


async def _pursue(opened: Opened, day: Workday, clock: Invented, plan: Plan) -> None:
    """Drive the run to its end; whenever it rests at a limit, a person raises it."""
    session, counts = opened.session, Counter[str]()
    every = plan.hours * 3600 / LOOKS

    def watch(recorded: Recorded) -> None:
        match recorded.event:
            case Checkpointed(phase=Phase.WAITING):
                counts["waits"] += 1
            case LimitWarned():
                counts["warnings"] += 1
            case TurnStopped() if clock.elapsed > len(day.rss) * every:
                day.rss.append(read_rss())
                day.whole.append(count_whole())

    session.watchers.append(watch)
    pursuit = Pursuit(session)
    pursuit.begin(Wish("write all the parts", Limits(plan.steps, plan.turns)))
    while (await pursuit.drive()).phase is Phase.LIMIT:
        counts["grants"] += 1
        session.record(LimitsSet(grant(session.turn.limits, turns=plan.turns), fresh=False, by="human"))
        pursuit.take_up()
    day.counts.update(counts)


def read_rss() -> float:
    """What this process has in memory, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def count_whole() -> int:
    """The messages in memory that have their parts."""
    return sum(1 for one in gc.get_objects() if type(one) is Message and one.parts)


def main() -> None:
    """A day; what is measured goes to standard output as JSON."""
    with tempfile.TemporaryDirectory() as made:
        os.environ["AURA_HOME"] = f"{made}/home"
        day = asyncio.run(work(Path(made)))
    sys.stdout.write(json.dumps({**asdict(day), "growth": day.growth}) + "\n")


if __name__ == "__main__":
    main()
