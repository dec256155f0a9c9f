"""A session in this process: what it hands out, how it is stopped, and how it goes on after a death."""

import asyncio
from contextlib import aclosing

import pytest

from aura.agent.context import Conversation
from aura.app.session import NOT_STARTED
from aura.core import events as ev
from aura.core.errors import AuraError, ModelError, ModelErrorKind, StoreError
from aura.core.evidence import FileChange
from aura.core.limits import Limits, StopReason
from aura.core.messages import ToolCall, user
from aura.core.models import Completion, Finish, Request
from aura.core.repair import UNKNOWN
from aura.core.todos import Todo
from aura.core.tools import Claim, Effect, Question, ToolContext, ToolOutput
from aura.core.turn import fold
from aura.testing import (
    Act,
    FakeClock,
    FakeModel,
    FakePerson,
    FakeRunner,
    FakeTool,
    MemoryLog,
    Props,
    Stage,
    call,
    reply,
)
from aura.tools.done import make_done
from tests.core.test_repair import assert_valid


class Gate:
    """A place where something waits until it is cancelled; `reached` says that it does."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()

    async def wait(self, **arguments: object) -> str:
        self.reached.set()
        await asyncio.Event().wait()
        return "never"


async def test_events_come_as_they_happen_and_are_numbered() -> None:
    stage = Stage(FakeModel("Hello."))
    happened = [recorded async for recorded in stage.session.prompt("Hi")]
    durable = [one for one in happened if one.seq]
    assert [one.seq for one in durable] == list(range(1, len(durable) + 1))
    assert [one.event for one in durable] == stage.events
    assert [one.event.type for one in happened if not one.seq] == ["text_delta"]
    assert stage.log.flushes == 1


async def test_one_turn_at_a_time() -> None:
    gate = Gate()
    stage = Stage(FakeModel(call("Read")), [FakeTool("Read", does=gate.wait)])
    running = asyncio.ensure_future(stage.prompt())
    await gate.reached.wait()
    busy = [stage.session.is_running]
    with pytest.raises(AuraError, match="running already"):
        await stage.prompt("me too")
    await stage.session.interrupt()
    await running
    busy.append(stage.session.is_running)
    assert busy == [True, False]
    await stage.session.interrupt()


async def test_leaving_early_interrupts() -> None:
    gate = Gate()
    stage = Stage(FakeModel(call("Read")), [FakeTool("Read", does=gate.wait)])
    async with aclosing(stage.session.prompt("go")) as happening:
        async for recorded in happening:
            if isinstance(recorded.event, ev.ToolStarted):
                break
    assert stage.turn.stop is StopReason.CANCELLED
    assert stage.session.watchers == []


async def test_the_cancelling_of_a_reader_stops_the_turn() -> None:
    gate = Gate()
    stage = Stage(FakeModel(call("Read")), [FakeTool("Read", does=gate.wait)])
    running = asyncio.ensure_future(stage.prompt())
    await gate.reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert stage.turn.stop is StopReason.CANCELLED


async def test_an_interrupt_before_anything_began() -> None:
    stage = Stage(FakeModel("Hello.", "Here."))
    happening = stage.session.prompt("go")
    first = asyncio.ensure_future(anext(happening, None))
    await asyncio.sleep(0)
    await stage.session.interrupt()
    await first
    async for _ in happening:
        pass
    assert (await stage.prompt("again")).stop is StopReason.END_TURN


async def assert_goes_on(stage: Stage) -> None:
    """The log can be resumed by another process, and the next request is valid and complete."""
    model = FakeModel("On we go.")
    log = MemoryLog()
    log.records = list(stage.log.records)
    again = Stage(model, props=Props(log=log))
    turn = await again.prompt("go on")
    assert turn.stop is StopReason.END_TURN
    messages = tuple(model.requests[0].messages)
    assert_valid(messages)
    assert messages == Conversation().select(fold(log.events[: _find_last_step(log)]))
    spoken = [message.text for message in messages if message.origin == "human"]
    assert spoken == [m.text for m in again.turn.messages if m.origin == "human"]


def _find_last_step(log: MemoryLog) -> int:
    return max(place for place, event in enumerate(log.events) if isinstance(event, ev.StepStarted))


async def test_an_interrupt_while_a_tool_runs() -> None:
    gate = Gate()
    clock = FakeClock()
    tools = [FakeTool("Read", does=gate.wait), FakeTool("Write", Effect.WRITE)]
    calls = [call("Read", path="a"), call("Write", path="b")]
    stage = Stage(
        FakeModel(reply("I look.", *calls)),
        tools,
        [ev.ModeSwitched("edit", "human")],
        props=Props(clock=clock),
    )
    running = asyncio.ensure_future(stage.prompt())
    await gate.reached.wait()
    clock.advance(7.0)
    await stage.session.interrupt()
    turn = await running
    assert (turn.stop, turn.spend.seconds) == (StopReason.CANCELLED, 7.0)
    finished = {event.call.name: event.result.content for event in stage.of(ev.ToolFinished)}
    assert finished == {
        "Read": "Stopped while it ran; it may have taken effect.",
        "Write": "Not run: the turn was stopped first.",
    }
    assert not turn.rest.pending.calls
    await assert_goes_on(stage)


async def test_an_interrupt_while_the_model_speaks() -> None:
    gate = Gate()
    stage = Stage(FakeModel(lambda request: gate.wait()))
    running = asyncio.ensure_future(stage.prompt())
    await gate.reached.wait()
    await stage.session.interrupt()
    assert (await running).stop is StopReason.CANCELLED
    await assert_goes_on(stage)


async def test_an_interrupt_while_somebody_is_asked() -> None:
    gate = Gate()

    class Thinking(FakePerson):
        async def approve(self, call: ToolCall, ask: object):  # type: ignore[no-untyped-def] # as the person's
            await gate.wait()

    tool = FakeTool("Bash", Effect.EXECUTE)
    calls = [call("Bash", command="a"), call("Bash", command="b")]
    stage = Stage(FakeModel(reply("", *calls)), [tool], person=Thinking())
    running = asyncio.ensure_future(stage.prompt())
    await gate.reached.wait()
    await stage.session.interrupt()
    assert (await running).stop is StopReason.CANCELLED
    assert [event.outcome for event in stage.of(ev.ToolFinished)] == ["cancelled", "cancelled"]
    assert not tool.calls
    await assert_goes_on(stage)


async def test_an_interrupt_withdraws_a_question() -> None:
    gate = Gate()

    class Silent(FakePerson):
        async def answer(self, question: Question):  # type: ignore[no-untyped-def] # as the person's
            await gate.wait()

    async def ask(context: ToolContext) -> str:
        return (await context.ask(Question("Which?"))).text

    stage = Stage(FakeModel(call("Ask")), [FakeTool("Ask", Effect.NONE, ask)], person=Silent())
    running = asyncio.ensure_future(stage.prompt())
    await gate.reached.wait()
    await stage.session.interrupt()
    turn = await running
    assert not turn.rest.pending.questions
    (answered,) = stage.of(ev.QuestionAnswered)
    assert (answered.by, answered.answer.answered) == ("interrupt", False)


async def test_a_fault_is_recorded_and_raised() -> None:
    clock = FakeClock()

    def explode(request: Request) -> Act:
        clock.advance(3.0)
        raise RuntimeError("boom")

    stage = Stage(FakeModel(explode, "Here again."), props=Props(clock=clock))
    with pytest.raises(RuntimeError):
        await stage.prompt()
    assert stage.turn.spend.seconds == 3.0
    assert (stage.turn.stop, stage.turn.rest.detail) == (StopReason.ERROR, "boom")
    assert (await stage.prompt()).stop is StopReason.END_TURN


async def test_a_log_that_fails_stops_the_turn() -> None:
    log = MemoryLog()

    def break_log(path: str) -> str:
        log.failure = StoreError("The disk is full.")
        return "text"

    stage = Stage(FakeModel(call("Read", path="a")), [FakeTool("Read", does=break_log)], props=Props(log=log))
    with pytest.raises(StoreError, match="disk is full"):
        await stage.prompt()
    assert not stage.session.is_running


async def test_closing_takes_every_step_and_says_what_failed() -> None:
    gate = Gate()
    log = MemoryLog()
    stage = Stage(FakeModel(call("Read")), [FakeTool("Read", does=gate.wait)], props=Props(log=log))
    closed: list[str] = []

    def fail() -> None:
        closed.append("second")
        raise StoreError("It would not close.")

    async def end() -> None:
        closed.append("third")

    stage.session.on_close(lambda: closed.append("last"))
    stage.session.on_close(fail)
    stage.session.on_close(end)
    running = asyncio.ensure_future(stage.prompt())
    await gate.reached.wait()
    with pytest.raises(StoreError, match="would not close"):
        await stage.session.close()
    assert closed == ["third", "second", "last"]
    assert (await running).stop is StopReason.CANCELLED
    await stage.session.close()
    assert len(closed) == 3


# --- after a death --------------------------------------------------------------------------------------------


def killed(events: list[ev.Event], *acts: Act) -> tuple[Stage, FakeModel]:
    """Another process takes up a log that ends like this."""
    log = MemoryLog()
    for event in events:
        assert ev.is_durable(event)
        log.append(event, 0.0)
    model = FakeModel(*acts or ("On we go.",))
    return Stage(model, props=Props(log=log)), model


def asked(*calls: ToolCall) -> list[ev.Event]:
    message = reply("", *calls).message
    return [ev.TurnStarted(1, user("go")), ev.StepStarted(1, "m"), ev.ModelReplied(Completion(message))]


async def test_what_ran_at_the_death_is_unknown_and_the_rest_was_not_run() -> None:
    one, two = ToolCall("1", "Bash", {"command": "make"}), ToolCall("2", "Read")
    stage, model = killed([*asked(one, two), ev.ToolStarted(one)])
    outcomes = [(event.call.id, event.outcome, event.result.content) for event in stage.of(ev.ToolFinished)]
    assert outcomes == [("1", "unknown", UNKNOWN), ("2", "cancelled", NOT_STARTED)]
    assert stage.turn.stop is StopReason.CANCELLED
    await stage.prompt("go on")
    assert [message.role for message in model.requests[0].messages] == [
        "user",
        "assistant",
        "tool",
        "tool",
        "user",
    ]


async def test_a_question_that_was_open_at_the_death_is_withdrawn() -> None:
    one = ToolCall("1", "Ask", {"question": "Which?"})
    stage, _ = killed([*asked(one), ev.ToolStarted(one), ev.QuestionAsked("q1-1", Question("Which?"))])
    (answered,) = stage.of(ev.QuestionAnswered)
    assert (answered.id, answered.by, answered.answer.answered) == ("q1-1", "interrupt", False)
    assert not stage.turn.rest.pending.questions
    again, _ = killed(stage.events)
    assert len(again.of(ev.QuestionAnswered)) == 1


async def test_what_was_finished_is_left_alone() -> None:
    stage, _ = killed([])
    await stage.prompt()
    again, _ = killed(stage.events)
    added = again.events[len(stage.events) :]
    assert [event.type for event in added] == ["session_resumed"]


async def test_a_death_after_done_was_accepted_is_done() -> None:
    one = ToolCall("1", "Done", {"summary": "It works."})
    accepted = ev.DoneAccepted(Claim("It works."), verified=True)
    stage, _ = killed([*asked(one), ev.ToolStarted(one), accepted])
    assert (stage.turn.stop, stage.turn.rest.detail) == (StopReason.DONE, "It works.")


async def make_golden_log() -> list[ev.Event]:
    """A long session with a bit of everything."""
    todos = (Todo("1", "write it", "completed"),)

    def edit(path: str) -> ToolOutput:
        return ToolOutput("edited", changes=(FileChange(path, "modified", after=path),))

    def fail(path: str) -> ToolOutput:
        return ToolOutput("no such file", is_error=True)

    async def ask(context: ToolContext) -> str:
        return (await context.ask(Question("Which?"))).text

    tools = [
        FakeTool("Read", does=lambda path: "x" * 3_000),
        FakeTool("Miss", does=fail),
        FakeTool("Edit", Effect.WRITE, edit),
        FakeTool("Bash", Effect.EXECUTE),
        FakeTool("TodoWrite", Effect.NONE, lambda: ToolOutput("written", todos=todos)),
        FakeTool("Ask", Effect.NONE, ask),
        make_done(),
    ]
    overflow = fail_with("context_overflow")
    acts: list[Act] = [
        reply("Let me see.", call("Read", path="a"), call("Read", path="b"), call("Miss", path="c")),
        fail_with("overloaded"),
        reply("", call("Edit", path="a"), call("Bash", command="make"), call("Ask"), call("Nope")),
        reply(""),
        reply("So the cause is", finish=Finish.LENGTH),
        reply("", call("Done", summary="It works."), call("Bash", command="rm")),
        *[reply("", call("Read", path=f"{number}"), call("Read", path=f"{number}b")) for number in range(3)],
        overflow,
        "A summary of the work.",
        reply("", call("TodoWrite"), call("Edit", path="b")),
        reply("", call("Done", summary="It works."), call("Read", path="z")),
        call("Edit", path="c"),
        call("Done", summary="It works."),
        "What else?",
        *[reply("", call("Read", path=f"again {number}")) for number in range(2)],
        "So far.",
    ]
    begin: list[ev.Event] = [
        ev.SessionStarted("stage", "/workspace", "0"),
        ev.AutoSwitched(on=False, by="human"),
        ev.ChecksSet(("pytest -q",), "human"),
        ev.TodosChanged((Todo("1", "write it"),), "human"),
    ]
    props = Props(runner=FakeRunner({"pytest -q": [1, 0]}))
    stage = Stage(
        FakeModel(*acts), tools, begin, props=props, person=FakePerson(True, True, "blue", False, True, True)
    )
    assert (await stage.prompt("Make it work.")).stop is StopReason.DONE
    assert (await stage.prompt("Thanks.")).stop is StopReason.END_TURN
    stage.session.record(ev.LimitsSet(Limits(steps=2)))
    assert (await stage.prompt("Read on.")).stop is StopReason.MAX_STEPS
    return stage.events


def fail_with(kind: str) -> Act:
    return ModelError(ModelErrorKind(kind), f"It failed: {kind}.")


async def test_every_moment_is_a_good_one_to_die() -> None:
    """For each prefix of a long log: resume settles it, the next request is valid, nothing a person said is lost."""
    events = await make_golden_log()
    kinds = {type(event) for event in events}
    assert {
        ev.Compacted,
        ev.DoneRefused,
        ev.QuestionAsked,
        ev.ModelFailed,
        ev.LimitReached,
        ev.ToolJudged,
    } <= kinds
    assert len(events) > 100
    for length in range(1, len(events) + 1):
        prefix = events[:length]
        stage, model = killed(prefix)
        turn = stage.turn
        assert not turn.rest.pending.calls
        assert turn.stop is not None or turn.number == 0
        shown = Conversation().select(turn)
        assert_valid(shown)
        assert stage.events[:length] == prefix
        assert (await stage.prompt("go on")).stop is StopReason.END_TURN
        request = model.requests[0]
        assert_valid(tuple(request.messages))
        text = "\n".join(message.text for message in request.messages)
        spoken = [event.message.text for event in prefix if isinstance(event, (ev.TurnStarted, ev.Steered))]
        assert all(words in text for words in [*spoken, "go on"])
