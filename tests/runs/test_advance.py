"""What a run does next, as a rule over its state."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core import events as ev
from aura.core.limits import PROCESS_ENDED, Limits, Spend, StopReason
from aura.core.messages import AURA, HUMAN, user
from aura.core.run import PHASES, Phase, Terms
from aura.core.turn import Turn, apply, fold
from aura.runs.advance import (
    LONGEST_WAIT,
    QUOTA_WAIT,
    Hold,
    Next,
    NextTurn,
    Rest,
    advance,
    choose_pause,
)

NOON = 1_767_225_600.0
USUAL = Terms()


def go_on(turn: Turn) -> str:
    """A prompt that says how many todos are open."""
    return f"[aura] {len(turn.open_todos)} open"


def begun(*more: ev.Event, terms: Terms = USUAL, wake: float = 0.0) -> Turn:
    """A session with a run that was asked for, and what happened since."""
    first = (
        ev.SessionStarted("s1", "/w", "0"),
        ev.LimitsSet(Limits(turns=3, cost=10.0)),
        ev.RunStarted("s1-1", "make it work", NOON, terms, wake),
    )
    return fold([*first, *more])


def turn_of(reason: StopReason, detail: str = "", *, number: int = 1, steps: int = 1) -> list[ev.Event]:
    """A turn that stopped for a reason."""
    started = [ev.StepStarted(step, "m") for step in range(1, steps + 1)]
    return [ev.TurnStarted(number, user("go")), *started, ev.TurnStopped(reason, detail)]


def after(*more: ev.Event, now: float = NOON + 60, terms: Terms = USUAL) -> Next:
    """What follows so many events."""
    return advance(begun(*more, terms=terms), now, go_on, 0.5)


def test_it_begins_with_the_goal_in_the_persons_name() -> None:
    assert after() == NextTurn("make it work", HUMAN)


def test_it_begins_no_sooner_than_it_was_asked_to() -> None:
    turn = begun(wake=NOON + 100)
    assert advance(turn, NOON, go_on) == Hold(NOON + 100, "")
    assert advance(turn, NOON + 100, go_on) == NextTurn("make it work", HUMAN)


@pytest.mark.parametrize(
    "reason",
    [one for one in StopReason if not one.startswith("max_") and one not in ("provider", "cancelled")],
)
def test_each_end_of_a_turn_is_a_phase_of_its_own(reason: StopReason) -> None:
    assert after(*turn_of(reason, "why")) == Rest(PHASES[reason], reason, "why")


def test_a_limit_of_the_turn_begins_the_next_with_what_is_left() -> None:
    assert after(*turn_of(StopReason.MAX_STEPS)) == NextTurn("[aura] 0 open", AURA)


def test_the_turns_of_the_window_are_counted() -> None:
    turns = [event for n in (1, 2, 3) for event in turn_of(StopReason.MAX_STEPS, "steps: 50 of 50", number=n)]
    assert after(*turns) == Rest(Phase.LIMIT, StopReason.MAX_STEPS, "steps: 50 of 50")
    granted = [
        *turns,
        ev.LimitsSet(Limits(turns=4, cost=10.0), fresh=False),
        ev.RunOrdered("resume", "human"),
    ]
    assert isinstance(after(*granted), NextTurn)


def test_a_process_that_ended_is_gone_on_from_and_the_model_is_told() -> None:
    following = after(*turn_of(StopReason.CANCELLED, PROCESS_ENDED))
    assert isinstance(following, NextTurn)
    assert "The process that ran you ended" in following.prompt
    assert following.prompt.endswith(" 0 open")
    assert following.prompt.count("[aura]") == 1


def test_what_a_person_stopped_is_held() -> None:
    stopped = turn_of(StopReason.CANCELLED, "stopped by a person")
    assert after(*stopped) == Rest(Phase.PAUSED, StopReason.CANCELLED, "stopped by a person")
    resumed = [*stopped, ev.RunOrdered("resume", "human", "try the other way")]
    assert after(*resumed) == NextTurn("try the other way", HUMAN)


@pytest.mark.parametrize(("order", "phase"), [("pause", Phase.PAUSED), ("cancel", Phase.CANCELLED)])
def test_orders_come_before_all_else(order: str, phase: Phase) -> None:
    following = after(*turn_of(StopReason.MAX_STEPS), ev.RunOrdered(order, "human"))  # type: ignore[arg-type]
    assert isinstance(following, Rest)
    assert following.phase is phase


def failed(kind: str, resets_in: float | None = None) -> list[ev.Event]:
    """A turn that the provider ended."""
    turn = turn_of(StopReason.PROVIDER, "It is down.")
    return [*turn[:-1], ev.ModelFailed(kind, "It is down.", 8, "m", resets_in=resets_in), turn[-1]]


def test_a_quota_is_waited_for_until_it_is_renewed() -> None:
    following = after(*failed("quota", 7200.0))
    assert isinstance(following, Hold)
    assert 7200 <= following.until - (NOON + 60) <= 7201


def test_a_wrong_key_is_not_tried_again() -> None:
    assert after(*failed("auth")) == Rest(Phase.FAILED, StopReason.PROVIDER, "It is down.")


def test_failures_are_counted_in_a_row_and_not_by_turns() -> None:
    first = after(*failed("overloaded"))
    assert isinstance(first, Hold)
    assert first.failures == 1
    point = ev.Checkpointed(
        "s1-1", Phase.WAITING, Spend(), 1, wake=first.until, failures=1, failing=first.failing
    )
    again = [*failed("overloaded"), point, *failed("overloaded")]
    again[len(failed("overloaded")) + 1] = ev.TurnStarted(2, user("go"))
    second = after(*again, now=first.until + 1)
    assert isinstance(second, Hold)
    assert (second.failures, second.failing) == (2, first.failing)
    answered: list[ev.Event] = [event for event in again if not isinstance(event, ev.StepStarted)]
    answered[-2:-2] = [*(ev.StepStarted(number, "m") for number in (1, 2))]
    third = after(*answered, now=first.until + 1)
    assert isinstance(third, Hold)
    assert third.failures == 1, "a reply came in between"


def test_of_several_models_the_one_that_may_pass_soonest_decides() -> None:
    busy, refused = ev.ModelFailed("overloaded", "Busy.", 8, "a"), ev.ModelFailed("auth", "No.", 1, "b")
    spent = ev.ModelFailed("quota", "Used up.", 1, "c", resets_in=9000.0)
    started, stopped = ev.TurnStarted(1, user("go")), ev.TurnStopped(StopReason.PROVIDER, "Busy.")
    for failures in ((busy, refused, spent), (spent, busy, refused), (refused, spent, busy)):
        following = after(started, *failures, stopped)
        assert isinstance(following, Hold)
        assert following.until - (NOON + 60) <= 30
    assert isinstance(after(started, busy, ev.TurnStarted(2, user("go")), refused, stopped), Rest)


def test_a_turn_without_a_reply_is_no_turn_of_the_limits() -> None:
    silent = begun(*failed("overloaded"))
    assert (silent.spend.turns, silent.spend.steps) == (0, 0)
    again = apply(silent, ev.TurnStopped(StopReason.PROVIDER))
    assert (again.spend.turns, again.spend.steps) == (0, 0)


def test_a_clock_that_was_set_back_makes_no_wait_longer_than_it_was_meant() -> None:
    point = ev.Checkpointed("s1-1", Phase.WAITING, Spend(), 1, wake=NOON + 400, failures=3, failing=NOON)
    turn = begun(*failed("overloaded"), point)
    assert advance(turn, NOON + 300, go_on) == Hold(NOON + 400, "", 3, NOON)
    set_back = advance(turn, NOON - 86_400, go_on)
    assert isinstance(set_back, Hold)
    assert set_back.until == NOON - 86_400 + choose_pause("overloaded", 3, None, 1.0)


def test_an_outage_that_is_too_long_ends_it() -> None:
    point = ev.Checkpointed("s1-1", Phase.WAITING, Spend(), 1, wake=NOON, failures=9, failing=NOON - 3000)
    events = [*failed("network"), point, *failed("network")]
    events[len(failed("network")) + 1] = ev.TurnStarted(2, user("go"))
    following = after(*events, terms=Terms(outage=3600))
    assert isinstance(following, Rest)
    assert following.phase is Phase.FAILED
    assert isinstance(after(*events, terms=Terms(outage=36_000)), Hold)


def test_a_lifetime_that_is_over_ends_it() -> None:
    assert isinstance(after(now=NOON + 99, terms=Terms(lifetime=100)), NextTurn)
    following = after(now=NOON + 100, terms=Terms(lifetime=100))
    assert isinstance(following, Rest)
    assert following.phase is Phase.LIMIT


def test_a_run_at_rest_stays_so_until_somebody_wants_it_to_go_on() -> None:
    rested = begun(
        *turn_of(StopReason.BLOCKED, "no key"),
        ev.Checkpointed("s1-1", Phase.BLOCKED, Spend(), 1, reason=StopReason.BLOCKED, detail="no key"),
    )
    assert advance(rested, NOON, go_on) == Rest(Phase.BLOCKED, StopReason.BLOCKED, "no key")
    assert advance(apply(rested, ev.RunOrdered("resume", "human")), NOON, go_on) == NextTurn(
        "[aura] 0 open", AURA
    )


def test_a_run_that_is_done_stays_done() -> None:
    done = begun(ev.Checkpointed("s1-1", Phase.DONE, Spend(), 1, reason=StopReason.DONE, detail="all"))
    assert apply(done, ev.RunOrdered("resume", "human", "more")) == done
    assert advance(done, NOON, go_on) == Rest(Phase.DONE, StopReason.DONE, "all")


@given(
    st.sampled_from(["overloaded", "rate_limit", "network", "quota", "cut", "unknown"]),
    st.integers(1, 10_000),
    st.none() | st.floats(0, 1e6),
    st.floats(0, 1),
)
def test_a_pause_has_bounds(kind: str, failures: int, wished: float | None, chance: float) -> None:
    pause = choose_pause(kind, failures, wished, chance)
    if wished is not None:
        assert wished <= pause <= max(wished + 1, LONGEST_WAIT)
        assert failures == 1 or pause >= 30, "a wish that was kept in vain is not kept again and again"
    else:
        assert 0 < pause <= max(LONGEST_WAIT, QUOTA_WAIT * 1.25)


@given(st.sampled_from(list(StopReason)), st.booleans(), st.sampled_from(["", "pause", "cancel", "resume"]))
def test_where_a_checkpoint_was_lost_the_same_follows(reason: StopReason, lost: bool, order: str) -> None:
    """A process may end between the stop of a turn and its checkpoint: what follows does not depend on that."""
    turn = begun(*turn_of(reason, PROCESS_ENDED))
    if order:
        turn = apply(turn, ev.RunOrdered(order, "human"))  # type: ignore[arg-type]
    following = advance(turn, NOON + 1, go_on)
    if not lost and isinstance(following, Rest):
        point = ev.Checkpointed(
            "s1-1", following.phase, Spend(), turn.number, reason=following.reason, detail=following.detail
        )
        assert advance(apply(turn, point), NOON + 1, go_on) == following
    else:
        assert advance(replace(turn), NOON + 1, go_on) == following
