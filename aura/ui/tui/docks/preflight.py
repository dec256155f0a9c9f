"""The card before the first unattended start in a project: the goal, when it stops, what it may do, when it is done."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult

from aura.app.session import Session
from aura.ui.bounds import read_limits, spell_limits
from aura.ui.cells import Line, cut, tidy, tidy_line, wrap
from aura.ui.look import Look, Role
from aura.ui.preflight import Plan, Start, carry_out, read_known
from aura.ui.tui.docks.choices import Choice, spell
from aura.ui.tui.docks.define import Dock
from aura.ui.tui.docks.viewer import Viewer

KEYS = "Enter start · ↑↓ Enter also · Esc back"
NAMES = 10  # cells of the names at the left
SPARE = 12  # cells that two lines of the goal may lose where they break


class PreflightDock(Dock):
    """Asks before an unattended start; `result` is a `Start`, or None to go back."""

    def __init__(
        self,
        goal: str,
        known: Mapping[str, Any],
        workspace: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__("Start unattended", KEYS, clock=clock)
        self._goal = goal
        self._plan = Plan(read_known(known))
        self._workspace = workspace
        self._viewer = Viewer(self._paint, share=0.5)

    def compose_body(self) -> ComposeResult:
        yield self._viewer
        yield self.offer(self._rows(), inline=True)

    def _rows(self) -> list[Choice]:
        rows = [
            Choice("start", "s", "start"),
            Choice("hide", "a", "start, and don't show this again here", "start, never show again"),
            Choice("edit", "e", "edit limits", "limits"),
        ]
        if self._plan.usual is not None:
            rows.append(Choice("unattended", "u", "take the limits of unattended runs", "usual limits"))
        if self._plan.known.found:
            takes = self._plan.takes_found
            label = "without these checks" if takes else "take the checks found"
            rows.append(Choice("checks", "v", label, "drop checks" if takes else "take checks"))
        return rows

    def restyle(self) -> None:
        self._viewer.look = self.look

    def _paint(self, look: Look, width: int) -> Sequence[Line]:
        plan = self._plan
        goal = cut(tidy_line(self._goal), 2 * (width - NAMES) - SPARE, look.signs.ellipsis)
        rows: list[tuple[str, str, Role]] = [("goal", goal, "strong")]
        rows += [(name, text, _choose_role(name, plan)) for name, text in plan.tell(usual="u", checks="v")]
        lines: list[Line] = []
        for name, text, role in rows:
            if text:
                lines += _paint_row(name, text, look, (role, width))
        return lines

    def on_viewer_moved(self, event: Viewer.Moved) -> None:
        event.stop()
        self.show_keys(KEYS if self._viewer.is_whole else f"{KEYS} · j k scroll")

    # --- keys

    def press(self, event: events.Key) -> bool:
        """Scrolling, where there is too much for the window."""
        return event.key in ("j", "k", "pageup", "pagedown") and self._viewer.press(event.key)

    def pick(self, choice: Choice) -> None:
        """Start, or change something first."""
        match choice.name:
            case "edit":
                self.open_field("steps=300 tokens=1M cost=5 time=8h", spell_limits(self._plan.limits))
            case "checks":
                self._renew(replace(self._plan, takes_found=not self._plan.takes_found))
            case "unattended":
                self._renew(self._plan.with_limits(self._plan.usual))
            case _:
                self.close(self._plan.start(hide=choice.name == "hide"))

    def take_text(self, text: str) -> None:
        """Other limits."""
        try:
            plan = self._plan.with_limits(read_limits(text, self._plan.limits))
        except ValueError as error:
            self.open_field("", text)
            self.hint(str(error))
            return
        self._renew(plan)

    def _renew(self, plan: Plan) -> None:
        """Show what was changed; the cursor goes back to starting."""
        self._plan = plan
        if self.choices is not None:
            self.choices.replace(self._rows())
        self._viewer.renew()

    async def carry_out(self, session: Session) -> None:
        """Set the limits and the checks, and remember that the card is not wanted again."""
        if isinstance(self.result, Start):
            carry_out(self.result, session, self._workspace)


def _choose_role(name: str, plan: Plan) -> Role:
    if name == "stops at" and not plan.stops:
        return "warn"
    return "text" if name else "muted"


def _paint_row(name: str, text: str, look: Look, style: tuple[Role, int]) -> list[Line]:
    role, width = style
    room = max(width - NAMES, 10)
    pieces = wrap([Segment(spell(tidy(text), look.signs), look.style(role))], room)
    heads = [f"{name:<{NAMES}}", *[" " * NAMES] * (len(pieces) - 1)]
    return [[Segment(head, look.style("muted")), *piece] for head, piece in zip(heads, pieces, strict=True)]
