"""/reload: read the plugins again."""

from aura.commands.define import Command, CommandContext

USAGE = "/reload"


async def run(context: CommandContext, rest: str) -> None:
    """Read the plugins from disk again and say what changed."""
    context.say(context.reload())


command = Command("reload", "Read the plugins again without a restart.", USAGE, run)
