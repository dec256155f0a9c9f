"""/pause: let the run rest after the step that runs."""

from aura.commands.define import Command, CommandContext
from aura.runs.orders import Wanted


async def run(context: CommandContext, rest: str) -> None:
    """Pause the run of the session."""
    run = await context.order(Wanted("pause"))
    soon = "The run pauses after the step that runs" if run.phase.is_active else "The run is paused"
    context.say(f"{soon}; /continue goes on.")


command = Command("pause", "Let the run rest after the step that runs.", "/pause", run, "Run: pause it")
