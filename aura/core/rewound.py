"""The event that takes a conversation back, and what of a log is still part of the conversation."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from aura.core.messages import Message
from aura.core.todos import Todo


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was beside the messages at the place that the conversation goes back to.

    `start` and `text` are those of the view, `lifetimes` and `seen` those of the turn (places as text), `questions`
    the ids of those that were open, `goal` how the goal was said; the context was counted as in `Counters`.
    """

    todos: tuple[Todo, ...] = ()
    start: int = 0
    text: str = ""
    lifetimes: dict[str, str] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    questions: tuple[str, ...] = ()
    goal: str = ""
    context_tokens: int = 0
    context_upto: int = 0


@dataclass(frozen=True, slots=True)
class Rewound:
    """From here on the conversation and the todos are as they were after event number `to`; the log keeps everything.

    The first `kept` messages stay; `messages` follow them: those that the session does not hold any more, because they
    were summarised or rewound before. What was spent and done stays counted. `title` is the beginning of the prompt
    that stood there (empty: another thing did).
    """

    to: int
    by: str
    title: str = ""
    kept: int = 0
    messages: tuple[Message, ...] = ()
    earlier: Earlier = Earlier()
    type: Literal["rewound"] = "rewound"


def find_live(rewinds: Iterable[tuple[int, int]], last: int) -> tuple[tuple[int, int], ...]:
    """The stretches of a log (first and last place, in order) that its conversation is made of up to place `last`.

    `rewinds` are the place of each `Rewound` and the one it goes back to. What a rewind took away is live again when a
    later one goes back to a place inside it.
    """
    stretches: list[tuple[int, int]] = []
    for seq, to in sorted(rewinds, reverse=True):
        if seq <= last:
            stretches.append((seq, last))
            last = min(to, seq - 1)
    if last > 0:
        stretches.append((1, last))
    return tuple(reversed(stretches))


def is_live(seq: int, stretches: tuple[tuple[int, int], ...]) -> bool:
    """Whether the event at a place is part of the conversation."""
    return any(first <= seq <= last for first, last in stretches)
