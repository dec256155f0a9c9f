"""What a run took, in numbers: calls, tokens, cost, times and their spread, by model and by tool."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from aura.core import events as ev
from aura.core.text import shorten
from aura.runs.bills import Bill, Bills, document_bills
from aura.runs.courses import Breaks, Course, Times

VERSION = 1
GROWTH = 1.04  # of one bin of durations to the next: a quantile is told within 2 %
SHORTEST = 0.001  # seconds; what is shorter falls into the first bin
MOST = 300  # tools, injectors and the like that are told apart
OTHERS = "others"


class Spread:
    """Durations by size, in bins of fixed relative width, so that any number of them takes the same room."""

    def __init__(self) -> None:
        self.count = 0
        self.total = self.longest = 0.0
        self._bins: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        """One duration more; what is none does not count."""
        if not math.isfinite(seconds) or seconds < 0:
            return
        self.count += 1
        self.total += seconds
        self.longest = max(self.longest, seconds)
        self._bins[math.ceil(math.log(seconds / SHORTEST, GROWTH)) if seconds > SHORTEST else 0] += 1

    def find(self, share: float) -> float:
        """The duration that a share of all (0.0 to 1.0) does not exceed, within 2 %; 0.0 when there are none."""
        left = math.ceil(share * self.count)
        for place in sorted(self._bins):
            left -= self._bins[place]
            if left <= 0:
                return (
                    min(SHORTEST * GROWTH ** (place - 0.5), self.longest)
                    if place
                    else min(SHORTEST, self.longest)
                )
        return 0.0

    def tell(self) -> "Seconds":
        """The spread as a value."""
        return Seconds(self.count, self.total, self.find(0.5), self.find(0.95), self.longest)


@dataclass(frozen=True, slots=True)
class Seconds:
    """Durations in seconds: how many, their sum, the median, what 95 % do not exceed, the longest."""

    count: int = 0
    total: float = 0.0
    p50: float = 0.0
    p95: float = 0.0
    longest: float = 0.0


@dataclass(frozen=True, slots=True)
class ToolNumbers:
    """One tool: its calls by outcome (`ok`, `error`, `denied`, …) and how long those took that ran."""

    name: str
    calls: int
    outcomes: dict[str, int]
    seconds: Seconds

    @property
    def failed(self) -> int:
        """The calls that did not succeed."""
        return self.calls - self.outcomes.get("ok", 0)


@dataclass(frozen=True, slots=True)
class Metrics:
    """A run in numbers. `counts` holds what only is counted, by name; `injections` the messages by who spoke."""

    session: str
    goal: str
    times: Times
    breaks: Breaks
    bills: tuple[Bill, ...]
    model_seconds: Seconds
    step_seconds: Seconds
    tools: tuple[ToolNumbers, ...]
    injections: dict[str, int]
    counts: dict[str, int]


COUNTED: dict[type, str] = {
    ev.TurnStarted: "turns",
    ev.StepStarted: "steps",
    ev.Compacted: "compactions",
    ev.DoneRefused: "claims_refused",
    ev.DoneAccepted: "claims_accepted",
    ev.QuestionAsked: "questions",
    ev.Steered: "steered",
    ev.LimitWarned: "limits_warned",
    ev.LimitReached: "limits_reached",
    ev.CommandRan: "commands_of_people",
    ev.ModelFailed: "model_failures",
    ev.Checkpointed: "checkpoints",
}
NAMES = (
    "turns",
    "steps",
    "model_calls",
    "tool_calls",
    "tool_failures",
    "model_failures",
    "retries",
    "compactions",
    "nudges",
    "checks",
    "checks_failed",
    "claims_refused",
    "claims_accepted",
    "questions",
    "waits",
    "steered",
    "limits_warned",
    "limits_reached",
    "files_changed",
    "changes",
    "commands_of_people",
    "checkpoints",
)


def make_metrics(events: Iterable[ev.Recorded], *, now: float | None = None) -> Metrics:
    """The numbers of a log's events, in order, since the newest run began (of a session without one: of all).

    `now` is Unix time in seconds when a process works on it (None: nobody does).
    """
    gauge = _Gauge()
    for recorded in events:
        gauge.add(recorded)
    return gauge.tell(now)


class _Gauge:
    """Counts events."""

    def __init__(self) -> None:
        self._session = self._goal = ""
        self._step = 0
        self._begin(0.0)

    def _begin(self, at: float) -> None:
        self._course, self._bills = Course(at), Bills()
        self._replies, self._steps = Spread(), Spread()
        self._tools: dict[str, tuple[Counter[str], Spread]] = {}
        self._injections: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()
        self._files: set[str] = set()

    def add(self, recorded: ev.Recorded) -> None:
        """One event more."""
        event, counts = recorded.event, self._counts
        name = COUNTED.get(type(event))
        match event:
            case ev.StepStarted():
                self._step += 1
                self._bills.start_step(event)
            case ev.StepEnded(seconds=seconds):
                self._steps.add(seconds)
            case ev.ModelReplied():
                self._bills.hear(event)
                self._replies.add(event.seconds)
                counts["model_calls"] += 1
            case ev.ToolFinished():
                self._finish_tool(event)
            case ev.SessionStarted(session=session):
                self._begin(recorded.at)
                self._session = session
            case ev.RunStarted(goal=goal):
                self._begin(recorded.at)
                self._goal = shorten(goal, 300)
            case _:
                self._add_rare(event)
        if name is not None:
            self._counts[name] += 1
        self._course.add(recorded, self._step)

    def _add_rare(self, event: ev.Event) -> None:
        counts = self._counts
        match event:
            case ev.ModelFailed(retry_in=retry_in):
                counts["retries"] += retry_in is not None
            case ev.Compacted():
                self._bills.shorten(event)
            case ev.CallCounted():
                self._bills.count(event)
            case ev.Injected(message=message, nudge=nudge):
                counts["nudges"] += nudge
                origin = shorten(message.origin.removeprefix("injector:"), 60)
                known = origin in self._injections or len(self._injections) < MOST
                self._injections[origin if known else OTHERS] += 1
            case ev.CheckFinished(check=check):
                counts["checks"] += 1
                counts["checks_failed"] += not check.passed
            case ev.Checkpointed(phase=phase):
                counts["waits"] += phase.value == "waiting"
            case _:
                pass

    def _finish_tool(self, event: ev.ToolFinished) -> None:
        counts, name = self._counts, shorten(event.call.name, 60)
        if name not in self._tools and len(self._tools) >= MOST:
            name = OTHERS
        outcomes, spread = self._tools.setdefault(name, (Counter(), Spread()))
        outcomes[event.outcome] += 1
        if event.outcome in ("ok", "error"):
            spread.add(event.seconds)
        counts["tool_calls"] += 1
        counts["tool_failures"] += event.outcome != "ok"
        counts["changes"] += len(event.changes)
        self._files.update(change.path for change in event.changes)
        counts["files_changed"] = len(self._files)

    def tell(self, now: float | None) -> Metrics:
        """The numbers so far."""
        tools = [
            ToolNumbers(name, outcomes.total(), dict(outcomes), spread.tell())
            for name, (outcomes, spread) in self._tools.items()
        ]
        return Metrics(
            session=self._session,
            goal=self._goal,
            times=self._course.tell_times(now),
            breaks=self._course.tell_breaks(),
            bills=self._bills.tell(),
            model_seconds=self._replies.tell(),
            step_seconds=self._steps.tell(),
            tools=tuple(sorted(tools, key=lambda tool: (-tool.calls, tool.name))),
            injections=dict(self._injections.most_common()),
            counts={name: self._counts[name] for name in NAMES},
        )


def make_document(metrics: Metrics) -> dict[str, Any]:
    """The numbers as a JSON document, version 1; costs that are not wholly known are null."""
    return {
        "v": VERSION,
        "type": "metrics",
        "session": metrics.session,
        "goal": metrics.goal,
        "times": {**asdict(metrics.times), "wall": metrics.times.wall},
        "counts": metrics.counts,
        **document_bills(metrics.bills),
        "model_seconds": asdict(metrics.model_seconds),
        "step_seconds": asdict(metrics.step_seconds),
        "tools": {tool.name: {**asdict(tool), "failed": tool.failed} for tool in metrics.tools},
        "injections": metrics.injections,
        "breaks": {
            "crashes": metrics.breaks.crash_count,
            "resumes": metrics.breaks.resumes,
            "outages": metrics.breaks.outage_count,
            "unknown_calls": metrics.breaks.unknown_count,
        },
    }
