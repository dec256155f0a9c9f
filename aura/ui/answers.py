"""What waits for a person's answer, and what a line that they typed means as one; shared by every face."""

import re
from collections.abc import Sequence
from pathlib import Path

from aura.app.session import Session
from aura.core.events import QuestionAsked, Recorded
from aura.core.tools import Answer, Question

PATTERNS = {
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "number": re.compile(r"[+-]?\d+(\.\d+)?"),
}
WANTED = {"email": "an email address", "number": "a number", "path": "a path that exists"}
SLOW = re.compile(
    r"[*+?}|].*\)[*+{]", re.DOTALL
)  # a repeated group that repeats or branches may take for ever
LONGEST_CHECKED = 120  # characters; a pattern of a model is not tried on more
SKIPPED = Answer(
    "The person skipped the question. Go on with a reasonable assumption and say which.", answered=False
)
TALK = Answer(
    "The person wants to talk about this before deciding. Say what speaks for and against each way, then end your "
    "turn and wait.",
    answered=False,
)


def list_waiting(session: Session, shown: Sequence[Recorded]) -> tuple[Recorded, ...]:
    """What a face that joins a session is told first: what its process has shown, and the questions that wait.

    Where the process tells a question itself, it tells how long that one waits.
    """
    told = {one.event.id for one in shown if isinstance(one.event, QuestionAsked)}
    asked = session.turn.rest.pending.questions if session.is_running else {}
    more = (Recorded(0, 0.0, QuestionAsked(name, one)) for name, one in asked.items() if name not in told)
    return (*shown, *more)


def read_answer(question: Question, text: str) -> Answer | None:
    """The answer that a line gives, or None when it does not fit; options may be named by number or label."""
    if question.kind == "text":
        return Answer(text) if _fits(question.pattern, text) else None
    labels = [option.label for option in question.options]
    is_label = text.strip().lower() in [label.lower() for label in labels]
    several = question.kind == "choices" and not is_label
    words = [word.strip() for word in text.split(",")] if several else [text.strip()]
    chosen = []
    for word in words:
        if word.isdecimal() and 1 <= int(word) <= len(labels):
            chosen.append(labels[int(word) - 1])
            continue
        match = [label for label in labels if label.lower() == word.lower()]
        if not match:
            return Answer(text) if question.kind == "choice" and not word.isdecimal() else None
        chosen.append(match[0])
    chosen = list(dict.fromkeys(chosen))
    return Answer(", ".join(chosen), tuple(chosen))


def explain_misfit(question: Question) -> str:
    """What is wanted instead of a line that does not fit, as a sentence."""
    if question.kind == "text":
        return f"This is not {WANTED.get(question.pattern, f'what fits {question.pattern}')}."
    return "There is no such option."


def _fits(pattern: str, text: str) -> bool:
    if not pattern:
        return True
    if pattern == "path":
        try:
            return Path(text).expanduser().exists()
        except (OSError, RuntimeError, ValueError):
            return False
    if pattern in PATTERNS:
        return PATTERNS[pattern].fullmatch(text) is not None
    if SLOW.search(pattern) or len(text) > LONGEST_CHECKED:
        return True
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return True
