"""Go on or stop, and why: the one place where that is decided."""

from dataclasses import dataclass

from aura.core.limits import OF_A_TURN, Spend, Standing, StopReason, find_exhausted, standings
from aura.core.run import GIVEN_UP, PAUSED
from aura.core.turn import Turn

MALFORMED = 3
REFUSALS = 3
WARN_AT = 0.8


@dataclass(frozen=True, slots=True)
class Stop:
    """The turn ends."""

    reason: StopReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Continue:
    """The model is called again; `prompt` asks for a continuation message because nobody else spoke."""

    prompt: bool = False


CLAIMED = {
    "done": StopReason.DONE,
    "blocked": StopReason.BLOCKED,
    "needs_input": StopReason.NEEDS_INPUT,
}


ORDERED = {"pause": PAUSED, "cancel": GIVEN_UP}


def decide(turn: Turn, *, objected: bool) -> Stop | Continue:
    """What follows a step.

    In this order: an accepted Done stops; an order to pause or to cancel the run stops; a gate that refused too often
    stops; a limit allows one step without tools,
    then stops; a tool that ends the turn stops; the model's debt of an answer goes on; auto mode with only blocked
    todos left stops; an objection, open todos in auto mode or a required Done go on until the nudges are spent; all
    else stops. Nothing argues with a limit.
    """
    if turn.done.accepted is not None:
        return Stop(CLAIMED[turn.done.accepted.status], turn.done.accepted.summary)
    if turn.run.order and turn.run.phase.is_active:
        return Stop(StopReason.CANCELLED, ORDERED.get(turn.run.order, PAUSED))
    if turn.done.same_refusals >= REFUSALS:
        return Stop(StopReason.NOT_VERIFIED, turn.done.refusals[-1])
    limit = turn.pace.limit
    if limit is not None:
        return Stop(limit.reason, limit.detail) if turn.pace.wrapped_up else Continue()
    if turn.pace.malformed >= MALFORMED:
        return Stop(
            StopReason.STALLED, f"{MALFORMED} replies in a row had tool arguments that cannot be read"
        )
    if turn.pace.ended_by_tool:
        return Stop(StopReason.END_TURN)
    if turn.pace.empties and max(turn.pace.empties - 1, turn.pace.nudges) >= turn.limits.nudges:
        return Stop(StopReason.STALLED, "the model answers with nothing")
    if turn.awaiting_model:
        return Continue(prompt=bool(turn.pace.empties) and not objected)
    blocked = [todo for todo in turn.todos if todo.status == "blocked"]
    if turn.auto and blocked and not turn.open_todos:
        reasons = (f"{todo.content} ({todo.note or 'no reason given'})" for todo in blocked)
        return Stop(StopReason.BLOCKED, "; ".join(reasons))
    if objected or turn.switches.done_required or (turn.auto and turn.open_todos):
        if turn.pace.nudges >= turn.limits.nudges:
            was_parked = turn.rest.denials.parks > 0 and not turn.open_todos
            reason, why = (
                (StopReason.BLOCKED, "calls were refused, and ") if was_parked else (StopReason.STALLED, "")
            )
            return Stop(reason, f"{why}asked {turn.limits.nudges} times to go on, without progress")
        return Continue(prompt=not objected)
    return Stop(StopReason.END_TURN)


def find_limit(turn: Turn, turn_seconds: float) -> Stop | None:
    """The limit that is reached at this point of the turn, or None; `turn_seconds` is how long the turn has run."""
    window = _measure_window(turn, turn_seconds)
    reached = find_exhausted(turn.limits, window, steps=turn.steps, turn_seconds=turn_seconds)
    if reached is None:
        return None
    return Stop(reached.reason, reached.words)


def find_warnings(turn: Turn, turn_seconds: float) -> tuple[Standing, ...]:
    """The windows of which `WARN_AT` is used and something is left, that were not warned of; none of a turn."""
    window = _measure_window(turn, turn_seconds)
    standing = standings(turn.limits, window, steps=turn.steps, turn_seconds=turn_seconds)
    return tuple(
        one
        for one in standing
        if WARN_AT <= one.share < 1.0 and one.name not in turn.rest.warned and one.name not in OF_A_TURN
    )


def _measure_window(turn: Turn, turn_seconds: float) -> Spend:
    """What was spent since the limits were set, with the part of the step that runs."""
    return turn.window + Spend(seconds=max(0.0, turn_seconds - turn.pace.seconds))
