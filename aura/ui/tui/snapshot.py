"""What the small parts of the screen show: one value, made anew when something changed."""

from dataclasses import dataclass, field
from typing import Literal

from aura.core.facts import Facts, Panel
from aura.core.turn import Turn

State = Literal["starting", "idle", "working", "stopping", "asking", "lost"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where the session stands, for header, panel, strips, prompt border and status line.

    `since` is the Unix time at which the running turn began (0: none runs), `doing` a few words on what happens now
    (`shell pytest -q`), `branch` the place's git branch and count of changed files (`main ±2`, empty: no git),
    `costs` what the last steps cost in USD, newest last, `checks` (command, exit code or None while it runs, step),
    `fired` the step in which each injector spoke last, `hint` replaces the status line's keys for some seconds.
    """

    facts: Facts
    turn: Turn
    state: State = "starting"
    since: float = 0.0
    doing: str = ""
    branch: str = ""
    costs: tuple[float, ...] = ()
    checks: tuple[tuple[str, int | None, int], ...] = ()
    fired: tuple[tuple[str, int], ...] = ()
    panels: tuple[Panel, ...] = ()
    status: tuple[str, ...] = ()
    hint: str = ""
    extra: dict[str, str] = field(default_factory=dict)
