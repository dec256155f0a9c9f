"""How a run is told in the status line."""

import time

import pytest

from aura.core.limits import Limits, Spend
from aura.core.run import Order, Phase, Run
from aura.core.state import Rest, Turn
from aura.ui.look import Look
from aura.ui.manners import make_look, preferences
from aura.ui.run_words import SIGNS, sum_up, tell_moment, tell_way_on
from aura.ui.tui.snapshot import Snapshot
from aura.ui.tui.status import compose_status
from tests.ui.tui.moments import FACTS

NOW = time.mktime((2030, 1, 1, 12, 0, 0, 0, 0, -1))


@pytest.mark.parametrize(
    ("phase", "detail", "order", "wake", "said"),
    [
        (Phase.QUEUED, "", "", 0.0, ""),
        (Phase.RUNNING, "", "", 0.0, "run"),
        (Phase.RUNNING, "", "pause", 0.0, "run pausing"),
        (
            Phase.WAITING,
            "It is overloaded.",
            "",
            NOW + 300,
            "run waiting until 12:05: It is overloaded.",
        ),
        (Phase.PAUSED, "paused by a person", "", 0.0, "run paused by a person"),
        (Phase.NEEDS_INPUT, "which key?", "", 0.0, "run needs input: which key?"),
        (Phase.DONE, "all works", "", 0.0, ""),
    ],
)
def test_a_run_is_told_in_a_few_words(
    phase: Phase, detail: str, order: Order, wake: float, said: str
) -> None:
    run = Run("r", "the goal", phase, detail=detail, order=order, wake=wake)
    assert sum_up(run, NOW) == said


@pytest.mark.parametrize(
    ("phase", "command"),
    [
        (Phase.LIMIT, "`aura grant abc`"),
        (Phase.NEEDS_INPUT, "`aura answer abc TEXT`"),
        (Phase.PAUSED, "`aura resume abc`"),
        (Phase.RUNNING, "`aura resume abc`"),
    ],
)
def test_the_way_on_fits_what_the_run_rests_for(phase: Phase, command: str) -> None:
    assert tell_way_on(Run("r", "the goal", phase), "abc").startswith(command)


def test_a_session_without_a_run_says_nothing_of_one() -> None:
    assert sum_up(Run(), NOW) == ""


def test_a_day_that_is_not_today_is_named() -> None:
    assert tell_moment(NOW + 86_400, NOW) == "Wed 12:00"
    far = time.strftime("%Y-%m-%d 12:00", time.localtime(NOW + 7 * 86_400))
    assert tell_moment(NOW + 7 * 86_400, NOW) == far
    assert tell_moment(float("inf"), NOW) == "?"


def test_every_phase_has_a_sign_and_a_colour() -> None:
    assert set(SIGNS) == set(Phase)


def test_the_status_line_says_what_a_run_waits_for_and_how_many_turns_it_has() -> None:
    look: Look = make_look(preferences({"NO_COLOR": "1"}), "dark")

    def said(run: Run) -> str:
        turn = Turn(limits=Limits(turns=50), spend=Spend(turns=3), rest=Rest(run=run))
        spans = compose_status(Snapshot(FACTS, turn, "idle", now=NOW), look, 120)
        return "".join(text for text, _ in spans)

    assert "run turn 3/50" in said(Run("r", "g", Phase.RUNNING))
    assert "run waiting until 12:05: overloaded" in said(
        Run("r", "g", Phase.WAITING, detail="overloaded", wake=NOW + 300)
    )
    assert "run" not in said(Run())
