"""What a person is told before the first unattended start in a project, and what they decide; shared by the faces."""

import contextlib
import json
import os
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from aura.app.session import Session
from aura.config.paths import private_folder, state_dir, write_private
from aura.core.events import ChecksSet, LimitsSet
from aura.core.limits import Limits
from aura.ui.bounds import spell_count, spell_span

HUMAN = "human"
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


@dataclass(frozen=True, slots=True)
class Plan:
    """A start that is being decided: what is known, and the limits (None: those known) and checks that are chosen."""

    known: Known
    chosen: Limits | None = None
    takes_found: bool = False

    @property
    def limits(self) -> Limits:
        """The limits it starts with."""
        return self.known.limits if self.chosen is None else self.chosen

    @property
    def usual(self) -> Limits | None:
        """The limits that the settings have for unattended runs, where they are others."""
        return None if self.known.unattended == self.limits else self.known.unattended

    @property
    def stops(self) -> str:
        """When it stops by itself; empty: never."""
        return spell_stops(self.limits)

    def with_limits(self, limits: Limits | None) -> "Plan":
        """The same with other limits."""
        return replace(self, chosen=limits or self.chosen)

    def tell(self, *, usual: str = "", checks: str = "") -> list[tuple[str, str]]:
        """What a person should know, as a name (empty: it goes with the one before) and a text that is not cleaned.

        `usual` and `checks` are the keys that take the limits of unattended runs and the checks that were found.
        """
        known = self.known
        facts = (
            ("stops at", self.stops or UNLIMITED),
            ("", known.last),
            ("", self._tell_usual(usual)),
            ("may do", "; ".join(known.may_do)),
            ("never", "; ".join(known.never)),
            ("if asked", f"{known.if_asked}; {QUESTIONS}"),
            ("done when", self._tell_done(checks)),
        )
        return [(name, text) for name, text in facts if text]

    def _tell_usual(self, key: str) -> str:
        if self.usual is None:
            return ""
        return f"for unattended runs the settings say: {spell_stops(self.usual) or 'no limit'} ({key} takes them)"

    def _tell_done(self, key: str) -> str:
        known = self.known
        checks = (*known.checks, *(known.found if self.takes_found else ()))
        needed = " and ".join(f"`{check}` passes" for check in dict.fromkeys(checks))
        told = (
            f"the todo list is empty and {needed}" if needed else "the todo list is empty; nothing is checked"
        )
        if known.found and not self.takes_found:
            told += f" (found here: {', '.join(f'`{check}`' for check in known.found)}; {key} takes them)"
        return told

    def start(self, *, hide: bool) -> Start:
        """What was decided."""
        known = self.known
        limits = self.limits if self.limits != known.limits else None
        checks = tuple(dict.fromkeys((*known.checks, *known.found))) if self.takes_found else None
        return Start(limits, checks, hide)


def carry_out(start: Start, session: Session, workspace: str) -> None:
    """Set the limits and the checks, and remember that nobody wants to be asked again; raises `AuraError`."""
    if start.limits is not None:
        wanted = start.limits
        limits = replace(
            session.turn.limits,
            steps=wanted.steps,
            tokens=wanted.tokens,
            cost=wanted.cost,
            seconds=wanted.seconds,
        )
        session.record(LimitsSet(limits, by=HUMAN))
    if start.checks is not None:
        session.record(ChecksSet(start.checks, HUMAN))
    if start.hide:
        hide(workspace)


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
