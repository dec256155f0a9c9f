"""The newest calls of a turn: how each is described, how many are kept, and what outlives the turn."""

import json
from collections.abc import Mapping
from typing import Any

from aura.core import events as ev
from aura.core.attempts import (
    Attempt,
    Edited,
    Trace,
    digest,
    digest_call,
    digest_result,
    is_pause,
    sign_error,
)
from aura.core.copies import change
from aura.core.limits import StopReason
from aura.core.messages import AURA
from aura.core.state import Turn

RECENT_STEPS = 48
RECENT_CALLS = 480
FAILED = ("error", "denied", "invalid")  # what was cancelled says nothing about the call
WHOLE_LINES = 1_000  # a read from the top that asks for so many lines is meant to show the whole file
CARRIED_TURNS = 16
GIVEN_UP = (StopReason.STALLED, StopReason.DENIED, StopReason.BLOCKED, StopReason.NOT_VERIFIED)


def keep_recent(turn: Turn) -> tuple[Attempt, ...]:
    """The calls that the progress rules still look at, without the newest."""
    oldest = turn.pace.steps - RECENT_STEPS
    kept = turn.recent[-(RECENT_CALLS - 1) :]
    return kept if not kept or kept[0].step > oldest else tuple(one for one in kept if one.step > oldest)


def begins_anew(event: ev.TurnStarted) -> bool:
    """Whether a turn has nothing to do with the one before, whatever that was: only aura itself goes on.

    Every sixteenth turn begins anew in any case, so that a long run is folded in bounded time.
    """
    return event.message.origin != AURA or event.number % CARRIED_TURNS == 0


def carry_over(turn: Turn, event: ev.TurnStarted) -> tuple[tuple[Attempt, ...], Mapping[str, str]]:
    """The calls and the edited files that a turn that begins goes on from; steps are counted backwards from 0.

    None after a stop because nothing came of it: who goes on then has another plan.
    """
    if begins_anew(event) or turn.done.accepted is not None or turn.rest.stop in GIVEN_UP:
        return (), {}
    steps = turn.pace.steps
    return tuple(change(one, step=one.step - steps) for one in turn.recent), turn.pace.world


def describe(turn: Turn, event: ev.ToolFinished, world: Mapping[str, str]) -> Attempt:
    """The call as the progress rules see it; `world` are the edited files after it."""
    arguments: Mapping[str, Any] = event.call.arguments
    path = event.changes[0].path if event.changes else str(arguments.get("path", ""))
    return Attempt(
        step=turn.pace.steps,
        name=event.call.name,
        call=digest_call(event.call),
        result=digest_result(event.result),
        outcome=event.outcome,
        path=path,
        world=digest(json.dumps(world, sort_keys=True)) if world else "",
        changed=bool(event.changes),
        waiting=event.waiting or (event.command is not None and is_pause(event.command.command)),
        whole_read=_is_whole_read(event),
        ran=event.command is not None and event.command.exit_code is not None,
        seconds=event.seconds,
        era=turn.counters.compactions,
        trace=_trace(turn, event),
    )


def _is_whole_read(event: ev.ToolFinished) -> bool:
    """Whether the call showed the model a file from its top, and all of it as far as that was asked for."""
    if not event.seen or event.changes:
        return False
    first, lines = event.call.arguments.get("offset"), event.call.arguments.get("limit")
    return first in (None, 0, 1) and (not isinstance(lines, int) or lines >= WHOLE_LINES)


def _trace(turn: Turn, event: ev.ToolFinished) -> Trace:
    error = words = ""
    if event.outcome in FAILED:
        text = event.result.content if event.command is None else event.command.tail
        error, words = sign_error(event.call, text)
    edits = tuple(
        Edited(file.path, _find_before(turn, file.path), file.after or file.kind) for file in event.changes
    )
    return Trace(event.call, error, words, edits, turn.todos)


def _find_before(turn: Turn, path: str) -> str:
    """What a file held as far as it was edited or seen; empty: unknown."""
    before = turn.pace.world.get(path)
    if before is not None:
        return before
    seen = turn.rest.seen
    return next((sha for place, sha in seen.items() if place == path or place.endswith(f"/{path}")), "")
