"""/compact: shorten what the model sees, now."""

from aura.commands.define import Command, CommandContext

USAGE = "/compact [what to keep in mind]"


async def run(context: CommandContext, rest: str) -> None:
    """Summarise the older part of the conversation; the words given steer the summary."""
    if await context.compact(rest):
        context.say("Older messages are summarised; the log keeps them all.")
    else:
        context.say("There is nothing to summarise yet.")


command = Command("compact", "Summarise the older part of the conversation.", USAGE, run)
