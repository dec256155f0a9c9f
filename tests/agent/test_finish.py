"""The finish gate: is "done" true? aura finds out by itself."""

from pathlib import Path

import pytest

from aura.agent.continuation import continue_text
from aura.core import events as ev
from aura.core.evidence import Check, CommandRun, FileChange, Ledger
from aura.core.limits import Limits, StopReason
from aura.core.messages import ToolCall, user
from aura.core.todos import Todo
from aura.core.tools import Claim, Effect, Tool, ToolOutput
from aura.core.turn import fold
from aura.testing import Act, FakeModel, FakeRunner, FakeTool, Props, Stage, call, reply
from aura.tools.done import make_done

OPEN = ev.TodosChanged((Todo("1", "write it", "in_progress"),), "model")
CHECKS = ev.ChecksSet(("pytest -q", "ruff check"), "human")


def done(summary: str = "It works.", status: str = "done") -> ToolCall:
    return call("Done", summary=summary, status=status)


def edit() -> ToolOutput:
    return ToolOutput("edited", changes=(FileChange("a.py", "modified", diff="+x", after="1"),))


def run_tests() -> ToolOutput:
    return ToolOutput("1 passed", command=CommandRun("pytest -q", 0))


TOOLS: list[Tool] = [
    make_done(),
    FakeTool("Edit", Effect.WRITE, edit),
    FakeTool("Test", Effect.READ, run_tests),
]
EDIT = ev.ModeSwitched("edit", "human")


def make_stage(*acts: Act, begin: tuple[ev.Event, ...] = (), runner: FakeRunner | None = None) -> Stage:
    return Stage(
        FakeModel(*acts),
        TOOLS,
        [EDIT, *begin],
        props=Props(runner=runner or FakeRunner()),
    )


async def test_without_checks_done_is_accepted_and_said_to_be_unchecked() -> None:
    stage = make_stage(done())
    turn = await stage.prompt()
    assert (turn.stop, turn.rest.detail) == (StopReason.DONE, "It works.")
    assert (turn.done.verified, turn.done.flags) == (False, ())
    assert stage.of(ev.ToolFinished)[-1].result.content == "Accepted; there were no checks to run."


async def test_checks_run_fresh_and_verify() -> None:
    runner = FakeRunner()
    turn = await make_stage(done(), begin=(CHECKS,), runner=runner).prompt()
    assert turn.stop is StopReason.DONE
    assert turn.done.verified
    assert runner.ran == ["pytest -q", "ruff check"]
    assert [check.passed for check in turn.ledger.checks] == [True, True]


async def test_open_todos_are_listed() -> None:
    stage = make_stage(done(), "well", begin=(OPEN,))
    turn = await stage.prompt()
    assert turn.stop is StopReason.END_TURN
    (refused,) = stage.of(ev.DoneRefused)
    assert refused.reason == "open todos"
    assert "[>] 1: write it" in stage.of(ev.ToolFinished)[-1].result.content


async def test_a_failing_check_comes_back_with_its_output_until_it_passes() -> None:
    runner = FakeRunner({"pytest -q": [(1, "E assert 1 == 2"), 0]})
    stage = make_stage(done(), call("Edit"), done(), begin=(CHECKS,), runner=runner)
    turn = await stage.prompt()
    assert turn.stop is StopReason.DONE
    told = stage.of(ev.ToolFinished)[0].result
    assert told.is_error
    assert "`pytest -q` ended with exit code 1:\nE assert 1 == 2" in told.content
    assert runner.ran == ["pytest -q", "pytest -q", "ruff check"]


async def test_a_check_that_hangs_fails() -> None:
    runner = FakeRunner({"pytest -q": (None, "")})
    stage = make_stage(done(), "well", begin=(CHECKS,), runner=runner)
    await stage.prompt()
    assert "ran longer than 600 s" in stage.of(ev.ToolFinished)[0].result.content


async def test_three_refusals_for_one_reason_end_as_not_verified() -> None:
    runner = FakeRunner({"pytest -q": 1})
    stage = make_stage(done("a"), call("Edit"), done("b"), done("c"), begin=(CHECKS,), runner=runner)
    turn = await stage.prompt()
    assert (turn.stop, turn.rest.detail) == (StopReason.NOT_VERIFIED, "check failed: pytest -q")
    assert stage.of(ev.ToolFinished)[-1].result.ends_turn


async def test_the_next_goal_starts_afresh() -> None:
    runner = FakeRunner({"pytest -q": [1, 1, 1, 0]})
    stage = make_stage(done(), done(), done(), "hello", done(), begin=(CHECKS,), runner=runner)
    assert (await stage.prompt()).stop is StopReason.NOT_VERIFIED
    assert (await stage.prompt("never mind")).stop is StopReason.END_TURN
    assert (await stage.prompt("again")).stop is StopReason.DONE


async def test_tests_older_than_the_last_edit_are_stale_and_that_is_said_once() -> None:
    stage = make_stage(call("Test"), call("Edit"), done(), done())
    turn = await stage.prompt()
    assert [one.reason for one in stage.of(ev.DoneRefused)] == ["stale tests"]
    assert turn.stop is StopReason.DONE
    assert turn.done.flags == ("the last run of tests is older than the last edit",)


async def test_tests_run_after_the_edit_are_fresh() -> None:
    stage = make_stage(call("Edit"), call("Test"), done())
    turn = await stage.prompt()
    assert (turn.stop, turn.done.flags) == (StopReason.DONE, ())


async def test_edits_without_any_test_are_named() -> None:
    turn = await make_stage(call("Edit"), done()).prompt()
    assert turn.done.flags == ("files were edited and no test was run",)


@pytest.mark.parametrize(
    ("status", "reason"), [("blocked", StopReason.BLOCKED), ("needs_input", StopReason.NEEDS_INPUT)]
)
async def test_giving_up_needs_no_proof(status: str, reason: StopReason) -> None:
    runner = FakeRunner({"pytest -q": 1})
    turn = await make_stage(done("No key.", status), begin=(OPEN, CHECKS), runner=runner).prompt()
    assert (turn.stop, turn.rest.detail, turn.done.verified) == (reason, "No key.", False)
    assert not runner.ran


async def test_a_second_claim_of_one_message_changes_nothing() -> None:
    stage = make_stage(reply("", done("first"), done("second", "blocked")))
    turn = await stage.prompt()
    assert (turn.stop, turn.rest.detail) == (StopReason.DONE, "first")
    assert len(stage.of(ev.DoneAccepted)) == 1


async def test_an_empty_summary_is_refused() -> None:
    stage = make_stage(done("  "), "well")
    await stage.prompt()
    assert "The summary is empty" in stage.of(ev.ToolFinished)[0].result.content
    assert not stage.of(ev.DoneAccepted, ev.DoneRefused)


async def test_the_verifier_has_the_last_word() -> None:
    asked: list[tuple[Claim, Ledger]] = []

    async def verify(claim: Claim, ledger: Ledger) -> str:
        asked.append((claim, ledger))
        return "the README still names the old flag" if len(asked) == 1 else ""

    stage = Stage(
        FakeModel(done(), done()),
        TOOLS,
        props=Props(verifier=verify),
    )
    turn = await stage.prompt()
    assert turn.stop is StopReason.DONE
    assert [one.reason for one in stage.of(ev.DoneRefused)] == ["verifier"]
    assert "the README still names the old flag" in stage.of(ev.ToolFinished)[0].result.content


async def test_checks_run_in_the_workspace(tmp_path: Path) -> None:
    places: list[Path] = []

    class Placed(FakeRunner):
        async def run(self, command: str, *, cwd: Path, **more: object):  # type: ignore[no-untyped-def]
            places.append(cwd)
            return await super().run(command, cwd=cwd, timeout=1.0)

    props = Props(runner=Placed(), workspace=tmp_path)
    await Stage(FakeModel(done()), TOOLS, [CHECKS], props=props).prompt()
    assert places == [tmp_path, tmp_path]


def test_going_on_is_never_a_blind_continue() -> None:
    failing = ev.CheckFinished(Check(CommandRun("pytest -q", 1), 1))
    passing = ev.CheckFinished(Check(CommandRun("ruff check", 0), 1))
    begun: list[ev.Event] = [
        ev.LimitsSet(Limits(steps=9, cost=2.0)),
        CHECKS,
        OPEN,
        ev.DoneSwitched(required=True, by="human"),
        ev.TurnStarted(1, user("go")),
        failing,
        passing,
    ]
    text = continue_text(fold(begun))
    for words in ("[>] 1: write it", "Failing check: `pytest -q` (exit code 1)", "steps 9", "cost $2.00"):
        assert words in text
    assert "ruff check" not in text
    assert "call Done" not in text
    fixed = fold(
        [*begun, ev.TodosChanged((), "model"), ev.CheckFinished(Check(CommandRun("pytest -q", 0), 2))]
    )
    assert "Failing" not in continue_text(fixed)
    assert "call Done" in continue_text(fixed)
    assert text.startswith("[aura]")
