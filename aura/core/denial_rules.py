"""What verdicts change in the state of a session: the list of what was refused, and how often lately."""

from aura.core.copies import change
from aura.core.denials import KEEP, LONGEST_ROW, Denial, Denials
from aura.core.events import BranchParked, DenialAllowed, ToolFinished, ToolJudged
from aura.core.state import Turn

RAN = ("ok", "error", "unknown")


def _put(turn: Turn, denials: Denials) -> Turn:
    return change(turn, rest=change(turn.rest, denials=denials))


def judge_tool(turn: Turn, event: ToolJudged) -> Turn:
    """A verdict: a refusal waits for its call to be answered, a lifted denial is used up."""
    denials = turn.rest.denials
    if event.verdict == "allow":
        one = denials.find(event.lifts)
        if one is None or one.state != "allowed":
            return turn
        return _put(turn, change(denials, listed=denials.replace(change(one, state="used"))))
    return _put(turn, change(denials, judged={event.call_id: event}))


def note_answer(denials: Denials, event: ToolFinished, turn: int, step: int) -> Denials:
    """The denials once a call is answered: a refused one is listed, and how it went counts for the breaker."""
    if event.source and not denials.taint:
        denials = change(denials, taint=event.source)
    judged = denials.judged.get(event.call.id)
    if judged is None:
        if event.outcome not in RAN or not denials.refused:
            return denials  # nothing was refused lately: there is nothing to compare it with
        return change(denials, refused=(*denials.refused, False)[-LONGEST_ROW:])
    number = denials.counted + 1
    one = Denial(
        number,
        event.call,
        judged.reason,
        judged.by,
        turn,
        step,
        judged.risk,
        judged.rule,
        judged.may_be_allowed,
        judged.verdict == "park",
    )
    listed = (*denials.listed[1 - KEEP :], one)
    refused = denials.refused if one.is_parked else (*denials.refused, True)[-LONGEST_ROW:]
    return change(denials, listed=listed, counted=number, refused=refused, judged={})


def allow_denial(turn: Turn, event: DenialAllowed) -> Turn:
    """A person allows a call; one that may not be, or is another than was meant, stays refused."""
    denials = turn.rest.denials
    one = denials.find(event.number)
    if one is None or not one.may_be_allowed or one.sign != event.sign:
        return turn
    listed = denials.replace(change(one, state="allowed"))
    news = (*denials.news, event.number)
    return _put(turn, change(denials, listed=listed, news=news, refused=(), parks=0))


def park_branch(turn: Turn, event: BranchParked) -> Turn:
    """Work is left: counting begins anew."""
    denials = turn.rest.denials
    return _put(turn, change(denials, refused=(), parks=denials.parks + (not event.todo)))


def forgive(denials: Denials) -> Denials:
    """A person spoke: what was refused before counts no more."""
    return change(denials, refused=(), parks=0) if denials.refused or denials.parks else denials


def tell_news(denials: Denials) -> Denials:
    """A step begins: the model was told what was allowed."""
    return change(denials, news=()) if denials.news else denials
