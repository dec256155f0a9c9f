"""SetStatus: the model says how a run is going."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Literal

from aura.core.errors import ToolError
from aura.core.run import STATES
from aura.core.tools import Claim, Effect, Status, Tool, ToolContext, ToolOutput
from aura.tools.define import tool

# What ends a run, as the finish gate names it.
ENDING: dict[str, Literal["blocked", "needs_input"]] = {"blocked": "blocked", "needs_input": "needs_input"}
LONGEST_DETAIL = 500

OnStatus = Callable[[str, str], Awaitable[str]]


async def accept(state: str, detail: str) -> str:
    """Take every status."""
    return ""


def make_status(states: Callable[[], Sequence[str]] = lambda: STATES, on_status: OnStatus = accept) -> Tool:
    """The tool; `states` are those that are allowed now, `on_status` may refuse one with a sentence for the model."""

    @tool(name="SetStatus", effect=Effect.NONE, aliases={"status": "state", "message": "detail"})
    async def report(
        context: ToolContext,
        state: Annotated[
            str, "working, waiting, blocked or needs_input, unless the person allowed other states."
        ],
        detail: Annotated[str, "In a few words: what you are doing, or what is missing."] = "",
    ) -> ToolOutput:
        """Say how the run is going, for the people who look at it from time to time.

        Call it when a phase of the work begins. `blocked` and `needs_input` end the run until a person helps: say in
        detail what is needed. It is not how work is finished: that is Done.
        """
        allowed, wanted = tuple(states()), state.strip().lower().replace("-", "_").replace(" ", "_")
        if wanted not in allowed:
            raise ToolError(f"There is no state {state!r} here; allowed are {', '.join(allowed)}.")
        if wanted in ENDING and not detail.strip():
            raise ToolError(f"Say in detail what is needed: {wanted} ends the run until a person helps.")
        refusal = await on_status(wanted, detail.strip())
        if refusal:
            raise ToolError(f"The status was refused: {refusal}")
        status = Status(wanted, detail.strip()[:LONGEST_DETAIL])
        if wanted in ENDING:
            answer = await context.finish(Claim(status.detail, ENDING[wanted]))
            return ToolOutput(
                answer.text, is_error=not answer.accepted, ends_turn=answer.ends_turn, status=status
            )
        return ToolOutput(f"Noted: {wanted}.", status=status)

    return report
