"""The breaker: when too many calls are refused, the work at hand is left; with nothing else to do, the turn ends."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from aura.core.attempts import say_call
from aura.core.events import BranchParked, Event, Injected, LimitReached, TodosChanged
from aura.core.limits import StopReason
from aura.core.messages import AURA, user
from aura.core.turn import Turn

NAMED = 3  # refused calls that are named
ALLOWED = (
    "[aura] A person allows what was refused: {calls}. Make exactly the same call again if it is still needed: it runs"
    " once. A todo that was blocked for it can go on."
)
LEAVE = "[aura] {why}. Leave this: do not try it by another route. {rest}"
OTHERS = (
    'The todo "{todo}" is blocked now. Go on with the others. A person sees what was refused and may allow it; you'
    " will be told."
)
NO_TODO = (
    "Go on with what needs none of it. If nothing else is left, call Done with status blocked and say what is missing."
    " A person sees what was refused and may allow it; you will be told."
)


@dataclass(frozen=True, slots=True)
class Breaker:
    """The numbers: refused calls in a row, or of the last `window`; 0 switches one off."""

    in_a_row: int = 3
    of_last: int = 8
    window: int = 40

    def find_trip(self, refused: Sequence[bool]) -> str:
        """Why the work is to be left, in a few words; empty: it is not. The newest call is the last."""
        if not refused or not refused[-1]:
            return ""
        if self.in_a_row and len(refused) >= self.in_a_row and all(refused[-self.in_a_row :]):
            return (
                "a call was refused" if self.in_a_row == 1 else f"{self.in_a_row} calls in a row were refused"
            )
        recent = refused[-self.window :]
        if self.of_last and sum(recent) >= self.of_last:
            return f"{sum(recent)} of the last {max(len(recent), self.of_last)} calls were refused"
        return ""


def park(turn: Turn, breaker: Breaker) -> Iterator[Event]:
    """What is recorded after a step whose refusals trip the breaker: nothing if they do not, or outside of auto mode.

    The item in progress becomes blocked and the model goes on with the others. Without one it is told to leave what it
    tries, once for each open item; when that is spent, and when no other item is left, the turn ends as blocked.
    """
    trip = breaker.find_trip(turn.rest.denials.refused) if turn.auto else ""
    if not trip:
        return
    why = f"{trip}{_name_calls(turn)}"
    todo = next((one for one in turn.todos if one.status == "in_progress"), None)
    yield BranchParked(todo.id if todo is not None else "", why)
    if todo is not None:
        blocked = replace(todo, status="blocked", note=f"parked: {why}")
        yield TodosChanged(tuple(blocked if one is todo else one for one in turn.todos), AURA)
    if todo is None:
        is_over = turn.rest.denials.parks >= max(1, len(turn.open_todos))
    else:
        is_over = len(turn.open_todos) == 1
    if is_over:
        yield LimitReached(StopReason.BLOCKED, f"{why}, and nothing else is left to do")
        return
    rest = NO_TODO if todo is None else OTHERS.format(todo=todo.content)
    yield Injected(user(LEAVE.format(why=f"{why[:1].upper()}{why[1:]}", rest=rest), AURA))


def _name_calls(turn: Turn) -> str:
    newest = [one for one in turn.rest.denials.listed if not one.is_parked][-NAMED:]
    names = dict.fromkeys(say_call(one.call) for one in newest)
    return f" ({', '.join(names)})" if names else ""


def tell_allowed(turn: Turn) -> Injected | None:
    """What the model is told of refused calls that a person allowed since the last step; None: there is nothing."""
    denials = turn.rest.denials
    allowed = [one for number in denials.news if (one := denials.find(number)) is not None]
    if not allowed:
        return None
    calls = "; ".join(say_call(one.call) for one in allowed)
    return Injected(user(ALLOWED.format(calls=calls), AURA))
