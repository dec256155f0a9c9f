"""Done: the model claims to be finished, and the finish gate answers."""

from typing import Annotated, Literal

from aura.core.errors import ToolError
from aura.core.tools import Claim, Effect, Tool, ToolContext, ToolOutput
from aura.tools.define import tool


@tool(name="Done", effect=Effect.NONE, aliases={"result": "summary", "message": "summary", "state": "status"})
async def _done(
    context: ToolContext,
    summary: Annotated[str, "What was done and what a person should know, in a few sentences."],
    status: Annotated[
        Literal["done", "blocked", "needs_input"],
        "done: all of it works; blocked: it cannot be done; needs_input: a person has to decide.",
    ] = "done",
    evidence: Annotated[list[str], "What shows it: commands run and their results, files changed."] = [],  # noqa: B006
) -> ToolOutput:
    """Say that the work is finished. Call it alone and last, after all todos are closed and the result is verified.

    aura checks the claim (open todos, the project's checks, stale tests) and may refuse it with the reason; then fix
    that and call Done again.
    """
    if not summary.strip():
        raise ToolError("The summary is empty; say what was done, then call Done again.")
    answer = await context.finish(
        Claim(summary.strip(), status, tuple(item for item in evidence if item.strip()))
    )
    return ToolOutput(answer.text, is_error=not answer.accepted, ends_turn=answer.ends_turn)


def make_done() -> Tool:
    """The tool."""
    return _done
