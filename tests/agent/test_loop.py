"""One turn: every way it may end, and what is said on the way."""

from collections.abc import Sequence

import pytest

from aura.agent.continuation import CUT_SHORT, EMPTY
from aura.agent.loop import Objection
from aura.core import events as ev
from aura.core.errors import ModelError, ModelErrorKind
from aura.core.limits import Limits, StopReason
from aura.core.messages import Message, ToolCall, ToolResult, user
from aura.core.models import Finish, Request
from aura.core.todos import Todo
from aura.core.tools import Effect, ToolOutput
from aura.core.turn import Turn
from aura.testing import Act, FakeModel, FakeTool, Props, QuietHooks, Stage, call, reply
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


async def test_nobody_speaks_to_a_turn_that_is_over() -> None:
    class Talking(QuietHooks):
        def after_tools(self, turn: Turn, answered: Sequence[tuple[ToolCall, ToolResult]]) -> Objection:
            return Objection((ev.Injected(user("By the way…", "injector:test"), nudge=True),))

    stage = Stage(
        FakeModel(*read(), call("Done", summary="ok")),
        [make_done(), FakeTool("Read")],
        props=Props(hooks=Talking()),
    )
    assert (await stage.prompt()).stop is StopReason.DONE
    assert injected(stage) == ["By the way…"]


async def test_an_objection_of_a_plugin_takes_the_place_of_the_prompt() -> None:
    class Objecting(QuietHooks):
        def after_response(self, turn: Turn, reply: Message) -> Objection:
            event = ev.Injected(user("Look again.", "injector:test"), nudge=True)
            return Objection((event,), objection=True) if turn.steps < 3 else Objection()

    stage = Stage(FakeModel("a", "b", "c"), begin=[AUTO], props=Props(hooks=Objecting()))
    turn = await stage.prompt()
    assert (turn.stop, turn.steps) == (StopReason.END_TURN, 3)
    assert injected(stage)[:2] == ["Look again.", "Look again."]


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


async def test_an_overflow_is_answered_twice_and_not_more() -> None:
    """Each time there would be more to drop, but it helps nobody."""
    reads = iter([reply("", call("Read", path=f"{number}")) for number in range(80)])

    def act(request: Request) -> Act:
        return "A summary." if "hand-over note" in request.system else next(reads, OVERFLOW)

    tool = FakeTool("Read", does=lambda path: "x" * 1_800)
    stage = Stage(FakeModel(act, repeat=True, window=0), [tool], [ev.LimitsSet(Limits(steps=100))])
    turn = await stage.prompt()
    assert turn.stop is StopReason.ERROR
    assert len(stage.of(ev.Compacted)) == 2


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
