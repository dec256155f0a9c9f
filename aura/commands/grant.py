"""/grant: give the run more of what it may use."""

import re

from aura.commands.define import Command, CommandContext
from aura.core.durations import read_duration
from aura.core.errors import AuraError
from aura.runs.orders import Wanted

USAGE = "/grant cost|tokens|turns|time|lifetime NUMBER"
NUMBER = r"(\d+(?:\.\d+)?)"
AMOUNTS = {
    "cost": re.compile(rf"\$?{NUMBER}()"),
    "tokens": re.compile(rf"{NUMBER}([km]?)"),
    "turns": re.compile(r"(\d+)()"),
}
SIZES = {"": 1.0, "k": 1e3, "m": 1e6}


async def run(context: CommandContext, rest: str) -> None:
    """Raise a limit of the run, and go on with it if it rests; what was spent still counts."""
    name, _, text = rest.strip().lower().partition(" ")
    text = text.strip().removeprefix("+")
    await context.order(Wanted("grant", more=read_grant(name, text)))
    context.say(f"Granted: {name} {text} more.")


def read_grant(name: str, text: str) -> dict[str, float]:
    """The limit and how much more of it: `cost 5`, `tokens 500k`, `turns 10`, `time 2h`, `lifetime 3d`.

    Raises `AuraError`.
    """
    if name == "time":
        return {"seconds": read_duration(text)}
    if name == "lifetime":
        return {"lifetime": read_duration(text)}
    found = AMOUNTS[name].fullmatch(text) if name in AMOUNTS else None
    if found is None:
        raise AuraError(f"That is nothing to grant. Usage: {USAGE}")
    return {name: float(found[1]) * SIZES[found[2]]}


command = Command("grant", "Give the run more cost, tokens, turns, time or lifetime, and go on.", USAGE, run)
