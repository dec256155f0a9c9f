"""Limits: each is found inside the turn, one step without tools follows, and nothing argues with it."""

import asyncio

import pytest

from aura.core import events as ev
from aura.core.clock import SystemClock
from aura.core.errors import ModelError, ModelErrorKind
from aura.core.limits import Limits, StopReason
from aura.core.messages import ToolCall
from aura.core.models import Request, Usage
from aura.core.todos import Todo
from aura.core.tools import Effect
from aura.testing import Act, FakeClock, FakeModel, FakeTool, Player, Props, Stage, call, reply
from aura.tools.done import make_done

AUTO = ev.AutoSwitched(on=True, by="human")
OPEN = ev.TodosChanged((Todo("1", "write it"),), "human")


def limits(**values: float) -> ev.LimitsSet:
    return ev.LimitsSet(Limits(**values))  # type: ignore[arg-type] # counts stay counts


def read(count: int = 1) -> list[ToolCall]:
    return [call("Read", path=f"file {number}") for number in range(count)]


def injected(stage: Stage) -> list[str]:
    return [event.message.text for event in stage.of(ev.Injected)]


async def test_at_the_last_step_one_more_without_tools() -> None:
    model = FakeModel(*read(3), "What was done: little.")
    stage = Stage(model, [FakeTool("Read")], [limits(steps=3)])
    turn = await stage.prompt()
    assert (turn.stop, turn.rest.detail) == (StopReason.MAX_STEPS, "steps: 3 of 3")
    assert [bool(request.tools) for request in model.requests] == [True, True, True, False]
    (wrap_up,) = injected(stage)
    assert "tools are off" in wrap_up
    assert [step.tools for step in stage.of(ev.StepStarted)] == [True, True, True, False]


async def test_a_turn_that_ends_with_its_last_step_needs_no_wrap_up() -> None:
    turn = await Stage(FakeModel(*read(), "Finished."), [FakeTool("Read")], [limits(steps=2)]).prompt()
    assert (turn.stop, turn.steps) == (StopReason.END_TURN, 2)


async def test_the_wrap_up_belongs_to_its_turn() -> None:
    model = FakeModel(*read(1), "So far so good.", "Next.")
    stage = Stage(model, [FakeTool("Read")], [limits(steps=1)])
    await stage.prompt()
    turn = await stage.prompt("and now")
    assert turn.stop is StopReason.END_TURN
    assert not any("tools are off" in message.text for message in model.requests[-1].messages)
    assert model.requests[-1].tools


@pytest.mark.parametrize("last", [call("Read", path="x"), "", "I would rather go on."])
async def test_the_wrap_up_is_the_end_whatever_the_model_makes_of_it(last: ToolCall | str) -> None:
    tool = FakeTool("Read")
    stage = Stage(
        FakeModel(*read(), reply("") if last == "" else last), [tool], [AUTO, OPEN, limits(steps=1)]
    )
    turn = await stage.prompt()
    assert (turn.stop, turn.steps) == (StopReason.MAX_STEPS, 2)
    assert len(tool.calls) == 1
    if isinstance(last, ToolCall):
        finished = stage.of(ev.ToolFinished)[-1]
        assert (finished.outcome, finished.result.content) == (
            "cancelled",
            "Not run: a limit was reached first.",
        )


async def test_no_nudge_contradicts_a_limit() -> None:
    """At the step that spends the limit nobody asks to go on first."""
    stage = Stage(FakeModel("Later.", "So it stands."), begin=[AUTO, OPEN, limits(steps=1)])
    turn = await stage.prompt()
    assert turn.stop is StopReason.MAX_STEPS
    (only,) = injected(stage)
    assert "tools are off" in only


async def test_tokens() -> None:
    acts: list[Act] = [reply("", *read(), usage=Usage(input=400, output=100)), "So far."]
    turn = await Stage(FakeModel(*acts), [FakeTool("Read")], [limits(tokens=450)]).prompt()
    assert (turn.stop, turn.rest.detail) == (StopReason.MAX_TOKENS, "tokens: 500 of 450")


async def test_cost() -> None:
    acts: list[Act] = [reply("", *read(), cost=0.2), reply("", call("Read", path="b"), cost=0.2), "So far."]
    turn = await Stage(FakeModel(*acts), [FakeTool("Read")], [limits(cost=0.3)]).prompt()
    assert (turn.stop, turn.steps) == (StopReason.MAX_COST, 3)


async def test_a_window_counts_over_turns_and_a_grant_lets_go_on() -> None:
    acts: list[Act] = [*read(), reply("one", cost=0.2), "enough", call("Read", path="b"), reply("two")]
    stage = Stage(FakeModel(*acts), [FakeTool("Read")], [limits(cost=0.15)])
    assert (await stage.prompt()).stop is StopReason.END_TURN
    stage.loop.responder.models = [FakeModel("nothing is left")]
    assert (await stage.prompt()).stop is StopReason.MAX_COST
    stage.session.record(ev.LimitsSet(Limits(cost=5.0), fresh=False))
    stage.loop.responder.models = [FakeModel("on we go")]
    assert (await stage.prompt()).stop is StopReason.END_TURN


async def test_time_between_calls() -> None:
    clock = FakeClock()

    def slow(path: str) -> str:
        clock.advance(40.0)
        return path

    calls = [*read(3)]
    model = FakeModel(reply("", calls[0]), reply("", calls[1]), "So far.")
    stage = Stage(model, [FakeTool("Read", does=slow)], [limits(turn_seconds=60.0)], props=Props(clock=clock))
    turn = await stage.prompt()
    assert (turn.stop, turn.rest.detail) == (StopReason.MAX_TIME, "time of this turn: 80s of 60s")
    assert turn.spend.seconds == 80.0


async def test_time_within_a_batch() -> None:
    """Calls of one message that did not begin before the limit are answered without being run."""
    clock = FakeClock()

    def slow(path: str) -> str:
        clock.advance(40.0)
        return path

    tool = FakeTool("Write", Effect.WRITE, slow)
    calls = [call("Write", path=f"{number}") for number in range(4)]
    begin: list[ev.Event] = [limits(seconds=60.0), ev.ModeSwitched("edit", "human")]
    stage = Stage(FakeModel(reply("", *calls), "So far."), [tool], begin, props=Props(clock=clock))
    turn = await stage.prompt()
    assert turn.stop is StopReason.MAX_TIME
    assert [event.outcome for event in stage.of(ev.ToolFinished)] == ["ok", "ok", "cancelled", "cancelled"]


async def test_time_in_the_middle_of_a_tool_and_of_a_reply() -> None:
    """A tool and a model that never end are ended by the limit; the wrap-up still comes."""

    async def hang(path: str) -> str:
        await asyncio.Event().wait()
        return path

    async def never(request: Request) -> str:
        await asyncio.Event().wait()
        return "never"

    plays: list[list[Act | Player]] = [[*read(), "The tool hung."], [never, "I hung."]]
    for acts in plays:
        props = Props(clock=SystemClock())
        stage = Stage(
            FakeModel(*acts), [FakeTool("Read", does=hang)], [limits(turn_seconds=0.05)], props=props
        )
        turn = await stage.prompt()
        assert turn.stop is StopReason.MAX_TIME
        assert turn.messages[-1].text.endswith("hung.")
        assert [event.outcome for event in stage.of(ev.ToolFinished)] == ["cancelled"] * len(
            stage.of(ev.ToolStarted)
        )


async def test_time_that_is_up_before_the_first_step() -> None:
    stage = Stage(FakeModel("Nothing was done."), begin=[limits(seconds=5.0)])
    stage.session.record(ev.StepEnded(0, 6.0))
    turn = await stage.prompt()
    assert (turn.stop, turn.steps) == (StopReason.MAX_TIME, 1)


async def test_a_wrap_up_that_fails_keeps_the_reason_of_the_limit() -> None:
    broken = ModelError(ModelErrorKind.AUTH, "The key is wrong.")
    turn = await Stage(FakeModel(*read(), broken), [FakeTool("Read")], [limits(steps=1)]).prompt()
    assert turn.stop is StopReason.MAX_STEPS
    assert turn.rest.detail == "steps: 1 of 1; the summary failed: The key is wrong."


async def test_done_at_the_very_limit_is_done() -> None:
    stage = Stage(FakeModel(call("Done", summary="It works.")), [make_done()], [limits(steps=1)])
    turn = await stage.prompt()
    assert turn.stop is StopReason.DONE
    assert not stage.of(ev.LimitReached)
