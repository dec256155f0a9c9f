"""One model call: tries, waits and other models; every attempt is an event."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.agent.respond import FALL_BACK, RetryPolicy, choose_wait
from aura.core import events as ev
from aura.core.errors import RETRYABLE, ModelError, ModelErrorKind
from aura.core.limits import StopReason
from aura.core.models import Completion, Finish, Request, TextDelta
from aura.testing import FakeClock, FakeModel, Props, Stage, reply

Kind = ModelErrorKind
kinds = st.sampled_from(Kind)


def error(kind: ModelErrorKind, **more: float | str | None) -> ModelError:
    return ModelError(kind, f"It failed: {kind.value}.", **more)  # type: ignore[arg-type] # what the tests give fits


@given(kinds, st.integers(1, 20), st.floats(0, 1), st.none() | st.floats(0, 1000), st.integers(1, 10))
def test_waits_have_bounds(
    kind: Kind, attempt: int, chance: float, wish: float | None, attempts: int
) -> None:
    policy = RetryPolicy(attempts=attempts, base=1.0, longest=30.0, patience=60.0)
    wait = choose_wait(policy, attempt, error(kind, retry_after=wish), chance)
    if kind not in RETRYABLE or attempt >= attempts:
        assert wait is None
    elif wish is not None:
        assert wait == (wish if wish <= 60.0 else None)
    else:
        assert wait is not None
        assert 0.5 <= wait <= 30.0


@given(st.integers(1, 30), st.floats(0, 1))
def test_waits_grow(attempt: int, chance: float) -> None:
    policy = RetryPolicy(attempts=99)
    first = choose_wait(policy, attempt, error(Kind.OVERLOADED), chance)
    second = choose_wait(policy, attempt + 1, error(Kind.OVERLOADED), chance)
    assert first is not None
    assert second is not None
    assert first <= second <= policy.longest


async def test_a_failure_that_passes_is_tried_again() -> None:
    model = FakeModel(error(Kind.OVERLOADED), error(Kind.RATE_LIMIT, retry_after=7.0), "here I am")
    clock = FakeClock()
    stage = Stage(model, props=Props(clock=clock))
    turn = await stage.prompt()
    assert turn.stop is StopReason.END_TURN
    failures = stage.of(ev.ModelFailed)
    assert [(one.kind, one.attempt, one.retry_in) for one in failures] == [
        ("overloaded", 1, 0.75),
        ("rate_limit", 2, 7.0),
    ]
    assert clock.waits == [0.75, 7.0]
    assert model.requests[0] == model.requests[2]


async def test_a_wish_longer_than_our_patience_ends_the_tries() -> None:
    stage = Stage(FakeModel(error(Kind.RATE_LIMIT, retry_after=3600.0)))
    turn = await stage.prompt()
    assert turn.stop is StopReason.PROVIDER
    assert stage.of(ev.ModelFailed)[0].retry_in is None


async def test_tries_come_to_an_end() -> None:
    stage = Stage(FakeModel(error(Kind.NETWORK), repeat=True))
    turn = await stage.prompt()
    assert (turn.stop, turn.rest.detail) == (StopReason.PROVIDER, "It failed: network.")
    assert [one.retry_in is None for one in stage.of(ev.ModelFailed)] == [False, False, True]


@pytest.mark.parametrize("kind", sorted(FALL_BACK))
async def test_another_model_takes_over(kind: Kind) -> None:
    first = FakeModel(error(kind, retry_after=999.0), name="first", repeat=True)
    second = FakeModel("I can", "and again", name="second")
    stage = Stage([first, second])
    turn = await stage.prompt()
    assert turn.stop is StopReason.END_TURN
    assert [(one.model, one.reason) for one in stage.of(ev.ModelChanged)] == [
        ("second", f"fallback after {kind.value}")
    ]
    assert turn.switches.model == "second"
    await stage.prompt("next")
    assert [step.model for step in stage.of(ev.StepStarted)] == ["first", "first"]


async def test_a_chain_is_tried_to_its_end() -> None:
    chain = [FakeModel(error(Kind.AUTH), name=name) for name in ("a", "b", "c")]
    stage = Stage(chain)
    turn = await stage.prompt()
    assert turn.stop is StopReason.PROVIDER
    assert [one.model for one in stage.of(ev.ModelFailed)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (Kind.AUTH, StopReason.PROVIDER),
        (Kind.QUOTA, StopReason.PROVIDER),
        (Kind.UNKNOWN, StopReason.PROVIDER),
        (Kind.NOT_FOUND, StopReason.CONFIG),
        (Kind.BAD_REQUEST, StopReason.ERROR),
        (Kind.TOO_LARGE, StopReason.ERROR),
    ],
)
async def test_what_cannot_pass_stops_at_once(kind: Kind, reason: StopReason) -> None:
    stage = Stage(FakeModel(error(kind)))
    turn = await stage.prompt()
    assert turn.stop is reason
    assert len(stage.of(ev.ModelFailed)) == 1
    assert "It failed" in turn.rest.detail


async def test_a_stream_without_an_end_is_cut() -> None:
    class Torn(FakeModel):
        async def stream(self, request: Request):  # type: ignore[no-untyped-def] # as the model's
            self.requests.append(request)
            yield TextDelta("half a wo")
            if len(self.requests) > 1:
                yield reply("half a word")

    stage = Stage(Torn())
    turn = await stage.prompt()
    assert turn.stop is StopReason.END_TURN
    assert [(one.kind, one.partial) for one in stage.of(ev.ModelFailed)] == [("cut", "half a wo")]
    assert turn.messages[-1].text == "half a word"


async def test_the_content_filter_is_a_failure_that_says_so() -> None:
    stage = Stage(FakeModel(reply("I will n", finish=Finish.CONTENT_FILTER)))
    turn = await stage.prompt()
    assert turn.stop is StopReason.PROVIDER
    assert "content filter" in turn.rest.detail
    assert len(turn.messages) == 1


async def test_what_arrived_before_an_interruption_is_kept() -> None:
    begun = asyncio.Event()

    class Slow(FakeModel):
        async def stream(self, request: Request):  # type: ignore[no-untyped-def] # as the model's
            yield TextDelta("I have ")
            yield TextDelta("begun")
            begun.set()
            await asyncio.Event().wait()
            yield Completion(reply().message)

    stage = Stage(Slow())
    running = asyncio.ensure_future(stage.prompt())
    await begun.wait()
    await stage.session.interrupt()
    turn = await running
    assert turn.stop is StopReason.CANCELLED
    kept = stage.of(ev.ModelReplied)
    assert [(one.completion.message.text, one.interrupted) for one in kept] == [("I have begun", True)]
    (counted,) = stage.of(ev.CallCounted)
    assert counted.usage.estimated
    assert (turn.spend.input, turn.spend.output) == (counted.usage.input, counted.usage.output)
    assert turn.spend.output > 0
    assert turn.spend.unpriced == 1, "what nobody has a price for is no free call"
