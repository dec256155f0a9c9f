"""What the events of a run change in the state of its session: one rule for each."""

from aura.core.copies import change
from aura.core.errors import find_hope
from aura.core.events import (
    Checkpointed,
    LifetimeSet,
    LimitWarned,
    ModelFailed,
    RunOrdered,
    RunStarted,
    StatusReported,
)
from aura.core.limits import StopReason
from aura.core.messages import HUMAN
from aura.core.run import GIVEN_UP, Phase, Run, Since
from aura.core.state import Turn


def _put(turn: Turn, run: Run) -> Turn:
    return change(turn, rest=change(turn.rest, run=run))


def start_run(turn: Turn, event: RunStarted) -> Turn:
    """A run begins: its first prompt is the goal."""
    since = Since(event.begun, turn.spend, turn.number)
    run = Run(
        name=event.run,
        goal=event.goal,
        prompt=event.goal,
        prompt_by=HUMAN,
        wake=event.wake,
        taken=turn.number,
        since=since,
        terms=event.terms,
    )
    return change(turn, rest=change(turn.rest, run=run, warned=frozenset()))


def take_prompt(run: Run) -> Run:
    """The run once a turn began: what it was to begin with is said."""
    return change(run, prompt="", prompt_by="") if run.prompt else run


def order_run(turn: Turn, event: RunOrdered) -> Turn:
    """An order: to go on, or to give up what rests, holds at once; the others are for whoever drives.

    Nothing can be ordered of a run that is over for good, and one that rests already does not pause. What a person
    says comes behind what they said before and no turn has taken up: the goal, or an earlier order.
    """
    run = turn.rest.run
    if not run.name or run.phase.is_final:
        return turn
    if event.order == "cancel" and not run.phase.is_active:
        given_up = change(run, phase=Phase.CANCELLED, reason=StopReason.CANCELLED, detail=GIVEN_UP, order="")
        return _put(turn, given_up)
    if event.order != "resume":
        return _put(turn, change(run, order=event.order)) if run.phase.is_active else turn
    prompt, by = run.prompt, run.prompt_by
    if event.text:
        prompt, by = f"{prompt}\n\n{event.text}" if prompt and by == HUMAN else event.text, HUMAN
    return _put(
        turn,
        change(
            run,
            phase=Phase.RUNNING,
            order="",
            reason=None,
            detail="",
            prompt=prompt,
            prompt_by=by,
            wake=0.0,
            taken=turn.number if turn.stop is not None else run.taken,
            failures=0,
            since=change(run.since, failing=0.0),
        ),
    )


def checkpoint(turn: Turn, event: Checkpointed) -> Turn:
    """The run stands where the checkpoint says; an order that it carries out is done with."""
    run = turn.rest.run
    return _put(
        turn,
        change(
            run,
            phase=event.phase,
            prompt=event.prompt,
            prompt_by=event.prompt_by,
            wake=event.wake,
            taken=event.taken,
            reason=event.reason,
            detail=event.detail,
            failures=event.failures,
            order=run.order if event.phase.is_active else "",
            since=change(run.since, failing=event.failing),
        ),
    )


def set_lifetime(turn: Turn, event: LifetimeSet) -> Turn:
    """The run may exist for longer; nothing changes where there is none."""
    run = turn.rest.run
    return _put(turn, change(run, terms=change(run.terms, lifetime=event.lifetime))) if run.name else turn


def report_status(turn: Turn, event: StatusReported) -> Turn:
    """The model said how the run is."""
    return _put(turn, change(turn.rest.run, state=event.state, state_detail=event.detail))


def warn(turn: Turn, event: LimitWarned) -> Turn:
    """A limit was warned of."""
    return change(turn, rest=change(turn.rest, warned=turn.rest.warned | {event.name}))


def _passes_sooner(one: ModelFailed, other: ModelFailed) -> bool:
    return find_hope(one.kind, one.resets_in) < find_hope(other.kind, other.resets_in)


def fail_model(turn: Turn, event: ModelFailed) -> Turn:
    """Of the models' newest failures the one that may pass soonest is kept until a reply comes, or the next turn."""
    before = turn.rest.failed
    if before is not None and before.model != event.model and _passes_sooner(before, event):
        return turn
    return change(turn, rest=change(turn.rest, failed=event))
