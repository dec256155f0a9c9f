"""/run: pursue a goal over turns."""

from aura.commands.define import Command, CommandContext
from aura.core.errors import AuraError
from aura.core.limits import ENDINGS
from aura.core.run import Phase

USAGE = "/run GOAL"


async def run(context: CommandContext, rest: str) -> None:
    """Begin a run with the goal and drive it until it rests."""
    if not rest:
        raise AuraError(f"A run needs a goal. Usage: {USAGE}")
    made = await context.pursue(rest)
    if made.reason is not None and made.phase is not Phase.DONE:  # that is what the last turn said
        context.say(f"The run rests ({made.phase.word}): {made.detail or ENDINGS[made.reason].sentence}")


command = Command("run", "Pursue a goal over turns, unattended.", USAGE, run)
