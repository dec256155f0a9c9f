"""Folding a whole log is the same as applying its events one by one, however turns lie in it."""

from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core import events as ev
from aura.core.copies import change
from aura.core.evidence import CommandRun, FileChange
from aura.core.limits import StopReason
from aura.core.messages import MODEL, Message, Text, ToolCall, ToolResult, user
from aura.core.models import Completion, Usage
from aura.core.turn import Turn, apply, fold
from aura.testing import play
from tests.core import worlds

SCRIPTS = sorted((Path(__file__).parent.parent / "scripts").glob("*.yaml"))


def go_through(events: list[ev.Event]) -> Turn:
    """One event after the other."""
    return reduce(apply, events, Turn())


@given(st.lists(worlds.histories, max_size=4), st.lists(worlds.durable, max_size=6))
def test_a_fold_is_the_sum_of_its_events(parts: list[list[ev.Event]], rest: list[ev.Event]) -> None:
    events = [*(event for part in parts for event in (*part, ev.TurnStarted(1, user("next")))), *rest]
    assert fold(events) == go_through(events)
    assert fold(iter(events)) == fold(events)


@given(st.lists(worlds.durable, max_size=40))
def test_events_in_any_order_fold_as_they_apply(events: list[ev.Event]) -> None:
    assert fold(events) == go_through(events)


@pytest.mark.parametrize("path", SCRIPTS, ids=[path.stem for path in SCRIPTS])
def test_real_conversations_fold_as_they_apply(path: Path) -> None:
    events = play(path)
    assert fold(events) == go_through(events)
    again = [*events, *events, *events]
    assert fold(again) == go_through(again)


def test_every_kind_of_step_is_kept_of_a_turn_that_is_over() -> None:
    calls = tuple(ToolCall(f"c{n}", "Bash", {"command": "pytest"}) for n in range(3))
    events: list[ev.Event] = [ev.TurnStarted(1, user("go")), ev.Injected(user("hm", "aura"), "step")]
    for step in range(1, 4):
        message = Message("assistant", (Text("I see."), *calls), MODEL)
        events += [
            ev.StepStarted(step, "m"),
            ev.ModelReplied(Completion(message, Usage(100 * step, 7, 3), cost=0.1 if step > 1 else None)),
            *(ev.ToolStarted(call) for call in calls),
            ev.ToolFinished(
                calls[0],
                ToolResult("c0", "ok"),
                "ok",
                changes=(FileChange("a", "modified", after=f"{step}"),),
                command=CommandRun("pytest", 0),
                seen={"a": "1", "b": "" if step == 3 else "2"},
            ),
            ev.ToolJudged("c1", "deny", "rule"),
            ev.ToolFinished(calls[1], ToolResult("c1", "no", is_error=True), "denied"),
            ev.StepEnded(step, 0.1),
        ]
    events += [ev.TurnStopped(StopReason.END_TURN, seconds=0.1), ev.TurnStarted(2, user("next"))]
    turn = fold(events)
    assert turn == go_through(events)
    assert (turn.spend.input, turn.spend.unpriced, turn.spend.steps, turn.spend.turns) == (600, 1, 3, 2)
    assert turn.rest.seen == {"a": "1"}
    assert list(turn.rest.pending.calls) == ["c2"]
    assert (turn.ledger.edits, turn.ledger.commands, turn.counters.tool_errors) == (3, 3, 3)
    assert set(turn.lifetimes.values()) == {"over"}


def test_folding_leaves_what_it_began_with_alone() -> None:
    first = fold([ev.TurnStarted(1, user("go")), ev.ToolStarted(ToolCall("c", "Read"))])
    before = replace(first)
    more: list[ev.Event] = [
        ev.ToolFinished(ToolCall("c", "Read"), ToolResult("c", "x"), "ok", seen={"a": "1"}),
        ev.TurnStarted(2, user("on")),
    ]
    fold(more, first)
    assert first == before
    assert list(first.rest.pending.calls) == ["c"]
    assert first.rest.seen == {}
    assert len(first.messages) == 1


@dataclass(frozen=True, slots=True)
class Pair:
    one: int = 1
    other: dict[str, int] = field(default_factory=dict)


@given(st.integers(), st.dictionaries(st.text(), st.integers()))
def test_a_changed_copy_is_a_replaced_one(one: int, other: dict[str, int]) -> None:
    pair = Pair(one, other)
    assert change(pair, other={"x": 1}) == replace(pair, other={"x": 1})
    assert change(pair) == pair
    assert change(pair) is not pair
    assert change(pair).other is other
    with pytest.raises(KeyError):
        change(pair, another=1)


@pytest.mark.parametrize("replies", [0, 1])
def test_what_a_past_turn_without_its_provider_took_counts_if_there_was_a_reply(replies: int) -> None:
    said = Message("assistant", (Text("I see."),), MODEL)
    events: list[ev.Event] = [ev.TurnStarted(1, user("go"))]
    for step in range(1, replies + 1):
        events += [ev.StepStarted(step, "m"), ev.ModelReplied(Completion(said)), ev.StepEnded(step, 0.1)]
    events += [
        ev.StepStarted(replies + 1, "m"),
        ev.TurnStopped(StopReason.PROVIDER),
        ev.TurnStarted(2, user("next")),
    ]
    turn = fold(events)
    assert turn == go_through(events)
    assert (turn.spend.turns, turn.spend.steps) == ((2, 2) if replies else (1, 0))
