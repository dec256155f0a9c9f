"""Approvals and questions as numbered choices: what is shown, and what a typed line means."""

from dataclasses import dataclass

from aura.app.approvals import Grant
from aura.core.answers import read_answer
from aura.core.events import ApprovalAsked
from aura.core.permissions import Allow, Deny
from aura.core.text import clean, shorten
from aura.core.tools import Answer, Question
from aura.ui.answers import SKIPPED
from aura.ui.preflight import Plan
from aura.ui.render import render_call
from aura.ui.repl.sheet import Sheet
from aura.ui.repl.telling import tell_change
from aura.ui.terminal import render_value

REFUSED = "a person said no"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person decided about a call, and for how long such calls are allowed."""

    verdict: Allow | Deny
    scope: Grant = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One numbered answer to an approval; `letter` is short for its number."""

    letter: str
    label: str
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Departure:
    """An unattended start that waits for a yes: the line that begins it, and how it would go."""

    goal: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class Way:
    """One numbered answer to an unattended start."""

    letter: str
    label: str
    name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Something a person has to answer: a call to approve (`approval`), a question of the model, a start."""

    id: str
    approval: ApprovalAsked | None = None
    question: Question | None = None
    deadline: float = 0.0
    departure: Departure | None = None

    @property
    def title(self) -> str:
        """A few words, for the title of the window."""
        if self.approval is not None:
            return f"approve {render_call(self.approval.call, 40)}"
        if self.departure is not None:
            return "asks: start unattended?"
        return f"asks: {shorten(self.question.text, 60)}" if self.question is not None else ""


def list_choices(asked: ApprovalAsked) -> tuple[Choice, ...]:
    """What can be said to a call."""
    choices = [Choice("y", "yes", Verdict(Allow("human")))]
    if asked.rule:
        rule = shorten(asked.rule, 60)
        choices.append(Choice("a", f"yes, and {rule} in this session", Verdict(Allow("human"), "session")))
        choices.append(Choice("p", f"yes, and {rule} in this project", Verdict(Allow("human"), "project")))
    choices.append(Choice("n", "no", Verdict(Deny(REFUSED, by="human"))))
    return tuple(choices)


def list_ways(plan: Plan) -> tuple[Way, ...]:
    """What can be said to an unattended start."""
    ways = [Way("y", "start", "start"), Way("a", "start, and do not ask this here again", "hide")]
    if plan.usual is not None:
        ways.append(Way("u", "take the limits of unattended runs", "usual"))
    if plan.known.found:
        label = "without the checks found" if plan.takes_found else "take the checks found"
        ways.append(Way("v", label, "checks"))
    return (*ways, Way("n", "no", "no"))


def show(asked: Asked, sheet: Sheet) -> str:
    """What a person is told before they answer."""
    if asked.approval is not None:
        return _show_approval(asked.approval, sheet)
    if asked.departure is not None:
        return _show_departure(asked.departure, sheet)
    return _show_question(asked.question, sheet) if asked.question is not None else ""


def _show_approval(asked: ApprovalAsked, sheet: Sheet) -> str:
    lead = "note: aura asks: " if sheet.spoken else "aura asks: "
    told = sheet.line(
        (f"{lead}may this run? {render_call(asked.call)}", "accent"), (f" ({clean(asked.reason)})", "muted")
    )
    if asked.changes:
        told += "".join(tell_change(change, sheet) for change in asked.changes)
    else:
        for name, value in asked.call.arguments.items():
            if value is None:
                continue  # as if it were not given
            told += sheet.line((f"  {shorten(name, 40)}: ", "muted"), (render_value(value), "text"))
    for number, choice in enumerate(list_choices(asked), start=1):
        told += sheet.line((f"  {number} ", "strong"), (choice.label, "text"))
    return told


def _show_departure(asked: Departure, sheet: Sheet) -> str:
    lead = "note: aura asks: " if sheet.spoken else "aura asks: "
    told = sheet.line((f"{lead}may this be done unattended?", "accent"))
    ways = list_ways(asked.plan)
    numbers = {way.name: str(number) for number, way in enumerate(ways, start=1)}
    facts = asked.plan.tell(usual=numbers.get("usual", ""), checks=numbers.get("checks", ""))
    for name, text in (("goal", shorten(asked.goal, 400)), *facts):
        told += sheet.line((f"  {name}: " if name else "  ", "muted"), (_apart(text), "text"))
    for number, way in enumerate(ways, start=1):
        told += sheet.line((f"  {number} ", "strong"), (way.label, "text"))
    return told


def _show_question(question: Question, sheet: Sheet) -> str:
    lead = "note: aura asks: " if sheet.spoken else "aura asks: "
    told = sheet.line((lead, "accent"), (_apart(question.text), "text"))
    for number, option in enumerate(question.options, start=1):
        detail = f"   {_apart(option.detail)}" if option.detail else ""
        told += sheet.line((f"  {number} ", "strong"), (_apart(option.label), "text"), (detail, "muted"))
    return told


def _apart(text: str) -> str:
    """Further lines stand apart, so that none of them looks like a line of aura."""
    return clean(text).replace("\n", "\n    | ")


def name_prompt(asked: Asked) -> str:
    """What stands before the cursor while it waits."""
    if asked.approval is not None:
        return f"Enter {_range(len(list_choices(asked.approval)))}, or no with a reason, or Esc to cancel: "
    if asked.departure is not None:
        ways = _range(len(list_ways(asked.departure.plan)))
        return f"Enter {ways}, other limits as in steps=300 cost=5, or Esc to cancel: "
    question = asked.question
    count = len(question.options) if question is not None else 0
    default = f" [{shorten(question.default, 30)}]" if question is not None and question.default else ""
    if not count:
        return f"Your answer{default}, or Esc to skip: "
    several = ", several with commas" if question is not None and question.kind == "choices" else ""
    return f"Enter {_range(count)}{several}{default}, or Esc to cancel: "


def _range(count: int) -> str:
    return "1" if count == 1 else "1 or 2" if count == 2 else f"1 to {count}"


def read_verdict(asked: ApprovalAsked, line: str) -> Verdict | None:
    """What a line says to a call: a number, a letter, or no with a reason; None when it says nothing clear."""
    choices = list_choices(asked)
    text = line.strip()
    word = text.lower()
    for number, choice in enumerate(choices, start=1):
        if word in (str(number), choice.letter, choice.label):
            return choice.verdict
    head, _, reason = text.partition(" ")
    if head.lower().rstrip(",:;") in ("n", "no") and reason.strip():
        return Verdict(Deny(f"a person said: {reason.strip()}", by="human"))
    return None


def read_reply(question: Question, line: str) -> Answer | None:
    """The answer that a line gives; an empty one takes the default or skips. None when it does not fit."""
    text = line.strip() or question.default
    return read_answer(question, text) if text else SKIPPED
