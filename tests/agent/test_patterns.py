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
    edit,
    forever,
    grep,
    missed,
    poll,
    read,
    refused,
    rounds,
    todo,
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


@pytest.mark.parametrize(("size", "told", "ended"), [(2, 5, 9), (3, 7, 10), (4, 8, 11)])
def test_a_cycle_is_told_in_its_third_round(size: int, told: int, ended: int) -> None:
    said = rungs(forever(*[A, B, C, D][:size])[:ended])
    assert said == {told: Rung.CHANGE, ended: Rung.REPORT}


def test_news_begins_all_anew() -> None:
    steps = rounds(lambda n: (A, A, A, *(read(f"new {n}-{k}") for k in range(3))), 4)
    assert rungs(steps) == {3: Rung.NUDGE, 9: Rung.NUDGE, 15: Rung.NUDGE, 21: Rung.NUDGE}


def test_one_pattern_is_told_once_for_each_rung() -> None:
    """Although new reads lie between, and although it is found in every second step."""
    mostly = watch(list(LOOPS["mostly one call"].steps))
    assert [one.rung for one in mostly if one][:3] == [Rung.NUDGE, Rung.CHANGE, Rung.REPORT]
    failing = rungs(list(LOOPS["one error from different programs between new reads"].steps))
    assert failing == {7: Rung.NUDGE, 13: Rung.CHANGE}


def test_two_errors_by_turns_are_two_patterns() -> None:
    steps = rounds(lambda n: (missed("f.py", f"line {n}"), refused(f"sudo {n}"), read(f"new {n}")), 5)
    assert [one.finding.about for one in watch(steps) if one] == [
        "The text to replace was not found in the file f.py.",
        "Refused: it deletes what is not yours.",
    ]


def test_nobody_is_stopped_by_one_step() -> None:
    """Ten calls side by side are one step: the model hears of it first."""
    burst: list[Step] = [[missed("f.py", f"line number {n}") for n in range(12)]]
    assert rungs(burst) == {1: Rung.CHANGE}
    assert rungs([[A] * 12] * 8) == {3: Rung.NUDGE, 5: Rung.CHANGE, 8: Rung.REPORT}


def test_waiting_is_left_to_its_patience() -> None:
    assert rungs([poll()] * 11) == {7: Rung.NUDGE, 11: Rung.REPORT}
    assert rungs([poll(30.0)] * 36) == {21: Rung.NUDGE, 36: Rung.REPORT}
    watching = forever(bash("sleep 60; gh run view", "in progress", seconds=60.0), bash("tail log", "…"))
    assert min(rungs(watching)) > 6


def idling(count: int, name: str = "new") -> list[Step]:
    """One of four steps brings something new, and no file changes."""
    return rounds(lambda n: (read(f"{name} {n}"), A, B, C), count // 4)


def test_a_long_time_without_a_change_is_told_in_auto_mode() -> None:
    found = [one for one in watch(idling(48)) if one]
    assert [(one.finding.kind, one.rung) for one in found] == [
        ("idle", Rung.NUDGE),
        ("idle", Rung.CHANGE),
        ("idle", Rung.REPORT),
    ]
    assert found[0].sentence == "no file and no todo changed in 27 steps, and little was learned"
    assert watch(idling(48), auto=False) == [None] * 48
    assert watch(idling(48), Bounds(idle=0)) == [None] * 48
    assert rungs(idling(28), Bounds(idle=12)) == {16: Rung.NUDGE, 20: Rung.CHANGE, 28: Rung.REPORT}


def test_research_and_changes_are_not_idle() -> None:
    research = rounds(lambda n: (read(f"new {n}"), A, grep(f"word {n}")), 16)
    assert rungs(research) == {}
    now_and_then = rounds(lambda n: (*idling(12, f"{n}"), edit(f"{n}.py", "a", "b")), 3)
    assert rungs(now_and_then) == {}
    ticked = rounds(lambda n: (*idling(12, f"{n}"), todo(*["completed"] * n, "pending")), 3)
    assert rungs(ticked) == {}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("one read", "the same call (Read a.py) was made 3 times with the same result"),
        ("one call that is refused", "the same call (Bash rm -rf ~) was made 3 times and refused each time"),
        (
            "one batch",
            "the same 3 calls (Read a.py, Grep total, Bash ls) were made 3 times with the same result",
        ),
        ("three in turn", "the same 3 steps (Grep total, Bash ls, Read a.py) repeat with the same results"),
        ("mostly one call", "the same call (Read a.py) was 8 of the last 12, with nothing new"),
        (
            "one error from different programs",
            "4 different calls failed with the same error (curl: could not connect to the proxy, connection refused)",
        ),
        ("edits that undo each other between new reads", "edits of f.py undo each other again and again"),
        ("commands that fail, each in its own way", "one call after the other failed (Bash)"),
    ],
)
def test_it_names_the_call(name: str, sentence: str) -> None:
    found = next(one for one in watch(list(LOOPS[name].steps)) if one)
    assert found.sentence == sentence
    assert found.advice.startswith(f"[aura] Nothing new comes of this: {sentence}. ")
    assert found.notice.startswith(sentence[:1].upper() + sentence[1:])
    assert ("change its approach" in found.notice) == (found.rung is Rung.CHANGE)


def test_refused_calls_get_advice_of_their_own() -> None:
    found = next(one for one in watch(forever(refused("rm -rf ~"))) if one)
    assert "a way that needs no permission" in found.advice


def test_hostile_words_of_a_call_are_cleaned() -> None:
    found = watch(forever(bash("ls \x1b[31m\n\u202e" + "x" * 500, "no")))[2]
    assert found is not None
    assert found.notice.isprintable()
    assert len(found.notice) < 250


tools = st.sampled_from(
    [A, B, C, D, refused("rm -rf /"), missed("f.py", "zzzz"), bash("make", "no such target", 2)]
)
old = st.lists(st.one_of(tools, st.lists(tools, min_size=1, max_size=3)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(old, st.lists(st.lists(tools, max_size=3), min_size=1, max_size=12))
def test_a_step_with_news_is_never_blamed(before: list[Step], others: list[list[Call]]) -> None:
    fresh: list[Step] = [[*calls, read(f"never seen {n}")] for n, calls in enumerate(others)]
    assert watch([*before, *fresh])[len(before) :] == [None] * len(fresh)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["Read", "Edit", "Bash", "Grep"]),
    st.sampled_from(["", "same", "other"]),
    st.integers(1, 4),
)
def test_batch_work_is_never_blamed(name: str, result: str, width: int) -> None:
    work: list[Step] = [[Call(name, {"path": f"{n}-{k}"}, result) for k in range(width)] for n in range(40)]
    assert rungs(work) == {}


@settings(max_examples=60, deadline=None)
@given(old, st.lists(st.lists(tools, min_size=1, max_size=2), min_size=1, max_size=4), st.integers(0, 3))
def test_every_cycle_is_told_and_ended_within_twelve_steps(
    before: list[Step], block: list[Step], start: int
) -> None:
    repeated = [block[(start + place) % len(block)] for place in range(12)]
    said = rungs([*before, *repeated])
    assert any(rung is Rung.REPORT for rung in said.values())
    assert next(place for place, rung in said.items() if rung is Rung.REPORT) <= len(before) + 12
    assert next(iter(said.values())) < Rung.REPORT


@settings(max_examples=60, deadline=None)
@given(st.permutations([A, B, C, D]), st.integers(2, 4), st.integers(0, 3))
def test_a_cycle_is_the_same_from_wherever_it_begins(order: list[Call], size: int, start: int) -> None:
    block = order[:size]
    names = set()
    for begin in (0, start % size):
        found = [one.finding for one in watch(forever(*block, start=begin)[:9]) if one]
        names |= {(one.kind, one.name) for one in found}
    assert len(names) == 1
