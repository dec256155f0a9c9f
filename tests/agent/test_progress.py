"""Is it getting anywhere? Cycles are found within twelve steps, honest repetition is left alone."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.agent.progress import PATIENCE, Staleness, measure
from aura.core.attempts import Attempt

Step = Sequence[dict[str, Any]]


def attempts(steps: Sequence[Step]) -> list[Attempt]:
    """The calls of steps; each is told by what differs from a read that works."""
    plain = {"name": "Read", "call": "read a", "result": "text", "outcome": "ok"}
    return [
        Attempt(**{**plain, "step": number, **one})
        for number, step in enumerate(steps, start=1)
        for one in step
    ]


def find_stop(steps: Sequence[Step]) -> int | None:
    """The step after which the turn would be stopped, or None."""
    return next((n for n in range(1, len(steps) + 1) if measure(attempts(steps[:n])).must_stop), None)


calls = st.fixed_dictionaries(
    {
        "call": st.sampled_from("pqrstu"),
        "result": st.sampled_from("xyz"),
        "world": st.sampled_from(["", "w1", "w2"]),
        "outcome": st.sampled_from(["ok", "error", "denied", "invalid"]),
        "changed": st.booleans(),
        "ran": st.booleans(),
    }
)
steps = st.lists(calls, min_size=1, max_size=3)


@given(st.lists(steps, max_size=10), st.lists(steps, min_size=1, max_size=6))
def test_every_cycle_is_found_within_twelve_steps(before: list[Step], cycle: list[Step]) -> None:
    """Of any period up to six, from any point, whatever the calls are, edits that undo each other among them."""
    repeated = [cycle[place % len(cycle)] for place in range(12)]
    stopped = find_stop([*before, *repeated])
    assert stopped is not None
    assert stopped <= len(before) + 12


def test_a_cycle_whose_steps_share_calls_is_found_too() -> None:
    names = ["a", "b", "c", "d", "a", "fa"]
    stopped = find_stop([[{"call": name} for name in names[place % 6]] for place in range(12)])
    assert stopped is not None


@given(st.integers(1, 6), st.integers(0, 5))
def test_toggling_edits_are_a_cycle(period: int, reads: int) -> None:
    toggle: list[Step] = [
        [{"name": "Edit", "call": f"to {n}", "world": f"w{n}", "changed": True}] for n in range(period)
    ]
    found = find_stop([[{"call": f"r{n}"}] for n in range(reads)] + [toggle[n % period] for n in range(12)])
    assert found is not None


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_fixing_and_testing_goes_on_as_long_as_the_edits_are_new(extra_reads: list[bool]) -> None:
    """The tests print the very same failure each time; the files they find do not."""
    work: list[Step] = []
    for turn, reads in enumerate(extra_reads):
        work.append([{"name": "Edit", "call": f"edit {turn}", "world": f"w{turn}", "changed": True}])
        work += [[{"name": "Read", "call": "look", "world": f"w{turn}"}]] if reads else []
        work.append(
            [{"name": "Bash", "call": "pytest", "world": f"w{turn}", "outcome": "error", "ran": True}]
        )
    assert find_stop(work) is None


@given(st.lists(st.integers(1, 4), min_size=1, max_size=30))
def test_calls_with_other_arguments_are_work(sizes: list[int]) -> None:
    work = [
        [{"call": f"{step}-{place}", "result": "ok"} for place in range(size)]
        for step, size in enumerate(sizes)
    ]
    assert find_stop(work) is None
    assert measure(attempts(work)) == Staleness()


@given(steps, st.lists(steps, max_size=10))
def test_one_thing_that_is_new_and_works_clears_all(step: Step, before: list[Step]) -> None:
    fresh = [*before, [*step, {"call": "never seen"}]]
    assert measure(attempts(fresh)) == Staleness()


@given(st.lists(steps, max_size=25))
def test_points_only_grow_or_vanish(work: list[Step]) -> None:
    points = 0
    for number in range(1, len(work) + 1):
        stale = measure(attempts(work[:number]))
        assert stale.points in (0, points + stale.added)
        points = stale.points


@given(st.lists(steps, min_size=1, max_size=30))
def test_the_model_is_told_before_it_is_stopped(work: list[Step]) -> None:
    """Once on each way to the end."""
    told = False
    for number in range(1, len(work) + 1):
        stale = measure(attempts(work[:number]))
        told = (told and stale.points > 0) or stale.calls_for_nudge
        if stale.must_stop:
            assert told
            return


def poll(seconds: float = 0.0, **more: Any) -> Step:
    return [{"name": "JobPoll", "call": "poll", "waiting": True, "seconds": seconds, **more}]


def test_polls_weigh_less_and_patient_ones_least() -> None:
    assert find_stop([poll()] * 10) is None
    assert find_stop([poll()] * 12) == 11
    assert find_stop([poll(PATIENCE)] * 30) is None
    assert find_stop([poll(PATIENCE)] * 48) == 36
    assert find_stop([poll(result=f"line {n}") for n in range(40)]) is None


def test_failures_that_differ_are_no_progress() -> None:
    refused = [
        [{"name": "Bash", "call": f"try {n}", "result": f"no {n}", "outcome": "denied"}] for n in range(12)
    ]
    assert find_stop(refused) == 10
    commands = [[{"name": "Bash", "call": f"try {n}", "outcome": "error", "ran": True}] for n in range(30)]
    assert find_stop(commands[:20]) is None
    assert find_stop(commands) == 24


@pytest.mark.parametrize(
    ("work", "sentence"),
    [
        ([[{}]] * 8, "the same call (Read) repeats with the same result"),
        (
            [[{}], [{"name": "Grep", "call": "g"}]] * 5,
            "the same 2 steps (Grep, Read) repeat with the same results",
        ),
        (
            [[{"call": f"{n}", "outcome": "denied"}] for n in range(10)],
            "one call after the other failed (Read)",
        ),
    ],
)
def test_it_says_what_is_wrong(work: list[Step], sentence: str) -> None:
    stopped = find_stop(work)
    assert stopped is not None
    said = measure(attempts(work[:stopped])).sentence
    assert sorted(said) == sorted(sentence)


def test_nothing_is_not_stale() -> None:
    assert measure(()) == Staleness()


def test_what_a_compaction_took_away_may_be_looked_up_once_more() -> None:
    def era(number: int, names: str) -> list[Step]:
        return [[{"call": f"read {name}", "era": number}] for name in names]

    files = "abcdefgh"
    assert find_stop(era(0, files) + era(1, files)) is None
    assert find_stop(era(0, files) + era(1, files) + era(2, files)) == 23
    assert find_stop(era(0, files) + era(1, files + files)) == 23
