"""Times as people write them, and as they are told them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.durations import read_duration, tell_duration


@pytest.mark.parametrize(
    ("seconds", "taken", "running"),
    [
        (-5, "0.0s", "0s"),
        (0.04, "0.0s", "0s"),
        (41.24, "41.2s", "41s"),
        (99.9, "99.9s", "99s"),
        (99.97, "1m40s", "99s"),
        (425, "7m05s", "7m05s"),
        (3_599.7, "1h", "59m59s"),
        (8_051, "2h14m", "2h14m"),
        (86_400, "1d", "1d"),
        (285_000, "3d07h", "3d07h"),
        (604_800, "7d", "7d"),
        (math.inf, "an unknown time", "an unknown time"),
        (math.nan, "an unknown time", "an unknown time"),
    ],
)
def test_a_time_is_told_in_one_way(seconds: float, taken: str, running: str) -> None:
    assert tell_duration(seconds) == taken
    assert tell_duration(seconds, tenths=False) == running


@given(st.floats(0, 1e9))
def test_what_is_told_is_short_and_near(seconds: float) -> None:
    told = tell_duration(seconds)
    assert len(told) <= 9
    head = told.split("d")[0].split("h")[0].split("m")[0].rstrip("s")
    unit = next(letter for letter in told if letter.isalpha())
    size = read_duration(f"1{unit}")
    assert float(head) * size <= seconds + max(0.5, 0.05 * (unit == "s")) < (float(head) + 1) * size + 1
