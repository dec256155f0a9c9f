"""The card before the first unattended start in a project: the goal, when it stops, what it may do, when it is done."""

import contextlib
import json
import os
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult

from aura.app.session import Session
from aura.config.paths import private_folder, state_dir, write_private
from aura.core.events import ChecksSet, LimitsSet
from aura.core.limits import Limits
from aura.ui.cells import Line, cut, tidy, tidy_line, wrap
from aura.ui.look import Look, Role
from aura.ui.tui.docks.bounds import read_limits, spell_count, spell_limits, spell_span
from aura.ui.tui.docks.choices import Choice, spell
from aura.ui.tui.docks.define import Dock
from aura.ui.tui.docks.viewer import Viewer

HUMAN = "human"
KEYS = "Enter start · ↑↓ Enter also · Esc back"
NAMES = 10  # cells of the names at the left
SPARE = 12  # cells that two lines of the goal may lose where they break
IF_ASKED = "what needs a yes is refused, and listed in the report"
QUESTIONS = "a question goes on by itself after 10 minutes"
UNLIMITED = "nothing: no limit is set, it goes on until it is done"


@dataclass(frozen=True, slots=True)
class Start:
    """The run may start: with other limits (None: the same), other checks, and perhaps without the card next time."""

    limits: Limits | None = None
    checks: tuple[str, ...] | None = None
    hide: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the session's process says before a start; texts are not cleaned yet."""

    limits: Limits
    checks: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    may_do: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    last: str = ""
    if_asked: str = IF_ASKED
    unattended: Limits | None = None


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
        self._known = read_known(known)
        self._workspace = workspace
        self._limits = self._known.limits
        self._takes_found = False
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
        if self._known.unattended not in (None, self._limits):
            rows.append(Choice("unattended", "u", "take the limits of unattended runs", "usual limits"))
        if self._known.found:
            label = "without these checks" if self._takes_found else "take the checks found"
            rows.append(Choice("checks", "v", label, "drop checks" if self._takes_found else "take checks"))
        return rows

    def restyle(self) -> None:
        self._viewer.look = self.look

    def _paint(self, look: Look, width: int) -> Sequence[Line]:
        known, limits = self._known, self._limits
        stops = spell_stops(limits)
        rows: list[tuple[str, str, Role]] = [
            ("goal", cut(tidy_line(self._goal), 2 * (width - NAMES) - SPARE, look.signs.ellipsis), "strong"),
            ("stops at", stops or UNLIMITED, "text" if stops else "warn"),
            ("", known.last, "muted"),
            ("", self._tell_unattended(), "muted"),
            ("may do", "; ".join(known.may_do), "text"),
            ("never", "; ".join(known.never), "text"),
            ("if asked", f"{known.if_asked}; {QUESTIONS}", "text"),
            ("done when", self._tell_done(), "text"),
        ]
        lines: list[Line] = []
        for name, text, role in rows:
            if text:
                lines += _paint_row(name, text, look, (role, width))
        return lines

    def on_viewer_moved(self, event: Viewer.Moved) -> None:
        event.stop()
        self.show_keys(KEYS if self._viewer.is_whole else f"{KEYS} · j k scroll")

    def _tell_unattended(self) -> str:
        """The limits that the settings have for unattended runs, where they are others."""
        limits = self._known.unattended
        if limits is None or limits == self._limits:
            return ""
        return f"for unattended runs the settings say: {spell_stops(limits) or 'no limit'} (u takes them)"

    def _tell_done(self) -> str:
        known = self._known
        checks = (*known.checks, *(known.found if self._takes_found else ()))
        needed = " and ".join(f"`{check}` passes" for check in dict.fromkeys(checks))
        told = (
            f"the todo list is empty and {needed}" if needed else "the todo list is empty; nothing is checked"
        )
        if known.found and not self._takes_found:
            told += f" (found here: {', '.join(f'`{check}`' for check in known.found)}; v takes them)"
        return told

    # --- keys

    def press(self, event: events.Key) -> bool:
        """Scrolling, where there is too much for the window."""
        return event.key in ("j", "k", "pageup", "pagedown") and self._viewer.press(event.key)

    def pick(self, choice: Choice) -> None:
        """Start, or change something first."""
        match choice.name:
            case "edit":
                self.open_field("steps=300 tokens=1M cost=5 time=8h", spell_limits(self._limits))
            case "checks":
                self._takes_found = not self._takes_found
                self._renew()
            case "unattended":
                self._limits = self._known.unattended or self._limits
                self._renew()
            case _:
                self._start(hide=choice.name == "hide")

    def take_text(self, text: str) -> None:
        """Other limits."""
        try:
            self._limits = read_limits(text, self._limits)
        except ValueError as error:
            self.open_field("", text)
            self.hint(str(error))
            return
        self._renew()

    def _renew(self) -> None:
        """Show what was changed; the cursor goes back to starting."""
        if self.choices is not None:
            self.choices.replace(self._rows())
        self._viewer.renew()

    def _start(self, *, hide: bool) -> None:
        known = self._known
        limits = self._limits if self._limits != known.limits else None
        checks = tuple(dict.fromkeys((*known.checks, *known.found))) if self._takes_found else None
        self.close(Start(limits, checks, hide))

    async def carry_out(self, session: Session) -> None:
        """Set the limits and the checks, and remember that the card is not wanted again."""
        start = self.result
        if not isinstance(start, Start):
            return
        if start.limits is not None:
            session.record(LimitsSet(_merge(session.turn.limits, start.limits), by=HUMAN))
        if start.checks is not None:
            session.record(ChecksSet(start.checks, HUMAN))
        if start.hide:
            hide(self._workspace)


def _merge(limits: Limits, wanted: Limits) -> Limits:
    """The limits with those that the card shows in their place."""
    return replace(limits, steps=wanted.steps, tokens=wanted.tokens, cost=wanted.cost, seconds=wanted.seconds)


def _paint_row(name: str, text: str, look: Look, style: tuple[Role, int]) -> list[Line]:
    role, width = style
    room = max(width - NAMES, 10)
    pieces = wrap([Segment(spell(tidy(text), look.signs), look.style(role))], room)
    heads = [f"{name:<{NAMES}}", *[" " * NAMES] * (len(pieces) - 1)]
    return [[Segment(head, look.style("muted")), *piece] for head, piece in zip(heads, pieces, strict=True)]


def spell_stops(limits: Limits) -> str:
    """When a run stops by itself, in words; empty: it never does."""
    parts = [
        f"{limits.steps:,} steps a turn" if limits.steps else "",
        f"{limits.turns:,} turns" if limits.turns else "",
        f"{spell_count(limits.tokens)} tokens" if limits.tokens else "",
        f"${limits.cost:g}" if limits.cost else "",
        spell_span(limits.seconds) if limits.seconds else "",
        f"{spell_span(limits.turn_seconds)} a turn" if limits.turn_seconds else "",
    ]
    return " · ".join(part for part in parts if part)


def read_known(data: Mapping[str, Any]) -> Known:
    """What the session's process said, as far as it can be read."""
    may_do, sandbox, if_asked = _texts(data.get("may_do")), data.get("sandbox"), data.get("if_asked")
    if not may_do and isinstance(sandbox, str) and sandbox:
        may_do = (sandbox,)
    return Known(
        limits=_limits(data.get("limits")) or Limits(),
        checks=_texts(data.get("checks")),
        found=_texts(data.get("found_checks")),
        may_do=may_do,
        never=_texts(data.get("never")),
        last=_tell_last(data.get("last_runs")),
        if_asked=if_asked if isinstance(if_asked, str) and if_asked else IF_ASKED,
        unattended=_limits(data.get("unattended")),
    )


def _limits(data: object) -> Limits | None:
    names = {field.name for field in fields(Limits)}
    if not isinstance(data, Mapping):
        return None
    given = {
        str(key): value for key, value in data.items() if key in names and isinstance(value, int | float)
    }
    return Limits(**{"nudges": 0, **given})  # type: ignore[arg-type] # whole numbers stay whole on their way


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    if not isinstance(value, Iterable) or isinstance(value, Mapping):
        return ()
    commands = [one.get("command") if isinstance(one, Mapping) else one for one in value]
    return tuple(str(command) for command in commands if command)


def _tell_last(runs: object) -> str:
    """The runs before this one in one line; empty when there was none."""
    if not isinstance(runs, Sequence) or isinstance(runs, str):
        return ""
    rows = [run for run in runs if isinstance(run, Mapping)]
    if not rows:
        return ""
    parts = []
    for name, say in (("steps", _spell_steps), ("cost", _spell_cost), ("seconds", spell_span)):
        numbers = [float(row[name]) for row in rows if isinstance(row.get(name), int | float)]
        if numbers:
            parts.append(say(round(statistics.median(numbers), 2)))
    which = "the last run here" if len(rows) == 1 else f"median of the last {len(rows)} runs here"
    return f"{which}: {', '.join(parts)}" if parts else ""


def _spell_steps(number: float) -> str:
    return f"{number:.0f} steps"


def _spell_cost(number: float) -> str:
    return f"${number:.2f}"


# --- where the card is not wanted


def _file() -> Path:
    return state_dir() / "preflight.json"


def _read_hidden() -> list[str]:
    try:
        found = json.loads(_file().read_text(encoding="utf-8"))["hidden"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [str(path) for path in found] if isinstance(found, list) else []


def is_hidden(workspace: str) -> bool:
    """Whether the card is not wanted for a folder any more."""
    return os.path.realpath(workspace) in _read_hidden()


def hide(workspace: str) -> None:
    """Not to be shown for this folder again; what cannot be written is shown again."""
    paths = list(dict.fromkeys((*_read_hidden(), os.path.realpath(workspace))))
    with contextlib.suppress(OSError):
        file = _file()
        private_folder(file.parent)
        write_private(file, json.dumps({"version": 1, "hidden": paths}, indent=1))
