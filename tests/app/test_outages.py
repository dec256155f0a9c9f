"""Runs over hours of trouble, in compressed time: outages, quotas, other models, clocks that are wrong."""

import asyncio
from collections.abc import Sequence

import pytest

from aura.agent.respond import PROBES, RetryPolicy
from aura.app.pursuit import Pursuit, Wish
from aura.core import events as ev
from aura.core.errors import ModelError, ModelErrorKind
from aura.core.limits import Limits, StopReason
from aura.core.messages import HUMAN
from aura.core.models import Completion, Request, TextDelta
from aura.core.run import Phase, Run, Terms
from aura.runs.advance import BASE_WAIT, LONGEST_WAIT
from aura.testing import FakeClock, FakeModel, FakeTool, MemoryLog, Props, Stage, call, reply
from aura.tools.done import make_done

Kind = ModelErrorKind
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
LIMITS = Limits(steps=20, turns=5, calls=40)
USUAL = Terms()


class Wall(FakeClock):
    """A clock whose wall can be set apart from the time that passes; a sleep may have something happen in it."""

    def __init__(self) -> None:
        super().__init__(1_800_000_000.0)
        self.off = 0.0
        self.suspended = 0.0
        self.surprises: dict[int, float] = {}
        self.naps: dict[int, float] = {}

    def now(self) -> float:
        return self.time + self.suspended + self.off

    def passed(self) -> float:
        return self.time + self.suspended

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        self.off += self.surprises.pop(len(self.waits), 0.0)
        self.suspended += self.naps.pop(len(self.waits), 0.0)


class Provider:
    """Answers as `acts` say, one after the other, except during its outages, given as (from, to) by the clock."""

    def __init__(self, clock: FakeClock, *acts: object, outages: Sequence[tuple[float, float]] = ()) -> None:
        self.clock = clock
        self.acts = list(acts)
        self.outages = [(clock.time + begin, clock.time + end) for begin, end in outages]
        self.kind = Kind.OVERLOADED
        self.retry_after: float | None = None
        self.refused: list[float] = []

    def __call__(self, request: Request) -> object:
        """One reply, or the failure that there is now."""
        if any(begin <= self.clock.time < end for begin, end in self.outages):
            self.refused.append(self.clock.time)
            return ModelError(self.kind, "It is down.", retry_after=self.retry_after)
        return self.acts.pop(0)


def make_bash(output: str = "ran") -> FakeTool:
    """A shell that always prints the same."""
    return FakeTool("Bash", does=lambda **_: output)


def stage(
    provider: object,
    clock: FakeClock,
    *others: FakeModel,
    tools: Sequence[FakeTool] = (),
    log: MemoryLog | None = None,
) -> Stage:
    """A session whose first model is a provider, with the usual policy."""
    first = FakeModel(provider, name="first", repeat=True)  # type: ignore[arg-type]
    props = Props(clock=clock, policy=RetryPolicy(), log=log or MemoryLog())
    return Stage([first, *others], (make_done(), *tools), props=props)


async def pursue(place: Stage, limits: Limits = LIMITS, terms: Terms = USUAL) -> Run:
    """Begin a run and drive it to its rest."""
    pursuit = Pursuit(place.session)
    pursuit.begin(Wish("make it work", limits, terms))
    return await pursuit.drive()


def waits(place: Stage) -> list[ev.Checkpointed]:
    """The waits between turns, each once."""
    points = [point for point in place.of(ev.Checkpointed) if point.phase is Phase.WAITING]
    return [point for at, point in enumerate(points) if not at or point.failures != points[at - 1].failures]


def most_requests(seconds: float) -> int:
    """How many requests an outage of so many seconds can take at the very most.

    The first turn makes all its tries, each later one `PROBES`. Waits are at least half of their ceiling.
    """
    turns, passed, ceiling = 1, 0.0, BASE_WAIT
    while passed < seconds:
        passed += ceiling / 2
        ceiling = min(ceiling * 2, LONGEST_WAIT)
        turns += 1
    return RetryPolicy().attempts + PROBES * (turns - 1)


@pytest.mark.parametrize("length", [30 * MINUTE, 6 * HOUR, 20 * HOUR], ids=["30 min", "6 h", "20 h"])
@pytest.mark.parametrize("wish", [None, 0.0, 5.0], ids=["no wish", "at once", "in 5 s"])
async def test_a_long_outage_takes_few_requests_no_tool_again_and_nothing_of_the_limits(
    length: float, wish: float | None
) -> None:
    clock, tool = FakeClock(), make_bash()
    provider = Provider(clock, call("Bash", command="x"), call("Done", summary="all works"))
    provider.outages = [(clock.time + 0.5, clock.time + length)]
    provider.retry_after = wish
    place = stage(provider, clock, tools=(tool,))
    run = await pursue_after_one_step(place, clock)
    assert (run.phase, run.detail) == (Phase.DONE, "all works")
    assert len(tool.calls) == 1, "no call is made again"
    assert len(provider.refused) <= most_requests(length)
    assert place.turn.spend.turns <= 3, "turns without a reply do not count"
    assert place.turn.spend.steps <= 3
    assert clock.time - (1000.0 + length) <= LONGEST_WAIT + MINUTE, "it is noticed soon that it is over"
    counts = [point.failures for point in waits(place)]
    assert counts == list(range(1, len(counts) + 1))
    shown = place.loop._conversation.select(place.turn)
    assert sum("provider had failed" in message.text for message in shown) <= 1


async def pursue_after_one_step(place: Stage, clock: FakeClock) -> Run:
    """A run whose provider answers once and is away from the second request on."""

    def pass_a_second(recorded: ev.Recorded) -> None:
        if isinstance(recorded.event, ev.ToolFinished):
            clock.advance(1.0)

    place.session.watchers.append(pass_a_second)
    return await pursue(place)


async def test_another_model_takes_over_says_so_and_the_first_comes_back() -> None:
    clock = FakeClock()
    todo = [call("Bash", command=str(n)) for n in range(9)]
    provider = Provider(clock, call("Done", summary="by the first"), outages=[(0.0, 20 * MINUTE)])
    second = FakeModel(*todo, name="second", repeat=True)
    place = stage(provider, clock, second, tools=(make_bash(),))
    place.session.watchers.append(lambda one: clock.advance(isinstance(one.event, ev.ToolFinished) * 240.0))
    run = await pursue(place, Limits(steps=4, turns=9))
    assert (run.phase, run.detail) == (Phase.DONE, "by the first")
    told = [(one.model, one.reason) for one in place.of(ev.ModelChanged)]
    assert told
    assert set(told) == {("second", "fallback after overloaded")}
    assert not waits(place), "nobody waits while another model answers"


async def test_a_failure_in_each_turn_for_days_is_never_many_in_a_row() -> None:
    clock = FakeClock()
    acts: list[object] = []
    for number in range(48):
        acts += [call("Bash", command=str(number)), ModelError(Kind.QUOTA, "Used up.", retry_after=HOUR)]
    tool = make_bash()
    place = stage(Provider(clock, *acts, call("Done", summary="at last")), clock, tools=(tool,))
    run = await pursue(place, Limits(steps=20, turns=0))
    assert run.phase is Phase.DONE
    assert clock.time - 1000.0 > 47 * HOUR
    assert len(tool.calls) == 48
    assert {point.failures for point in place.of(ev.Checkpointed)} == {0, 1}


async def test_two_failures_in_two_turns_without_a_reply_count_also_when_the_process_dies_between() -> None:
    clock, log = FakeClock(), MemoryLog()
    down = Provider(clock, outages=[(0.0, 9 * HOUR)])
    place = stage(down, clock, log=log)
    pursuit = Pursuit(place.session)
    pursuit.begin(Wish("make it work", LIMITS))
    await pursuit.drive(patience=100.0)
    before = place.turn.run.failures
    assert before > 1
    clock.time = place.turn.run.wake + 1
    died = len(log.records)
    await pursuit.drive(patience=0.0)
    assert place.turn.run.failures == before + 1
    started = next(at for at in range(died, len(log.records)) if isinstance(log.events[at], ev.TurnStarted))
    cut = MemoryLog()
    for recorded in log.records[: started + 2]:
        cut.append(recorded.event, recorded.at)  # type: ignore[arg-type]
    again = stage(down, clock, log=cut)
    assert again.turn.stop is StopReason.CANCELLED
    await Pursuit(again.session).drive(patience=0.0)
    assert again.turn.run.failures == before + 1, "what failed in a row is not forgotten with the process"


@pytest.mark.parametrize("resets", [5 * HOUR, 3 * DAY])
async def test_a_quota_is_waited_for_with_one_request_and_says_until_when(resets: float) -> None:
    clock = FakeClock()
    provider = Provider(clock, call("Done", summary="all works"), outages=[(0.0, resets)])
    provider.kind, provider.retry_after = Kind.QUOTA, resets
    place = stage(provider, clock)
    run = await pursue(place)
    assert run.phase is Phase.DONE
    assert len(provider.refused) == 1
    (wait,) = waits(place)
    assert wait.wake == pytest.approx(1000.0 + resets, abs=2)


async def test_a_quota_that_renews_again_and_again_is_no_outage_but_the_lifetime_holds() -> None:
    clock = FakeClock()
    provider = Provider(clock, outages=[(0.0, 90 * DAY)])
    provider.kind, provider.retry_after = Kind.QUOTA, 5 * HOUR
    place = stage(provider, clock)
    run = await pursue(place, terms=Terms(lifetime=2 * DAY, outage=HOUR))
    assert (run.phase, run.reason) == (Phase.LIMIT, StopReason.MAX_TIME)
    assert len(provider.refused) == 10, "two days of five hours each"


async def test_an_outage_of_more_than_a_day_ends_it_and_a_person_has_it_try_again() -> None:
    clock = FakeClock()
    provider = Provider(clock, call("Done", summary="all works"), outages=[(0.0, 30 * HOUR)])
    place = stage(provider, clock)
    run = await pursue(place)
    assert (run.phase, run.reason) == (Phase.FAILED, StopReason.PROVIDER)
    assert "for too long" in run.detail
    assert clock.time - 1000.0 == pytest.approx(DAY, abs=LONGEST_WAIT)
    assert len(provider.refused) <= most_requests(DAY)
    pursuit = Pursuit(place.session)
    pursuit.take_up()
    assert (await pursuit.drive()).phase is Phase.DONE, "its patience begins anew"


@pytest.mark.parametrize("kind", [Kind.AUTH, Kind.NOT_FOUND, Kind.CONTENT_FILTER])
async def test_a_second_model_that_cannot_help_does_not_end_what_the_first_may_go_on_with(kind: Kind) -> None:
    clock = FakeClock()
    provider = Provider(clock, call("Done", summary="all works"), outages=[(0.0, HOUR)])
    useless = FakeModel(ModelError(kind, "I am of no help."), name="second", repeat=True)
    place = stage(provider, clock, useless)
    run = await pursue(place)
    assert run.phase is Phase.DONE
    assert all("It is down." in point.detail for point in waits(place))


async def test_a_second_model_with_hours_to_wait_does_not_hold_up_the_first() -> None:
    clock = FakeClock()
    provider = Provider(clock, call("Done", summary="all works"), outages=[(0.0, 10 * MINUTE)])
    spent = FakeModel(ModelError(Kind.QUOTA, "Used up.", retry_after=9 * HOUR), name="second", repeat=True)
    run = await pursue(stage(provider, clock, spent))
    assert run.phase is Phase.DONE
    assert clock.time - 1000.0 < HOUR


async def test_a_key_that_expires_stops_it_at_once_and_it_goes_on_with_a_new_one() -> None:
    clock, tool = FakeClock(), make_bash()
    provider = Provider(
        clock, call("Bash", command="x"), ModelError(Kind.AUTH, "The key expired. Set a valid key.")
    )
    place = stage(provider, clock, tools=(tool,))
    run = await pursue(place)
    assert (run.phase, run.detail) == (Phase.FAILED, "The key expired. Set a valid key.")
    assert len(place.of(ev.ModelFailed)) == 1
    assert clock.waits == []
    again = stage(Provider(clock, call("Done", summary="ok")), clock, tools=(tool,), log=place.log)
    pursuit = Pursuit(again.session)
    pursuit.take_up()
    assert (await pursuit.drive()).phase is Phase.DONE
    assert len(tool.calls) == 1


# --- clocks ---


@pytest.mark.parametrize("jumps", [(365 * DAY, -365 * DAY), (HOUR, -HOUR), (-HOUR, HOUR), (-365 * DAY, 0.0)])
async def test_a_clock_that_is_set_while_it_waits_changes_nothing(jumps: tuple[float, float]) -> None:
    clock = Wall()
    provider = Provider(clock, call("Done", summary="ok"), outages=[(0.0, 3 * HOUR)])
    clock.surprises = {12: jumps[0], 30: jumps[1]}
    place = stage(provider, clock)
    began = clock.time
    run = await pursue(place)
    assert run.phase is Phase.DONE
    assert clock.time - began < 3 * HOUR + LONGEST_WAIT + MINUTE
    assert len(provider.refused) <= most_requests(3 * HOUR)
    assert not clock.surprises, "both jumps happened"


@pytest.mark.parametrize("jump", [365 * DAY, HOUR, -HOUR, -365 * DAY])
async def test_a_clock_that_is_set_while_it_works_ends_nothing(jump: float) -> None:
    clock = Wall()
    steps = [call("Bash", command=str(n)) for n in range(3)]
    place = stage(Provider(clock, *steps, call("Done", summary="ok")), clock, tools=(make_bash(),))

    def jolt(recorded: ev.Recorded) -> None:
        if isinstance(recorded.event, ev.ToolFinished):
            clock.off = jump if not clock.off else 0.0

    place.session.watchers.append(jolt)
    run = await pursue(place, Limits(steps=2, turns=9, seconds=100.0, turn_seconds=50.0))
    assert run.phase is Phase.DONE
    assert place.turn.spend.seconds < 1


@pytest.mark.parametrize("jump", [-365 * DAY, -HOUR, HOUR])
async def test_a_clock_that_was_set_between_two_processes_is_no_long_wait(jump: float) -> None:
    clock = Wall()
    provider = Provider(clock, call("Done", summary="ok"), outages=[(0.0, 10 * MINUTE)])
    place = stage(provider, clock)
    pursuit = Pursuit(place.session)
    pursuit.begin(Wish("make it work", LIMITS))
    await pursuit.drive(patience=100.0)
    assert place.turn.run.phase is Phase.WAITING
    clock.off = jump
    began = clock.time
    again = stage(provider, clock, log=place.log)
    run = await Pursuit(again.session).drive()
    assert run.phase is Phase.DONE
    assert clock.time - began < LONGEST_WAIT + 10 * MINUTE


async def test_a_machine_that_slept_wakes_the_run_when_its_time_is_over() -> None:
    clock = Wall()
    provider = Provider(clock, call("Done", summary="ok"))
    provider.acts.insert(0, ModelError(Kind.QUOTA, "Used up.", retry_after=5 * HOUR))
    clock.naps = {3: 8 * HOUR}
    run = await pursue(stage(provider, clock))
    assert run.phase is Phase.DONE
    assert len(clock.waits) == 3, "it finds at its next look that the time is over"


async def test_a_machine_that_slept_for_days_in_an_outage_tries_again_before_it_gives_up() -> None:
    clock = Wall()
    provider = Provider(clock, call("Done", summary="ok"), outages=[(0.0, HOUR)])
    clock.naps = {12: 3 * DAY}
    run = await pursue(stage(provider, clock))
    assert run.phase is Phase.DONE


# --- what is spent ---


async def test_what_breaks_off_is_kept_apart_counted_and_never_joined() -> None:
    class Torn(FakeModel):
        async def stream(self, request: Request):  # type: ignore[no-untyped-def] # as the model's
            self.requests.append(request)
            if len(self.requests) < 3:
                yield TextDelta("half a word and " * 40)
                raise ModelError(Kind.CUT, "It broke off.", partial="half a word and ")
            yield self._complete(reply("", call("Done", summary="ok")), request)

    place = Stage(
        Torn(name="torn"), (make_done(),), props=Props(clock=FakeClock(), policy=RetryPolicy(attempts=2))
    )
    run = await pursue(place)
    assert run.phase is Phase.DONE
    counted = place.of(ev.CallCounted)
    assert [one.part for one in counted] == ["replies cut short"] * 2
    assert all(one.usage.estimated and one.usage.output > 100 for one in counted)
    assert not any("half a word" in message.text for message in place.turn.messages)
    assert [one.partial for one in place.of(ev.ModelFailed)] == ["half a word and "] * 2
    whole = sum(one.completion.usage.output for one in place.of(ev.ModelReplied))
    assert place.turn.spend.output == whole + sum(one.usage.output for one in counted)


async def test_replies_that_always_break_off_use_the_budget_up() -> None:
    class Torn(FakeModel):
        async def stream(self, request: Request):  # type: ignore[no-untyped-def] # as the model's
            yield TextDelta("word " * 2000)
            if self.info.name:
                raise ModelError(Kind.CUT, "It broke off.")
            yield Completion(reply().message)

    place = Stage(
        Torn(name="torn"), (make_done(),), props=Props(clock=FakeClock(), policy=RetryPolicy(attempts=2))
    )
    run = await pursue(place, Limits(steps=9, tokens=20_000))
    assert (run.phase, run.reason) == (Phase.LIMIT, StopReason.MAX_TOKENS)
    assert len(place.of(ev.ModelFailed)) < 20


async def test_a_budget_reached_within_a_turn_finishes_the_step_and_is_gone_on_with() -> None:
    clock, tool = FakeClock(), make_bash("x" * 400)
    steps = [call("Bash", command=str(n)) for n in range(50)]
    place = stage(Provider(clock, *steps), clock, tools=(tool,))
    run = await pursue(place, Limits(steps=50, tokens=2_000))
    assert (run.phase, run.reason) == (Phase.LIMIT, StopReason.MAX_TOKENS)
    assert len(place.of(ev.ToolFinished)) >= len(tool.calls) > 0
    place.session.record(ev.LimitsSet(Limits(steps=50, tokens=200_000), fresh=False, by="human"))
    pursuit = Pursuit(place.session)
    pursuit.take_up()
    again = stage(Provider(clock, call("Done", summary="ok")), clock, tools=(tool,), log=place.log)
    assert (await Pursuit(again.session).drive()).phase is Phase.DONE


def too_long(limit: int, acts: list[object]) -> object:
    """A provider that refuses what is longer than `limit` characters, and else plays its acts."""

    def play(request: Request) -> object:
        if sum(len(part.content) for one in request.messages for part in one.results) > limit:
            return ModelError(Kind.CONTEXT_OVERFLOW, "The prompt is too long.", status=400)
        if request.system and not request.tools:
            return ModelError(Kind.OVERLOADED, "No summaries now.")
        return acts.pop(0)

    return play


async def test_an_overflow_in_a_run_is_shortened_once_even_while_summaries_fail() -> None:
    clock = FakeClock()
    acts: list[object] = [call("Bash", command=str(n)) for n in range(12)]
    place = stage(
        too_long(10_000, [*acts, call("Done", summary="ok")]), clock, tools=(make_bash("word " * 400),)
    )
    run = await pursue(place, Limits(steps=40, turns=5))
    assert run.phase is Phase.DONE, run.detail
    shortened = place.of(ev.Compacted)
    assert 1 <= len(shortened) <= 12
    assert len(place.of(ev.ToolFinished)) >= 12, "the log keeps everything"
    assert any("summary by the model failed" in one.text for one in place.of(ev.NoticeShown))
    failed = [one.kind for one in place.of(ev.ModelFailed)]
    assert failed == ["context_overflow"], "once it is known how much fits, it is shortened in time"


async def test_an_overflow_that_nothing_mends_ends_the_run_and_says_so() -> None:
    place = stage(too_long(-1, []), FakeClock())
    run = await pursue(place)
    assert (run.phase, run.reason) == (Phase.FAILED, StopReason.ERROR)
    assert "too long" in run.detail
    assert len(place.of(ev.ModelFailed)) <= 3
    assert len(place.of(ev.TurnStarted)) == 1


async def test_one_turn_is_not_warned_of_before_it_began() -> None:
    place = stage(Provider(clock := FakeClock(), call("Done", summary="ok")), clock)
    await pursue(place, Limits(steps=9, turns=1))
    assert place.of(ev.LimitWarned) == []


async def test_a_persons_word_ends_a_wait_for_a_quota_and_begins_the_next_turn() -> None:
    class Patient(FakeClock):
        async def sleep(self, seconds: float) -> None:
            waiting.set()
            await asyncio.Event().wait()

    waiting, clock = asyncio.Event(), Patient()
    provider = Provider(
        clock, ModelError(Kind.QUOTA, "Used up.", retry_after=DAY), call("Done", summary="ok")
    )
    place = stage(provider, clock)
    task = asyncio.create_task(pursue(place))
    await waiting.wait()
    place.session.record(ev.RunOrdered("resume", "human", "use the new key"))
    run = await asyncio.wait_for(task, 5)
    assert run.phase is Phase.DONE
    assert place.of(ev.TurnStarted)[-1].message.origin == HUMAN
