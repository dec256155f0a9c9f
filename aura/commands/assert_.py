"""/assert: act once if a condition holds."""

from aura.commands.define import Command, CommandContext
from aura.commands.until import split_condition

USAGE = '/assert [not] CONDITION "action" ["action" ...]'


async def run(context: CommandContext, rest: str) -> None:
    """Run the actions, prompts or commands, if the condition holds; otherwise say so and do nothing."""
    condition, actions = split_condition(rest, USAGE)
    holds, _ = await context.holds(condition)
    if not holds:
        context.say(f"{condition} does not hold: nothing to do.")
        return
    for action in actions:
        await context.prompt(action)


command = Command("assert", "Act once if a condition holds.", USAGE, run)
