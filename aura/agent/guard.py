"""The progress guard at the end of a step: stops or warns what gets nowhere, and tells people of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

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
    """

    bounds: Bounds = Bounds()
    stall_check: StallCheck | None = None

    async def __call__(self, record: Recorder, said: Plugged) -> None:
        """Record what plugins said and what the guard adds; of two nudges only the weightier is delivered."""
        turn, alert = record.turn, None
        watches = turn.pace.limit is None and turn.done.accepted is None
        if watches:
            alert = await self._doubt(record, find_alert(turn.recent, self.bounds, auto=turn.auto))
        rung = Rung.NONE if alert is None else alert.rung
        ends = rung is Rung.REPORT or (watches and bool(said.stalled))
        outranked = ends or rung is Rung.CHANGE
        events = [event for event in said.events if not (outranked and isinstance(event, Injected))]
        record.all(events)
        if ends:
            sentence = said.stalled or (alert.sentence if alert is not None else "")
            record(LimitReached(StopReason.DENIED if _is_refused(turn) else StopReason.STALLED, sentence))
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


def _is_refused(turn: Turn) -> bool:
    newest = turn.recent[-DENIALS:]
    return len(newest) == DENIALS and all(one.outcome == "denied" for one in newest)
