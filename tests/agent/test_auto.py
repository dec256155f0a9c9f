"""Go on or stop: the laws of `decide`, whatever state a turn is in."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aura.agent.auto import CLAIMED, MALFORMED, REFUSALS, Continue, Stop, decide, find_limit
from aura.core import events as ev
from aura.core.limits import Limits, Spend, StopReason
from aura.core.messages import MODEL, Message, Text, user
from aura.core.models import Completion
from aura.core.state import Pace
from aura.core.todos import Todo
from aura.core.tools import Claim
from aura.core.turn import Turn, fold
from tests.core import worlds

turns = worlds.histories.map(fold)
REPLY = ev.ModelReplied(Completion(Message("assistant", (Text("so"),), MODEL)))
OPEN = ev.TodosChanged((Todo("1", "write it"),), "model")
AUTO = ev.AutoSwitched(on=True, by="human")


@given(turns, st.booleans())
def test_there_is_always_an_answer(turn: Turn, objected: bool) -> None:
    decision = decide(turn, objected=objected)
    assert isinstance(decision, (Stop, Continue))
    if isinstance(decision, Stop):
        assert decision.reason in StopReason


@given(turns, worlds.claims, st.booleans())
def test_nothing_goes_on_past_an_accepted_done(turn: Turn, claim: Claim, objected: bool) -> None:
    turn = fold([ev.DoneAccepted(claim, verified=True)], turn)
    assert decide(turn, objected=objected) == Stop(CLAIMED[claim.status], claim.summary)


@given(turns, worlds.reasons, st.booleans())
def test_nothing_argues_with_a_limit(turn: Turn, reason: StopReason, objected: bool) -> None:
    """A limit allows one step without tools and no word of anybody, then it stops with its own reason."""
    limit = ev.LimitReached(reason, "spent")
    turn = replace(turn, done=type(turn.done)(), pace=replace(turn.pace, limit=limit, wrapped_up=False))
    assert decide(turn, objected=objected) == Continue()
    for reply in ("so it stands", ""):
        said = Completion(Message("assistant", (Text(reply),) if reply else (), MODEL))
        wrapped = fold([ev.StepStarted(turn.steps + 1, "m", tools=False), ev.ModelReplied(said)], turn)
        assert decide(wrapped, objected=objected) == Stop(reason, "spent")


@given(turns)
def test_without_auto_and_without_an_objection_an_answer_ends_the_turn(turn: Turn) -> None:
    turn = fold(
        [ev.AutoSwitched(on=False, by="human"), ev.DoneSwitched(required=False, by="human"), REPLY],
        replace(turn, pace=Pace()),
    )
    assert isinstance(decide(turn, objected=False), Stop)


@given(turns, st.booleans())
def test_nobody_is_asked_to_go_on_more_often_than_the_nudges_allow(turn: Turn, objected: bool) -> None:
    """However it starts, replies of plain text come to an end after `nudges` requests to go on."""
    asked = 0
    turn = fold([REPLY], replace(turn, pace=Pace()))
    while isinstance(decision := decide(turn, objected=objected), Continue):
        asked += 1
        assert asked <= turn.limits.nudges
        turn = fold([ev.Injected(user("go on", "aura"), nudge=True), REPLY], turn)
    assert isinstance(decision, Stop)


@given(turns, st.booleans(), st.booleans())
def test_empty_replies_come_to_an_end(turn: Turn, objected: bool, nudged: bool) -> None:
    empty = ev.ModelReplied(Completion(Message("assistant", (), MODEL)))
    turn = fold([ev.TurnStarted(1, user("go")), empty], turn)
    for _ in range(turn.limits.nudges):
        assert isinstance(decide(turn, objected=objected), Continue)
        turn = fold([ev.Injected(user("?", "aura"), nudge=nudged), empty], turn)
    assert decide(turn, objected=objected) == Stop(StopReason.STALLED, "the model answers with nothing")


@given(turns)
def test_somebody_speaks_to_the_model_before_it_is_asked_again(turn: Turn) -> None:
    """A model is called again only if there is something it has not answered, or a prompt is about to be written."""
    decision = decide(turn, objected=False)
    if isinstance(decision, Continue) and turn.pace.limit is None:
        assert decision.prompt or turn.awaiting_model


def test_what_the_model_owes_an_answer_to_goes_on() -> None:
    assert decide(fold([ev.TurnStarted(1, user("go"))]), objected=False) == Continue()


def test_open_todos_matter_in_auto_mode_only() -> None:
    begun: list[ev.Event] = [OPEN, ev.TurnStarted(1, user("go")), REPLY]
    assert decide(fold(begun), objected=False) == Stop(StopReason.END_TURN)
    assert decide(fold([AUTO, *begun]), objected=False) == Continue(prompt=True)
    assert decide(fold([AUTO, *begun]), objected=True) == Continue()


def test_only_blocked_work_left() -> None:
    todos = (Todo("1", "done", "completed"), Todo("2", "deploy", "blocked", "no key"))
    turn = fold([AUTO, ev.TodosChanged(todos, "model"), ev.TurnStarted(1, user("go")), REPLY])
    assert decide(turn, objected=False) == Stop(StopReason.BLOCKED, "deploy (no key)")
    assert decide(fold([OPEN], turn), objected=False) == Continue(prompt=True)


def test_a_required_done_is_asked_for() -> None:
    turn = fold([ev.DoneSwitched(required=True, by="human"), ev.TurnStarted(1, user("go")), REPLY])
    assert decide(turn, objected=False) == Continue(prompt=True)


def test_refusals_and_malformed_calls_are_counted() -> None:
    refused: list[ev.Event] = [ev.DoneRefused(Claim("x"), "open todos", "no")] * REFUSALS
    begun = fold([ev.TurnStarted(1, user("go")), REPLY])
    assert decide(fold(refused, begun), objected=True) == Stop(StopReason.NOT_VERIFIED, "open todos")
    mixed = [*refused[1:], ev.DoneRefused(Claim("x"), "stale tests", "no")]
    assert decide(fold(mixed, begun), objected=False) == Stop(StopReason.END_TURN)
    garbled = replace(begun, pace=replace(begun.pace, malformed=MALFORMED))
    assert decide(garbled, objected=True) == Stop(
        StopReason.STALLED, "3 replies in a row had tool arguments that cannot be read"
    )


def test_a_tool_may_end_the_turn() -> None:
    turn = fold([AUTO, OPEN, ev.TurnStarted(1, user("go"))])
    assert decide(replace(turn, pace=Pace(ended_by_tool=True)), objected=True) == Stop(StopReason.END_TURN)


@given(st.floats(0, 200), st.floats(0, 100), st.integers(0, 5))
def test_time_that_runs_counts_before_the_step_is_over(now: float, counted: float, steps: int) -> None:
    turn = Turn(limits=Limits(steps=0, seconds=60.0), spend=Spend(seconds=counted), pace=Pace(steps, counted))
    running = max(0.0, now - counted)
    assert (find_limit(turn, now) is not None) == (counted + running >= 60.0)


def test_a_limit_says_how_far_it_is() -> None:
    turn = Turn(limits=Limits(steps=0, tokens=100), spend=Spend(input=90, output=15))
    assert find_limit(turn, 0.0) == Stop(StopReason.MAX_TOKENS, "tokens: 105 of 100")
