"""A run in numbers: nothing is counted twice, and quantiles hold within what they promise."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura.core import events as ev
from aura.runs.metrics import Spread, make_document, make_metrics
from aura.runs.records import tame
from tests.runs.tales import asking, record, reply, step, tale
from tests.store.samples import DURABLE, events


def test_the_numbers_of_a_night() -> None:
    metrics = make_metrics(tale())
    wanted = {
        "turns": 2,
        "steps": 7,
        "model_calls": 7,
        "tool_calls": 8,
        "tool_failures": 4,
        "model_failures": 2,
        "retries": 2,
        "compactions": 1,
        "checks": 3,
        "checks_failed": 1,
        "claims_refused": 1,
        "claims_accepted": 1,
        "files_changed": 2,
        "changes": 3,
        "checkpoints": 2,
    }
    assert {name: count for name, count in metrics.counts.items() if count} == wanted
    tools = {tool.name: (tool.calls, tool.failed) for tool in metrics.tools}
    assert tools == {"Bash": (5, 4), "Edit": (2, 0), "Write": (1, 0)}
    assert metrics.model_seconds.p50 == pytest.approx(2.0, rel=0.02)
    document = make_document(metrics)
    assert document["usage"]["cost_usd"] is None
    assert document["usage"]["known_cost_usd"] == pytest.approx(1.55)
    assert document["models"]["big"]["cached"] == 0.6
    assert document["breaks"] == {"crashes": 1, "resumes": 1, "outages": 1, "unknown_calls": 1}
    assert set(document["parts"]) == {"main steps", "shortening the context"}


def test_a_run_that_goes_on_has_numbers_too() -> None:
    log = asking()
    assert make_metrics(log, now=log[-1].at + 100).times.until == log[-1].at + 100
    assert make_metrics(log).counts["questions"] == 2


def test_injections_are_counted_by_who_spoke() -> None:
    from aura.core.messages import user

    log = record(
        [
            ev.Injected(user("a", "injector:todo-reminder"), nudge=True),
            ev.Injected(user("b", "injector:todo-reminder")),
            ev.Injected(user("c", "aura"), nudge=True),
        ]
    )
    metrics = make_metrics(log)
    assert metrics.injections == {"todo-reminder": 2, "aura": 1}
    assert metrics.counts["nudges"] == 2


@given(st.lists(st.floats(0.001, 1e6), min_size=1, max_size=200), st.floats(0.0, 1.0))
def test_quantiles_hold_within_two_percent(durations: list[float], share: float) -> None:
    spread = Spread()
    for seconds in durations:
        spread.add(seconds)
    exact = sorted(durations)[max(math.ceil(share * len(durations)) - 1, 0)]
    assert spread.find(share) == pytest.approx(exact, rel=0.0201, abs=0.001)
    told = spread.tell()
    assert told.count == len(durations)
    assert told.p50 <= told.longest == max(durations)


def test_what_is_no_duration_does_not_count() -> None:
    spread = Spread()
    for seconds in (math.inf, -1.0, math.nan):
        spread.add(seconds)
    assert spread.tell().count == 0
    assert spread.find(0.5) == 0.0
    spread.add(0.0)
    assert spread.find(0.95) == 0.0


def test_many_durations_take_no_more_room_than_few() -> None:
    spread = Spread()
    for number in range(20_000):
        spread.add(number / 7)
    assert len(spread._bins) < 600


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of([events(kind) for kind in DURABLE]), max_size=12))
def test_whatever_a_log_holds_it_is_counted(happened: list[ev.DurableEvent]) -> None:
    document = tame(make_document(make_metrics(record(happened))))
    assert json.loads(json.dumps(document, allow_nan=False))["v"] == 1


def test_an_interrupted_reply_costs_nothing_that_is_known() -> None:
    from dataclasses import replace

    cut = replace(reply("half", cost=0.5), interrupted=True)
    assert make_metrics(record(step(1, cut))).bills == ()


def test_several_questions_at_once_count_once_and_only_while_a_turn_runs() -> None:
    from aura.core.limits import StopReason
    from aura.core.messages import user
    from aura.core.tools import Answer, Question
    from aura.runs.courses import Course

    course = Course(0.0)
    happened: list[tuple[float, ev.Event]] = [
        (0.0, ev.TurnStarted(1, user("go"))),
        (1.0, ev.QuestionAsked("q1-1", Question("Which?"))),
        (2.0, ev.QuestionAsked("q1-2", Question("Where?"))),
        (4.0, ev.TurnStopped(StopReason.NEEDS_INPUT, "", 4.0)),
        (104.0, ev.QuestionAnswered("q1-1", Answer("a"), "human")),
        (105.0, ev.TurnStarted(2, user("a"))),
        (107.0, ev.QuestionAnswered("q1-2", Answer("b"), "human")),
        (110.0, ev.TurnStopped(StopReason.DONE, "", 5.0)),
    ]
    for seq, (at, event) in enumerate(happened, start=1):
        course.add(ev.Recorded(seq, at, event), 1)
    times = course.tell_times(None)
    assert times == course.tell_times(9e9), "what rests takes no time, though a process still has it"
    assert (times.active, times.asking, times.resting) == (9.0, 5.0, 101.0)
