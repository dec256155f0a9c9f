"""How a run went over time: when it was active, waited, rested or was gone, and what broke in between."""

import math
from dataclasses import dataclass

from aura.core import events as ev
from aura.core.attempts import say_call
from aura.core.run import Phase
from aura.core.text import shorten

LISTED = 50  # breaks of one kind that are told one by one; all are counted
WIDTH = 200


@dataclass(frozen=True, slots=True)
class Times:
    """Unix times of the first and the last event, and seconds spent in each way.

    `active` is turns that ran, `asking` the part of it in which a question was open, `waiting` until a time that aura
    chose, `resting` until somebody went on, `absent` after the process was gone in the middle of a turn.
    """

    begun: float = 0.0
    until: float = 0.0
    active: float = 0.0
    asking: float = 0.0
    waiting: float = 0.0
    resting: float = 0.0
    absent: float = 0.0

    @property
    def wall(self) -> float:
        """Seconds from the first event to the last."""
        return max(self.until - self.begun, 0.0)


@dataclass(frozen=True, slots=True)
class Break:
    """Something that broke: when (Unix time), at which step, what, and how long it lasted in seconds."""

    at: float
    step: int
    what: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Outage:
    """A provider that failed several times in a row: since when, how often, for how many seconds.

    `is_over` says that a reply came after it.
    """

    at: float
    kind: str
    model: str
    sentence: str
    failures: int
    seconds: float = 0.0
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Breaks:
    """What interrupted a run; the counts tell all, the tuples the first of them.

    `crashes` ended the process in the middle of a turn, `resumes` counts the times it was taken up again in all,
    `unknown` are calls whose fate nobody knows, `outages` failures of providers up to the next reply, `failures` the
    single ones, `unplugged` plugins that failed, `unreadable` entries of the log that nobody can read.
    """

    crashes: tuple[Break, ...] = ()
    crash_count: int = 0
    resumes: int = 0
    unknown: tuple[Break, ...] = ()
    unknown_count: int = 0
    outages: tuple[Outage, ...] = ()
    outage_count: int = 0
    failures: int = 0
    unplugged: tuple[str, ...] = ()
    unreadable: int = 0


class Course:
    """Folds events into times and breaks; `step` is counted by who calls."""

    def __init__(self, begun: float) -> None:
        self.begun = self.last = begun
        self._spans = {"active": 0.0, "asking": 0.0, "waiting": 0.0, "resting": 0.0, "absent": 0.0}
        self._still: tuple[str, float] | None = ("resting", begun)
        self._asked: set[str] = set()
        self._asking: float | None = None  # since when a question is open in the turn that runs
        self._in_turn = False
        self._crashes: list[Break] = []
        self._unknown: list[Break] = []
        self._outages: list[Outage] = []
        self._outage: Outage | None = None
        self._counts = {
            "crashes": 0,
            "resumes": 0,
            "unknown": 0,
            "outages": 0,
            "failures": 0,
            "unreadable": 0,
        }
        self._unplugged: dict[str, None] = {}

    def add(self, recorded: ev.Recorded, step: int) -> None:
        """One event more."""
        at, event = recorded.at, recorded.event
        match event:
            case ev.ModelReplied(interrupted=interrupted):
                if not interrupted and self._outage is not None:
                    self._end_outage(at, is_over=True)
            case ev.StepEnded(_, seconds):
                self.pass_time(seconds, at)
            case ev.TurnStarted():
                self._end_stillness(at)
                self._in_turn = True
                self._ask(at)
            case ev.TurnStopped(_, _, seconds):
                self._spans["active"] += seconds
                self._in_turn, self._still = False, ("resting", at)
                self._ask(at)
            case ev.Checkpointed(phase=phase) if phase is not Phase.RUNNING and not self._in_turn:
                self._end_stillness(at)
                self._still = ("waiting" if phase is Phase.WAITING else "resting", at)
            case ev.SessionResumed():
                self._resume(at, step)
            case ev.ToolFinished(call=call, outcome="unknown"):
                self._count("unknown", self._unknown, Break(at, step, say_call(call)))
            case ev.ModelFailed():
                self._fail(event, at)
            case ev.QuestionAsked(id=name):
                self._asked.add(name)
                self._ask(at)
            case ev.QuestionAnswered(id=name):
                self._asked.discard(name)
                self._ask(at)
            case ev.PluginUnplugged():
                error = f"{event.plugin} in {event.hook}: {event.error}"
                if len(self._unplugged) < LISTED:
                    self._unplugged[shorten(error, WIDTH)] = None
            case ev.NoticeShown(origin="store"):
                self._counts["unreadable"] += 1
            case _:
                pass
        self.last = at

    def pass_time(self, seconds: float, at: float) -> None:
        """A step ended at `at`; it took so many seconds."""
        self._spans["active"] += seconds
        self.last = at

    def tell_times(self, now: float | None) -> Times:
        """The times until now (None, or nothing goes on: until the last event)."""
        spans = dict(self._spans)
        rests = self._still is not None and self._still[0] == "resting"
        until = self.last if now is None or rests else max(now, self.last)
        if self._still is not None:
            kind, since = self._still
            spans[kind] += max(until - since, 0.0)
        if self._asking is not None:
            spans["asking"] += max(until - self._asking, 0.0)
        return Times(self.begun, until, **{name: _tame(value) for name, value in spans.items()})

    def tell_breaks(self) -> Breaks:
        """What broke so far."""
        counts = self._counts
        open_outage = (self._outage,) if self._outage is not None else ()
        return Breaks(
            crashes=tuple(self._crashes),
            crash_count=counts["crashes"],
            resumes=counts["resumes"],
            unknown=tuple(self._unknown),
            unknown_count=counts["unknown"],
            outages=(*self._outages, *open_outage),
            outage_count=counts["outages"] + len(open_outage),
            failures=counts["failures"],
            unplugged=tuple(self._unplugged),
            unreadable=counts["unreadable"],
        )

    def _ask(self, at: float) -> None:
        """Measure while a question is open in a turn; several at once count once."""
        if self._asked and self._in_turn:
            self._asking = at if self._asking is None else self._asking
        elif self._asking is not None:
            self._spans["asking"] += max(at - self._asking, 0.0)
            self._asking = None

    def _end_stillness(self, at: float) -> None:
        if self._still is not None:
            kind, since = self._still
            self._spans[kind] += max(at - since, 0.0)
            self._still = None

    def _count(self, kind: str, kept: list[Break], item: Break) -> None:
        self._counts[kind] += 1
        if len(kept) < LISTED:
            kept.append(item)

    def _resume(self, at: float, step: int) -> None:
        self._counts["resumes"] += 1
        if self._in_turn:
            gone = max(at - self.last, 0.0)
            self._spans["absent"] += gone
            self._count("crashes", self._crashes, Break(self.last, step, "the process was gone", gone))

    def _fail(self, event: ev.ModelFailed, at: float) -> None:
        self._counts["failures"] += 1
        past = self._outage
        since = past.at if past is not None else at
        failures = past.failures + 1 if past is not None else 1
        sentence = shorten(event.sentence, WIDTH)
        self._outage = Outage(since, event.kind, event.model, sentence, failures, max(at - since, 0.0))

    def _end_outage(self, at: float, *, is_over: bool) -> None:
        past = self._outage
        if past is None:
            return
        self._outage = None
        self._counts["outages"] += 1
        if len(self._outages) < LISTED:
            seconds = max(at - past.at, 0.0)
            self._outages.append(
                Outage(past.at, past.kind, past.model, past.sentence, past.failures, seconds, is_over)
            )


def _tame(seconds: float) -> float:
    """A sum that is a number of seconds whatever stood in the log."""
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0
