"""/mode: switch the permission mode."""

from aura.commands.define import Command, CommandContext
from aura.core.errors import AuraError
from aura.core.events import ModeSwitched
from aura.core.permissions import Mode

USAGE = "/mode [plan|ask|edit|auto]"


async def run(context: CommandContext, rest: str) -> None:
    """Show the mode, or set it; yolo can only be given as a flag."""
    if not rest:
        context.say(f"The permission mode is {context.session.turn.switches.mode}. {USAGE}")
        return
    if rest not in (Mode.PLAN, Mode.ASK, Mode.EDIT, Mode.AUTO):
        raise AuraError(f"{rest!r} is not a mode that can be switched to. Usage: {USAGE}")
    context.session.record(ModeSwitched(rest, "human"))
    context.say(f"The permission mode is {rest}.")


command = Command("mode", "Show or switch the permission mode.", USAGE, run)
