"""Fast or deep: how much a goal is worth, judged by its words."""

import re
from dataclasses import dataclass
from typing import Literal

Effort = Literal["fast", "deep"]
LONG = 600  # characters from which a goal is no quick question

QUICK = re.compile(
    r"\s*(hi|hello|hey|thanks|thank you|what(?:'s| is| are| does| do)\b|(?:who|where|when|why|which)\b"
    r"|how (?:do|does|is|are|can|many|much|long)\b|is (?:there|it|this)\b|can you (?:explain|tell)\b"
    r"|explain\b|help me with\b|tell me\b|show me\b|list\b|describe\b|define\b|translate\b|rename\b"
    r"|fix (?:a|the|this) typo\b)",
    re.IGNORECASE,
)
THOROUGH = re.compile(
    r"\b(research|analy[sz]e|investigate|audit|review (?:the|this|our|all)|write (?:a|the) report"
    r"|test (?:all|every|everything)|(?:the )?(?:whole|entire) (?:code ?base|project|repository|repo)"
    r"|refactor|migrate|port (?:it|this|the)|re-?design|re-?write|implement|build (?:a|an|the)|optimi[sz]e"
    r"|reproduce|root cause|until (?:all|every|it|the)|every (?:file|module|test)|all (?:files|modules|tests)"
    r"|step by step)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Route:
    """The effort that a goal is given, and why."""

    effort: Effort
    reason: str


def route_by_words(goal: str) -> Route | None:
    """The effort as far as words show it; None where they do not.

    A goal that asks for thorough work is deep however it begins; a question is fast unless it is long.
    """
    found = THOROUGH.search(goal)
    if found is not None:
        return Route("deep", f"the goal says {found[0].lower()!r}")
    if len(goal) > LONG:
        return Route("deep", "the goal is long")
    quick = QUICK.match(goal)
    if quick is not None:
        return Route("fast", f"the goal begins with {quick[1].lower()!r}")
    return None
