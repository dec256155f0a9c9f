"""/cancel: give the run up."""

from aura.commands.define import Command, CommandContext
from aura.runs.orders import Wanted


async def run(context: CommandContext, rest: str) -> None:
    """Give the run of the session up; what was done stays."""
    await context.order(Wanted("cancel"))
    context.say("The run is given up; what was done stays as it is.")


command = Command("cancel", "Give the run up, for good.", "/cancel", run, "Run: give it up")
