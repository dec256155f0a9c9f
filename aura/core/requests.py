"""What a tool of a program or a plugin asks a person: something to know, or leave to go on."""

from collections.abc import Sequence
from typing import Literal

from aura.core.answers import find_problem
from aura.core.errors import ToolError
from aura.core.tools import Answer, Option, Question, ToolContext

YES_NO = ("yes", "no")


async def request_input(
    context: ToolContext,
    message: str,
    *,
    input_type: Literal["text", "choice", "choices"] = "text",
    validation: str = "",
    options: Sequence[str | Option] = (),
    default: str = "",
) -> Answer:
    """Ask a person for something and return the answer; `answered` is false when nobody gives one now.

    `input_type` is text (any line), choice (one of the options, or own words) or choices (any number of them).
    `validation` is email, number, path (one that exists) or a regular expression that the whole text has to match;
    what does not fit is asked for again. `default` is what an empty line stands for. In a run that nobody watches the
    question stays open and `text` says what to do meanwhile. Raises `ToolError` for a question that cannot be put.
    """
    question = Question(message.strip(), input_type, _make_options(options), validation, default)
    return await _ask(context, question)


async def request_approval(
    context: ToolContext, message: str, options: Sequence[str | Option] = YES_NO
) -> str:
    """Ask a person to decide and return the label of the option; empty when nobody decides, which allows nothing.

    Raises `ToolError` for a question that cannot be put.
    """
    answer = await _ask(context, Question(message.strip(), "approval", _make_options(options)))
    labels = [one if isinstance(one, str) else one.label for one in options]
    chosen = answer.chosen[0] if answer.chosen else answer.text
    return chosen if answer.answered and chosen in labels else ""


def _make_options(options: Sequence[str | Option]) -> tuple[Option, ...]:
    return tuple(Option(one) if isinstance(one, str) else one for one in options)


async def _ask(context: ToolContext, question: Question) -> Answer:
    problem = find_problem(question)
    if not problem and question.kind == "approval" and not question.options:
        problem = "an approval needs options"
    if problem:
        raise ToolError(f"The question was not asked: {problem}.")
    return await context.ask(question)
