"""Ctrl+A, Ctrl+C and Esc: every rung."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.ui.ladders import AutoKey, EscapeKey, Scene, StopKey

IDLE = Scene()
RUNNING = Scene(running=True)
DRAFT = Scene(draft=True)


def test_ctrl_a_toggles_and_twice_goes_home() -> None:
    key = AutoKey()
    assert [key.press(IDLE, at) for at in (0.0, 0.5, 0.9, 2.0, 2.59)] == [
        "toggle",
        "home",
        "toggle",
        "toggle",
        "home",
    ]


def test_ctrl_a_is_ignored_in_a_dialog_and_does_not_count() -> None:
    key = AutoKey()
    assert key.press(IDLE, 0.0) == "toggle"
    assert key.press(Scene(dock=True), 0.1) == "ignore"
    assert key.press(IDLE, 0.2) == "toggle"


@given(st.lists(st.floats(min_value=0.0, max_value=3.0), max_size=30))
def test_ctrl_a_restores_what_it_changed_when_pressed_twice(gaps: list[float]) -> None:
    """`home` undoes the toggle before it: it never stands without one, and never twice in a row."""
    key, now, steps = AutoKey(), 0.0, []
    for gap in gaps:
        now += gap
        steps.append(key.press(IDLE, now))
    for before, after in zip(["home", *steps], steps, strict=False):
        assert after == "toggle" or before == "toggle"


@pytest.mark.parametrize(
    "scene", [RUNNING, Scene(running=True, draft=True), Scene(running=True, selection=True)]
)
def test_ctrl_c_stops_what_runs_before_anything_else(scene: Scene) -> None:
    key = StopKey()
    assert [key.press(scene, at) for at in (0.0, 1.9, 3.0, 9.0)] == ["stop", "kill", "kill", "stop"]


def test_ctrl_c_when_nothing_runs() -> None:
    key = StopKey()
    assert key.press(Scene(selection=True, draft=True), 0.0) == "copy"
    assert key.press(DRAFT, 0.1) == "clear"
    assert key.press(IDLE, 0.2) == "warn"
    assert key.press(IDLE, 2.3) == "warn"
    assert key.press(IDLE, 4.2) == "quit"


def test_ctrl_c_closes_a_dialog_even_while_something_runs() -> None:
    assert StopKey().press(Scene(dock=True, running=True), 0.0) == "close"


def test_a_stop_is_no_step_towards_quitting() -> None:
    key = StopKey()
    assert key.press(RUNNING, 0.0) == "stop"
    assert key.press(IDLE, 0.1) == "warn"


@pytest.mark.parametrize(("scene", "said"), [(DRAFT, "tell"), (IDLE, "warn")])
def test_a_reflex_behind_a_stop_takes_nothing_away(scene: Scene, said: str) -> None:
    key = StopKey()
    assert key.press(RUNNING, 0.0) == "stop"
    assert key.press(scene, 0.1) == said  # it has stopped, and nobody said so yet
    key.settle(0.2)
    assert [key.press(scene, at) for at in (0.3, 0.9, 1.1)] == [said] * 3
    assert key.press(scene, 1.3) == ("clear" if scene.draft else "quit")


def test_a_stop_that_failed_does_not_hold_the_draft_for_ever() -> None:
    key = StopKey()
    key.press(RUNNING, 0.0)
    key.settle(0.1)
    assert key.press(DRAFT, 5.0) == "clear"


@given(st.lists(st.floats(min_value=0.9, max_value=5.0), max_size=20))
def test_esc_once_never_stops_a_run(gaps: list[float]) -> None:
    key, now = EscapeKey(), 0.0
    for gap in gaps:
        now += gap
        assert key.press(RUNNING, now) == "warn"


def test_esc_twice_stops_and_otherwise_goes_back() -> None:
    key = EscapeKey()
    assert key.press(Scene(running=True, in_prompt=False), 0.0) == "prompt"
    assert key.press(RUNNING, 0.1) == "warn"
    assert key.press(RUNNING, 0.5) == "stop"
    assert key.press(Scene(dock=True), 0.6) == "close"
    assert key.press(DRAFT, 0.65) == "nothing"
    assert key.press(IDLE, 0.7) == "offer"
    assert key.press(IDLE, 1.6) == "offer", "too late: it is the first one again"
    assert key.press(DRAFT, 1.7) == "nothing", "what is typed is never in the way of anything"
    assert key.press(IDLE, 1.8) == "offer"
    assert key.press(IDLE, 2.0) == "rewind"


def test_whoever_leaves_while_it_stops_leaves_nothing_running() -> None:
    key, seen = StopKey(), []
    for act in (
        lambda: None,
        lambda: key.press(RUNNING, 0.0),  # whatever the screen says until it has settled
        lambda: key.settle(0.4),
        key.begin,  # it was another key that stopped it
    ):
        act()
        seen.append(key.is_stopping)
    assert seen == [False, True, False, True]
