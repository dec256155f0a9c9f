"""/done: make Done required to leave the loop."""

from aura.commands.define import Command, CommandContext, read_switch
from aura.core.events import DoneSwitched

USAGE = "/done [on|off]"


async def run(context: CommandContext, rest: str) -> None:
    """Toggle the requirement, or set it."""
    required = read_switch(rest, USAGE, now=context.session.turn.switches.done_required)
    context.session.record(DoneSwitched(required, "human"))
    if required:
        context.say("Done is required: the model has to call it, and aura checks the claim.")
    else:
        context.say("Done is not required: the model may end with text.")


command = Command("done", "Require Done to end a turn, or not.", USAGE, run)
