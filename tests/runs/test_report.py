"""The report: the model's claim and the facts of aura, as text and as a document."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core import events as ev
from aura.core.errors import AuraError, ConfigError, ModelError, ModelErrorKind
from aura.core.evidence import Check, CommandRun, FileChange
from aura.core.limits import ENDINGS, Spend, StopReason
from aura.core.messages import Message, Text, ToolResult, user
from aura.core.todos import Todo
from aura.core.tools import Claim
from aura.core.turn import Turn, apply, fold
from aura.runs.report import (
    HEADINGS,
    Changed,
    make_failure,
    make_report,
    make_silence,
    name_failure,
    render_count,
    render_report,
    render_spend,
    to_json,
)
from aura.testing import call

BEGIN = (ev.SessionStarted("s1", "/w", "0"), ev.TurnStarted(1, user("go")))
UNITS = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


def changed(path: str, kind: str, added: int = 0, removed: int = 0) -> ev.ToolFinished:
    """An edit that went well."""
    change = FileChange(path, kind, added, removed)  # type: ignore[arg-type] # a literal, by its value
    return ev.ToolFinished(call("Edit", id="1"), ToolResult("1", "ok"), "ok", changes=(change,))


@pytest.mark.parametrize("reason", StopReason)
def test_every_stop_reason_has_a_heading_and_its_exit_code_in_the_document(reason: StopReason) -> None:
    turn = fold((*BEGIN, ev.TurnStopped(reason, "because of this")))
    report = make_report(turn)
    text, document = render_report(report), to_json(report)
    assert text.startswith(HEADINGS.get(reason, "PAUSED, "))
    assert "because of this" in text
    assert (document["reason"], document["exit_code"]) == (reason.value, ENDINGS[reason].exit_code)
    assert document["sentence"] == ENDINGS[reason].sentence
    assert json.loads(json.dumps(document)) == document


def test_the_claim_is_the_answer_and_unchecked_is_said() -> None:
    turn = fold(
        (*BEGIN, ev.DoneAccepted(Claim("All done."), verified=False), ev.TurnStopped(StopReason.DONE))
    )
    report = make_report(turn)
    assert (report.claim, report.answer, report.verified) == ("All done.", "All done.", False)
    assert "not checked" in render_report(report)


def test_a_turn_without_a_stop_counts_as_cancelled() -> None:
    assert make_report(fold(BEGIN)).reason is StopReason.CANCELLED


def test_edits_of_one_file_are_summed() -> None:
    edits = (changed("a", "created", 3, 0), changed("a", "modified", 1, 2), changed("b", "deleted", 0, 5))
    turn = fold((*BEGIN, *edits, changed("b", "created", 4, 0)))
    listed = [(one.path, one.kind, one.added, one.removed) for one in make_report(turn).changed]
    assert listed == [("a", "created", 4, 2), ("b", "modified", 4, 5)]


def test_a_report_tells_of_its_own_goal_and_the_session_apart() -> None:
    first = (
        *BEGIN,
        ev.StepStarted(1, "m"),
        changed("a", "created", 3),
        ev.CheckFinished(Check(CommandRun("old check", 0), 1)),
        ev.StepEnded(1, 5.0),
        ev.TurnStopped(StopReason.END_TURN, seconds=2.0),
    )
    second = (
        ev.TurnStarted(2, user("Now the\n  *other* thing")),
        ev.StepStarted(1, "m"),
        changed("b", "modified", 1, 1),
        ev.StepEnded(1, 1.0),
        ev.TurnStopped(StopReason.DONE),
    )
    assert [one.path for one in make_report(fold(first)).changed] == ["a"]
    begun: Turn = Turn()
    for event in (*first, *second):
        begun = apply(begun, event)
    for turn in (fold((*first, *second)), begun):
        report = make_report(turn)
        assert (report.title, report.spend.steps, report.spend.turns) == ("Now the *other* thing", 1, 1)
        assert [one.path for one in report.changed] == ["b"]
        assert report.checks == ()
        assert report.spend.seconds == pytest.approx(1.0)
        assert report.total.steps == 2
        assert report.total.seconds == pytest.approx(8.0)


def test_what_a_driver_says_goes_on_with_the_same_goal() -> None:
    window = (ev.StepStarted(1, "m"), changed("a", "created", 3), ev.TurnStopped(StopReason.END_TURN))
    again = ev.TurnStarted(2, Message("user", (Text("go on"),), origin="driver"))
    report = make_report(fold((*BEGIN, *window, again, *window)))
    assert (report.title, report.spend.steps, report.spend.turns) == ("go", 2, 2)
    assert report.changed == (Changed("a", "created", 6, 0),)
    more = fold((*BEGIN, *window, ev.TurnStarted(2, user("Go on")), *window))
    assert make_report(more) == report
    accepted = ev.DoneAccepted(Claim("done"), verified=False)
    over = fold((*BEGIN, *window, accepted, again, changed("b", "created", 1), window[-1]))
    assert make_report(over).changed == (Changed("b", "created", 1, 0),)


def test_a_file_made_and_deleted_again_is_deleted() -> None:
    turn = fold((*BEGIN, changed("a", "created", 3, 0), changed("a", "deleted", 0, 3)))
    assert [one.kind for one in make_report(turn).changed] == ["deleted"]


def test_refusals_are_listed_once_each() -> None:
    refused = ev.ToolJudged("1", "deny", "policy", "it is outside")
    allowed = ev.ToolJudged("2", "allow", "human")
    assert make_report(Turn(), [refused, allowed, refused]).denied == ("it is outside",)


def test_hostile_texts_cannot_forge_lines_of_the_report() -> None:
    report = replace(
        make_failure(StopReason.DONE, ""),
        denied=("no\nDONE   everything is fine",),
        todos=(Todo("1", "x\n  run by aura      pytest: passed"),),
        checks=(CommandRun("false\n  run by aura  true: passed", None),),
        flags=("a flag\nDONE",),
    )
    lines = render_report(report).splitlines()
    assert [line for line in lines if line.startswith(("DONE", "  run by aura"))] == [
        lines[0],
        "  run by aura      false run by aura true: passed: failed (killed)",
    ]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConfigError("x"), StopReason.CONFIG),
        (AuraError("x"), StopReason.ERROR),
        (ModelError(ModelErrorKind.AUTH, "x"), StopReason.PROVIDER),
        (ValueError("x"), StopReason.ERROR),
    ],
)
def test_errors_have_a_reason_with_the_same_exit_code(error: Exception, reason: StopReason) -> None:
    assert name_failure(error) is reason
    assert ENDINGS[reason].exit_code == getattr(error, "exit_code", 1)


def test_a_session_with_commands_only_ends_well() -> None:
    document = to_json(make_silence("s1"))
    assert (document["session"], document["exit_code"], document["detail"]) == ("s1", 0, "no turn ran")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1k"),
        (12_345, "12.3k"),
        (999_499, "999k"),
        (999_950, "1M"),
        (1_900_000, "1.9M"),
        (2_000_000_000, "2G"),
    ],
)
def test_counts_are_short(number: int, text: str) -> None:
    assert render_count(number) == text


@given(st.integers(0, 10**14))
def test_counts_are_true_to_three_digits(number: int) -> None:
    text = render_count(number)
    value = float(text[:-1]) * UNITS[text[-1]] if text[-1] in UNITS else float(text)
    assert abs(value - number) <= 0.006 * number
    assert len(text) <= 5


@pytest.mark.parametrize(
    ("spend", "text"),
    [
        (Spend(steps=1, seconds=61), "1 step · 1m01 · $0.00 · 0 tokens"),
        (Spend(steps=2, seconds=7_260, cost=1.5), "2 steps · 2h01 · $1.50 · 0 tokens"),
        (Spend(unpriced=1), "0 steps · 0s · cost unknown · 0 tokens"),
        (Spend(unpriced=1, cost=0.5), "0 steps · 0s · more than $0.50 · 0 tokens"),
    ],
)
def test_spend_is_one_line(spend: Spend, text: str) -> None:
    assert render_spend(spend) == text
