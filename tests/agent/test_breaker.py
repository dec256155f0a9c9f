"""The breaker: the pure rule, and whole turns whose calls are refused."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.agent.breaker import Breaker, park
from aura.agent.guard import Guard
from aura.core import events as ev
from aura.core.limits import ENDINGS, StopReason
from aura.core.messages import ToolCall, ToolResult, user
from aura.core.permissions import Facts
from aura.core.todos import Todo
from aura.core.tools import Access, Effect, Tool, ToolOutput
from aura.core.turn import Turn, fold
from aura.testing import Act, FakeModel, FakeTool, Player, Props, Stage, call, reply

ON = ev.AutoSwitched(on=True, by="human")
verdicts = st.lists(st.booleans(), max_size=90)
numbers = st.integers(0, 12)


@given(verdicts, numbers, numbers, st.integers(1, 50))
def test_it_trips_exactly_when_a_number_is_reached_by_the_newest_call(
    refused: Sequence[bool], in_a_row: int, of_last: int, window: int
) -> None:
    tripped = bool(Breaker(in_a_row, of_last, window).find_trip(refused))
    row = 0
    for one in reversed(refused):
        if not one:
            break
        row += 1
    several = sum(refused[-window:])
    expected = bool(row) and ((0 < in_a_row <= row) or (0 < of_last <= several))
    assert tripped == expected


@given(verdicts)
def test_a_call_that_ran_never_trips_it(refused: list[bool]) -> None:
    assert not Breaker().find_trip([*refused, False])


def test_the_words_name_what_happened() -> None:
    assert Breaker().find_trip([True] * 3) == "3 calls in a row were refused"
    assert Breaker().find_trip([True, False] * 7 + [True]) == "8 of the last 15 calls were refused"
    assert Breaker(1).find_trip([True]) == "a call was refused"


@given(
    st.lists(st.sampled_from(["pending", "in_progress", "completed", "blocked"]), max_size=5),
    st.integers(0, 6),
)
def test_a_trip_parks_one_item_or_ends_the_turn_and_never_both_in_silence(
    statuses: list[Any], refusals: int
) -> None:
    todos = tuple(Todo(str(at), f"todo {at}", status) for at, status in enumerate(statuses))
    turn = fold([ON, ev.TodosChanged(todos, "model"), ev.TurnStarted(1, user("go")), *refuse(refusals)])
    events = list(park(turn, Breaker()))
    assert bool(events) == (refusals >= 3)
    if not events:
        return
    assert sum(isinstance(one, ev.BranchParked) for one in events) == 1
    ends = any(isinstance(one, ev.LimitReached) for one in events)
    speaks = any(isinstance(one, ev.Injected) for one in events)
    assert ends != speaks
    after = fold(
        [ON, ev.TodosChanged(todos, "model"), ev.TurnStarted(1, user("go")), *refuse(refusals), *events]
    )
    assert len(after.open_todos) == len(turn.open_todos) - ("in_progress" in statuses)
    assert not list(park(after, Breaker()))


def refuse(count: int) -> list[ev.Event]:
    events: list[ev.Event] = []
    for number in range(count):
        one = ToolCall(f"c{number}", "Net", {"url": f"http://{number}"})
        events.append(ev.ToolJudged(one.id, "deny", "reviewer", "no"))
        events.append(ev.ToolFinished(one, ToolResult(one.id, "Refused", is_error=True), "denied"))
    return events


def test_outside_of_auto_mode_nothing_is_parked() -> None:
    assert not list(park(fold(refuse(9)), Breaker()))


@pytest.mark.parametrize("word", [ev.Steered(user("Try this.")), ev.TurnStarted(2, user("And now?"))])
def test_a_person_who_speaks_is_a_new_beginning(word: ev.Event) -> None:
    assert not list(park(fold([ON, *refuse(2), word, *refuse(1)]), Breaker()))
    assert list(park(fold([ON, *refuse(2), ev.TurnStarted(2, user("go on", "aura")), *refuse(1)]), Breaker()))


# Whole turns.


def write_todos(todos: list[Any]) -> ToolOutput:
    return ToolOutput("ok", todos=tuple(Todo(*one) for one in todos))


def floor(tool: str, effect: Effect, access: Access) -> Facts:
    """The network is on the hard floor, a path with `no` in it is denied by a rule."""
    denied = "Read(no*)" if any("no" in path for path in access.reads) else ""
    return Facts(effect, access, floor="never" if effect is Effect.NETWORK else "", denied_by=denied)


def stage_of(*acts: Act | Player) -> Stage:
    tools: list[Tool] = [
        FakeTool("Net", Effect.NETWORK),
        FakeTool("Read", does=lambda path: path),
        FakeTool("TodoWrite", Effect.NONE, write_todos),
    ]
    return Stage(FakeModel(*acts), tools, [ON], props=Props(examine=floor))


def net(number: int) -> ToolCall:
    return call("Net", url=f"http://{number}")


def plan(**statuses: str) -> ToolCall:
    return ToolCall(
        "", "TodoWrite", {"todos": [[name, f"do {name}", status] for name, status in statuses.items()]}
    )


async def test_a_refused_branch_is_parked_and_the_others_are_done() -> None:
    """Refusals of the hard floor and of rules count as those of a reviewer."""
    stage = stage_of(
        plan(a="in_progress", b="pending"),
        net(1),
        call("Read", path="no.txt"),
        net(2),
        plan(a="blocked", b="in_progress"),
        call("Read", path="yes.txt"),
        plan(a="blocked", b="completed"),
        "That is all.",
    )
    await stage.prompt()
    (parked,) = stage.of(ev.BranchParked)
    assert parked.todo == "a"
    assert parked.reason.startswith("3 calls in a row were refused (Net http://1, Read no.txt, Net http://2)")
    told = stage.of(ev.Injected)[0].message.text
    assert 'The todo "do a" is blocked now. Go on with the others.' in told
    assert stage.turn.stop is StopReason.BLOCKED  # only a is left
    assert [(one.id, one.status) for one in stage.turn.todos] == [("a", "blocked"), ("b", "completed")]
    assert not stage.of(ev.LimitReached)


async def test_with_nothing_else_left_the_turn_ends_as_blocked_after_a_summary() -> None:
    stage = stage_of(plan(a="in_progress"), net(1), net(2), net(3), "I could not reach it.")
    await stage.prompt()
    assert stage.turn.stop is StopReason.BLOCKED
    assert ENDINGS[StopReason.BLOCKED].exit_code == 4
    assert "nothing else is left to do" in stage.turn.rest.detail
    (todo,) = stage.turn.todos
    assert (todo.status, todo.note.startswith("parked: 3 calls in a row")) == ("blocked", True)


async def test_without_todos_there_is_one_more_chance() -> None:
    stage = stage_of(reply("", net(1), net(2), net(3)), net(4), net(5), net(6), "I cannot.")
    await stage.prompt()
    assert len(stage.of(ev.BranchParked)) == 2
    assert "call Done with status blocked" in stage.of(ev.Injected)[0].message.text
    assert stage.turn.stop is StopReason.BLOCKED


async def test_who_gives_up_after_that_is_blocked_and_not_stalled() -> None:
    stage = stage_of(reply("", net(1), net(2), net(3)), "I cannot.", "I cannot.", "I cannot.", "I cannot.")
    stage.session.record(ev.DoneSwitched(required=True, by="human"))
    await stage.prompt()
    assert len(stage.of(ev.BranchParked)) == 1
    assert stage.turn.stop is StopReason.BLOCKED
    assert stage.turn.rest.detail == "calls were refused, and asked 3 times to go on, without progress"


async def test_refusals_that_are_spread_out_park_too() -> None:
    acts: list[Act] = []
    for number in range(8):
        acts += [net(number), call("Read", path=f"{number}.txt")]
    stage = stage_of(plan(a="in_progress", b="pending"), *acts, "Enough.", "Enough.", "Enough.", "Enough.")
    await stage.prompt()
    (parked,) = stage.of(ev.BranchParked)
    assert parked.reason.startswith("8 of the last 15 calls were refused")


async def test_its_numbers_are_settings() -> None:
    from aura.app.guard import make_guard
    from aura.config.schema import Settings

    settings = Settings.model_validate({"auto": {"breaker": {"in_a_row": 1, "of_last": 2, "window": 9}}})
    stage = stage_of(net(1), net(2), "I cannot.")
    guard = make_guard(settings, stage.session.recorder, FakeModel())
    assert guard.breaker == Breaker(1, 2, 9)
    stage.loop.habits = type(stage.loop.habits)(guard=guard)
    await stage.prompt()
    assert stage.turn.stop is StopReason.BLOCKED
    assert Guard().breaker == Breaker(3, 8, 40)
    assert Turn().rest.denials.parks == 0
