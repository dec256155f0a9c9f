"""aura denials: the list of a run, and allowing a call of it, while no process has it."""

from pathlib import Path

import pytest

from aura.cli.main import main
from aura.core import events as ev
from aura.core.limits import Spend, StopReason
from aura.core.messages import ToolCall, ToolResult, user
from aura.core.run import Phase
from aura.safety.grants import Grants
from tests.cli.test_orders import begin, turn_of, work

__all__ = ["work"]
PUSH = ToolCall("c1", "Bash", {"command": "git push"})
WIPE = ToolCall("c2", "Bash", {"command": "touch /canary"})
NAME = "abcdefabcdef"


def refused(work: Path) -> Path:
    return begin(
        work,
        NAME,
        ev.TurnStarted(1, user("the goal")),
        ev.ToolJudged("c1", "deny", "reviewer", "nobody asked for it", "high", True, "Bash(git push:*)"),
        ev.ToolFinished(PUSH, ToolResult("c1", "Refused.", is_error=True), "denied"),
        ev.ToolJudged("c2", "deny", "hard floor", "never"),
        ev.ToolFinished(WIPE, ToolResult("c2", "Refused.", is_error=True), "denied"),
        ev.TurnStopped(StopReason.BLOCKED),
        ev.Checkpointed(NAME, Phase.BLOCKED, Spend(), 1, reason=StopReason.BLOCKED),
    )


def test_the_list_says_what_why_and_what_can_be_done(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(work)
    assert main(["denials", "abc"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "  1. Bash git push   (turn 1, step 0)",
        "     refused by reviewer, high risk: nobody asked for it [can be allowed; rule: `git push *`]",
        "  2. Bash touch /canary   (turn 1, step 0)",
        "     refused by hard floor: never [cannot be allowed here]",
    ]


def test_one_is_allowed_and_the_blocked_run_goes_on(
    work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[Path] = []
    monkeypatch.setattr("aura.cli.background.hand_over", handed.append)
    folder = refused(work)
    assert main(["denials", "abc", "--allow", "2"]) == 1
    assert "hard floor, which cannot be lifted" in capsys.readouterr().err
    assert not handed
    assert main(["denials", "abc", "--allow", "1", "--rule"]) == 0
    assert "may make call 1 once" in capsys.readouterr().out
    assert handed == [folder]
    turn = turn_of(folder)
    assert turn.run.phase.is_active
    assert turn.rest.denials.news == (1,)
    assert [str(one) for one in Grants(work).rules] == ["Bash(git push:*)"]


def test_what_makes_no_sense_is_refused(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(work)
    assert main(["denials", "abc", "--rule"]) == 2
    assert main(["denials", "abc", "--allow", "9"]) == 1
    assert main(["denials", "nosuch"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 3
