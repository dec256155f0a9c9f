"""Limits as a line to edit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.limits import Limits
from aura.ui.bounds import read_limits, spell_count, spell_limits, spell_span

LIMITS = st.builds(
    Limits,
    steps=st.integers(0, 10**6),
    tokens=st.integers(0, 10**9 - 1),
    cost=st.integers(0, 10**6).map(lambda cents: cents / 100),
    seconds=st.integers(0, 10**7).map(float),
    nudges=st.integers(0, 9),
    turns=st.integers(0, 9),
)


@given(LIMITS)
def test_what_is_spelled_is_read_as_it_was(limits: Limits) -> None:
    assert read_limits(spell_limits(limits), limits) == limits
    blank = Limits(turns=limits.turns, nudges=limits.nudges)
    assert read_limits(spell_limits(limits), blank) == limits


@given(st.text())
def test_any_line_is_read_or_refused_with_a_sentence(text: str) -> None:
    try:
        limits = read_limits(text, Limits())
    except ValueError as error:
        told = str(error)
    else:
        told = ""
        assert min(limits.steps, limits.tokens, limits.cost, limits.seconds) >= 0
    assert not told or told.endswith("off means no limit.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Limits(steps=7, cost=2.0)),
        ("cost=$5", Limits(steps=7, cost=5.0)),
        ("STEPS=300, tokens=1.5M", Limits(steps=300, tokens=1_500_000, cost=2.0)),
        ("time=1h30m tokens=412k", Limits(steps=7, tokens=412_000, cost=2.0, seconds=5400.0)),
        ("time=90s steps=off cost=none", Limits(steps=0, seconds=90.0)),
    ],
)
def test_what_is_not_named_stays(text: str, expected: Limits) -> None:
    assert read_limits(text, Limits(steps=7, cost=2.0)) == expected


@pytest.mark.parametrize(
    "text", ["5", "money=5", "steps=many", "steps=-1", "time=8", "time=8x", "cost=1e9", "tokens=1g"]
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="steps=300 tokens=1M"):
        read_limits(text, Limits())


def test_sizes_are_short() -> None:
    assert [spell_count(number) for number in (999, 1_000, 412_000, 1_000_000, 2_850_000, 1_234_567)] == [
        "999", "1k", "412k", "1M", "2.85M", "1234567",
    ]  # fmt: skip
    assert [spell_span(seconds) for seconds in (45, 90, 5400, 28_800, 90_061, 0.5)] == [
        "45s", "1m30s", "1h30m", "8h", "25h1m1s", "0.5s",
    ]  # fmt: skip
