"""What the small parts of the screen show, kept up to date by events."""

import time
from collections import deque
from dataclasses import replace
from typing import Any

from aura.core import events as ev
from aura.core.facts import Facts
from aura.core.text import shorten
from aura.core.turn import Turn
from aura.ui.render import render_call
from aura.ui.tui.snapshot import Snapshot, State

KEEP_COSTS = 48
DOING_WIDTH = 48
TITLE_WIDTH = 40


class Standing:
    """Folds events into the latest `Snapshot`; knows nothing of the screen."""

    def __init__(self, facts: Facts, turn: Turn) -> None:
        self._now = Snapshot(facts=facts, turn=turn)
        self._costs: deque[float] = deque(maxlen=KEEP_COSTS)
        self._times: deque[float] = deque(maxlen=KEEP_COSTS)
        self._checks: dict[str, tuple[int | None, int]] = {}
        self._fired: dict[str, int] = {}
        self._waiting: set[str] = set()

    @property
    def snapshot(self) -> Snapshot:
        """The latest."""
        return self._now

    def set(self, **known: Any) -> None:
        """Change what no event tells: fields of the snapshot by their names."""
        self._now = replace(self._now, **known)

    def seed(self, turn: Turn, *, is_running: bool, at: float) -> None:
        """Take over where a session stands that was going on before it was looked at."""
        for check in turn.ledger.checks:
            self._checks[check.run.command] = (check.run.exit_code, check.step)
        state: State = "working" if is_running else "idle"
        since = at - turn.pace.seconds if is_running else 0.0
        self._now = replace(self._now, turn=turn, state=state, since=since, checks=self._list_checks())

    def take(self, recorded: ev.Recorded, turn: Turn) -> None:
        """Fold one event; `turn` is the state after it."""
        event = recorded.event
        now = self._now if turn is self._now.turn else replace(self._now, turn=turn)
        match event:
            case ev.TurnStarted():
                title = now.title or shorten(event.message.text, TITLE_WIDTH)
                now = replace(now, state="working", since=recorded.at, doing="thinking", title=title)
            case ev.TurnStopped():
                self._waiting.clear()
                now = replace(now, state="idle", since=0.0, doing="")
            case ev.StepStarted():
                now = replace(now, doing="thinking")
            case ev.TextDelta() if now.doing != "answering":
                now = replace(now, doing="answering")
            case ev.ModelReplied():
                self._costs.append(event.completion.cost or 0.0)
                now = replace(now, costs=tuple(self._costs))
            case ev.StepEnded():
                self._times.append(event.seconds)
                now = replace(now, times=tuple(self._times))
            case ev.ModelFailed():
                wait = f", next try in {max(event.retry_in, 1):.0f} s" if event.retry_in is not None else ""
                now = replace(now, doing=f"provider failed{wait}")
            case ev.ToolStarted():
                now = replace(now, doing=render_call(event.call, DOING_WIDTH))
            case ev.ToolFinished():
                now = replace(now, doing="thinking")
            case ev.CheckFinished():
                self._checks[event.check.run.command] = (event.check.run.exit_code, event.check.step)
                now = replace(now, checks=self._list_checks())
            case ev.Injected() if event.message.origin.startswith("injector:"):
                self._fired[event.message.origin.removeprefix("injector:")] = turn.steps
                now = replace(now, fired=tuple(self._fired.items()))
            case ev.ApprovalAsked() | ev.QuestionAsked():
                self._waiting.add(event.id)
                now = replace(now, state="asking")
            case ev.ApprovalSettled() | ev.QuestionAnswered():
                self._waiting.discard(event.id)
                if now.state == "asking" and not self._waiting:
                    now = replace(now, state="working")
            case ev.PanelsShown():
                now = replace(now, panels=event.panels, status=event.status)
            case ev.FactsChanged():
                now = replace(now, facts=event.facts)
            case _:
                pass
        self._now = now

    def _list_checks(self) -> tuple[tuple[str, int | None, int], ...]:
        return tuple((command, code, step) for command, (code, step) in self._checks.items())


def clock() -> float:
    """Unix time in seconds."""
    return time.time()
