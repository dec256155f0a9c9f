"""What the small parts of the screen show: one value, made anew when something changed."""

import time
from dataclasses import dataclass
from typing import Literal

from aura.core.facts import Facts, Panel
from aura.core.turn import Turn

State = Literal["starting", "closed", "idle", "working", "stopping", "asking", "lost"]
BUSY: tuple[State, ...] = ("working", "stopping", "asking")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where the session stands, for header, panel, strips, prompt border and status line.

    `closed` is a session that could not be opened, `lost` one whose engine is gone.

    `since` is the Unix time at which the running turn began (0: none runs), `doing` a few words on what happens now
    (`shell pytest -q`), `branch` the place's git branch and count of changed files (`main ±2`, empty: no git),
    `costs` what the last steps cost in USD, newest last, `times` how many seconds the last steps took, `checks`
    (command, exit code or None while it runs, step), `fired` the step in which each injector spoke last, `hint`
    replaces the status line's keys for some seconds, `title` is a short name of the session (empty: made of its first
    prompt), `now` the Unix time at which all this held (0: look at the clock).
    """

    facts: Facts
    turn: Turn
    state: State = "starting"
    since: float = 0.0
    doing: str = ""
    branch: str = ""
    costs: tuple[float, ...] = ()
    times: tuple[float, ...] = ()
    checks: tuple[tuple[str, int | None, int], ...] = ()
    fired: tuple[tuple[str, int], ...] = ()
    panels: tuple[Panel, ...] = ()
    status: tuple[str, ...] = ()
    hint: str = ""
    title: str = ""
    now: float = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether a turn is under way."""
        return self.state in BUSY and self.since > 0

    @property
    def turn_seconds(self) -> float:
        """How long the running turn has been going, or how long the last one took."""
        if not self.is_busy:
            return self.turn.pace.seconds
        return max(self.turn.pace.seconds, (self.now or time.time()) - self.since)

    @property
    def seconds(self) -> float:
        """Active time since the limits were set, with the step that runs."""
        return self.turn.window.seconds + self.turn_seconds - self.turn.pace.seconds
