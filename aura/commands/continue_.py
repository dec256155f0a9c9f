"""/continue: go on with the run."""

from aura.commands.define import Command, CommandContext
from aura.runs.orders import Wanted


async def run(context: CommandContext, rest: str) -> None:
    """Go on with a run that rests."""
    await context.order(Wanted("resume", text=rest))
    context.say("The run goes on.")


command = Command(
    "continue", "Go on with the run; TEXT is its next prompt.", "/continue [TEXT]", run, "Run: go on"
)
