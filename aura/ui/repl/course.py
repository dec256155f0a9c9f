"""What a session is doing now, and for how long; kept up to date by events."""

from typing import Literal

from aura.core import events as ev
from aura.core.turn import Turn

State = Literal["starting", "idle", "working", "stopping", "asking", "lost"]


class Course:
    """The state of a session as a face shows it; times are Unix seconds."""

    def __init__(self) -> None:
        self.state: State = "starting"
        self.is_asking = False
        self._since = 0.0
        self._counted = 0.0

    @property
    def shown(self) -> State:
        """The state, where a question that waits comes before the work that waits for it."""
        return "asking" if self.is_asking and self.state in ("working", "idle") else self.state

    def begin(self, turn: Turn, *, is_running: bool, at: float) -> None:
        """Take over where the session stands."""
        self.state = "working" if is_running else "idle"
        self._counted, self._since = turn.window.seconds, at

    def take(self, recorded: ev.Recorded, turn: Turn) -> None:
        """Note one event; `turn` is the state after it."""
        event = recorded.event
        if isinstance(event, ev.TurnStarted):
            self.state = "working"
        elif isinstance(event, ev.TurnStopped):
            self.state = "idle"
        if isinstance(event, ev.TurnStarted | ev.StepEnded | ev.TurnStopped):
            self._counted, self._since = turn.window.seconds, recorded.at

    def seconds(self, now: float) -> float:
        """The active time since the limits were set."""
        running = self.state in ("working", "stopping")
        return self._counted + (max(0.0, now - self._since) if running else 0.0)
