"""What faces may ask of the session's process; plain JSON values come back."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aura.app.build import Opened
from aura.app.found import find_checks
from aura.app.hosted import Query
from aura.app.undoing import Undoing, UndoWish
from aura.core.errors import StoreError
from aura.core.events import AutoSwitched, StepEnded
from aura.core.limits import Limits, standings
from aura.core.permissions import Mode
from aura.store.codec import decode_value
from aura.store.index import list_sessions
from aura.store.rows import read_events

MOST_RUNS = 5
MOST_LOOKED_AT = 12  # sessions
LONGEST_LOOKED_AT = 20_000  # events of one

EVERYTHING = "anything but what the hard floor forbids"
NOTHING = "read and search; nothing is changed"
FLOOR = "wipe the home folder or the history of a repository; read credentials; change what aura itself is kept in"
ASKED = "files outside this folder, sensitive files, the network: refused, and listed in the report"


def make_queries(opened: Opened) -> dict[str, Query]:
    """The queries of one session, by name."""

    async def models() -> list[dict[str, Any]]:
        from aura.models.listing import list_usable
        from aura.models.naming import read_overrides

        overrides = read_overrides(opened.settings.models)
        listing = await asyncio.to_thread(list_usable, overrides)
        return [
            {"name": row.info.name, "window": row.info.window, "role": row.role, "source": row.source}
            for row in listing.rows
        ]

    async def preflight() -> dict[str, Any]:
        turn, settings = opened.session.turn, opened.settings
        found, runs = await asyncio.to_thread(
            lambda: (find_checks(opened.workspace), read_last_runs(opened.session.folder))
        )
        return {
            "limits": _name_limits(turn.limits),
            "unattended": _name_limits(settings.limits(unattended=True)),
            "checks": list(turn.switches.checks),
            "found_checks": found,
            "may_do": _tell_allowed(turn.switches.mode, opened),
            "never": _tell_forbidden(opened),
            "if_asked": ASKED,
            "sandbox": opened.sandbox,
            "last_runs": runs,
        }

    async def status() -> dict[str, Any]:
        return _tell_status(opened)

    undoing = Undoing(opened.session, opened.files.snapshots, opened.log)

    async def undo_preview(wish: dict[str, Any]) -> Any:
        return asdict(await undoing.preview(decode_value(UndoWish, wish)))

    async def undo(wish: dict[str, Any]) -> Any:
        return asdict(await undoing.undo(decode_value(UndoWish, wish)))

    return {
        "models": models, "preflight": preflight, "status": status, "undo_preview": undo_preview, "undo": undo,
    }  # fmt: skip


def _name_limits(limits: Limits) -> dict[str, float]:
    """What the goal may use; 0: no limit."""
    return {
        "steps": limits.steps,
        "tokens": limits.tokens,
        "cost": limits.cost,
        "seconds": limits.seconds,
    }


def _tell_allowed(mode: Mode, opened: Opened) -> str:
    """What may happen in auto mode without anybody being asked."""
    if mode is Mode.PLAN:
        return NOTHING
    if mode is Mode.YOLO:
        return EVERYTHING
    where = "with your rights" if opened.sandbox == "no sandbox" else f"in the {opened.sandbox}"
    return f"edit files in {opened.workspace}, run commands {where}"


def _tell_forbidden(opened: Opened) -> str:
    permissions = opened.settings.permissions
    return "; ".join((FLOOR, *permissions.deny, *(f"write {path}" for path in permissions.protect)))


def _tell_status(opened: Opened) -> dict[str, Any]:
    """Where the session stands."""
    turn, info = opened.session.turn, opened.loop.responder.model.info
    spend, switches = turn.spend, turn.switches
    return {
        "session": opened.session.id,
        "turn": turn.number,
        "running": opened.session.is_running,
        "model": info.name,
        "window": info.window,
        "context_tokens": turn.counters.context_tokens,
        "auto": switches.auto,
        "mode": switches.mode.value,
        "done_required": switches.done_required,
        "thinking": switches.thinking,
        "checks": list(switches.checks),
        "steps": spend.steps,
        "tokens_in": spend.input,
        "tokens_out": spend.output,
        "cost": spend.cost,
        "unpriced": spend.unpriced,
        "seconds": spend.seconds,
        "limits": [
            {"name": one.name, "used": one.used, "limit": one.limit}
            for one in standings(turn.limits, turn.window, steps=turn.steps, turn_seconds=turn.pace.seconds)
        ],
    }


def read_last_runs(folder: Path) -> list[dict[str, float]]:
    """What auto mode took in the newest sessions beside this one: steps, USD, seconds; long ones are left out."""
    runs: list[dict[str, float]] = []
    others = [one for one in list_sessions(folder.parent) if one.id != folder.name and one.turns]
    for summary in others[:MOST_LOOKED_AT]:
        if summary.problem or summary.events > LONGEST_LOOKED_AT:
            continue
        took = _measure(folder.parent / summary.id)
        if took is not None:
            runs.append({"steps": took[0], "cost": summary.cost, "seconds": took[1]})
        if len(runs) == MOST_RUNS:
            break
    return runs


def _measure(folder: Path) -> tuple[int, float] | None:
    """The steps and seconds of a session's auto mode; None when there were none."""
    steps, seconds, is_auto = 0, 0.0, False
    try:
        for recorded in read_events(folder, types=("auto_switched", "step_ended")):
            match recorded.event:
                case AutoSwitched(on):
                    is_auto = on
                case StepEnded() if is_auto:
                    steps, seconds = steps + 1, seconds + recorded.event.seconds
                case _:
                    pass
    except StoreError:
        return None
    return (steps, seconds) if steps else None
