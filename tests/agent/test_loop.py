"""One turn: every way it may end, and what is said on the way."""

import asyncio

import pytest

from aura.agent.continuation import CUT_SHORT, EMPTY
from aura.agent.loop import Objection
from aura.core import events as ev
from aura.core.clock import SystemClock
from aura.core.errors import ModelError, ModelErrorKind
from aura.core.limits import Limits, StopReason
from aura.core.messages import Message, ToolCall, user
from aura.core.models import Finish, Request, Usage
from aura.core.todos import Todo
from aura.core.tools import Effect, ToolOutput
from aura.core.turn import Turn
from aura.testing import Act, FakeClock, FakeModel, FakeTool, Player, Props, QuietHooks, Stage, call, reply
from aura.tools.done import make_done

AUTO = ev.AutoSwitched(on=True, by="human")
OPEN = ev.TodosChanged((Todo("1", "write it"),), "human")
CLOSED = (Todo("1", "write it", "completed"),)


def limits(**values: float) -> ev.LimitsSet:
    return ev.LimitsSet(Limits(**values))  # type: ignore[arg-type] # counts stay counts


def read(count: int = 1) -> list[ToolCall]:
    return [call("Read", path=f"file {number}") for number in range(count)]


def injected(stage: Stage) -> list[str]:
    return [event.message.text for event in stage.of(ev.Injected)]


async def test_an_answer_ends_the_turn() -> None:
    stage = Stage(FakeModel("Hello."))
    turn = await stage.prompt("Hi")
    assert turn.stop is StopReason.END_TURN
    assert [message.text for message in turn.messages] == ["Hi", "Hello."]
    assert [type(event).__name__ for event in stage.events] == [
        "TurnStarted",
        "StepStarted",
        "ModelReplied",
        "StepEnded",
        "TurnStopped",
    ]


async def test_calls_go_on_until_there_are_none() -> None:
    stage = Stage(FakeModel(*read(3), "All read."), [FakeTool("Read")])
    turn = await stage.prompt()
    assert (turn.stop, turn.steps) == (StopReason.END_TURN, 4)


# --- auto mode ------------------------------------------------------------------------------------------------


async def test_open_todos_keep_auto_mode_going_with_a_prompt_that_names_them() -> None:
    tool = FakeTool("TodoWrite", Effect.NONE, lambda: ToolOutput("written", todos=CLOSED))
    stage = Stage(FakeModel("Now?", call("TodoWrite"), "Finished."), [tool], [AUTO, OPEN])
    turn = await stage.prompt()
    assert turn.stop is StopReason.END_TURN
    (nudge,) = injected(stage)
    assert "[ ] 1: write it" in nudge
    assert not turn.open_todos


async def test_without_auto_mode_todos_keep_nobody() -> None:
    turn = await Stage(FakeModel("Shall I go on?"), begin=[OPEN]).prompt()
    assert turn.stop is StopReason.END_TURN


async def test_nudges_are_spent_without_progress() -> None:
    stage = Stage(FakeModel("Later.", repeat=True), begin=[AUTO, OPEN])
    turn = await stage.prompt()
    assert (turn.stop, turn.steps) == (StopReason.STALLED, 4)
    assert len(injected(stage)) == 3


async def test_progress_gives_the_nudges_back() -> None:
    acts = [act for number in range(6) for act in ("Hm.", call("Read", path=f"{number}"))]
    stage = Stage(FakeModel(*acts, "a", "b", "c", "d"), [FakeTool("Read")], [AUTO, OPEN])
    turn = await stage.prompt()
    assert (turn.stop, turn.steps) == (StopReason.STALLED, 16)


async def test_only_blocked_work_is_left() -> None:
    todos = ev.TodosChanged((Todo("1", "deploy", "blocked", "no key"),), "human")
    turn = await Stage(FakeModel("I cannot."), begin=[AUTO, todos]).prompt()
    assert (turn.stop, turn.rest.detail) == (StopReason.BLOCKED, "deploy (no key)")


async def test_a_required_done_is_asked_for_and_missed() -> None:
    stage = Stage(FakeModel("Done!", repeat=True), begin=[ev.DoneSwitched(required=True, by="human")])
    turn = await stage.prompt()
    assert turn.stop is StopReason.STALLED
    assert all("call Done" in text for text in injected(stage))


async def test_an_objection_of_a_plugin_takes_the_place_of_the_prompt() -> None:
    class Objecting(QuietHooks):
        def after_response(self, turn: Turn, reply: Message) -> Objection:
            event = ev.Injected(user("Look again.", "injector:test"), nudge=True)
            return Objection((event,), objection=True) if turn.steps < 3 else Objection()

    stage = Stage(FakeModel("a", "b", "c"), begin=[AUTO], props=Props(hooks=Objecting()))
    turn = await stage.prompt()
    assert (turn.stop, turn.steps) == (StopReason.END_TURN, 3)
    assert injected(stage)[:2] == ["Look again.", "Look again."]


# --- limits ---------------------------------------------------------------------------------------------------


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
    assert (turn.stop, turn.rest.detail) == (StopReason.MAX_TIME, "time of this turn: 80 of 60")
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


# --- replies that are not quite right -------------------------------------------------------------------------


async def test_empty_replies_are_asked_about_and_then_given_up() -> None:
    stage = Stage(FakeModel(reply(""), "Here I am."))
    assert (await stage.prompt()).stop is StopReason.END_TURN
    assert injected(stage) == [EMPTY]
    turn = await Stage(FakeModel(reply(" \n"), repeat=True)).prompt()
    assert (turn.stop, turn.steps) == (StopReason.STALLED, 4)


async def test_a_reply_that_was_cut_goes_on() -> None:
    stage = Stage(FakeModel(reply("It begins", finish=Finish.LENGTH), "and ends."))
    turn = await stage.prompt()
    assert (turn.stop, turn.steps) == (StopReason.END_TURN, 2)
    assert injected(stage) == [CUT_SHORT]


async def test_a_reply_that_is_cut_for_ever_is_given_up() -> None:
    turn = await Stage(FakeModel(reply("and on", finish=Finish.LENGTH), repeat=True)).prompt()
    assert (turn.stop, turn.steps) == (StopReason.STALLED, 4)


async def test_malformed_arguments_three_times_in_a_row() -> None:
    garbled = ToolCall("", "Read", raw="{", problem="it is not JSON")
    model = FakeModel(garbled, call("Read", path="a"), garbled, garbled, garbled)
    turn = await Stage(model, [FakeTool("Read")]).prompt()
    assert (turn.stop, turn.steps) == (StopReason.STALLED, 5)
    assert "cannot be read" in turn.rest.detail


# --- the context runs over ------------------------------------------------------------------------------------


OVERFLOW = ModelError(ModelErrorKind.CONTEXT_OVERFLOW, "The context is too long.")


async def test_an_overflow_compacts_and_repeats() -> None:
    model = FakeModel(
        *[reply("", call("Read", path=f"{n}")) for n in range(5)], OVERFLOW, "A summary.", "Done."
    )
    stage = Stage(model, [FakeTool("Read", does=lambda path: "x" * 8_000)])
    turn = await stage.prompt("Read them all.")
    assert turn.stop is StopReason.END_TURN
    (compacted,) = stage.of(ev.Compacted)
    assert "too long" in compacted.reason
    assert "Read them all." in compacted.pinned
    assert len(model.requests[-1].messages) < len(model.requests[5].messages)


async def test_an_overflow_that_never_shrinks_ends() -> None:
    def act(request: Request) -> ModelError | str:
        return "A summary." if "hand-over note" in request.system else OVERFLOW

    stage = Stage(FakeModel(act, repeat=True))
    turn = await stage.prompt("x" * 50_000)
    assert (turn.stop, turn.rest.detail) == (StopReason.ERROR, "The context is too long.")
    assert len(stage.of(ev.Compacted)) <= 2


async def test_a_plugin_may_ask_for_another_try_three_times() -> None:
    class Stubborn(QuietHooks):
        def on_error(self, turn: Turn, error: ModelError) -> tuple[bool, list[ev.Event]]:
            return True, [ev.NoticeShown("once more")]

    model = FakeModel(ModelError(ModelErrorKind.AUTH, "No."), repeat=True)
    stage = Stage(model, props=Props(hooks=Stubborn()))
    turn = await stage.prompt()
    assert turn.stop is StopReason.PROVIDER
    assert len(model.requests) == 4


# --- people speak ---------------------------------------------------------------------------------------------


async def test_what_is_said_meanwhile_is_heard_at_the_next_step() -> None:
    def speak(path: str) -> str:
        stage.session.steer("Use the other file.")
        return "text"

    model = FakeModel(*read(), "As you say.")
    stage = Stage(model, [FakeTool("Read", does=speak)])
    await stage.prompt()
    assert [message.text for message in model.requests[1].messages][-1] == "Use the other file."
    assert [message.role for message in model.requests[1].messages] == ["user", "assistant", "tool", "user"]


@pytest.mark.parametrize("ending", ["answer", "done", "stalled", "empty"])
async def test_what_is_said_at_the_very_end_is_answered(ending: str) -> None:
    spoken: list[str] = []

    def late(request: Request) -> Act:
        if not spoken:
            stage.session.steer("And the tests?")
            spoken.append("once")
        final: dict[str, Act] = {"done": call("Done", summary="ok"), "empty": reply("")}
        return final.get(ending, "Finished.")

    begin: list[ev.Event] = [AUTO, OPEN, limits(nudges=0)] if ending == "stalled" else [limits(nudges=0)]
    stage = Stage(FakeModel(late, "They pass.", repeat=True), [make_done()], begin)
    turn = await stage.prompt()
    said = [message.text for message in turn.messages]
    assert said.index("And the tests?") < said.index("They pass.")


async def test_words_that_come_too_late_are_kept_for_the_next_turn() -> None:
    def late(request: Request) -> str:
        stage.session.steer("One more thing.")
        return "So far."

    model = FakeModel(*read(), late, "Yes?")
    stage = Stage(model, [FakeTool("Read")], [limits(steps=1)])
    turn = await stage.prompt()
    assert turn.stop is StopReason.MAX_STEPS
    assert turn.messages[-1].text == "One more thing."
    stage.session.steer("And another.")
    await stage.prompt("go on")
    assert [message.text for message in model.requests[-1].messages][-3:] == [
        "One more thing.",
        "And another.",
        "go on",
    ]
