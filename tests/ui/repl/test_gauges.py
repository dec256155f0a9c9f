"""The line below the prompt, and the same as sentences."""

from dataclasses import replace

import pytest

from aura.core.facts import Facts
from aura.core.limits import Limits, Spend
from aura.core.state import Pace, Rest, Switches
from aura.core.todos import Todo
from aura.core.turn import Turn
from aura.ui.repl.gauges import draw_gauges, find_current, say_status

FACTS = Facts("s", "/w", model="acme/sonnet")
TODOS = (
    Todo("1", "Find it", "completed"),
    Todo("2", "Guard close()", "in_progress"),
    Todo("3", "Test", "pending"),
)
BUSY = Turn(
    number=1,
    todos=TODOS,
    switches=Switches(auto=True),
    limits=Limits(steps=300, tokens=1_000_000, cost=5.0, seconds=28_800),
    spend=Spend(steps=37, input=400_000, output=12_000, cost=1.84, seconds=8_000),
    pace=Pace(steps=37),
)


def draw(turn: Turn, state: str = "working", seconds: float = 8_051, width: int = 120) -> str:
    """The line as text."""
    return "".join(text for text, _ in draw_gauges(turn, FACTS, state, seconds, width))


def test_a_run_shows_what_is_done_and_what_is_left() -> None:
    said = "AUTO step 37/300 · todo 1/3 · 412k/1M · $1.84/$5 · 2h14/8h00 · Ctrl+C stop"
    assert draw(BUSY) == said


def test_the_line_is_never_wider_than_the_terminal() -> None:
    for width in range(1, 100):
        assert len(draw(BUSY, width=width)) <= max(width, len("AUTO"))
    assert draw(BUSY, width=30) == "AUTO step 37/300 · todo 1/3"


def test_before_the_first_turn_it_says_what_can_be_done() -> None:
    assert draw(Turn(), "idle", 0.0) == "ask · acme/sonnet · Ctrl+A auto · /help"


@pytest.mark.parametrize("state", ["stopping", "lost", "starting"])
def test_an_odd_state_is_named(state: str) -> None:
    assert draw(Turn(), state, 0.0) == f"ask {state}"


def test_an_unknown_price_and_a_queue_are_named() -> None:
    turn = replace(
        BUSY, spend=Spend(input=10, unpriced=1), rest=Rest(queue={"p1": "x"}), limits=Limits(steps=0)
    )
    assert draw(turn) == "AUTO step 37 · todo 1/3 · 1 queued · 10 tok · $? · 2h14 · Ctrl+C stop"


def test_what_runs_out_is_coloured() -> None:
    limits = replace(BUSY.limits, cost=1.9, tokens=450_000)
    roles = dict(draw_gauges(replace(BUSY, limits=limits), FACTS, "working", 1.0, 120))
    assert roles["$1.84/$1.9"] == "bad"
    assert roles["412k/450k"] == "warn"
    assert roles["step 37/300"] == "text"


def test_the_current_item_is_the_one_under_way_else_the_first_due() -> None:
    assert find_current(TODOS) == TODOS[1]
    assert find_current((TODOS[0], TODOS[2])) == TODOS[2]
    assert find_current(TODOS[:1]) is None


def test_the_gauges_as_sentences() -> None:
    assert say_status(BUSY, FACTS, "working", 8_051) == (
        "aura is working, auto mode is on, permission mode is ask, the model is acme/sonnet. "
        "1 of 3 todos are closed: now Guard close(). 37 steps used, of 300 steps. "
        "412 thousand tokens used, of 1.0 million tokens. 1.84 dollars used, of 5.00 dollars. "
        "2 hours 14 minutes used, of 8 hours."
    )


def test_without_limits_what_was_spent_is_said() -> None:
    turn = Turn(
        limits=Limits(steps=0), spend=Spend(input=120, cost=0.1, unpriced=2), rest=Rest(queue={"p": "x"})
    )
    assert say_status(turn, None, "asking", 65) == (
        "aura waits for your answer, auto mode is off. 0.10 dollars spent, and some calls of unknown price. "
        "120 tokens used. 1 messages wait."
    )
