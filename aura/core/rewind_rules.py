"""Going back in a conversation: what is recorded for it, and what that changes."""

from aura.core.copies import change
from aura.core.limits import StopReason
from aura.core.messages import Message
from aura.core.rewound import Earlier, Rewound
from aura.core.state import Done, Goal, Pace, Turn, View

OVER = ("step", "turn")  # lifetimes that end with a turn


def make_rewound(
    now: Turn, then: Turn, at: tuple[int, int], by: str, title: str = "", files: int = 0
) -> Rewound:
    """The event that takes a session from where it stands to where it stood after an event.

    `at` are the place of that event, and the place that the new one will have.
    """
    to, seq = at
    held, wanted = tuple(now.messages), tuple(then.messages)
    kept = _count_common(held, wanted)
    lifetimes = {str(at): "over" if life in OVER else life for at, life in then.lifetimes.items()}
    return Rewound(
        to,
        by,
        title,
        files,
        kept,
        wanted[kept:],
        Earlier(
            todos=then.todos,
            start=then.view.start,
            text=then.view.text,
            lifetimes=lifetimes,
            seen=dict(then.rest.seen),
            questions=tuple(then.rest.pending.questions),
            goal=then.goal.title,
            context_tokens=then.counters.context_tokens,
            context_upto=then.counters.context_upto,
        ),
        then.rest.trail.turn_back(to, seq),
    )


def rewind(turn: Turn, event: Rewound) -> Turn:
    """The turn after going back: the conversation is the earlier one, what was spent, done and switched stays.

    No turn runs afterwards, no verdict about Done holds, and what people answered since was never said.
    """
    earlier, rest = event.earlier, turn.rest
    messages = turn.messages.cut(event.kept)
    for message in event.messages:
        messages = messages.append(message)
    goal = turn.goal
    if goal.title != earlier.goal:
        goal = Goal(earlier.goal, turn.spend, turn.ledger.counted, turn.ledger.counted_checks)
    questions = {name: one for name, one in rest.pending.questions.items() if name in earlier.questions}
    return change(
        turn,
        messages=messages,
        view=View(earlier.start, earlier.text),
        lifetimes={int(at): life for at, life in earlier.lifetimes.items() if at.isdecimal()},
        todos=earlier.todos,
        counters=change(
            turn.counters, context_tokens=earlier.context_tokens, context_upto=earlier.context_upto
        ),
        pace=Pace(begun=len(messages)),
        recent=(),
        done=Done(),
        rest=change(
            rest,
            seen=earlier.seen,
            stop=StopReason.END_TURN,
            detail="",
            failed=None,
            goal=goal,
            trail=event.trail,
            answers=tuple(one for one in rest.answers if one.at <= event.kept),
            pending=change(rest.pending, calls={}, questions=questions),
        ),
    )


def _count_common(held: tuple[Message, ...], wanted: tuple[Message, ...]) -> int:
    """How many messages both begin with."""
    count = 0
    for mine, other in zip(held, wanted, strict=False):
        if mine is not other and mine != other:
            break
        count += 1
    return count
