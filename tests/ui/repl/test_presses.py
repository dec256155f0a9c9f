"""What a press of Ctrl+C or Ctrl+A means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.ui.repl.presses import TWICE_AUTO, TWICE_STOP, AutoKey, StopKey


def press(
    key: StopKey, now: float, *, asking: bool = False, working: bool = False, draft: bool = False
) -> str:
    """What a press does."""
    return key.press(now, asking=asking, working=working, draft=draft)


def test_the_first_press_stops_and_the_second_kills() -> None:
    key = StopKey()
    assert press(key, 0.0, working=True, draft=True) == "stop"
    assert press(key, 1.9, working=True, draft=True) == "kill"
    assert press(key, 3.0, working=True) == "kill"
    assert press(key, 3.1 + TWICE_STOP, working=True) == "stop"


def test_idle_it_clears_then_warns_then_quits() -> None:
    key = StopKey()
    assert press(key, 0.0, draft=True) == "clear"
    assert press(key, 0.1) == "warn"
    assert press(key, 0.2) == "quit"


def test_what_stops_a_run_does_not_quit() -> None:
    key = StopKey()
    assert press(key, 0.0, working=True) == "stop"
    assert press(key, 0.1) == "warn"


def test_a_late_second_press_warns_again() -> None:
    key = StopKey()
    assert press(key, 0.0) == "warn"
    assert press(key, 0.1 + TWICE_STOP) == "warn"


def test_a_question_is_said_no_to_first() -> None:
    key = StopKey()
    assert press(key, 0.0, asking=True, working=True, draft=True) == "close"
    assert press(key, 0.1, working=True) == "stop"


@given(st.lists(st.tuples(st.floats(0, 3), st.booleans(), st.booleans(), st.booleans())))
def test_nothing_is_killed_or_quit_by_one_press(presses: list[tuple[float, bool, bool, bool]]) -> None:
    key, now, before = StopKey(), 0.0, ""
    for wait, asking, working, draft in presses:
        now += wait
        step = press(key, now, asking=asking, working=working, draft=draft)
        assert step != "kill" or before in ("stop", "kill")
        assert step != "quit" or before == "warn"
        before = step


@pytest.mark.parametrize(("wait", "second"), [(0.1, True), (TWICE_AUTO, True), (TWICE_AUTO + 0.1, False)])
def test_auto_twice_at_once_is_undone(wait: float, *, second: bool) -> None:
    key = AutoKey()
    assert not key.press(10.0)
    assert key.press(10.0 + wait) is second


def test_a_third_press_begins_anew() -> None:
    key = AutoKey()
    assert [key.press(now) for now in (0.0, 0.1, 0.2, 0.3)] == [False, True, False, True]
