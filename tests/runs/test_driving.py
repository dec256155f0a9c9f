"""A run is its log: whatever is folded from any part of it goes on as the run itself did."""

import asyncio
from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from aura.core.errors import ModelErrorKind
from aura.core.events import (
    Event,
    LimitsSet,
    ModelFailed,
    RunOrdered,
    RunStarted,
    SessionStarted,
    TurnStarted,
    TurnStopped,
)
from aura.core.limits import PROCESS_ENDED, Limits, StopReason
from aura.core.messages import Message
from aura.core.run import Order, Phase, Run, Terms
from aura.core.turn import Turn, apply, fold
from aura.runs.advance import Next, advance
from aura.runs.driver import Driver
from aura.testing import FakeClock

MOST_TURNS = 60


@dataclass(frozen=True)
class Outcome:
    """How one turn ends: why, what the provider said before, what a person ordered in the middle of it."""

    reason: StopReason
    kind: ModelErrorKind = ModelErrorKind.OVERLOADED
    order: Order = ""


GOES_ON = (
    StopReason.MAX_STEPS,
    StopReason.MAX_TIME,
    StopReason.PROVIDER,
    StopReason.PROVIDER,
)
OUTCOMES = st.builds(
    Outcome,
    st.sampled_from((*GOES_ON, *StopReason)),
    st.sampled_from(
        (ModelErrorKind.OVERLOADED, ModelErrorKind.QUOTA, ModelErrorKind.NETWORK, ModelErrorKind.AUTH)
    ),
    st.sampled_from(("", "", "", "", "pause", "cancel")),
)
LOGS = st.lists(OUTCOMES, max_size=8)


@dataclass
class Stage:
    """A place whose turns end as foreseen: the n-th that ends by itself ends with the n-th outcome."""

    outcomes: list[Outcome]
    clock: FakeClock
    events: list[Event] = field(default_factory=list)
    turn: Turn = field(default_factory=Turn)
    is_ending: bool = False

    def record(self, event: Event) -> None:
        """Take an event."""
        self.events.append(event)
        self.turn = apply(self.turn, event)

    async def settle(self) -> None:
        """All is durable at once."""

    async def run_turn(self, message: Message) -> None:
        """One turn."""
        ended = sum(isinstance(one, TurnStopped) and one.detail != PROCESS_ENDED for one in self.events)
        assert self.turn.number < MOST_TURNS
        outcome = self.outcomes[ended] if ended < len(self.outcomes) else Outcome(StopReason.DONE)
        self.record(TurnStarted(self.turn.number + 1, message))
        if outcome.order:
            self.record(RunOrdered(outcome.order, "human"))
        if outcome.reason is StopReason.PROVIDER:
            self.record(ModelFailed(outcome.kind.value, "It failed.", 1, "a model"))
        self.record(TurnStopped(outcome.reason, "because"))

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        await self.clock.sleep(seconds)


def begin(outcomes: list[Outcome]) -> Stage:
    """A stage on which a run has begun."""
    stage = Stage(outcomes, FakeClock())
    stage.record(SessionStarted("s", "/work", "1"))
    stage.record(LimitsSet(Limits(), by="run"))
    stage.record(RunStarted("s-1", "the goal", stage.clock.now(), Terms()))
    return stage


def drive(stage: Stage) -> Run:
    """Drive it to its rest."""
    driver = Driver(stage, lambda turn: f"go on after {turn.number}", stage.clock, chance=lambda: 0.5)
    return asyncio.run(driver.drive())


def end(run: Run) -> tuple[Phase, StopReason | None, str]:
    """How it ended."""
    return run.phase, run.reason, run.detail


@given(LOGS)
def test_a_run_comes_to_rest_and_driving_it_again_changes_nothing(outcomes: list[Outcome]) -> None:
    stage = begin(outcomes)
    run = drive(stage)
    assert not run.phase.is_active
    count = len(stage.events)
    assert drive(stage) == run
    assert len(stage.events) == count


@given(LOGS, st.integers(0, 200))
def test_cut_off_anywhere_and_driven_on_it_ends_as_it_would_have(outcomes: list[Outcome], place: int) -> None:
    whole = begin(outcomes)
    wanted = end(drive(whole))
    cut = 3 + place % (len(whole.events) - 2)
    again = Stage(outcomes, FakeClock(), is_ending=False)
    for event in whole.events[:cut]:
        again.record(event)
    if again.turn.number and again.turn.stop is None:
        again.record(TurnStopped(StopReason.CANCELLED, PROCESS_ENDED))
    assert end(drive(again)) == wanted


@given(LOGS, st.integers(0, 200))
def test_the_next_step_depends_on_the_log_alone(outcomes: list[Outcome], place: int) -> None:
    stage = begin(outcomes)
    drive(stage)
    cut = 3 + place % (len(stage.events) - 2)
    one_by_one = Turn()
    for event in stage.events[:cut]:
        one_by_one = apply(one_by_one, event)
    assert choose(one_by_one) == choose(fold(stage.events[:cut]))


def choose(turn: Turn) -> Next:
    """What follows, at a time at which nothing is waited for."""
    return advance(turn, 10.0**9, lambda turn: f"go on after {turn.number}")


@given(LOGS, st.sampled_from(("pause", "cancel")), st.integers(0, 200))
def test_an_order_is_carried_out_at_any_point_without_another_turn(
    outcomes: list[Outcome], order: Order, place: int
) -> None:
    stage = begin([replace(one, order="") for one in outcomes])
    drive(stage)
    cut = 3 + place % (len(stage.events) - 2)
    again = Stage(outcomes, FakeClock())
    for event in stage.events[:cut]:
        again.record(event)
    before, number = again.turn.run, again.turn.number
    again.record(RunOrdered(order, "human"))
    run = drive(again)
    assert again.turn.number == number
    if before.phase.is_final or (order == "pause" and not before.phase.is_active):
        assert end(run) == end(before)
    else:
        assert run.phase is (Phase.PAUSED if order == "pause" else Phase.CANCELLED)
        assert run.prompt == before.prompt or order == "cancel"
