"""The card at the end of a run."""

import re
from dataclasses import replace

import pytest
from rich.cells import cell_len

from aura.commands.limits import _change
from aura.core.evidence import CommandRun
from aura.core.limits import PROCESS_ENDED, Limits, Spend, StopReason
from aura.core.run import GIVEN_UP
from aura.core.todos import Todo
from aura.runs.report import Report
from aura.ui.ending import name_head, name_next, render_ending, render_ending_lines, render_ending_text
from aura.ui.look import ASCII, Look, Signs
from tests.ui.tui.paint.bodies import REPORT


def tell(report: Report, width: int = 100, **options: object) -> str:
    lines = render_ending(report, Look(), width, **options)  # type: ignore[arg-type]
    return "\n".join("".join(segment.text for segment in line) for line in lines)


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        (StopReason.DONE, "◉ DONE"),
        (StopReason.END_TURN, "✓ ANSWERED"),
        (StopReason.NOT_VERIFIED, "⚑ DONE? checks fail"),
        (StopReason.MAX_COST, "‖ PAUSED budget: cost"),
        (StopReason.MAX_STEPS, "‖ PAUSED budget: steps"),
        (StopReason.MAX_TIME, "‖ PAUSED budget: time"),
        (StopReason.CANCELLED, "‖ STOPPED by you at step 141"),
        (StopReason.NEEDS_INPUT, "✋ NEEDS YOU"),
        (StopReason.BLOCKED, "‖ BLOCKED"),
        (StopReason.PROVIDER, "✗ FAILED provider"),
        (StopReason.CONFIG, "✗ FAILED setting"),
        (StopReason.ERROR, "✗ FAILED"),
    ],
)
def test_every_end_has_its_sign_and_word(reason: StopReason, word: str) -> None:
    assert tell(replace(REPORT, reason=reason)).startswith(f"  {word}")


def test_what_ended_with_its_process_was_not_stopped_by_anybody() -> None:
    card = tell(replace(REPORT, reason=StopReason.CANCELLED, detail=PROCESS_ENDED))
    assert card.startswith("  ‖ CUT OFF at step 141") and "by you" not in card


@pytest.mark.parametrize("reason", list(StopReason))
def test_every_end_can_be_told_in_any_width(reason: StopReason) -> None:
    for width in (20, 60, 118):
        card = tell(
            replace(REPORT, reason=reason, detail="the cause"),
            width,
            keys=name_next(replace(REPORT, reason=reason), Signs()),
        )
        assert all(cell_len(line) <= width for line in card.split("\n"))
    assert name_head(replace(REPORT, reason=reason), ASCII).sign.isascii()


def test_the_claim_and_the_evidence_are_apart() -> None:
    card = tell(REPORT).split("\n")
    claim = next(line for line in card if "the model says" in line)
    evidence = next(line for line in card if "checks run by aura after the last edit:" in line)
    assert "Flaky test fixed" in claim
    assert "pytest -q ✓ passed" in evidence and "ruff check ✓ passed" in evidence


def test_checks_that_failed_or_never_ran_are_named() -> None:
    failed = replace(REPORT, checks=(CommandRun("pytest -q", 1), CommandRun("mypy", None)), verified=False)
    card = tell(failed)
    assert "checks run by aura itself:" in card
    assert "pytest -q ✗ failed, exit 1" in card
    assert "mypy ✗ killed" in card
    assert "nothing was verified" in tell(replace(REPORT, checks=()))
    assert "last tests, run by the model:  pytest ✓ passed" in tell(
        replace(REPORT, checks=(), tests=CommandRun("pytest", 0))
    )


def test_flags_and_refusals_are_counted_and_told() -> None:
    many = replace(REPORT, flags=tuple(f"flag {number}" for number in range(9)), denied=("rm -rf /",))
    card = tell(many)
    assert "⚑ 9 to look at: flag 0 · flag 1" in card
    assert "… 3 more" in card
    assert "⊘ 1 refused: rm -rf /" in card
    assert "/denials tells why" in card
    assert "flag 8" not in card
    assert "flag 8" in tell(many, expanded=True)


def test_open_todos_are_told() -> None:
    left = replace(REPORT, todos=(Todo("1", "write it", "completed"), Todo("2", "test it", "blocked")))
    assert "todo 2/2" in tell(left)
    assert "blocked: test it" in tell(left)


def test_an_unknown_price_is_called_unknown() -> None:
    spend = Spend(steps=3, input=1000, output=10, unpriced=2)
    assert "cost unknown" in tell(replace(REPORT, spend=spend))


def test_briefly_there_is_only_the_heading_and_why() -> None:
    card = tell(REPORT.ending(StopReason.PROVIDER, "401: the key was rejected"), is_brief=True)
    assert card.split("\n") == ["  ✗ FAILED provider  fix-flaky-queue", "    401: the key was rejected"]


def test_it_can_be_printed_with_and_without_colour() -> None:
    plain = render_ending_lines(REPORT, Look(colour=False), 100)
    assert "\x1b" not in "".join(plain).replace("\x1b[1m", "").replace("\x1b[0m", "")
    coloured = render_ending_lines(REPORT, Look(), 100)
    assert "\x1b[" in "".join(coloured)
    bare = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in coloured]
    assert bare == [text.plain for text in render_ending_text(REPORT, Look(), 100)]


def test_hostile_reports_are_harmless() -> None:
    bad = "\x1b[2J\x1b]0;title\x07\u202e\n\n[bold]"
    report = replace(REPORT, session=bad, claim=bad, flags=(bad,), denied=(bad,), detail=bad)
    for line in render_ending_lines(report, Look(colour=False), 60):
        assert not re.search("[\x00-\x1a\x1c-\x1f\u202e]", line)
        assert re.sub(r"\x1b\[[0-9;]*m", "", line).count("\x1b") == 0


@pytest.mark.parametrize(
    "reason", [StopReason.MAX_COST, StopReason.MAX_TOKENS, StopReason.MAX_TIME, StopReason.MAX_TURNS]
)
def test_at_a_limit_of_the_session_the_card_says_how_to_raise_it(reason: StopReason) -> None:
    command = name_next(replace(REPORT, reason=reason), Signs()).partition(" raises it")[0]
    name, _, words = command.partition(" ")
    limits = Limits(turns=1, tokens=1, cost=1.0, seconds=1.0)
    assert name == "/limits"
    assert _change(limits, words) != limits


def test_what_the_session_took_is_told_apart_where_it_is_more() -> None:
    assert "the whole session" not in tell(replace(REPORT, total=REPORT.spend))
    card = tell(replace(REPORT, total=REPORT.spend + Spend(steps=9, cost=1.0)))
    assert "the whole session: 150 steps" in card
    assert "$7.12" in card.split("the whole session")[1]
    assert "$6.12" in card.split("\n")[0]


def test_a_long_goal_makes_room_for_what_it_took() -> None:
    goal = "Find out why the tests of the package invoicing fail, then repair the code and not the tests"
    report = replace(REPORT, title=goal)
    (first, *_) = tell(report).split("\n")
    assert "Find out why the" in first
    assert first.rstrip().endswith("cached")
    assert "\x1b" not in tell(replace(REPORT, title="a \x1b[31mred\n goal"))


def test_after_a_run_that_was_given_up_nothing_goes_on() -> None:
    stopped = replace(REPORT, reason=StopReason.CANCELLED, detail="stopped")
    assert name_next(stopped, Signs()).startswith('write "go on"')
    assert name_next(replace(stopped, detail=GIVEN_UP), Signs()).startswith("write what is next")
