"""Ask: a typed question to whoever is there."""

from typing import Annotated, Any, Literal

from aura.core.answers import find_problem
from aura.core.errors import ToolError
from aura.core.tools import Effect, Option, Question, Tool, ToolContext, ToolOutput
from aura.tools.define import Fields, tool


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
    chosen = tuple(Option(option.label, option.detail) for option in options)
    if kind == "approval" and not chosen:
        chosen = (Option("yes"), Option("no"))
    asked = Question(question.strip(), kind, chosen, pattern, default)
    if problem := find_problem(asked):
        raise ToolError(f"The question was not asked: {problem}.")
    answer = await context.ask(asked)
    if not answer.answered:
        return ToolOutput(
            answer.text or "Nobody is there to answer; go on with a reasonable assumption and name it."
        )
    parts = [", ".join(answer.chosen), answer.text if answer.text not in answer.chosen else ""]
    return ToolOutput(": ".join(part for part in parts if part) or "(an empty answer)")


def make_ask() -> Tool:
    """The tool."""
    return _ask
