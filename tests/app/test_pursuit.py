"""Runs of a session in this process: from a goal to an ending, over turns, outages, limits and orders."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from aura.agent.respond import RetryPolicy
from aura.app.pursuit import Pursuit, Wish
from aura.core import events as ev
from aura.core.errors import AuraError, ModelError, ModelErrorKind
from aura.core.limits import PROCESS_ENDED, Limits, StopReason, grant
from aura.core.messages import AURA, HUMAN
from aura.core.run import Phase, Run, Terms
from aura.testing import FakeClock, FakeModel, MemoryLog, Props, Stage, call
from aura.tools.done import make_done
from aura.tools.status import make_status
from aura.tools.todo import make_todo

LIMITS = Limits(steps=3, turns=5)


def stage(
    *acts: object, clock: FakeClock | None = None, repeat: bool = False, log: MemoryLog | None = None
) -> Stage:
    """A session with a model that plays a part, and the tools that a run needs; a log with events is resumed."""
    tools = (make_done(), make_todo(), make_status())
    props = Props(clock=clock or FakeClock(), policy=RetryPolicy(attempts=2), log=log or MemoryLog())
    return Stage(FakeModel(*acts, repeat=repeat), tools, props=props)  # type: ignore[arg-type]


async def pursue(place: Stage, goal: str = "make it work", limits: Limits = LIMITS, **terms: object) -> Run:
    """Begin a run and drive it to its rest."""
    pursuit = Pursuit(place.session)
    pursuit.begin(Wish(goal, limits, Terms(**terms)))  # type: ignore[arg-type]
    return await pursuit.drive()


def done(summary: str = "all works") -> object:
    """A reply that claims to be done."""
    return call("Done", summary=summary)


async def test_a_goal_is_pursued_over_turns_and_each_ends_with_a_checkpoint() -> None:
    steps = [call("TodoWrite", todos=[{"content": f"part {n}"}]) for n in range(4)]
    place = stage(*steps[:3], "summed up", steps[3], call("TodoWrite", todos=[]), done())
    run = await pursue(place)
    assert (run.phase, run.reason, run.detail) == (Phase.DONE, StopReason.DONE, "all works")
    turns = place.of(ev.TurnStarted)
    assert [turn.message.origin for turn in turns] == [HUMAN, AURA]
    assert "part 2" in turns[1].message.text, "the prompt is built from what is open"
    points = place.of(ev.Checkpointed)
    assert [(point.phase, point.taken) for point in points] == [
        (Phase.RUNNING, 0),
        (Phase.RUNNING, 1),
        (Phase.DONE, 2),
    ]
    assert points[1].prompt == turns[1].message.text
    assert points[-1].spend.turns == 2


async def test_an_outage_is_outwaited_and_no_step_is_done_again() -> None:
    clock = FakeClock()
    down = [ModelError(ModelErrorKind.OVERLOADED, "It is down.")] * 2
    place = stage(
        call("TodoWrite", todos=[{"content": "a"}]),
        *down,
        *down,
        *down,
        call("TodoWrite", todos=[]),
        done(),
        clock=clock,
    )
    began = clock.now()
    run = await pursue(place)
    assert run.phase is Phase.DONE
    waits = [point for point in place.of(ev.Checkpointed) if point.phase is Phase.WAITING]
    assert [point.failures for point in waits] == [1, 2, 3]
    assert all(later.wake > sooner.wake for sooner, later in pairwise(waits))
    assert clock.now() >= waits[-1].wake > began
    assert len(place.of(ev.TodosChanged)) == 2


async def test_a_quota_names_when_it_goes_on() -> None:
    clock = FakeClock()
    place = stage(
        ModelError(ModelErrorKind.QUOTA, "Quota used up.", retry_after=5 * 3600), done(), clock=clock
    )
    run = await pursue(place)
    assert run.phase is Phase.DONE
    (wait,) = [point for point in place.of(ev.Checkpointed) if point.phase is Phase.WAITING]
    assert wait.wake - 1000.0 == pytest.approx(5 * 3600, abs=2)
    assert "Quota used up." in wait.detail


async def test_a_wrong_key_ends_it_at_once() -> None:
    place = stage(ModelError(ModelErrorKind.AUTH, "The key is wrong."))
    run = await pursue(place)
    assert (run.phase, run.reason, run.detail) == (Phase.FAILED, StopReason.PROVIDER, "The key is wrong.")
    assert len(place.of(ev.ModelFailed)) == 1


async def test_a_spent_window_pauses_it_after_a_note_and_a_grant_continues_it() -> None:
    rounds = [call("TodoWrite", todos=[{"content": f"round {n}"}]) for n in range(40)]
    place = stage(*rounds[:3], "note 1", *rounds[3:6], "note 2", call("TodoWrite", todos=[]), done())
    limits = Limits(steps=3, turns=2)
    run = await pursue(place, limits=limits)
    assert (run.phase, run.reason) == (Phase.LIMIT, StopReason.MAX_STEPS)
    assert place.turn.messages[-1].text == "note 2"
    spent = place.turn.spend
    pursuit = Pursuit(place.session)
    place.session.record(ev.LimitsSet(grant(limits, turns=2), fresh=False, by="human"))
    pursuit.take_up()
    run = await pursuit.drive()
    assert run.phase is Phase.DONE
    assert place.turn.window.steps > spent.steps, "what was spent still counts"


async def test_most_of_a_window_is_warned_of_once() -> None:
    rounds = [call("TodoWrite", todos=[{"content": f"round {n}"}]) for n in range(40)]
    place = stage(*rounds, repeat=True)
    run = await pursue(place, limits=Limits(steps=50, turns=5, tokens=3000))
    assert (run.phase, run.reason) == (Phase.LIMIT, StopReason.MAX_TOKENS)
    (warned,) = place.of(ev.LimitWarned)
    assert warned.name == "tokens"
    assert 0.8 <= warned.used / warned.limit < 1
    told = [
        event for event in place.of(ev.Injected) if "of the limit of tokens is used" in event.message.text
    ]
    assert len(told) == 1


async def test_a_model_may_say_how_it_is_and_what_it_needs() -> None:
    place = stage(
        call("SetStatus", state="working", detail="looking"),
        call("SetStatus", state="dancing"),
        call("SetStatus", state="needs_input"),
        call("SetStatus", state="needs_input", detail="which region?"),
    )
    run = await pursue(place, limits=Limits(steps=9, turns=5))
    assert (run.phase, run.detail) == (Phase.NEEDS_INPUT, "which region?")
    assert [event.state for event in place.of(ev.StatusReported)] == ["working", "needs_input"]
    answers = [event.result for event in place.of(ev.ToolFinished)]
    assert [answer.is_error for answer in answers] == [False, True, True, False]
    assert "allowed are working" in answers[1].content


async def test_a_persons_word_comes_before_a_timer() -> None:
    class Patient(FakeClock):
        async def sleep(self, seconds: float) -> None:
            waiting.set()
            await asyncio.Event().wait()

    waiting = asyncio.Event()
    place = stage(ModelError(ModelErrorKind.QUOTA, "Used up.", retry_after=9e5), done(), clock=Patient())
    task = asyncio.create_task(pursue(place, outage=0.0, lifetime=0.0))
    await waiting.wait()
    assert place.turn.run.phase is Phase.WAITING
    place.session.record(ev.RunOrdered("resume", "human", "use the other account"))
    run = await asyncio.wait_for(task, 5)
    assert run.phase is Phase.DONE
    last = place.of(ev.TurnStarted)[-1].message
    assert (last.text, last.origin) == ("use the other account", HUMAN)


@pytest.mark.parametrize("ending", [False, True], ids=["a person", "the process"])
async def test_what_stops_it_decides_whether_it_goes_on_by_itself(ending: bool) -> None:
    reached = asyncio.Event()

    async def hang(request: object) -> object:
        reached.set()
        return await asyncio.Event().wait()

    place = stage(hang)
    task = asyncio.create_task(pursue(place))
    await reached.wait()
    if ending:
        place.session.stop_detail = PROCESS_ENDED
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert place.turn.run.phase is (Phase.RUNNING if ending else Phase.PAUSED)
    assert place.turn.stop is StopReason.CANCELLED


async def test_it_may_be_gone_on_with_from_any_place_of_its_log() -> None:
    """Whatever prefix of the log is left, another process brings the run to the same end."""
    steps = [call("TodoWrite", todos=[{"content": "a"}]), call("TodoWrite", todos=[{"content": "b"}])]
    place = stage(*steps, call("TodoWrite", todos=[]), done())
    whole = await pursue(place, limits=Limits(steps=9, turns=5))
    events = place.events
    began = next(n for n, event in enumerate(events) if isinstance(event, ev.RunStarted))
    for cut in range(began + 1, len(events) + 1):
        log = MemoryLog()
        for event in events[:cut]:
            assert ev.is_durable(event)
            log.append(event, 0.0)
        again = stage(done(), repeat=True, log=log)
        pursuit = Pursuit(again.session)
        pursuit.take_up()
        again.session.record(ev.TodosChanged((), "human"))
        run = await pursuit.drive()
        assert (run.phase, run.name) == (whole.phase, whole.name), f"cut at {cut} of {len(events)}"
        assert (await pursuit.drive()) == run, "driving what is over changes nothing"


async def test_one_run_at_a_time_and_none_without_a_goal() -> None:
    place = stage(done())
    pursuit = Pursuit(place.session)
    with pytest.raises(AuraError, match="needs a goal"):
        pursuit.begin(Wish("  ", LIMITS))
    with pytest.raises(AuraError, match="no run in this session"):
        pursuit.take_up()
    pursuit.begin(Wish("go", LIMITS))
    first = await pursuit.drive()
    assert replace(first, detail="").phase is Phase.DONE


async def test_a_word_said_while_a_checkpoint_is_written_is_not_slept_over() -> None:
    class Endless(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.Event().wait()

    place = stage(ModelError(ModelErrorKind.QUOTA, "Used up.", retry_after=9e5), done(), clock=Endless())

    class Late(Pursuit):
        async def settle(self) -> None:
            await super().settle()
            if self.turn.run.phase is Phase.WAITING and not self.turn.rest.queue:
                self.record(ev.PromptQueued("once", "x"))
                self.record(ev.RunOrdered("resume", "human", "now"))

    pursuit = Late(place.session)
    pursuit.begin(Wish("go", LIMITS, Terms(outage=0.0, lifetime=0.0)))
    assert (await asyncio.wait_for(pursuit.drive(), 5)).phase is Phase.DONE
