"""aura inside a program."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from aura.api import (
    Agent,
    Allow,
    Answer,
    Ask,
    AuraError,
    ConfigError,
    Deny,
    Effect,
    Image,
    Question,
    ToolContext,
    tool,
)
from aura.api import ToolCall as Call
from aura.core.messages import Image as Picture
from aura.core.models import Request
from aura.testing import Act, FakeModel, Player, call


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty one, which is the current folder."""
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


def done(summary: str = "It is done.") -> Call:
    """A call of Done."""
    return call("Done", summary=summary)


def hold(started: asyncio.Event, release: asyncio.Event | None = None) -> Player:
    """A reply that comes when it is released (never, without an event)."""

    async def player(request: Request) -> Act:
        started.set()
        await (release or asyncio.Event()).wait()
        return "Released."

    return player


def test_run_twice_is_one_session(workspace: Path) -> None:
    agent = Agent(FakeModel(call("Write", path="a.txt", content="a\n"), done(), done("Again.")), auto=True)
    first = agent.run("write a")
    assert (first.reason, first.answer, first.changed[0].path) == ("done", "It is done.", "a.txt")
    assert (workspace / "a.txt").read_text(encoding="utf-8") == "a\n"
    session = agent.resume
    second = agent.run("again")
    assert (second.answer, agent.resume) == ("Again.", session)
    assert agent.session_id == ""


def test_another_agent_resumes_with_auto_as_it_was_saved() -> None:
    first = Agent(FakeModel(done()), auto=True)
    first.run("go")
    second = Agent(FakeModel(done("On.")), resume=first.resume)
    report = second.run("go on")
    assert (report.session, report.reason) == (first.resume, "done")
    third = Agent(FakeModel("Off."), resume=first.resume, auto=False)
    assert third.run("go on").reason == "end_turn"


async def test_events_stream_and_the_report_follows() -> None:
    async with Agent(FakeModel("Forty-two."), mode="plan") as agent:
        kinds = [event.type async for event in agent.stream("what is it?")]
        assert kinds[0] == "turn_started"
        assert kinds[-1] == "turn_stopped"
        assert "text_delta" in kinds
        assert agent.report().answer == "Forty-two."
        assert agent.session_id


async def test_a_stream_left_early_interrupts_and_the_next_prompt_can_follow_at_once() -> None:
    started = asyncio.Event()
    async with Agent(FakeModel("One.", hold(started), "Two."), mode="plan") as agent:
        await agent.ask("first")
        async for event in agent.stream("second"):
            if event.type == "step_started":
                break
        assert (await agent.ask("third")).answer in ("Released.", "Two.")
        await asyncio.sleep(0)
        assert agent.report().reason == "end_turn", "closing the old stream late stops nothing"


async def test_a_stream_that_is_closed_interrupts() -> None:
    async with Agent(FakeModel(hold(asyncio.Event())), mode="plan") as agent:
        stream = agent.stream("go")
        async for event in stream:
            if event.type == "step_started":
                await stream.aclose()  # type: ignore[attr-defined] # as aclosing() would
        assert agent.report().reason == "cancelled"
        assert [event async for event in stream] == []


async def test_a_stream_that_was_never_read_does_nothing() -> None:
    model = FakeModel()
    async with Agent(model, mode="plan") as agent:
        agent.stream("go")
        gc.collect()
        assert model.requests == []
        with pytest.raises(AuraError, match="Nothing was asked yet"):
            agent.report()


async def test_one_turn_at_a_time() -> None:
    started, release = asyncio.Event(), asyncio.Event()
    async with Agent(FakeModel(hold(started, release), "Later."), mode="plan") as agent:
        first = asyncio.create_task(agent.ask("one"))
        await started.wait()
        with pytest.raises(AuraError, match="running already"):
            await agent.ask("two")
        release.set()
        assert (await first).answer == "Released."
        assert (await agent.ask("three")).answer == "Later."


async def test_two_prompts_at_once_open_one_session() -> None:
    async with Agent(FakeModel("A.", "B."), mode="plan") as agent:
        said = await asyncio.gather(agent.ask("a"), agent.ask("b"), return_exceptions=True)
        assert sum(isinstance(one, AuraError) for one in said) == 1
        assert agent.session_id


async def test_two_agents_work_side_by_side(tmp_path: Path) -> None:
    async def run(name: str) -> str:
        place = tmp_path / name
        place.mkdir()
        acts = (call("Write", path="name.txt", content=name), done(name))
        async with Agent(FakeModel(*acts), workspace=place, auto=True) as agent:
            await agent.ask("go")
        return (place / "name.txt").read_text(encoding="utf-8")

    assert list(await asyncio.gather(run("one"), run("two"))) == ["one", "two"]


async def test_steering_reaches_the_running_turn() -> None:
    started, release = asyncio.Event(), asyncio.Event()
    model = FakeModel(hold(started, release), "Stopped, as you say.")
    async with Agent(model, mode="plan") as agent:
        agent.steer("nobody hears this")
        task = asyncio.create_task(agent.ask("go"))
        await started.wait()
        agent.steer("stop that")
        release.set()
        assert (await task).answer == "Stopped, as you say."
    assert model.requests[1].messages[-1].text == "stop that"


async def test_interrupting_keeps_the_session() -> None:
    started = asyncio.Event()
    async with Agent(FakeModel(hold(started), "Here."), mode="plan") as agent:
        await agent.interrupt()
        task = asyncio.create_task(agent.ask("go"))
        await started.wait()
        await agent.interrupt()
        assert (await task).reason == "cancelled"
        assert (await agent.ask("and now?")).answer == "Here."


async def test_cancelling_the_caller_interrupts_the_turn() -> None:
    started = asyncio.Event()
    async with Agent(FakeModel(hold(started)), mode="plan") as agent:
        task = asyncio.create_task(agent.ask("go"))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert agent.report().reason == "cancelled"


async def test_images_are_sent() -> None:
    model = FakeModel("A cat.")
    picture = Image("image/png", "aGk=")
    async with Agent(model, mode="plan") as agent:
        await agent.ask("what is this?", [picture])
    assert picture in model.requests[0].messages[-1].parts
    assert Picture is Image


async def test_approver_and_asker_decide() -> None:
    asked: list[str] = []

    async def approve(call: Call, ask: Ask) -> Allow | Deny:
        asked.append(call.name)
        return Deny("not today") if call.name == "Write" else Allow("program")

    async def answer(question: Question) -> Answer:
        asked.append(question.text)
        return Answer("blue")

    acts = (
        call("Write", path="a.txt", content="a"),
        call("Ask", question="Which colour?"),
        "Blue it is.",
    )
    async with Agent(FakeModel(*acts), mode="ask", approver=approve, asker=answer) as agent:
        report = await agent.ask("go")
        assert report.denied == ("not today",)
        assert asked == ["Write", "Which colour?"]
        assert not Path("a.txt").exists()


async def test_what_was_denied_belongs_to_its_turn() -> None:
    acts = (call("Write", path="a.txt", content="a"), "No.", "Hello.")
    async with Agent(FakeModel(*acts), mode="ask") as agent:
        assert (await agent.ask("go")).denied
        assert (await agent.ask("hello")).denied == ()


async def test_tools_of_the_program_are_offered() -> None:
    @tool(name="Weather", effect=Effect.NONE)
    async def weather(context: ToolContext, city: str) -> str:
        """Say the weather of a city."""
        return f"{city}: sunny"

    model = FakeModel(call("Weather", city="Oslo"), "Sunny.")
    async with Agent(model, mode="plan", tools=[weather]) as agent:
        await agent.ask("weather?")
    assert model.requests[1].messages[-1].results[0].content == "Oslo: sunny"


Opening = Callable[[], Awaitable[object]]


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (Agent("nosuch/model"), "nosuch"),
        (Agent(FakeModel(), mode="careful"), "careful.*plan, ask, edit, auto"),
        (Agent(FakeModel(), workspace="/not/there"), "/not/there is not a folder"),
        (Agent(FakeModel(), settings={"auto.max_stepz": 1}), "max_steps"),
        (Agent(FakeModel(), resume="nonsense"), "nonsense"),
        (Agent("script:missing.yaml"), "missing.yaml"),
    ],
)
async def test_what_is_wrong_is_one_sentence(agent: Agent, words: str) -> None:
    for _ in range(2):
        with pytest.raises(ConfigError, match=words):
            await agent.ask("go")
    await agent.close()


async def test_run_inside_an_event_loop_says_what_to_call() -> None:
    with pytest.raises(AuraError, match=r"await agent\.ask"):
        Agent(FakeModel()).run("go")
