"""/help: what there is."""

from aura.commands.define import Command, CommandContext

USAGE = "/help"


async def run(context: CommandContext, rest: str) -> None:
    """List the commands."""
    width = max(len(command.usage) for command in context.commands.values())
    for name in sorted(context.commands):
        command = context.commands[name]
        context.say(f"{command.usage:<{width}}  {command.help}")


command = Command("help", "List the commands.", USAGE, run)
