"""/status: where the session stands."""

from aura.commands.define import Command, CommandContext
from aura.core.limits import name_cost, standings

USAGE = "/status"


async def run(context: CommandContext, rest: str) -> None:
    """Say the model, the switches, what was spent and what is left."""
    turn = context.session.turn
    spend, switches = turn.spend, turn.switches
    cost = (
        name_cost(spend.cost)
        if not spend.unpriced
        else f"{name_cost(spend.cost)} and {spend.unpriced} calls of unknown price"
    )
    context.say(
        f"session {context.session.id}, turn {turn.number}, model {switches.model or 'not asked yet'}"
    )
    context.say(
        f"auto {'on' if switches.auto else 'off'}, mode {switches.mode}, "
        f"Done {'required' if switches.done_required else 'not required'}"
    )
    if context.sandbox:
        context.say(f"commands: {context.sandbox}")
    context.say(f"{spend.steps} model calls, {spend.input} tokens in, {spend.output} out, {cost}")
    for standing in standings(turn.limits, turn.window, steps=turn.steps, turn_seconds=turn.pace.seconds):
        context.say(standing.words)


command = Command("status", "Say where the session stands.", USAGE, run)
