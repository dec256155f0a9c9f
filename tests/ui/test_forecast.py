"""Which limit ends the work first: told from limits, spend and pace, and never made up."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.durations import show_duration
from aura.core.limits import Limits, Spend
from aura.ui.forecast import Forecast, Rates, forecast, measure, render_elapsed

amounts = st.floats(0, 1e9, allow_nan=False)
rates = st.one_of(st.none(), st.floats(1e-9, 1e6))
limits = st.builds(
    Limits,
    steps=st.integers(0, 10_000),
    tokens=st.integers(0, 10**9),
    tokens_in=st.integers(0, 10**9),
    tokens_out=st.integers(0, 10**9),
    cost=amounts,
    seconds=amounts,
    turn_seconds=amounts,
)
spends = st.builds(
    Spend,
    steps=st.integers(0, 10_000),
    input=st.integers(0, 10**9),
    output=st.integers(0, 10**9),
    cost=amounts,
    seconds=amounts,
)
paces = st.builds(Rates, steps=rates, tokens=rates, input=rates, output=rates, cost=rates)


def test_the_pictures_run_ends_by_its_steps_or_its_money() -> None:
    limits = Limits(steps=300, tokens=1_000_000, cost=5.0, seconds=8 * 3600)
    window = Spend(steps=37, input=412_000, cost=1.84, seconds=8_051)
    rates = measure(window, costs=(0.05,) * 16, times=(217.6,) * 16)
    found = forecast(limits, window, rates, steps=37, turn_seconds=8_051)
    assert found is not None
    assert found.limit == "tokens"
    assert found.seconds == pytest.approx(588_000 / (412_000 / 8_051))
    dear = measure(window, costs=(0.05,) * 15 + (0.8,), times=(217.6,) * 16)
    found = forecast(limits, window, dear, steps=37, turn_seconds=8_051)
    assert found is not None
    assert found.limit == "cost"


def test_the_last_steps_say_how_fast_it_goes_and_else_the_whole_window() -> None:
    window = Spend(steps=10, cost=1.0, seconds=100.0)
    assert measure(window).steps == pytest.approx(0.1)
    assert measure(window).cost == pytest.approx(0.01)
    assert measure(window, times=(1.0,) * 100 + (20.0,) * 16).steps == pytest.approx(0.05)
    assert measure(window, costs=(0.4,), times=(20.0,)).cost == pytest.approx(0.02)


def test_without_a_price_nothing_is_said_of_the_cost() -> None:
    window = Spend(steps=10, cost=1.0, unpriced=1, seconds=100.0)
    assert measure(window, costs=(0.4,), times=(20.0,)).cost is None
    assert forecast(Limits(steps=0, cost=5.0), window, measure(window), steps=10, turn_seconds=100) is None


def test_nothing_is_known_before_the_first_step() -> None:
    assert measure(Spend()) == Rates()
    assert forecast(Limits(steps=50), Spend(), Rates(), steps=0, turn_seconds=0) is None
    assert forecast(Limits(steps=0), Spend(), Rates(1, 1, 1, 1, 1), steps=0, turn_seconds=0) is None
    assert forecast(Limits(seconds=60), Spend(), Rates(), steps=0, turn_seconds=0) == Forecast("time", 60.0)


@given(limits, spends, paces, st.integers(0, 10_000), amounts)
def test_a_forecast_is_finite_and_never_past(
    limits: Limits, window: Spend, rates: Rates, steps: int, turn_seconds: float
) -> None:
    found = forecast(limits, window, rates, steps=steps, turn_seconds=turn_seconds)
    if found is not None:
        assert found.seconds >= 0
        assert math.isfinite(found.seconds)


@given(limits, spends, paces, st.integers(0, 10_000), amounts)
def test_another_limit_never_moves_the_end_away(
    limits: Limits, window: Spend, rates: Rates, steps: int, turn_seconds: float
) -> None:
    without = forecast(limits, window, rates, steps=steps, turn_seconds=turn_seconds)
    tighter = replace(limits, seconds=min(limits.seconds, 10.0) or 10.0)
    found = forecast(tighter, window, rates, steps=steps, turn_seconds=turn_seconds)
    assert found is not None
    if without is not None:
        assert found.seconds <= without.seconds


@given(spends, st.lists(amounts), st.lists(amounts))
def test_rates_are_positive_or_unknown(window: Spend, costs: list[float], times: list[float]) -> None:
    measured = measure(window, costs, times)
    for rate in (measured.steps, measured.tokens, measured.input, measured.output, measured.cost):
        assert rate is None or (rate >= 0 and math.isfinite(rate))


@pytest.mark.parametrize(
    ("seconds", "span", "clock"),
    [
        (-5, "0s", "00:00:00"),
        (42.9, "42s", "00:00:42"),
        (725, "12m05", "00:12:05"),
        (8_051, "2h14", "02:14:11"),
        (90_000, "25h00", "25:00:00"),
        (364_000, "4d05h", "101:06:40"),
    ],
)
def test_time_is_said_in_few_characters(seconds: float, span: str, clock: str) -> None:
    assert show_duration(seconds) == span
    assert render_elapsed(seconds) == clock
