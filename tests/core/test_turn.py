"""The state of a session: folded from events, by nothing else, and the same however the log is cut."""

from dataclasses import fields
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core import events as ev
from aura.core.evidence import CommandRun, FileChange
from aura.core.limits import Limits, Spend, StopReason
from aura.core.messages import HUMAN, MODEL, Message, Text, ToolCall, ToolResult, user
from aura.core.models import Completion, Usage
from aura.core.permissions import Mode
from aura.core.todos import Todo
from aura.core.tools import Answer, Claim, Question
from aura.core.turn import FOLDED, RECENT_CALLS, RECENT_STEPS, Turn, apply, fold
from tests.core import worlds


def start(number: int = 1, text: str = "go", origin: str = HUMAN) -> ev.TurnStarted:
    return ev.TurnStarted(number, user(text, origin))


def replied(
    text: str = "", *calls: ToolCall, usage: Usage | None = None, cost: float | None = 0.0
) -> ev.ModelReplied:
    message = Message("assistant", (*([Text(text)] if text else []), *calls), MODEL)
    return ev.ModelReplied(Completion(message, usage or Usage(), cost=cost))


def answered(name: str = "Read", result: str = "ok", outcome: Any = "ok", **more: Any) -> ev.ToolFinished:
    arguments = more.pop("arguments", {"path": "a"})
    call = ToolCall("c", name, arguments)
    return ev.ToolFinished(call, ToolResult("c", result, is_error=outcome != "ok"), outcome, **more)


@given(worlds.histories, worlds.histories)
def test_a_log_may_be_folded_in_two_parts(first: list[ev.Event], second: list[ev.Event]) -> None:
    assert fold([*first, *second]) == fold(second, fold(first))


@given(worlds.histories, worlds.passing)
def test_passing_events_change_nothing(events: list[ev.Event], event: ev.Event) -> None:
    turn = fold(events)
    assert apply(turn, event) is turn


@given(
    worlds.histories,
    st.lists(worlds.durable, min_size=1, max_size=5),
    st.lists(worlds.durable, min_size=1, max_size=5),
)
def test_two_futures_of_one_turn_do_not_touch_each_other(
    events: list[ev.Event], one: list[ev.Event], other: list[ev.Event]
) -> None:
    turn = fold(events)
    before = tuple(turn.messages)
    left, right = fold(one, turn), fold(other, turn)
    assert tuple(turn.messages) == before
    assert left == fold([*events, *one])
    assert right == fold([*events, *other])


@given(worlds.histories)
def test_spend_and_counters_never_fall(events: list[ev.Event]) -> None:
    turn = Turn()
    for event in events:
        after = apply(turn, event)
        is_unanswered = isinstance(event, ev.TurnStopped) and event.reason is StopReason.PROVIDER
        for field in fields(Spend):
            if is_unanswered and field.name in ("turns", "steps"):
                continue  # a turn that the provider never answered does not count
            assert getattr(after.spend, field.name) >= getattr(turn.spend, field.name)
        assert after.counters.tool_calls >= turn.counters.tool_calls
        assert len(after.messages) >= len(turn.messages)
        turn = after


@given(worlds.histories)
def test_the_other_types_of_events_change_nothing(events: list[ev.Event]) -> None:
    assert fold(event for event in events if event.type in FOLDED) == fold(events)


def test_every_event_is_durable_or_passing_and_says_its_name() -> None:
    kinds = [*get_args(ev.DurableEvent), *get_args(ev.PassingEvent)]
    names = [kind.__dataclass_fields__["type"].default for kind in kinds]
    assert len(set(names)) == len(kinds)
    assert not set(get_args(ev.DurableEvent)) & set(ev.PASSING)


def test_a_new_goal_forgets_what_the_gate_said_of_the_old_one() -> None:
    refused: list[ev.Event] = [ev.DoneRefused(Claim("x"), "check failed: t", "no")] * 3
    turn = fold([start(), *refused, ev.TurnStopped(StopReason.NOT_VERIFIED), start(2)])
    assert turn.done.same_refusals == 0
    accepted = fold(
        [start(), ev.DoneAccepted(Claim("x"), verified=True), ev.TurnStopped(StopReason.DONE), start(2)]
    )
    assert accepted.done.accepted is None


def test_refusals_count_over_the_turns_of_a_run() -> None:
    refused = ev.DoneRefused(Claim("x"), "open todos", "no")
    stop = ev.TurnStopped(StopReason.END_TURN)
    run = fold([start(), refused, refused, stop, start(2, origin="driver"), refused])
    assert run.done.same_refusals == 3
    person = fold([start(), refused, refused, stop, start(2), refused])
    assert person.done.same_refusals == 1


def test_the_ledger_belongs_to_one_goal() -> None:
    edited = answered("Edit", changes=(FileChange("a", "modified", after="1"),))
    done: list[ev.Event] = [ev.DoneAccepted(Claim("x"), verified=False), ev.TurnStopped(StopReason.DONE)]
    assert fold([start(), edited, ev.TurnStopped(StopReason.END_TURN), start(2)]).ledger.edits == 1
    assert fold([start(), edited, *done]).ledger.edits == 1
    assert fold([start(), edited, *done, start(2)]).ledger.edits == 0


def test_a_person_clears_what_stood_against_going_on() -> None:
    nudge = ev.Injected(user("go on", "aura"), nudge=True)
    refused = ev.DoneRefused(Claim("x"), "open todos", "no")
    ends = answered("Wait")
    ends = ev.ToolFinished(ends.call, ToolResult("c", "later", ends_turn=True), "ok")
    turn = fold([start(), nudge, replied(), refused, ends])
    assert (turn.pace.nudges, turn.pace.empties, turn.pace.ended_by_tool) == (0, 1, True)
    turn = fold([nudge, ev.Steered(user("listen"))], turn)
    assert (turn.pace.nudges, turn.pace.empties, turn.pace.ended_by_tool) == (0, 0, False)
    assert turn.done.refusals == ()


def test_words_after_the_stop_wait_without_undoing_it() -> None:
    turn = fold([start(), ev.DoneAccepted(Claim("x"), verified=True), ev.TurnStopped(StopReason.DONE)])
    later = apply(turn, ev.Steered(user("and this")))
    assert later.messages[-1].text == "and this"
    assert later.done == turn.done
    assert later.stop is StopReason.DONE


def test_nudges_are_forgiven_by_what_is_new_and_only_by_that() -> None:
    nudge = ev.Injected(user("go on", "aura"), nudge=True)
    turn = fold([start(), answered(), nudge, nudge])
    assert turn.pace.nudges == 2
    assert apply(turn, answered()).pace.nudges == 2
    assert apply(turn, answered(result="new", outcome="error")).pace.nudges == 2
    assert apply(turn, answered(result="new", waiting=True)).pace.nudges == 2
    assert apply(turn, answered(result="new")).pace.nudges == 0


def test_the_world_is_part_of_what_a_call_found() -> None:
    changed = answered("Edit", changes=(FileChange("a", "modified", after="1"),))
    back = answered("Edit", changes=(FileChange("a", "modified", after="0"),))
    turn = fold([start(), answered(), changed, answered(), back, answered()])
    worlds_seen = [attempt.world for attempt in turn.recent]
    assert worlds_seen[0] == ""
    assert worlds_seen[1] == worlds_seen[2]
    assert worlds_seen[3] == worlds_seen[4] not in (worlds_seen[0], worlds_seen[2])


@pytest.mark.parametrize(
    ("arguments", "whole"),
    [
        ({"path": "a"}, True),
        ({"path": "a", "offset": 1, "limit": 2000}, True),
        ({"path": "a", "offset": None, "limit": None}, True),
        ({"path": "a", "offset": 50, "limit": 2000}, False),
        ({"path": "a", "offset": 1, "limit": 20}, False),
        ({"path": "a", "offset": -5}, False),
    ],
)
def test_a_read_is_whole_when_it_shows_the_file_from_its_top(arguments: dict[str, Any], whole: bool) -> None:
    turn = fold([start(), answered(arguments=arguments, seen={"/w/a": "sha"})])
    assert turn.recent[-1].whole_read is whole


def test_only_so_many_calls_are_remembered() -> None:
    turn = fold([start()])
    for step in range(1, RECENT_STEPS + 11):
        turn = fold([ev.StepStarted(step, "m"), answered(), answered()], turn)
    assert {attempt.step for attempt in turn.recent} == set(range(11, RECENT_STEPS + 11))
    turn = fold(
        [ev.StepStarted(90, "m"), *[answered(arguments={"n": n}) for n in range(RECENT_CALLS + 5)]], turn
    )
    assert len(turn.recent) == RECENT_CALLS


def test_messages_live_as_long_as_they_were_meant_to() -> None:
    step = ev.Injected(user("for a step", "aura"), "step")
    whole = ev.Injected(user("for the turn", "aura"), "turn")
    turn = fold([start(), step, whole])
    assert set(turn.lifetimes.values()) == {"step", "turn"}
    turn = apply(turn, replied("hm"))
    assert sorted(turn.lifetimes.values()) == ["over", "turn"]
    turn = apply(turn, ev.TurnStopped(StopReason.END_TURN))
    assert set(turn.lifetimes.values()) == {"over"}


def test_empty_replies_are_counted_and_left_out() -> None:
    turn = fold([start(), replied(), replied("  ")])
    assert turn.pace.empties == 2
    assert len(turn.messages) == 1
    assert apply(turn, replied("yes")).pace.empties == 0


def test_spend_counts_replies_steps_turns_and_summaries() -> None:
    turn = fold(
        [
            start(),
            ev.StepStarted(1, "m"),
            replied("a", usage=Usage(input=10, output=2, cache_read=4), cost=0.25),
            ev.StepEnded(1, 2.0),
            ev.StepStarted(2, "m"),
            replied("b", usage=Usage(input=20, output=3), cost=None),
            ev.StepEnded(2, 3.0),
            ev.Compacted("s", "p", 1, 30, 5, "due", Spend(input=7, output=1, cost=0.5)),
            ev.TurnStopped(StopReason.END_TURN, seconds=0.5),
        ]
    )
    assert turn.spend == Spend(
        steps=2, turns=1, input=37, output=6, cache_read=4, cost=0.75, unpriced=1, seconds=5.5
    )


def test_new_limits_may_begin_a_new_window() -> None:
    spent: list[ev.Event] = [start(), ev.StepStarted(1, "m"), replied("a", usage=Usage(input=10))]
    assert fold([*spent, ev.LimitsSet(Limits(tokens=5))]).window.tokens == 0
    assert fold([*spent, ev.LimitsSet(Limits(tokens=50), fresh=False)]).window.tokens == 10


def test_what_people_set_is_kept_over_turns() -> None:
    turn = fold(
        [
            ev.AutoSwitched(on=True, by="human"),
            ev.DoneSwitched(required=True, by="human"),
            ev.ModeSwitched("plan", "human"),
            ev.ChecksSet(("pytest",), "human"),
            ev.TodosChanged((Todo("1", "x"), Todo("2", "y", "blocked")), "human"),
            start(),
            ev.TurnStopped(StopReason.END_TURN),
            start(2),
        ]
    )
    switches = turn.switches
    assert (switches.auto, switches.done_required, switches.mode, switches.checks) == (
        True,
        True,
        Mode.PLAN,
        ("pytest",),
    )
    assert [todo.id for todo in turn.open_todos] == ["1"]


def test_what_is_under_way_is_known() -> None:
    asked = ToolCall("c", "Bash", {"command": "x"})
    turn = fold([start(), ev.ToolStarted(asked), ev.QuestionAsked("q", Question("Which?"))])
    assert turn.rest.pending.calls == {"c": asked}
    assert list(turn.rest.pending.questions) == ["q"]
    turn = fold(
        [ev.ToolFinished(asked, ToolResult("c", ""), "ok"), ev.QuestionAnswered("q", Answer("a"), "human")],
        turn,
    )
    assert not turn.rest.pending.calls
    assert not turn.rest.pending.questions


def test_commands_and_edits_go_into_the_ledger() -> None:
    turn = fold(
        [
            start(),
            answered("Bash", command=CommandRun("pytest", 1)),
            answered("Edit", changes=(FileChange("a", "modified", after="1"),)),
        ]
    )
    assert (turn.ledger.edits, turn.ledger.commands, turn.ledger.test_is_stale) == (1, 1, True)


def test_the_last_reply_is_one_of_this_turn() -> None:
    turn = fold([start(), replied("old"), ev.TurnStopped(StopReason.END_TURN)])
    assert turn.last_reply is not None
    assert apply(turn, start(2)).last_reply is None
