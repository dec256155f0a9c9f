"""What may be used, what was used, and why things end."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.limits import (
    ENDINGS,
    Limits,
    Spend,
    StopReason,
    find_exhausted,
    grant,
    name_cost,
    standings,
    tell_amount,
)
from tests.core import worlds

spends = st.builds(
    Spend,
    steps=st.integers(0, 20),
    turns=st.integers(0, 20),
    input=st.integers(0, 2000),
    output=st.integers(0, 2000),
    cost=st.sampled_from([0.0, 0.005, 0.5, 2.0]),
    seconds=st.sampled_from([0.0, 0.5, 30.0, 90.0]),
)
steps = st.integers(0, 10)
times = st.sampled_from([0.0, 0.5, 30.0, 90.0])


def test_every_reason_has_an_ending_with_the_documented_exit_code() -> None:
    codes = {reason.value: ending.exit_code for reason, ending in ENDINGS.items()}
    assert codes == {
        "done": 0, "end_turn": 0, "not_verified": 3, "blocked": 4, "needs_input": 4, "max_steps": 5, "max_turns": 5,
        "max_tokens": 5, "max_cost": 5, "max_time": 5, "stalled": 6, "denied": 7, "provider": 75, "config": 2,
        "error": 1, "cancelled": 130,
    }  # fmt: skip
    assert set(ENDINGS) == set(StopReason)
    assert all(ending.sentence.endswith(".") for ending in ENDINGS.values())


@given(worlds.limits, spends, steps, times)
def test_a_limit_that_is_off_never_stands_in_the_way(
    limits: Limits, spent: Spend, step: int, time: float
) -> None:
    names = {standing.name for standing in standings(limits, spent, steps=step, turn_seconds=time)}
    by_name = {
        "steps": limits.steps, "turns": limits.turns, "tokens": limits.tokens, "tokens in": limits.tokens_in,
        "tokens out": limits.tokens_out, "cost": limits.cost, "time": limits.seconds,
        "time of this turn": limits.turn_seconds,
    }  # fmt: skip
    assert names == {name for name, value in by_name.items() if value}


@given(worlds.limits, spends, spends, steps, steps, times, times)
def test_once_reached_a_limit_stays_reached(
    limits: Limits, spent: Spend, more: Spend, step: int, steps_more: int, time: float, longer: float
) -> None:
    before = standings(limits, spent, steps=step, turn_seconds=time)
    after = standings(limits, spent + more, steps=step + steps_more, turn_seconds=time + longer)
    for one, other in zip(before, after, strict=True):
        assert other.used >= one.used
        assert other.share >= one.share
        assert other.is_reached or not one.is_reached
    if find_exhausted(limits, spent, steps=step, turn_seconds=time):
        assert find_exhausted(limits, spent + more, steps=step + steps_more, turn_seconds=time + longer)


@given(worlds.limits, spends, steps, times)
def test_the_turns_of_a_run_are_not_the_business_of_a_turn(
    limits: Limits, spent: Spend, step: int, time: float
) -> None:
    found = find_exhausted(limits, spent, steps=step, turn_seconds=time)
    assert found is None or (found.is_reached and found.reason is not StopReason.MAX_TURNS)
    assert found == find_exhausted(replace(limits, turns=1), spent, steps=step, turn_seconds=time)


@given(worlds.limits, st.integers(1, 100), st.floats(0.5, 10))
def test_a_grant_raises_what_is_on_and_nothing_else(limits: Limits, count: int, money: float) -> None:
    raised = grant(limits, tokens=count, cost=money)
    for field in fields(Limits):
        before, after = getattr(limits, field.name), getattr(raised, field.name)
        more = {"tokens": count, "cost": money}.get(field.name, 0)
        assert after == (before + more if before else before)


def test_a_grant_lets_go_on() -> None:
    limits, spent = Limits(cost=1.0), Spend(cost=1.2)
    assert find_exhausted(limits, spent, steps=0, turn_seconds=0) is not None
    assert find_exhausted(grant(limits, cost=1.0), spent, steps=0, turn_seconds=0) is None


@given(spends, spends)
def test_spend_adds_up(one: Spend, other: Spend) -> None:
    assert one + other == other + one
    total = one + other
    assert total.tokens == one.tokens + other.tokens
    assert (total - other).input == one.input
    assert one + Spend() == one


@pytest.mark.parametrize(
    ("cost", "told"),
    [(0.0, "$0.00"), (1e-9, "<$0.01"), (0.0049, "<$0.01"), (0.006, "$0.01"), (6.123, "$6.12")],
)
def test_a_cost_is_told_in_one_way(cost: float, told: str) -> None:
    assert name_cost(cost) == told


@pytest.mark.parametrize(
    ("name", "amount", "told"),
    [
        ("cost", 0.54572, "$0.55"),
        ("cost", 0.0012, "$0.0012"),
        ("cost", 0, "$0.00"),
        ("tokens", 1_234_567, "1234567"),
        ("time", 3.01199, "3s"),
        ("time of this turn", 300.0, "5m00s"),
        ("time", 7_200.0, "2h"),
        ("time", 9_000.0, "2h30m"),
    ],
)
def test_what_a_limit_counts_is_told_in_its_unit(name: str, amount: float, told: str) -> None:
    assert tell_amount(name, amount) == told


def test_a_standing_is_told_with_what_is_used_and_what_may_be() -> None:
    limits, spent = Limits(cost=0.5), Spend(cost=0.54572)
    (cost,) = [one for one in standings(limits, spent, steps=0, turn_seconds=0.0) if one.name == "cost"]
    assert cost.words == "cost: $0.55 of $0.50"
