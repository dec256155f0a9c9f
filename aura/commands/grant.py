"""/grant: give the run more of what it may use."""

import re

from aura.commands.define import Command, CommandContext
from aura.core.errors import AuraError
from aura.runs.orders import Wanted

USAGE = "/grant cost|tokens|turns|time NUMBER"
AMOUNT = re.compile(r"(cost|tokens|turns|time)\s+\+?\$?(\d+(?:\.\d+)?)\s*([smhdk]?)")
UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "k": 1e3}


async def run(context: CommandContext, rest: str) -> None:
    """Raise a limit of the run, and go on with it if it rests; what was spent still counts."""
    found = AMOUNT.fullmatch(rest.strip().lower())
    if found is None:
        raise AuraError(f"That is nothing to grant. Usage: {USAGE}")
    name = "seconds" if found[1] == "time" else found[1]
    await context.order(Wanted("grant", more={name: float(found[2]) * UNITS[found[3]]}))
    context.say(f"Granted: {found[1]} {found[2]}{found[3]} more.")


command = Command("grant", "Give the run more cost, tokens, turns or time, and go on.", USAGE, run)
