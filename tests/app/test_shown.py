"""What a face is told that comes later, or that does not keep up."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from aura.app.shown import KEEP_OUTPUT, Deltas, Shown
from aura.core import events as ev
from aura.core.evidence import CommandRun
from aura.core.facts import Panel
from aura.core.limits import StopReason
from aura.core.messages import MODEL, Message, Text, ToolCall, ToolResult
from aura.core.models import Completion, TextDelta, ThinkingDelta
from aura.core.tools import Answer, Question

CALL = ToolCall("c1", "Bash", {"command": "ls"})
REPLY = ev.ModelReplied(Completion(Message("assistant", (Text("hello"),), MODEL)))
FINISHED = ev.ToolFinished(CALL, ToolResult("c1", "done"), "ok")

pieces = st.lists(
    st.one_of(
        st.builds(TextDelta, st.text(max_size=5)),
        st.builds(ThinkingDelta, st.text(max_size=5)),
        st.builds(ev.ToolOutputDelta, st.sampled_from(["c1", "c2"]), st.text(max_size=5)),
    ),
    max_size=30,
)


def texts(events: list[ev.Event], kind: type, call_id: str = "") -> str:
    """What the pieces of a kind say together."""
    return "".join(
        event.text
        for event in events
        if isinstance(event, (TextDelta, ThinkingDelta, ev.ToolOutputDelta))
        and isinstance(event, kind)
        and getattr(event, "call_id", "") == call_id
    )


@given(pieces)
def test_joined_pieces_say_what_the_pieces_said(events: list[ev.Event]) -> None:
    deltas = Deltas()
    for event in events:
        deltas.note(event)
    joined = deltas.pieces()
    assert bool(deltas) == bool(events)
    for kind, name in (
        (TextDelta, ""),
        (ThinkingDelta, ""),
        (ev.ToolOutputDelta, "c1"),
        (ev.ToolOutputDelta, "c2"),
    ):
        assert texts(joined, kind, name) == texts(events, kind, name)
    said = [event for event in joined if isinstance(event, (TextDelta, ThinkingDelta))]
    assert all(type(one) is not type(other) for one, other in itertools.pairwise(said))
    assert deltas.take() == joined
    assert not deltas
    assert deltas.take() == []


@given(pieces)
def test_what_is_over_is_not_told_any_more(events: list[ev.Event]) -> None:
    deltas = Deltas()
    for event in events:
        deltas.note(event)
    deltas.note(FINISHED)
    assert texts(deltas.pieces(), ev.ToolOutputDelta, "c1") == ""
    for end in (REPLY, ev.ModelFailed("network", "Gone.", 1, "m"), ev.TurnStopped(StopReason.DONE)):
        deltas.note(TextDelta("more"))
        deltas.note(end)
        assert texts(deltas.pieces(), TextDelta) == texts(deltas.pieces(), ThinkingDelta) == ""


@given(st.lists(st.text(st.characters(codec="ascii"), max_size=9_000), max_size=12))
def test_of_output_the_end_is_kept(printed: list[str]) -> None:
    deltas = Deltas()
    for text in printed:
        deltas.note(ev.ToolOutputDelta("c1", text))
    kept, whole = texts(deltas.pieces(), ev.ToolOutputDelta, "c1"), "".join(printed)
    assert whole.endswith(kept)
    assert len(kept) >= min(len(whole), KEEP_OUTPUT)
    assert len(kept) <= 2 * KEEP_OUTPUT


def test_what_waits_for_a_yes_and_what_is_shown_beside() -> None:
    shown = Shown()
    asked = ev.ApprovalAsked("a1", CALL, "it runs a command")
    panels = ev.PanelsShown((Panel("Weather", ("sunny",)),))
    for event in (
        asked,
        ev.ApprovalAsked("a2", CALL, "again"),
        ev.ApprovalSettled("a2"),
        panels,
        TextDelta("hi"),
    ):
        shown.note(event)
    assert shown.events() == [TextDelta("hi"), asked, panels]


def test_shell_lines_that_run_are_named_before_their_output() -> None:
    shown = Shown()
    one, two = ev.ShellStarted("shell-1", "!make"), ev.ShellStarted("shell-2", "!make")
    for event in (one, two, ev.ToolOutputDelta("shell-1", "a"), ev.ToolOutputDelta("shell-2", "b")):
        shown.note(event)
    assert shown.events() == [
        one,
        two,
        ev.ToolOutputDelta("shell-1", "a"),
        ev.ToolOutputDelta("shell-2", "b"),
    ]
    shown.note(ev.CommandRan("/status", ""))
    shown.note(ev.CommandRan("!make", "a", CommandRun("make", 0)))
    assert shown.events() == [two, ev.ToolOutputDelta("shell-2", "b")]


def test_a_question_is_told_with_its_deadline_until_it_is_answered() -> None:
    shown = Shown()
    asked = ev.QuestionAsked("q1", Question("Which?"), deadline=1234.5)
    shown.note(asked)
    assert shown.events() == [asked]
    shown.note(ev.QuestionAnswered("q1", Answer("This one."), "human"))
    assert shown.events() == []
