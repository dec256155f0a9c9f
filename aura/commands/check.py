"""/check: the commands that have to pass before Done is accepted."""

from aura.commands.define import Command, CommandContext, split_verb
from aura.core.errors import AuraError
from aura.core.events import ChecksSet

USAGE = "/check [add COMMAND | drop COMMAND | clear]"


async def run(context: CommandContext, rest: str) -> None:
    """Show the checks, or change them."""
    checks = context.session.turn.switches.checks
    verb, argument = split_verb(rest)
    match verb:
        case "" | "list":
            pass
        case "add" if argument:
            checks = tuple(dict.fromkeys((*checks, argument)))
        case "drop" if argument:
            if argument not in checks:
                raise AuraError(f"There is no check {argument!r}; /check lists them.")
            checks = tuple(check for check in checks if check != argument)
        case "clear":
            checks = ()
        case _:
            raise AuraError(f"Usage: {USAGE}")
    if checks != context.session.turn.switches.checks:
        context.session.record(ChecksSet(checks, "human"))
    context.say("\n".join(f"check: {check}" for check in checks) or "No checks: Done is accepted unverified.")


command = Command("check", "See and edit the checks that Done has to pass.", USAGE, run)
