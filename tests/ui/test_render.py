"""Events as lines of text."""

from dataclasses import replace

import pytest

from aura.core import events as ev
from aura.core.evidence import Check, CommandRun, FileChange
from aura.core.limits import Spend, StopReason
from aura.core.messages import ToolResult, user
from aura.core.models import TextDelta
from aura.core.todos import Todo
from aura.core.tools import Claim
from aura.core.turn import Turn
from aura.runs.report import Changed, make_silence
from aura.testing import call
from aura.ui.render import name_tool, render_call, render_end, render_event, render_gauges

ESC = "\x1b[31m"


def finished(outcome: str = "ok", content: str = "fine", **more: object) -> ev.ToolFinished:
    """A call of Bash that is over."""
    result = ToolResult("1", content, is_error=outcome != "ok")
    return ev.ToolFinished(call("Bash", id="1", command="make test"), result, outcome, **more)  # type: ignore[arg-type]


SHOWN: list[tuple[ev.Event, str]] = [
    (finished(command=CommandRun("make test", 0, "", 1.5)), "shell make test … exit 0 (1.5s)"),
    (
        finished("error", command=CommandRun("make test", 2, "a\nlast\n", 1.5)),
        "shell make test … exit 2 (1.5s): last",
    ),
    (
        finished("error", command=CommandRun("make test", None, "", 9.0)),
        "shell make test … killed (9.0s): ",
    ),
    (finished("denied", "Refused: no."), "shell make test … denied: Refused: no."),
    (finished("unknown", "It may have run."), "shell make test … unknown: It may have run."),
    (finished(changes=(FileChange("a", "modified", 3, 1),)), "shell make test +3 -1"),
    (ev.Injected(user("Go on\nplease", "injector:todo")), "note todo: Go on please"),
    (ev.NoticeShown("The disk is full.", "warning"), "warning: The disk is full."),
    (
        ev.PluginUnplugged("p", "after_tool", "ValueError: x\ny"),
        "warning: the plugin p failed in after_tool and is unplugged: ValueError: x y",
    ),
    (
        ev.ModelFailed("overloaded", "Busy.", 2, "m", 3.6),
        "model m failed (overloaded, try 2): Busy.; next try in 4 s",
    ),
    (ev.ModelFailed("auth", "No.", 1, "m"), "model m failed (auth, try 1): No."),
    (ev.ModelChanged("m2", "fallback after auth"), "model is now m2: fallback after auth"),
    (
        ev.Compacted("s", "", 3, 120_000, 8_000, "80% is used"),
        "context shortened from 120k to 8k tokens: 80% is used",
    ),
    (
        ev.LimitReached(StopReason.MAX_STEPS, "steps: 5 of 5"),
        "limit reached: steps: 5 of 5; one last step to sum up",
    ),
    (
        ev.CheckFinished(Check(CommandRun("pytest", 1, "", 2.0), 3)),
        "check by aura: pytest failed with exit code 1 (2.0s)",
    ),
    (ev.DoneRefused(Claim("x"), "open todos", "…"), "Done refused (open todos)"),
    (ev.Steered(user("stop that")), "you: stop that"),
]


@pytest.mark.parametrize(("event", "line"), SHOWN, ids=lambda one: getattr(one, "type", None))
def test_what_people_want_to_know_of_is_one_line(event: ev.Event, line: str) -> None:
    assert render_event(event, Turn()) == line


def test_the_rest_needs_no_line() -> None:
    for event in (ev.StepStarted(1, "m"), TextDelta("x"), ev.TurnStopped(StopReason.DONE)):
        assert render_event(event, Turn()) is None


def test_a_call_shows_the_argument_that_matters_cleaned_and_short() -> None:
    assert render_call(call("Bash", command=f"echo {ESC}x\nsecond", workdir="w")) == "shell echo x second"
    assert len(render_call(call("Bash", command="x" * 500), 70)) == 70
    assert render_call(call("TodoWrite", todos=[{}, {}])) == "plan 2 todos"
    assert render_call(call("Write", path=["not", "text"])) == "write ['not', 'text']"


def test_a_call_with_arguments_of_the_wrong_kind_is_still_shown() -> None:
    assert render_call(call("TodoWrite", todos=7)) == "plan"


def test_gauges_say_unknown_prices() -> None:
    assert render_gauges(Turn()) == "tok 0 $0.00"


def test_a_tool_of_a_stranger_keeps_its_name() -> None:
    assert [name_tool(name) for name in ("Bash", "Read", "mcp__web__fetch")] == [
        "shell",
        "read",
        "mcp__web__fetch",
    ]


def test_the_end_of_a_run_is_one_line() -> None:
    passed, failed = CommandRun("pytest", 0), CommandRun("ruff", 1)
    whole = replace(
        make_silence("s").ending(StopReason.DONE, ""),
        todos=(Todo("1", "a", "completed"), Todo("2", "b", "cancelled"), Todo("3", "c", "pending")),
        checks=(passed,),
        changed=(Changed("a", "modified", 80, 10), Changed("b", "created", 6, 2)),
        spend=Spend(steps=141, cost=6.12, seconds=27_240, input=1_900_000),
    )
    assert render_end(whole) == (
        "DONE: todo 2/3, checks passed, +86 -12 in 2 files, 141 steps, 7h34, $6.12, 1.9M tokens   exit 0"
    )
    assert "checks failed: 1 of 2, +1 -0 in 1 file, " in render_end(
        replace(whole, checks=(passed, failed), changed=(Changed("a", "created", 1, 0),))
    )
    assert render_end(make_silence("s").ending(StopReason.MAX_COST, "")) == (
        "PAUSED, the cost limit is reached: 0 steps, 0s, $0.00, 0 tokens   exit 5"
    )
