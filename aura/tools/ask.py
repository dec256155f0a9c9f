"""Ask: a typed question to whoever is there."""

import re
from typing import Annotated, Any, Literal

from aura.core.errors import ToolError
from aura.core.tools import Effect, Option, Question, Tool, ToolContext, ToolOutput
from aura.tools.define import Fields, tool

NAMED_PATTERNS = ("email", "number", "path")


class Choice(Fields):
    """One answer that may be chosen."""

    label: str
    detail: str = ""


def _name_options(arguments: dict[str, Any]) -> dict[str, Any]:
    """Options given as plain texts become options with that label."""
    options = arguments.get("options")
    if isinstance(options, list):
        named = [
            {"label": item} if isinstance(item, str) and not item.startswith("{") else item
            for item in options
        ]
        arguments = {**arguments, "options": named}
    if options and "kind" not in arguments:
        arguments = {**arguments, "kind": "choice"}
    return arguments


@tool(
    name="Ask", effect=Effect.NONE, prepare=_name_options, aliases={"text": "question", "choices": "options"}
)
async def _ask(
    context: ToolContext,
    question: Annotated[str, "The question, with all that is needed to answer it."],
    kind: Annotated[
        Literal["text", "choice", "choices", "approval"],
        "text: any line; choice: one option; choices: any number of them; approval: yes or no, or the options.",
    ] = "text",
    options: Annotated[list[Choice], "What may be chosen: label, and what it means in detail."] = [],  # noqa: B006
    pattern: Annotated[
        str, "For text: email, number, path or a regular expression the answer has to match."
    ] = "",
    default: Annotated[str, "The answer that an empty line stands for."] = "",
) -> ToolOutput:
    """Ask the person something that you cannot find out yourself and that changes what you do next.

    Never ask whether to go on. If nobody is there, the answer says so: go on with a reasonable assumption and name it.
    """
    problem = _find_problem(question, kind, options, pattern, default)
    if problem:
        raise ToolError(f"The question was not asked: {problem}.")
    chosen = tuple(Option(option.label, option.detail) for option in options)
    if kind == "approval" and not chosen:
        chosen = (Option("yes"), Option("no"))
    answer = await context.ask(Question(question.strip(), kind, chosen, pattern, default))
    if not answer.answered:
        return ToolOutput(
            answer.text or "Nobody is there to answer; go on with a reasonable assumption and name it."
        )
    parts = [", ".join(answer.chosen), answer.text if answer.text not in answer.chosen else ""]
    return ToolOutput(": ".join(part for part in parts if part) or "(an empty answer)")


def make_ask() -> Tool:
    """The tool."""
    return _ask


def _find_problem(question: str, kind: str, options: list[Choice], pattern: str, default: str) -> str:
    """Why a question cannot be put, in one clause; empty when it can."""
    labels = [option.label for option in options]
    if not question.strip():
        return "it is empty"
    if kind in ("choice", "choices") and len(labels) < 2:
        return f"kind {kind} needs at least two options"
    if kind == "text" and labels:
        return "kind text takes no options; use choice"
    if len(set(labels)) != len(labels) or not all(label.strip() for label in labels):
        return "the labels of the options have to differ and must not be empty"
    if default and labels and default not in labels:
        return f"the default {default!r} is not one of the options"
    if pattern and kind != "text":
        return "only kind text takes a pattern"
    if pattern and pattern not in NAMED_PATTERNS:
        try:
            re.compile(pattern)
        except re.error as error:
            return f"the pattern is not a regular expression ({error})"
    return ""
