"""/auto: switch auto mode."""

from aura.commands.define import Command, CommandContext, read_switch
from aura.core.events import AutoSwitched

USAGE = "/auto [on|off]"


async def run(context: CommandContext, rest: str) -> None:
    """Toggle auto mode, or set it."""
    on = read_switch(rest, USAGE, now=context.session.turn.auto)
    context.session.record(AutoSwitched(on, "human"))
    if on:
        context.say(
            "Auto mode is on: the work goes on by itself while todos are open, and nobody is asked to confirm."
        )
    else:
        context.say("Auto mode is off: actions are asked for again.")


command = Command("auto", "Switch auto mode on or off.", USAGE, run)
