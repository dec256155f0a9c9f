"""The progress guard at the end of a step: stops or warns what gets nowhere, and tells people of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from aura.agent.breaker import Breaker, park
from aura.agent.ladder import Alert, find_alert
from aura.agent.patterns import Bounds, Rung
from aura.core.events import Event, Injected, LimitReached, NoticeShown
from aura.core.limits import StopReason
from aura.core.messages import AURA, user
from aura.core.recorder import Recorder
from aura.core.turn import Turn

DENIALS = 6

StallCheck = Callable[[Turn], Awaitable[str]]


class Plugged(Protocol):
    """What the plugins said to a step."""

    @property
    def events(self) -> Sequence[Event]:
        """What is to be recorded; at most one injection."""
        ...

    @property
    def stalled(self) -> str:
        """Why the turn has to stop as stalled; empty: it has not."""
        ...


@dataclass(frozen=True, slots=True)
class Guard:
    """Looks for patterns within bounds.

    `stall_check` says why work that changes nothing goes on all the same (empty: it does not); None: nobody is asked.
    `breaker` parks work whose calls are refused; that comes before all else.
    """

    bounds: Bounds = Bounds()
    stall_check: StallCheck | None = None
    breaker: Breaker = Breaker()

    async def __call__(self, record: Recorder, said: Plugged) -> None:
        """Record what plugins said and what the guard adds; of two nudges only the weightier is delivered."""
        turn, alert = record.turn, None
        watches = turn.pace.limit is None and turn.done.accepted is None
        parked = tuple(park(turn, self.breaker)) if watches else ()
        if parked:
            record.all(event for event in said.events if not isinstance(event, Injected))
            record.all(parked)
            return
        if watches:
            alert = await self._doubt(record, find_alert(turn.recent, self.bounds, auto=turn.auto))
        rung = Rung.NONE if alert is None else alert.rung
        ends = rung is Rung.REPORT or (watches and bool(said.stalled))
        outranked = ends or rung is Rung.CHANGE
        events = [event for event in said.events if not (outranked and isinstance(event, Injected))]
        record.all(events)
        if ends:
            sentence = said.stalled or (alert.sentence if alert is not None else "")
            record(LimitReached(_name_reason(turn), sentence))
        elif alert is not None:
            record(NoticeShown(alert.notice, "warning"))
            if not any(isinstance(event, Injected) for event in events):
                record(Injected(user(alert.advice, AURA), nudge=True))

    async def _doubt(self, record: Recorder, alert: Alert | None) -> Alert | None:
        """The alert, unless nothing changes and who is asked says that the work goes on all the same."""
        if alert is None or self.stall_check is None or alert.finding.kind != "idle":
            return alert
        why = await self.stall_check(record.turn)
        if not why:
            return alert
        record(
            NoticeShown(
                f"No file changed for a while; a second model was asked and says that work goes on: {why}"
            )
        )
        return None


def _name_reason(turn: Turn) -> StopReason:
    """Why a turn that gets nowhere stops: it was refused all along, or it stalled."""
    newest = turn.recent[-DENIALS:]
    if len(newest) < DENIALS or any(one.outcome != "denied" for one in newest):
        return StopReason.STALLED
    return StopReason.BLOCKED if turn.auto else StopReason.DENIED
