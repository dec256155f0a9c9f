"""What a line that a person typed means as the answer to a question; the same wherever it is typed."""

import re
from pathlib import Path

from aura.core.text import shorten
from aura.core.tools import Answer, Question

PATTERNS = {
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "number": re.compile(r"[+-]?\d+(\.\d+)?"),
}
WANTED = {"email": "an email address", "number": "a number", "path": "a path that exists"}
SLOW = re.compile(
    r"[*+?}|].*\)[*+{]", re.DOTALL
)  # a repeated group that repeats or branches may take for ever
LABEL = 40  # characters of an option in a sentence
LONGEST_CHECKED = 120  # characters; a pattern of a model is not tried on more


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
    named = ", ".join(
        f"{number} {shorten(one.label, LABEL)}" for number, one in enumerate(question.options, 1)
    )
    return f"There is no such option; there are {named}."


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


def find_problem(question: Question) -> str:
    """Why a question cannot be put, in one clause; empty when it can."""
    kind, labels = question.kind, [option.label for option in question.options]
    if not question.text.strip():
        return "it is empty"
    if kind in ("choice", "choices") and len(labels) < 2:
        return f"kind {kind} needs at least two options"
    if kind == "text" and labels:
        return "kind text takes no options; use choice"
    if len({label.strip().lower() for label in labels}) != len(labels) or not all(map(str.strip, labels)):
        return "the labels of the options have to differ and must not be empty"
    if question.default and labels and question.default not in labels:
        return f"the default {question.default!r} is not one of the options"
    if question.pattern and kind != "text":
        return "only kind text takes a pattern"
    return _find_fault(question.pattern)


def _find_fault(pattern: str) -> str:
    """What is wrong with a pattern that is not a name, in one clause."""
    if pattern in WANTED:
        return ""
    try:
        re.compile(pattern)
    except re.error as error:
        return f"the pattern is not a regular expression ({error})"
    return ""
