"""The report of a whole run: everything that happened, told apart by who says so."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura.core import events as ev
from aura.core.evidence import CommandRun, FileChange
from aura.core.limits import Spend, StopReason
from aura.core.messages import Message, ToolCall, ToolResult, user
from aura.core.models import Completion, Usage
from aura.core.run import Phase
from aura.runs.metrics import make_document as tell_metrics
from aura.runs.metrics import make_metrics
from aura.runs.records import make_document, render_markdown
from aura.runs.run_report import RunReport, Tally, make_run_report
from aura.runs.sections import make_sections, name_state
from tests.runs.tales import BEGUN, NIGHT, asking, first_turn, record, reply, step, tale
from tests.store.samples import DURABLE, events

GOLDEN = Path(__file__).with_name("report.md")


def items(report: RunReport, title: str) -> str:
    """What one section says, a line for each fact."""
    for section in make_sections(report, str):
        if section.title == title:
            return "\n".join(item.text for item in section.items)
    return ""


def session(*happened: ev.DurableEvent) -> list[ev.Recorded]:
    """A session without a run."""
    return record([ev.SessionStarted("s", "/w", "0"), *happened])


def test_the_report_of_a_night_is_as_it_was_agreed() -> None:
    made = "".join(render_markdown(make_run_report(tale())))
    assert made == GOLDEN.read_text(encoding="utf-8")


def test_a_run_that_goes_on_says_what_it_waits_for() -> None:
    log = asking()
    report = make_run_report(log, now=log[-1].at + 60)
    assert name_state(report) == "RUNNING"
    assert report.standing.waits == ("an answer: And now?",)
    assert report.times.until == log[-1].at + 60
    assert report.times.asking == pytest.approx(61)
    assert name_state(make_run_report(log)) == "RUNNING, but no process works on it"


def test_what_a_process_left_behind_is_told_as_interruptions() -> None:
    report = make_run_report(tale())
    assert report.breaks.crash_count == 1
    assert report.times.absent == pytest.approx(NIGHT + 1)
    assert report.breaks.unknown[0].what == "Bash make release"
    (outage,) = report.breaks.outages
    assert (outage.failures, outage.seconds, outage.is_over) == (2, 2.0, True)


def test_that_a_process_takes_up_what_was_queued_is_no_interruption() -> None:
    taken = ev.SessionResumed("vm/1/x", "0")
    assert items(make_run_report(session(taken, *step(1, reply("a")))), "Interruptions") == ""
    twice = session(taken, *step(1, reply("a")), taken, *step(2, reply("b")))
    assert items(make_run_report(twice), "Interruptions") == "taken up again 2 times in all"


def test_an_unknown_price_is_never_a_number() -> None:
    known = make_run_report(session(*step(1, reply("a", cost=0.5))))
    mixed = make_run_report(session(*step(1, reply("a", cost=0.5)), *step(2, reply("b", cost=None))))
    unknown = make_run_report(session(*step(1, reply("a", cost=None))))
    assert "$0.50" in items(known, "Cost")
    assert "more than $0.50 (1 call without a price)" in items(mixed, "Cost")
    assert "price unknown" in items(unknown, "Cost")
    assert "$" not in items(unknown, "Cost")
    (bill,) = make_document(unknown)["cost"]["models"].values()
    assert bill == tell_metrics(make_metrics(session(*step(1, reply("a", cost=None)))))["usage"], (
        "one form in both documents"
    )
    assert (bill["cost_usd"], bill["unpriced"]) == (None, 1)


def test_calls_beside_the_work_are_told_by_part_and_part_of_the_sum() -> None:
    aside = ev.CallCounted("verifier", "small", Usage(1000, 100), 0.25)
    cut = ev.CallCounted("replies cut short", "big", Usage(2000, 10, estimated=True), None)
    report = make_run_report(session(*step(1, reply("a", cost=0.5)), aside, cut))
    said = items(report, "Cost")
    assert "part verifier: 1 model call, 1k tokens in" in said
    assert "part replies cut short: 1 model call" in said
    assert "more than $0.75 (1 call without a price)" in said
    assert report.ending.spend.cost == pytest.approx(0.75)


def test_a_run_is_told_from_its_own_beginning() -> None:
    """What the session did before it belongs to somebody else."""
    before = session(
        ev.TurnStarted(1, user("hello")), *step(1, reply("hi", cost=5.0)), ev.TurnStopped(StopReason.END_TURN)
    )
    later = record(first_turn()[2:], BEGUN + 100, 100)
    report = make_run_report([*before, *later])
    assert report.ending.spend.turns == 1
    assert report.ending.spend.cost == pytest.approx(0.75)
    assert report.times.begun == BEGUN + 100
    assert report.goal.startswith("Fix the flaky test")


def test_a_session_without_a_run_has_a_report_too() -> None:
    talk = session(
        ev.TurnStarted(1, user("say hello")), *step(1, reply("hello")), ev.TurnStopped(StopReason.END_TURN)
    )
    report = make_run_report(talk)
    assert name_state(report) == "ANSWERED"
    assert items(report, "In the model's words") == "hello"
    cut = make_run_report(talk[:-1])
    assert cut.standing.sentence == "It was cut off in the middle of a turn."
    assert name_state(make_run_report(session())) == "EMPTY"


def test_tests_before_the_last_edit_are_no_evidence_that_is_hidden() -> None:
    """They are told, with what makes them worth less."""
    test = ev.ToolFinished(ToolCall("t", "Bash"), ToolResult("t", ""), "ok", 1.0, (), CommandRun("pytest", 0))
    edit = ev.ToolFinished(
        ToolCall("e", "Edit"), ToolResult("e", ""), "ok", 1.0, (FileChange("f", "modified", 1, 1, ""),)
    )
    assert items(make_run_report(session(test, edit)), "Done, with evidence").endswith(
        ", before the last edit"
    )
    assert not items(make_run_report(session(edit, test)), "Done, with evidence").endswith(
        "before the last edit"
    )


@pytest.mark.parametrize(
    ("phase", "reason", "state"),
    [
        (Phase.PAUSED, StopReason.CANCELLED, "PAUSED"),
        (Phase.CANCELLED, StopReason.CANCELLED, "GIVEN UP"),
        (Phase.LIMIT, StopReason.MAX_COST, "PAUSED, the cost limit is reached"),
        (Phase.FAILED, StopReason.PROVIDER, "FAILED, the provider"),
        (Phase.STALLED, StopReason.STALLED, "STOPPED, getting nowhere"),
        (Phase.NOT_VERIFIED, StopReason.NOT_VERIFIED, "DONE? the checks do not agree"),
        (Phase.NEEDS_INPUT, StopReason.NEEDS_INPUT, "NEEDS YOU"),
        (Phase.DONE, StopReason.DONE, "DONE"),
    ],
)
def test_endings_are_kept_apart(phase: Phase, reason: StopReason, state: str) -> None:
    end = ev.Checkpointed("r", phase, Spend(), 1, reason=reason, detail="so it is")
    log = record([*first_turn(), end])
    assert name_state(make_run_report(log)) == state


HOSTILE = "\x1b]0;own\x07\x1b[2J`` ``` <script>x</script> [link](http://x) \u202e# head\n# head\n- item\n```"


def test_hostile_text_stays_text() -> None:
    """Neither the terminal nor a reader of markdown takes it for anything else."""
    call = ToolCall("c", HOSTILE, {"command": HOSTILE})
    log = session(
        ev.TurnStarted(1, user(HOSTILE)),
        *step(1, reply(HOSTILE, call, model=HOSTILE)),
        ev.ToolJudged("c", "deny", HOSTILE, HOSTILE),
        ev.ToolFinished(call, ToolResult("c", HOSTILE), "denied"),
        ev.ToolFinished(
            call,
            ToolResult("c", HOSTILE),
            "error",
            1.0,
            (FileChange(HOSTILE, "modified", 1, 1, HOSTILE),),
            CommandRun(f"pytest {HOSTILE}", 1),
        ),
        ev.ModelFailed(HOSTILE, HOSTILE, 1, HOSTILE),
        ev.PluginUnplugged(HOSTILE, HOSTILE, HOSTILE),
        ev.TurnStopped(StopReason.ERROR, HOSTILE),
    )
    report = make_run_report(log)
    made = "".join(render_markdown(report))
    assert "\x1b" not in made
    assert "\u202e" not in made
    prose = made.split("\n### ")[0]
    assert "<script" not in prose
    assert "[link]" not in prose.replace("\\[link]", "")
    assert [line[:6] for line in prose.splitlines() if line.startswith("# ")] == ["# Run "]
    assert json.loads(json.dumps(make_document(report)))["state"] == "FAILED"


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of([events(kind) for kind in DURABLE]), max_size=12), st.booleans())
def test_whatever_a_log_holds_it_is_told(happened: Sequence[ev.DurableEvent], live: bool) -> None:
    """No event, however strange its fields are, keeps the report from being made."""
    report = make_run_report(record(happened), now=BEGUN if live else None)
    assert "".join(render_markdown(report)).startswith("# Run ")
    document = json.dumps(make_document(report), allow_nan=False)
    assert json.loads(document)["v"] == 1


def test_numbers_beyond_all_reason_are_told_all_the_same() -> None:
    huge = Usage(10**400, 10**400, 10**400)
    said = ev.ModelReplied(Completion(Message("assistant", (), "model"), huge, cost=float("inf"), model="m"))
    end = ev.TurnStopped(StopReason.DONE, "", float("inf"))
    report = make_run_report(session(ev.TurnStarted(1, user("go")), *step(1, said), end))
    assert "1P" in items(report, "Cost") or "1000T" in items(report, "Cost")
    assert json.loads(json.dumps(make_document(report), allow_nan=False))["v"] == 1


def test_nothing_is_held_of_what_was_said() -> None:
    """A thousand turns leave no more behind than one."""
    tally = Tally()
    for recorded in session(
        *(
            one
            for number in range(1_000)
            for one in (ev.TurnStarted(number, user("x" * 100)), *step(1, reply("y" * 1_000)))
        )
    ):
        tally.add(recorded)
    assert len(tally._turn.messages) == 0
    assert tally.tell(None).ending.spend.steps == 1_000


def test_a_log_that_ends_early_says_so() -> None:
    report = replace(make_run_report(tale()[:20]), problem="The log is damaged.")
    assert "could not be read to its end: The log is damaged." in items(report, "How it stands")
