"""The tool calls of one message: each answered once, in order, whatever becomes of them."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from aura.agent.dispatch import tell_changes
from aura.core import events as ev
from aura.core.errors import StoreError, ToolError
from aura.core.limits import StopReason
from aura.core.messages import ToolCall, ToolResult
from aura.core.permissions import Facts
from aura.core.tools import Access, Effect, Question, ToolContext, ToolOutput
from aura.core.turn import Turn
from aura.hookspecs import BeforeTool
from aura.testing import FakeModel, FakePerson, FakeTool, MemoryLog, Props, QuietHooks, Stage, call, reply

UNREADABLE = (
    "The arguments could not be read: the arguments are not valid JSON. Send the call again with valid JSON."
)


def results(stage: Stage) -> list[tuple[str, str]]:
    """Outcome and text of each call as the log has them."""
    return [(one.outcome, one.result.content) for one in stage.of(ev.ToolFinished)]


def shown(model: FakeModel) -> list[str]:
    """The results of the last step as the model saw them, in order."""
    return [message.results[0].content for message in model.requests[-1].messages if message.role == "tool"]


async def test_reads_run_side_by_side() -> None:
    """Each waits for the other at a barrier: one after the other they would wait for ever."""
    barrier = asyncio.Barrier(3)

    async def meet(path: str) -> str:
        await barrier.wait()
        return f"text of {path}"

    model = FakeModel(reply("", *[call("Read", path=name) for name in "abc"]), "done")
    stage = Stage(model, [FakeTool("Read", does=meet)])
    await stage.prompt()
    assert shown(model) == ["text of a", "text of b", "text of c"]


async def test_what_changes_something_runs_alone_and_in_its_place() -> None:
    running: list[str] = []
    most: list[int] = []

    async def work(path: str) -> str:
        running.append(path)
        most.append(len(running))
        await asyncio.sleep(0)
        running.remove(path)
        return path

    tools = [FakeTool("Read", does=work), FakeTool("Write", Effect.WRITE, work)]
    calls = [call("Read", path="a"), call("Write", path="b"), call("Write", path="c"), call("Read", path="d")]
    stage = Stage(FakeModel(reply("", *calls), "done"), tools, [ev.ModeSwitched("edit", "human")])
    await stage.prompt()
    assert most == [1, 1, 1, 1]
    assert [one.call.arguments["path"] for one in stage.of(ev.ToolStarted)] == ["a", "b", "c", "d"]


async def test_answers_stand_in_the_order_of_the_calls_however_they_end() -> None:
    first, second = asyncio.Event(), asyncio.Event()

    async def read(path: str) -> str:
        if path == "a":
            await second.wait()
        first.set()
        if path == "b":
            second.set()
        return path

    model = FakeModel(reply("", call("Read", path="a"), call("Read", path="b")), "done")
    hooks = Listening()
    stage = Stage(model, [FakeTool("Read", does=read)], props=Props(hooks=hooks))
    await stage.prompt()
    assert [one.call.arguments["path"] for one in stage.of(ev.ToolFinished)] == ["b", "a"]
    assert shown(model) == ["a", "b"]
    assert [call.arguments["path"] for call, _ in hooks.heard[0]] == ["a", "b"]


class Listening(QuietHooks):
    def __init__(self) -> None:
        self.heard: list[Sequence[tuple[ToolCall, ToolResult]]] = []

    def after_tools(self, turn: Turn, answered: Sequence[tuple[ToolCall, ToolResult]]) -> Any:
        self.heard.append(answered)
        return super().after_tools(turn, answered)


async def test_one_denied_one_failed_one_well_in_one_message() -> None:
    def fail() -> str:
        raise ToolError("The disk is full.")

    tools = [
        FakeTool("Read", does=lambda path: f"text of {path}"),
        FakeTool("Write", Effect.WRITE),
        FakeTool("Break", Effect.READ, fail),
    ]
    calls = [call("Write", path="x"), call("Break"), call("Read", path="a")]
    model = FakeModel(reply("", *calls), "done")
    stage = Stage(model, tools, person=FakePerson(False))
    turn = await stage.prompt()
    assert [outcome for outcome, _ in results(stage)] == ["denied", "error", "ok"]
    refused, failed, read = shown(model)
    assert "the person said no" in refused
    assert (failed, read) == ("The disk is full.", "text of a")
    assert (turn.counters.tool_calls, turn.counters.tool_errors) == (3, 2)


async def test_an_unknown_tool_is_answered_with_the_nearest() -> None:
    model = FakeModel(reply("", call("Reed", path="a")), "done")
    stage = Stage(model, [FakeTool("Read"), FakeTool("Write", Effect.WRITE)])
    await stage.prompt()
    assert results(stage) == [("invalid", "There is no tool 'Reed'. Nearest: Read.")]


async def test_wrong_arguments_go_back_to_the_model() -> None:
    garbled = ToolCall("", "Read", raw='{"path": ', problem="the arguments are not valid JSON")
    model = FakeModel(reply("", garbled, call("Read")), "done")
    stage = Stage(model, [FakeTool("Read", required=["path"])])
    await stage.prompt()
    assert results(stage) == [
        ("invalid", UNREADABLE),
        ("invalid", "path is missing."),
    ]
    assert not stage.of(ev.ToolStarted)


async def test_a_tool_that_breaks_does_not_break_the_turn() -> None:
    def explode(path: str) -> str:
        raise RuntimeError("boom")

    class Odd(FakeTool):
        def access(self, arguments: Mapping[str, Any]) -> Access:
            raise ValueError("embedded null byte")

    stage = Stage(
        FakeModel(reply("", call("Read", path="a"), call("Odd")), "done"),
        [FakeTool("Read", does=explode), Odd("Odd")],
    )
    turn = await stage.prompt()
    assert turn.stop is StopReason.END_TURN
    assert sorted(results(stage)) == [
        ("error", "The tool Read failed by itself: RuntimeError: boom"),
        ("invalid", "Not run, it cannot be judged: ValueError: embedded null byte"),
    ]


async def test_done_runs_last_of_its_batch() -> None:
    async def finish(context: ToolContext) -> ToolOutput:
        return ToolOutput("accepted")

    tools = [FakeTool("Done", Effect.NONE, finish), FakeTool("Read")]
    model = FakeModel(reply("", call("Done"), call("Read", path="a")), "bye")
    stage = Stage(model, tools)
    await stage.prompt()
    assert [one.call.name for one in stage.of(ev.ToolStarted)] == ["Read", "Done"]
    assert shown(model) == ["accepted", "ok"]


async def test_intent_is_durable_before_a_change() -> None:
    """The log is flushed between the start of a change and the change; a read need not wait for it."""
    log = MemoryLog()
    seen: list[tuple[str, int]] = []

    def note(path: str) -> str:
        seen.append((path, log.flushes))
        return "ok"

    tools = [FakeTool("Read", does=note), FakeTool("Write", Effect.WRITE, note)]
    stage = Stage(
        FakeModel(reply("", call("Read", path="a"), call("Write", path="b")), "done"),
        tools,
        [ev.ModeSwitched("edit", "human")],
        props=Props(log=log),
    )
    await stage.prompt()
    assert seen == [("a", 0), ("b", 1)]


async def test_nothing_is_changed_that_cannot_be_logged() -> None:
    class Full(MemoryLog):
        async def flush(self) -> None:
            raise StoreError("The disk is full.")

    tool = FakeTool("Write", Effect.WRITE)
    stage = Stage(
        FakeModel(reply("", call("Write", path="b"))),
        [tool],
        [ev.ModeSwitched("edit", "human")],
        props=Props(log=Full()),
    )
    with pytest.raises(StoreError):
        await stage.prompt()
    assert not tool.calls
    assert results(stage) == [("cancelled", "Not run: the session's log cannot be written.")]
    assert stage.turn.stop is StopReason.ERROR


class Strict(QuietHooks):
    """Denies what touches b, and sends what touches a elsewhere."""

    def before_tool(self, turn: Turn, call: ToolCall) -> BeforeTool | None:
        path = call.arguments.get("path")
        if path == "b":
            return BeforeTool(deny="b is holy.", by="guard")
        return BeforeTool(arguments={"path": "c"}) if path == "a" else None

    def rewrite(self, turn: Turn, call: ToolCall, result: ToolResult) -> str | None:
        return result.content.upper()


async def test_hooks_deny_rewrite_and_are_judged_again() -> None:
    judged: list[Access] = []

    def examine(tool: str, effect: Effect, access: Access) -> Facts:
        judged.append(access)
        return Facts(effect, access)

    tool = FakeTool("Read", does=lambda path: f"text of {path}")
    model = FakeModel(reply("", call("Read", path="a"), call("Read", path="b")), "done")
    stage = Stage(model, [tool], props=Props(hooks=Strict(), examine=examine))
    await stage.prompt()
    assert [arguments["path"] for arguments in tool.calls] == ["c"]
    assert [access.reads for access in judged] == [("c",)]
    assert sorted(shown(model)) == ["Refused: b is holy. Do not try the same by another route.", "TEXT OF C"]
    (judgement,) = stage.of(ev.ToolJudged)
    assert (judgement.verdict, judgement.by) == ("deny", "guard")


async def test_who_allowed_and_who_denied_is_in_the_log() -> None:
    tools = [FakeTool("Bash", Effect.EXECUTE)]
    calls = [call("Bash", command="a"), call("Bash", command="b")]
    person = FakePerson(True, False)
    stage = Stage(FakeModel(reply("", *calls), "done"), tools, person=person)
    await stage.prompt()
    assert [(one.verdict, one.by) for one in stage.of(ev.ToolJudged)] == [
        ("allow", "human"),
        ("deny", "human"),
    ]
    assert [one.arguments["command"] for one in person.asked if isinstance(one, ToolCall)] == ["a", "b"]


@pytest.mark.parametrize("auto", [True, False])
async def test_with_nobody_there_what_has_to_be_asked_is_refused(auto: bool) -> None:
    tool = FakeTool("Net", Effect.NETWORK)
    model = FakeModel(reply("", call("Net", url="http://x")), "done")
    person = FakePerson() if auto else None
    stage = Stage(model, [tool], [ev.AutoSwitched(auto, "human")], person=person)
    await stage.prompt()
    assert not tool.calls
    why = "in auto mode nobody is asked" if auto else "nobody is there to ask"
    assert why in shown(model)[0]
    assert person is None or not person.asked


@pytest.mark.parametrize(
    ("mode", "auto", "ran"),
    [("ask", False, 0), ("ask", True, 1), ("edit", True, 1), ("plan", True, 0), ("yolo", True, 1)],
)
async def test_auto_lifts_ask_and_edit_and_nothing_else(mode: str, auto: bool, ran: int) -> None:
    tool = FakeTool("Bash", Effect.EXECUTE)
    begin: list[ev.Event] = [ev.ModeSwitched(mode, "human"), ev.AutoSwitched(auto, "human")]
    stage = Stage(FakeModel(reply("", call("Bash", command="x")), "done"), [tool], begin)
    await stage.prompt()
    assert len(tool.calls) == ran


async def test_questions_are_asked_and_recorded() -> None:
    async def ask(context: ToolContext) -> str:
        return (await context.ask(Question("Which colour?"))).text

    model = FakeModel(reply("", call("Ask")), "done")
    stage = Stage(model, [FakeTool("Ask", Effect.NONE, ask)], person=FakePerson("blue"))
    await stage.prompt()
    assert shown(model) == ["blue"]
    assert [one.by for one in stage.of(ev.QuestionAnswered)] == ["human"]
    alone = Stage(FakeModel(reply("", call("Ask")), "done"), [FakeTool("Ask", Effect.NONE, ask)])
    await alone.prompt()
    (answer,) = alone.of(ev.QuestionAnswered)
    assert (answer.by, answer.answer.answered) == ("nobody", False)
    assert "reasonable assumptions" in answer.answer.text


async def test_output_is_shown_while_a_tool_runs_and_not_kept() -> None:
    def talk(context: ToolContext) -> str:
        context.output("working…")
        return "done"

    stage = Stage(FakeModel(reply("", call("Read")), "done"), [FakeTool("Read", does=talk)])
    happened = [recorded async for recorded in stage.session.prompt("go")]
    passing = [one.event for one in happened if isinstance(one.event, ev.ToolOutputDelta)]
    assert [(one.call_id, one.text) for one in passing] == [("call-1-1", "working…")]
    assert all(one.seq == 0 for one in happened if isinstance(one.event, ev.PASSING))
    assert not stage.of(*ev.PASSING)


async def test_a_tool_may_end_the_turn() -> None:
    model = FakeModel(reply("I wait.", call("Wait")), "never said")
    stage = Stage(
        model, [FakeTool("Wait", Effect.NONE, lambda: ToolOutput("See you at six.", ends_turn=True))]
    )
    turn = await stage.prompt()
    assert (turn.stop, len(model.requests)) == (StopReason.END_TURN, 1)


def forbid_everything_below_the_root(tool: str, effect: Effect, access: Access) -> Facts:
    floor = "it removes everything" if access.command.endswith(" /") else ""
    return Facts(effect, access, floor=floor, risky="it runs a command")


async def test_a_call_that_a_person_changed_is_judged_anew_and_told() -> None:
    write, shell = FakeTool("Write", Effect.WRITE), FakeTool("Bash", Effect.EXECUTE, required=["command"])
    calls = [
        call("Write", path="x"),
        call("Write", path="a"),
        call("Bash", command="rm -i x"),
        call("Bash", command="rm x"),
    ]
    person = FakePerson({"path": "y"}, {"path": "a"}, {"command": "rm -rf /"}, {"line": "ls"})
    model = FakeModel(reply("", *calls), "done")
    props = Props(examine=forbid_everything_below_the_root)
    stage = Stage(model, [write, shell], person=person, props=props)
    await stage.prompt()
    assert [outcome for outcome, _ in results(stage)] == ["ok", "ok", "denied", "invalid"]
    changed, same, floor, invalid = shown(model)
    assert changed == '[A person changed this call before it ran. It ran with: {"path": "y"}]\nok'
    assert same == "ok"
    assert floor.startswith("Refused: ")
    assert invalid == "Not run. A person changed this call: command is missing."
    assert [dict(one) for one in write.calls] == [{"path": "y"}, {"path": "a"}]
    assert shell.calls == []


def test_a_long_change_is_told_in_part() -> None:
    told = tell_changes({"path": "a", "content": ""}, {"path": "a", "content": "x" * 10_000})
    assert len(told) < 2_200
    assert "cut" in told
    assert "path" not in told
