"""What a line that a person typed means as the answer to a question; the same wherever it is typed."""

import re
from pathlib import Path

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
