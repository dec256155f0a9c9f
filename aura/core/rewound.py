"""The event that takes a conversation back, and which events of a log the conversation is made of."""

from dataclasses import dataclass, field
from typing import Literal

from aura.core.messages import Message
from aura.core.todos import Todo


@dataclass(frozen=True, slots=True)
class Trail:
    """The events of a log that its conversation is made of: all from place `since` on, and before it `stretches`.

    A stretch is the places of its first and its last event; they are in order.
    """

    stretches: tuple[tuple[int, int], ...] = ()
    since: int = 1

    def holds(self, seq: int) -> bool:
        """Whether the event at a place is part of the conversation; what a rewind took away is not."""
        return seq >= self.since or any(first <= seq <= last for first, last in self.stretches)

    def find_stretch(self, seq: int) -> tuple[int, int]:
        """The stretch that ends last at or before a place, cut there; (1, 0) when there is none."""
        if seq >= self.since:
            return self.since, seq
        found = (one for one in reversed(self.stretches) if one[0] <= seq)
        first, last = next(found, (1, 0))
        return first, min(last, seq)

    def turn_back(self, to: int, seq: int) -> "Trail":
        """The trail of a log up to place `to`, gone on with from place `seq`."""
        return Trail((*self.stretches, (self.since, to)), seq)


WHOLE = Trail()  # nothing was ever rewound


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
    `trail` says what the conversation is made of from here on, `files` counts those that were put back with it.
    """

    to: int
    by: str
    title: str = ""
    files: int = 0
    kept: int = 0
    messages: tuple[Message, ...] = ()
    earlier: Earlier = Earlier()
    trail: Trail = Trail()
    type: Literal["rewound"] = "rewound"
