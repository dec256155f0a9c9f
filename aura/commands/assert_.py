"""/assert: act once if a condition holds."""

from aura.commands.define import Command, CommandContext, act
from aura.commands.until import split_condition

USAGE = '/assert [not] CONDITION "action" ["action" ...]'


async def run(context: CommandContext, rest: str) -> None:
    """Run the actions, prompts or commands, if the condition holds; otherwise say so and do nothing.

    An action that does not end well ends it.
    """
    condition, actions = split_condition(rest, USAGE)
    holds, _ = await context.holds(condition)
    if not holds:
        context.say(f"{condition} does not hold: nothing to do.")
        return
    for action in actions:
        if not await act(context, action, "assert"):
            return


command = Command("assert", "Act once if a condition holds.", USAGE, run)
