"""The guard in the loop: who is told, which word is delivered, and how it ends."""

from dataclasses import replace

from aura.agent.guard import Guard
from aura.agent.patterns import Bounds
from aura.core import events as ev
from aura.core.limits import StopReason
from aura.core.messages import AURA
from aura.core.models import Request
from aura.core.turn import Turn
from aura.testing import Act, FakeModel, FakeTool, Props, Stage, call
from tests.agent.habits import ENDLESS, Bench


def injected(stage: Stage) -> list[tuple[str, str]]:
    return [(one.message.origin, one.message.text) for one in stage.of(ev.Injected)]


def notices(stage: Stage) -> list[str]:
    return [one.text for one in stage.of(ev.NoticeShown)]


async def run(name: str, *, plugins: bool = False, guard: Guard | None = None) -> Stage:
    habit, begin = ENDLESS[name]
    stage = Bench().stage(habit, *begin, plugins=plugins)
    stage.loop.habits = replace(stage.loop.habits, guard=guard or Guard())
    await stage.prompt("Do it.")
    return stage


async def test_people_and_the_model_are_told_each_in_their_words() -> None:
    stage = await run("the same call")
    assert notices(stage) == [
        "The same call (Read a) was made 3 times with the same result; the model was told.",
        "The same call (Read a) was made 5 times with the same result; the model was told to change its approach.",
    ]
    nudge, change, wrap_up = (text for _, text in injected(stage))
    assert "Making it again changes nothing" in nudge
    assert "Change the approach" in change
    assert "tools are off" in wrap_up
    assert stage.turn.stop is StopReason.STALLED
    assert stage.turn.rest.detail == "the same call (Read a) was made 8 times with the same result"


async def test_a_plugin_speaks_first_and_the_guard_when_it_gets_serious() -> None:
    stage = await run("the same call", plugins=True)
    loop_detection, guard, max_steps = "injector:loop-detection", AURA, "injector:max-steps"
    assert [origin for origin, _ in injected(stage)] == [
        *[loop_detection] * 3,
        guard,
        *[loop_detection] * 2,
        max_steps,
    ]
    assert len(notices(stage)) == 2


async def test_refused_calls_count_and_end_as_denied() -> None:
    habit, begin = ENDLESS["one refused call"]
    stage = Bench().stage(habit, *begin, ev.AutoSwitched(on=False, by="human"))
    await stage.prompt("Do it.")
    assert stage.turn.stop is StopReason.DENIED
    assert "refused each time" in stage.turn.rest.detail
    assert "needs no permission" in injected(stage)[0][1]


async def test_in_auto_mode_the_breaker_ends_them_as_blocked() -> None:
    stage = await run("one refused call")
    assert stage.turn.stop is StopReason.BLOCKED
    assert len(stage.of(ev.ToolJudged)) == 6


async def test_switched_off_only_the_limits_hold() -> None:
    stage = await run("the same call", guard=Guard(Bounds(enabled=False)))
    assert (stage.turn.stop, notices(stage)) == (StopReason.MAX_STEPS, [])


def act(request: Request) -> Act:
    """One read a turn, then words."""
    if not request.tools:
        return "That is how far I came."
    return "I looked." if request.messages[-1].role == "tool" else call("Read", path="a")


async def goal(origin: str, turns: int) -> list[Turn]:
    """The same in turn after turn, until it is stopped; how each ended."""
    stage = Stage(FakeModel(act, repeat=True), [FakeTool("Read", does=lambda path: "text")])
    ended = [await stage.prompt("Do it.")]
    while len(ended) < turns and ended[-1].stop is StopReason.END_TURN:
        async for _ in stage.session.prompt("Go on.", origin=origin):
            pass
        ended.append(stage.turn)
    return ended


async def test_a_circle_over_many_turns_of_a_run_is_found() -> None:
    ended = await goal(AURA, 20)
    assert ended[-1].stop is StopReason.STALLED
    assert 4 < len(ended) <= 8
    assert ended[-1].rest.detail == "the same call (Read a) was made 8 times with the same result"


async def test_what_a_person_or_a_timer_asks_for_again_is_no_circle() -> None:
    for origin in ("human", "timer"):
        ended = await goal(origin, 12)
        assert [turn.stop for turn in ended] == [StopReason.END_TURN] * 12


IDLE = Bounds(idle=12)


async def idle(guard: Guard) -> Stage:
    """A model that reads one new file in four steps, and three old ones."""

    def act(request: Request) -> Act:
        place = len([one for one in request.messages if one.role == "assistant"])
        if not request.tools or place >= 40:
            return "Finished."
        return call("Read", path=f"new {place}" if place % 4 == 0 else f"old {place % 4}")

    begin = [ev.AutoSwitched(on=True, by="human")]
    stage = Stage(
        FakeModel(act, repeat=True), [FakeTool("Read", does=lambda path: path)], begin, props=Props()
    )
    stage.loop.habits = replace(stage.loop.habits, guard=guard)
    await stage.prompt("Look around.")
    return stage


async def test_idle_steps_are_told_and_ended() -> None:
    stage = await idle(Guard(IDLE))
    assert len(notices(stage)) == 2
    assert (stage.turn.stop, stage.turn.steps) == (StopReason.STALLED, 29)
    assert "no file and no todo changed in 28 steps" in stage.turn.rest.detail


async def test_a_second_opinion_lifts_the_alert_and_people_see_it() -> None:
    asked: list[Turn] = []

    async def goes_on(turn: Turn) -> str:
        asked.append(turn)
        return "it compares files one by one"

    stage = await idle(Guard(IDLE, goes_on))
    assert stage.turn.stop is StopReason.END_TURN
    assert [turn.steps for turn in asked] == [16, 20, 28]
    assert all(
        text.endswith("says that work goes on: it compares files one by one") for text in notices(stage)
    )
    assert not injected(stage)


async def test_an_opinion_that_it_is_stalled_changes_nothing() -> None:
    async def stalled(turn: Turn) -> str:
        return ""

    assert (await idle(Guard(IDLE, stalled))).turn.stop is StopReason.STALLED


async def test_other_alerts_need_no_opinion() -> None:
    async def fails(turn: Turn) -> str:
        raise AssertionError(turn)

    assert (await run("the same call", guard=Guard(IDLE, fails))).turn.stop is StopReason.STALLED
