"""What people order of a run, and what is recorded for it: a pure rule over its state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from aura.core.answers import explain_misfit, read_answer
from aura.core.durations import tell_duration
from aura.core.errors import AuraError, ConfigError
from aura.core.events import Event, LifetimeSet, LimitsSet, RunOrdered, Steered
from aura.core.limits import OF_A_TURN, Limits, grant, standings, tell_amount
from aura.core.messages import user
from aura.core.run import Phase, Run
from aura.core.text import shorten
from aura.core.tools import Answer, Question
from aura.core.turn import Turn

Kind = Literal["pause", "resume", "cancel", "grant", "steer", "answer"]
LIFETIME = "lifetime"
GRANTED = ("cost", "tokens", "turns", "seconds", LIFETIME)  # what more can be given of to a run
NAMES = {"seconds": "time"}
LONGEST_WHY = 160
ASKED = 60  # characters of a question where several are told


@dataclass(frozen=True, slots=True)
class Wanted:
    """One order: what is wanted, who wants it, the words that go with it.

    `more` maps limits to what is added to them, `question` names the one that is answered (empty: the one there is),
    `model` is the one that answers from now on (empty: as before).
    """

    kind: Kind
    by: str = "human"
    text: str = ""
    more: Mapping[str, float] = field(default_factory=dict)
    question: str = ""
    model: str = ""


def plan(turn: Turn, wanted: Wanted, now: float) -> tuple[Event, ...]:
    """What is recorded for the order; nothing when all is so already. Raises `AuraError` for what cannot be done.

    `now` is Unix time in seconds.
    """
    run = turn.run
    if not run.name:
        raise AuraError("There is no run in this session; begin one with a goal.")
    match wanted.kind:
        case "pause":
            return _plan_pause(run, wanted)
        case "resume":
            return _plan_resume(turn, wanted, now)
        case "cancel":
            _refuse_over(run, "cancel")
            return (RunOrdered("cancel", wanted.by),)
        case "grant":
            return _plan_grant(turn, wanted, now)
        case _:
            return _plan_words(turn, wanted, now)


def _refuse_over(run: Run, what: str) -> None:
    if run.phase.is_final:
        raise AuraError(f"The run is {run.phase.value}, so there is nothing to {what}; begin a new one.")


def _plan_pause(run: Run, wanted: Wanted) -> tuple[Event, ...]:
    _refuse_over(run, "pause")
    if run.phase is Phase.PAUSED or run.order == "pause":
        return ()
    if not run.phase.is_active:
        why = shorten(run.detail, LONGEST_WHY) or "it waits for a person"
        raise AuraError(f"The run rests already ({run.phase.word}): {why}")
    return (RunOrdered("pause", wanted.by),)


def _plan_resume(turn: Turn, wanted: Wanted, now: float) -> tuple[Event, ...]:
    run = turn.run
    _refuse_over(run, "resume")
    if run.phase is not Phase.WAITING and run.phase.is_active and not wanted.text and run.order != "pause":
        return ()
    if not run.phase.is_active:
        _refuse_spent(turn, turn.limits)
        _refuse_old(run, run.terms.lifetime, now)
    return (RunOrdered("resume", wanted.by, wanted.text),)


def _plan_grant(turn: Turn, wanted: Wanted, now: float) -> tuple[Event, ...]:
    run, limits = turn.run, turn.limits
    _refuse_over(run, "grant")
    if not wanted.more:
        raise ConfigError("Say what is granted: --cost, --tokens, --turns, --time or --lifetime.")
    for name, extra in wanted.more.items():
        if name not in GRANTED or extra <= 0:
            raise ConfigError(
                f"{NAMES.get(name, name)} cannot be granted by {extra:g}: it has to be more than nothing."
            )
        if not (run.terms.lifetime if name == LIFETIME else getattr(limits, name)):
            raise ConfigError(f"The run has no limit of {NAMES.get(name, name)}, so there is none to raise.")
    whole = {
        name: int(extra) if name in ("tokens", "turns") else extra
        for name, extra in wanted.more.items()
        if name != LIFETIME
    }
    raised, lifetime = grant(limits, **whole), run.terms.lifetime + wanted.more.get(LIFETIME, 0.0)
    _refuse_spent(turn, raised)
    _refuse_old(run, lifetime, now)
    events: list[Event] = []
    if raised != limits:
        events.append(LimitsSet(raised, fresh=False, by=wanted.by))
    if lifetime != run.terms.lifetime:
        events.append(LifetimeSet(lifetime, by=wanted.by))
    if not run.phase.is_active:
        events.append(RunOrdered("resume", wanted.by))
    return tuple(events)


def _refuse_spent(turn: Turn, limits: Limits) -> None:
    """Refuse to go on under limits that would end the run again at once."""
    for one in standings(limits, turn.window, steps=0, turn_seconds=0.0):
        if one.is_reached and one.name not in OF_A_TURN:
            before = next(
                old.limit
                for old in standings(turn.limits, turn.window, steps=0, turn_seconds=0.0)
                if old.name == one.name
            )
            raise AuraError(
                f"The limit of {one.name} would end the run again at once: {tell_amount(one.name, one.used)} of"
                f" {tell_amount(one.name, one.limit)} is used; grant more than"
                f" {tell_amount(one.name, one.used - before)}."
            )


def _refuse_old(run: Run, lifetime: float, now: float) -> None:
    """Refuse to go on with a run that has existed for as long as it may."""
    age = now - run.since.begun
    if lifetime and age >= lifetime:
        raise AuraError(
            f"The lifetime of the run would end it again at once: it began {tell_duration(age)} ago and may exist for"
            f" {tell_duration(lifetime)}; grant a lifetime of more than {tell_duration(age - run.terms.lifetime)}."
        )


def _plan_words(turn: Turn, wanted: Wanted, now: float) -> tuple[Event, ...]:
    """What is said to a run: the next prompt of one that goes on or waits for it, else it is kept for when it does."""
    run = turn.run
    if not wanted.text.strip():
        raise ConfigError("There is nothing to say: give a text.")
    _refuse_over(run, wanted.kind)
    if wanted.kind == "answer" and not run.phase.is_active:
        _refuse_spent(turn, turn.limits)
        _refuse_old(run, run.terms.lifetime, now)
    if wanted.kind == "answer" or run.phase.is_active:
        return (RunOrdered("resume", wanted.by, wanted.text),)
    return (Steered(user(wanted.text)),)


def find_question(turn: Turn, name: str = "") -> tuple[str, Question] | None:
    """The open question of that name, or the only one there is; None when nothing is open.

    Raises `ConfigError` when the name fits none, or none was given and several are open.
    """
    open_ones = turn.rest.pending.questions
    listed = ", ".join(f"{one} ({shorten(asked.text, ASKED)})" for one, asked in open_ones.items())
    if name and name not in open_ones:
        known = f"open are {listed}" if open_ones else "none is open"
        raise ConfigError(f"There is no open question {name!r}; {known}.")
    if not open_ones:
        return None
    if not name and len(open_ones) > 1:
        raise ConfigError(
            f"{len(open_ones)} questions are open: {listed}; name the one meant before the answer."
        )
    name = name or next(iter(open_ones))
    return name, open_ones[name]


def make_answer(question: Question, text: str) -> Answer:
    """The answer that a line is: a number or a label chooses an option.

    Raises `ConfigError` with what is wanted instead when the line does not fit.
    """
    answer = read_answer(question, text)
    if answer is None:
        raise ConfigError(explain_misfit(question))
    return answer
