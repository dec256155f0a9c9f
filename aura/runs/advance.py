"""What a run does next: a pure rule over its state, the same for a run that starts and one that is resumed."""

from collections.abc import Callable
from dataclasses import dataclass

from aura.core.errors import ModelErrorKind
from aura.core.limits import OF_A_TURN, PROCESS_ENDED, StopReason, standings
from aura.core.messages import AURA
from aura.core.run import AFTER_OUTAGE, GIVEN_UP, PAUSED, PHASES, Phase
from aura.core.text import shorten
from aura.core.turn import Turn

MINUTE = 60.0
BASE_WAIT, LONGEST_WAIT = 30.0, 15 * MINUTE
QUESTION = 300  # characters of an open question in the detail of a run
QUOTA_WAIT = 30 * MINUTE  # between two tries when the provider does not say when a quota is renewed
LEAST_TRIED = (
    1.5  # an outage was too long only if it was tried once in so many quota waits: clocks jump, laptops sleep
)

MARK = "[aura] "
INTERRUPTED = (
    "[aura] The process that ran you ended in the middle of the work and was started again. Calls that were running "
    "are marked as unknown: look whether they took effect before you repeat one. "
)


@dataclass(frozen=True, slots=True)
class NextTurn:
    """A turn begins with `prompt`; `origin` says who speaks."""

    prompt: str
    origin: str = AURA


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing happens until `until` (Unix time in seconds), or until a person speaks."""

    until: float
    why: str
    failures: int = 0
    failing: float = 0.0


@dataclass(frozen=True, slots=True)
class Rest:
    """The run comes to rest: it ended, or it waits for a person."""

    phase: Phase
    reason: StopReason
    detail: str = ""


Next = NextTurn | Hold | Rest
GoOn = Callable[[Turn], str]


def advance(turn: Turn, now: float, go_on: GoOn, chance: float = 0.5) -> Next:
    """What follows; `now` is Unix time in seconds, `go_on` makes the prompt from what is left, `chance` is 0 to 1.

    In this order: a run at rest stays so; an order to cancel or to pause is carried out; a lifetime that is over ends
    it; a time to wake is waited for; the stop of the last turn decides; windows that are used up pause it; else the
    next turn begins.
    """
    run = turn.run
    if not run.phase.is_active:
        return Rest(run.phase, run.reason or StopReason.CANCELLED, run.detail)
    if run.order == "cancel":
        return Rest(Phase.CANCELLED, StopReason.CANCELLED, GIVEN_UP)
    if run.order == "pause":
        return Rest(Phase.PAUSED, StopReason.CANCELLED, PAUSED)
    if run.terms.lifetime and now >= run.since.begun + run.terms.lifetime:
        return Rest(Phase.LIMIT, StopReason.MAX_TIME, "the longest lifetime of a run is over")
    if run.wake > now:
        return Hold(_bound_wake(turn, now), run.detail, run.failures, run.since.failing)
    if turn.stop is not None and turn.number > run.taken:
        return _follow(turn, now, go_on, chance)
    return find_spent(turn) or _begin(turn, go_on, AFTER_OUTAGE if run.failures else "")


def _begin(turn: Turn, go_on: GoOn, why: str = "") -> NextTurn:
    run = turn.run
    if run.prompt:
        return NextTurn(run.prompt, run.prompt_by or AURA)
    left = go_on(turn)
    return NextTurn(f"{why}{left.removeprefix(MARK)}" if why else left)


def find_spent(turn: Turn) -> Rest | None:
    """The rest because a window is used up, or None; limits of single turns do not count here."""
    every = standings(turn.limits, turn.window, steps=0, turn_seconds=0.0)
    spent = next((one for one in every if one.is_reached and one.name not in OF_A_TURN), None)
    return Rest(Phase.LIMIT, spent.reason, spent.words) if spent else None


def _follow(turn: Turn, now: float, go_on: GoOn, chance: float) -> Next:
    """What follows the stop of a turn."""
    reason, detail = turn.stop or StopReason.ERROR, turn.rest.detail
    match reason:
        case _ if turn.run.prompt:  # a person said something that waits
            return find_spent(turn) or _begin(turn, go_on)
        case StopReason.PROVIDER:
            return _follow_failure(turn, now, chance)
        case StopReason.CANCELLED if detail == PROCESS_ENDED:
            return find_spent(turn) or _begin(turn, go_on, INTERRUPTED)
        case StopReason.CANCELLED:
            return Rest(Phase.PAUSED, reason, detail)
        case StopReason.MAX_STEPS | StopReason.MAX_TOKENS | StopReason.MAX_COST | StopReason.MAX_TIME:
            spent = find_spent(turn)
            if spent is not None and spent.reason is StopReason.MAX_TURNS:
                return Rest(Phase.LIMIT, reason, detail)
            return spent or _begin(turn, go_on)  # a limit of that turn alone begins the next
        case StopReason.NEEDS_INPUT:
            return Rest(PHASES[reason], reason, tell_missing(turn, detail))
        case _:
            return Rest(PHASES[reason], reason, detail)


def tell_missing(turn: Turn, detail: str) -> str:
    """What a run says that needs a person: the questions that are open, unless its own words have them."""
    asked = [shorten(one.text, QUESTION) for one in turn.rest.pending.questions.values()]
    missing = [text for text in asked if text not in detail]
    return " ".join([*([detail] if detail else []), *(f"Open question: {text}" for text in missing)])


def _bound_wake(turn: Turn, now: float) -> float:
    """When to wake; after a failure no later than the wait can have been meant, should the clock have been set back."""
    run, failed = turn.run, turn.rest.failed
    if not run.failures or failed is None:
        return run.wake
    return min(run.wake, now + choose_pause(failed.kind, run.failures, failed.resets_in, 1.0))


def _follow_failure(turn: Turn, now: float, chance: float) -> Next:
    """After a turn that the provider ended: wait and try again, or give up."""
    run, failed, detail = turn.run, turn.rest.failed, turn.rest.detail
    kind = failed.kind if failed is not None else ModelErrorKind.UNKNOWN.value
    if kind in (ModelErrorKind.AUTH, ModelErrorKind.NOT_FOUND, ModelErrorKind.CONTENT_FILTER):
        return Rest(Phase.FAILED, StopReason.PROVIDER, detail)
    is_first = turn.pace.replied or turn.steps > 1 or not run.failures  # a reply came in between
    failures = 1 if is_first else run.failures + 1
    failing = now if is_first else min(run.since.failing, now)
    wished = failed.resets_in if failed is not None else None
    wait = choose_pause(kind, failures, wished, chance)
    is_dated = (
        kind == ModelErrorKind.QUOTA and wished is not None and wished > LONGEST_WAIT
    )  # no outage: it says when
    is_long = run.terms.outage and now + wait - failing > run.terms.outage and not is_dated
    if is_long and failures > run.terms.outage / (QUOTA_WAIT * LEAST_TRIED):
        return Rest(Phase.FAILED, StopReason.PROVIDER, f"{detail} It failed for too long.")
    return Hold(now + wait, f"{detail} Attempt {failures + 1} follows.", failures, failing)


def choose_pause(kind: str, failures: int, wished: float | None, chance: float) -> float:
    """Seconds until the next turn after so many failures in a row.

    The wait doubles from `BASE_WAIT` to `LONGEST_WAIT`, with half of it left to chance; a quota is asked for again
    every `QUOTA_WAIT`. A provider's own wish comes first, but one that was kept in vain is not kept for less than that.
    """
    ceiling = min(LONGEST_WAIT, BASE_WAIT * 2.0 ** min(failures - 1, 20))
    own = ceiling / 2 + chance * ceiling / 2
    if wished is not None:
        return max(wished + chance, own if failures > 1 else 0.0)
    return QUOTA_WAIT * (0.75 + chance / 2) if kind == ModelErrorKind.QUOTA else own
