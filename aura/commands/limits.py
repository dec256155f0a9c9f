"""/limits: see the limits, or raise and lower them while work runs."""

import re
from dataclasses import replace

from aura.commands.define import Command, CommandContext
from aura.core.errors import AuraError
from aura.core.events import LimitsSet
from aura.core.limits import Limits, standings

USAGE = "/limits [steps|turns|tokens|cost|time|turn-time [+]NUMBER]"
FIELDS = {
    "steps": "steps",
    "turns": "turns",
    "tokens": "tokens",
    "cost": "cost",
    "time": "seconds",
    "turn-time": "turn_seconds",
}
UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "k": 1e3}


async def run(context: CommandContext, rest: str) -> None:
    """Show where each limit stands, or set one: 0 switches it off, + adds to it. What was spent still counts."""
    session = context.session
    if rest:
        session.record(LimitsSet(_change(session.turn.limits, rest), fresh=False, by="human"))
    turn = session.turn
    found = standings(turn.limits, turn.window, steps=turn.steps, turn_seconds=turn.pace.seconds)
    for standing in found:
        context.say(standing.words)
    if not found:
        context.say("No limit is on.")


def _change(limits: Limits, text: str) -> Limits:
    """The limits with one changed."""
    found = re.fullmatch(r"([a-z-]+)\s+(\+?)\s*\$?(\d+(?:\.\d+)?|\.\d+)\s*([smhdk]?)", text.strip().lower())
    if found is None or found[1] not in FIELDS:
        raise AuraError(f"That is no limit. Usage: {USAGE}")
    name, number = FIELDS[found[1]], float(found[3]) * UNITS[found[4]]
    if found[2]:
        number += getattr(limits, name)
    kind = type(getattr(limits, name))
    return replace(limits, **{name: kind(number)})


command = Command("limits", "See, set or raise the limits.", USAGE, run, "Limits: see where they stand")
