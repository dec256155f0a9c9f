"""The fold: the same blocks live and from the log, and each rule of what is shown."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core import events as ev
from aura.core.attempts import Outcome
from aura.core.evidence import Check, CommandRun, FileChange
from aura.core.limits import Limits, StopReason
from aura.core.messages import MODEL, Image, Message, Text, Thinking, ToolCall, ToolResult, user
from aura.core.models import Completion, TextDelta, ThinkingDelta
from aura.core.tools import Answer, Claim, Question
from aura.core.turn import Turn, apply
from aura.ui.blocks import (
    Block,
    CardGroup,
    CheckLine,
    CommandLog,
    Ending,
    Failure,
    Injection,
    Inquiry,
    Note,
    Prose,
    Said,
    Shortened,
    StepRule,
    Thought,
    ToolCard,
)
from aura.ui.folding import Folder

Blocks = list[Block]


class Screen:
    """Keeps the blocks that a folder tells of, as a face does."""

    def __init__(self, *, auto: bool = False) -> None:
        self.turn = Turn()
        self.blocks: Blocks = []
        self.folder = Folder(lambda: self.turn, auto=auto)
        self.seq = 0

    def take(self, event: ev.Event, at: float = 0.0) -> None:
        self.turn = apply(self.turn, event)
        self.seq += ev.is_durable(event)
        recorded = ev.Recorded(self.seq if ev.is_durable(event) else 0, at or float(self.seq), event)
        for kind, block in self.folder.take(recorded):
            places = [one.place for one in self.blocks]
            at_place = bisect_left(places, block.place)
            if kind == "appended":
                assert block.place not in places
                self.blocks.insert(at_place, block)
            else:
                assert self.blocks[at_place] is block, "a change names a block that stands where its place says"
                if kind == "removed":
                    del self.blocks[at_place]

    def play(self, events: Sequence[ev.Event]) -> "Screen":
        for event in events:
            self.take(event)
        return self

    @property
    def bodies(self) -> list[Any]:
        return [block.body for block in self.blocks]

    def shown(self) -> list[tuple[Any, ...]]:
        """What counts of the blocks; versions do not."""
        return [(one.first, one.last, one.part, one.final, one.body) for one in self.blocks]


def fold(*events: ev.Event, auto: bool = False) -> list[Any]:
    return Screen(auto=auto).play(events).bodies


def begin(text: str = "go", origin: str = "human") -> ev.TurnStarted:
    return ev.TurnStarted(1, user(text, origin))


def reply(*parts: Text | Thinking | ToolCall, cost: float | None = 0.5, **more: Any) -> ev.ModelReplied:
    return ev.ModelReplied(Completion(Message("assistant", parts, MODEL), cost=cost), 2.0, **more)


def call(name: str = "Bash", number: str = "c1", **arguments: Any) -> ToolCall:
    return ToolCall(number, name, arguments)


def finish(one: ToolCall, outcome: Outcome = "ok", content: str = "fine", **more: Any) -> ev.ToolFinished:
    return ev.ToolFinished(one, ToolResult(one.id, content, is_error=outcome != "ok"), outcome, **more)


def run(*calls: ToolCall) -> list[ev.Event]:
    return [event for one in calls for event in (ev.ToolStarted(one), finish(one))]


# --- the same live and from the log ---------------------------------------------------------------------------

TEXTS = st.lists(
    st.sampled_from(
        ["One line.\n", "\n", "- item\n", "```py\n", "x = 1\n", "```\n", "| a | b |\n", "|---|---|\n", "word " * 40]
    ),
    min_size=1,
    max_size=12,
).map("".join)
NOISE: list[ev.Event] = [
    ev.NoticeShown("look here", "warning"),
    ev.Injected(user("remember", "injector:todo"), "turn"),
    ev.Injected(user("they ran ls", "shell")),
    ev.CommandRan("/status", ""),
    ev.CommandSaid("all is well"),
    ev.AutoSwitched(on=True, by="human"),
    ev.AutoSwitched(on=False, by="human"),
    ev.PromptQueued("p1", "later"),
    ev.Steered(user("faster")),
    ev.CommandRan("!ls", "a\nb", CommandRun("ls", 0, "a\nb", 0.1)),
]


@st.composite
def deltas(draw: st.DrawFn, text: str, kind: type[TextDelta] | type[ThinkingDelta]) -> list[ev.Event]:
    """The text in pieces of any size."""
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)) | {0, len(text)})
    return [kind(text[start:end]) for start, end in zip(cuts, cuts[1:], strict=False)]


@st.composite
def steps(draw: st.DrawFn, number: int) -> list[ev.Event]:
    """One step with its deltas: what is thought, said and called; failures before it; noise anywhere."""
    events: list[ev.Event] = [ev.StepStarted(number, "m")]
    for attempt in range(draw(st.integers(0, 2))):
        events += draw(deltas(draw(TEXTS), TextDelta))
        events.append(ev.ModelFailed("network", "The line is dead.", attempt + 1, "m", 1.0, "partial"))
    parts: list[Any] = []
    for kind, part in ((ThinkingDelta, Thinking), (TextDelta, Text)):
        if draw(st.booleans()):
            text = draw(TEXTS)
            parts.append(part(text))
            if draw(st.booleans()):
                events += draw(deltas(text, kind))
                events += draw(st.lists(st.sampled_from(NOISE), max_size=2))
    if draw(st.integers(0, 9)) == 0:
        return [*events, ev.ToolOutputDelta("shell-1", "a\n"), ev.TurnStopped(StopReason.CANCELLED, "by a person")]
    names = draw(st.lists(st.sampled_from(["Read", "Grep", "Bash", "Ask"]), max_size=4))
    calls = [call(name, f"{number}.{place}", question="which?") for place, name in enumerate(names)]
    events.append(reply(*parts, *calls, cost=draw(st.sampled_from([None, 0.1]))))
    started = [one for one in calls if draw(st.integers(0, 5))]
    events += [ev.ToolStarted(one) for one in started]
    if any(one.name == "Ask" for one in started) and draw(st.booleans()):
        events += [
            ev.QuestionAsked(f"q{number}", Question("which?")),
            ev.QuestionAnswered(f"q{number}", Answer("this"), "human"),
        ]
    for one in draw(st.permutations(calls)):
        if one not in started:
            events.append(ev.ToolJudged(one.id, "deny", "policy", "not here"))
        else:
            events += [ev.ToolOutputDelta(one.id, "some\n")] * draw(st.integers(0, 2))
        events.append(finish(one, draw(st.sampled_from(["ok", "ok", "ok", "error"])), seconds=0.1))
    return [*events, *draw(st.lists(st.sampled_from(NOISE), max_size=2)), ev.StepEnded(number, 1.0)]


@st.composite
def sessions(draw: st.DrawFn) -> list[ev.Event]:
    """Some turns, with all that passes."""
    events: list[ev.Event] = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        events.append(ev.TurnStarted(number, user("go", draw(st.sampled_from(["human", "command:fix"])))))
        for step in range(1, draw(st.integers(1, 3)) + 1):
            events += draw(steps(step))
            if isinstance(events[-1], ev.TurnStopped):
                break
        else:
            events.append(ev.TurnStopped(draw(st.sampled_from([StopReason.END_TURN, StopReason.MAX_COST]))))
    return events


@given(sessions(), st.booleans())
def test_live_and_logged_events_fold_to_the_same_blocks(events: list[ev.Event], auto: bool) -> None:
    live = Screen(auto=auto).play(events)
    logged = Screen(auto=auto).play([event for event in events if ev.is_durable(event)])
    durable = [one for one in live.shown() if one[0]]
    assert durable == logged.shown()
    assert [one.body for one in live.blocks if not one.first] == [
        one.body for one in live.blocks if isinstance(one.body, CommandLog) and one.body.open
    ], "only shell lines that still run are told by passing events alone"
