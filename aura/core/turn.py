"""Where a turn stands: the state that is folded from events, and nothing else."""

from collections.abc import Iterable

from aura.core import events as ev
from aura.core.newest import RECENT_CALLS, RECENT_STEPS, begins_anew
from aura.core.past import pass_over
from aura.core.rules import FOLDED, apply, spend_of
from aura.core.state import Turn

__all__ = ["FOLDED", "RECENT_CALLS", "RECENT_STEPS", "Turn", "apply", "fold", "spend_of"]


def fold(events: Iterable[ev.Event], turn: Turn | None = None) -> Turn:
    """The turn after many events: the same as after `apply` of each, in a tenth of the time.

    How a turn went that is over is not asked any more, unless aura went on from it, so it is not worked out: see
    `pass_over`.
    """
    state = Turn() if turn is None else turn
    waiting: list[ev.Event] = []
    for event in events:
        if type(event) is ev.TurnStarted and begins_anew(event):
            state = pass_over(state, waiting)
            waiting.clear()
        waiting.append(event)
    for event in waiting:
        state = apply(state, event)
    return state
