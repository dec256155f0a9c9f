"""What goes nowhere is found and named; what only looks like it is left alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura.agent.ladder import Alert, find_alert
from aura.agent.patterns import Bounds, Rung
from tests.agent.sequences import (
    HONEST,
    LOOPS,
    A,
    B,
    Break,
    C,
    Call,
    D,
    Step,
    Story,
    bash,
    each,
    forever,
    missed,
    poll,
    read,
    refused,
    rounds,
)

BOUNDS = Bounds()


def watch(steps: list[Step], bounds: Bounds = BOUNDS, *, auto: bool = True) -> list[Alert | None]:
    """What is said after each step."""
    story, said = Story(), []
    for step in steps:
        story.tell(step)
        if not isinstance(step, Break):
            said.append(find_alert(story.turn.recent, bounds, auto=auto))
    return said


def rungs(steps: list[Step], bounds: Bounds = BOUNDS) -> dict[int, Rung]:
    """After which step, counted from 1, which rung was reached."""
    return {place: one.rung for place, one in enumerate(watch(steps, bounds), start=1) if one is not None}


def first(steps: list[Step]) -> int:
    """After which step the first alert came; 0: none."""
    return next(iter(rungs(steps)), 0)


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_is_found(name: str) -> None:
    loop = LOOPS[name]
    assert not rungs(list(loop.before))
    found = first([*loop.before, *loop.steps])
    assert found
    assert found - len(loop.before) <= loop.within


@pytest.mark.parametrize("name", HONEST)
def test_honest_work_is_never_blamed(name: str) -> None:
    assert {place: one.sentence for place, one in enumerate(watch(list(HONEST[name]))) if one} == {}


def test_there_are_enough_of_both() -> None:
    assert len(LOOPS) >= 40
    assert len(HONEST) >= 40


def test_equal_calls_climb_the_ladder_once_a_rung() -> None:
    assert rungs(forever(A)[:8]) == {3: Rung.NUDGE, 5: Rung.CHANGE, 8: Rung.REPORT}
    assert rungs([*forever(A)[:4], B, *forever(A)[:3]]) == {3: Rung.NUDGE, 8: Rung.NUDGE}


def test_the_numbers_can_be_set() -> None:
    patient = Bounds(nudge=6, change=10, stop=15)
    assert rungs(forever(A)[:15], patient) == {6: Rung.NUDGE, 10: Rung.CHANGE, 15: Rung.REPORT}
    hasty = Bounds(nudge=2, change=2, stop=3)
    assert rungs(forever(A)[:3], hasty) == {2: Rung.CHANGE, 3: Rung.REPORT}
    assert rungs(forever(A), Bounds(enabled=False)) == {}
    odd = Bounds(nudge=5, change=3, stop=2)
    assert rungs(forever(A)[:6], odd) == {5: Rung.CHANGE, 6: Rung.REPORT}


@pytest.mark.parametrize(("size", "told", "ended"), [(2, 5, 9), (3, 7, 10), (4, 9, 11)])
def test_a_cycle_is_told_in_its_third_round(size: int, told: int, ended: int) -> None:
    said = rungs(forever(*[A, B, C, D][:size])[:ended])
    assert said == {told: Rung.CHANGE, ended: Rung.REPORT}


def test_news_begins_all_anew() -> None:
    assert rungs(rounds(lambda n: (A, A, A, A, read(f"new {n}")), 3)) == {3: Rung.NUDGE, 8: Rung.NUDGE, 10: Rung.CHANGE, 13: Rung.NUDGE}
