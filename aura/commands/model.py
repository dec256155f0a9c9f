"""/model: see or switch the model."""

from aura.commands.define import Command, CommandContext

USAGE = "/model [PROVIDER/NAME]"


async def run(context: CommandContext, rest: str) -> None:
    """Say which model answers, or have another one answer from the next step on."""
    if not rest:
        context.say(f"The model is {context.session.turn.switches.model or 'not asked yet'}.")
        return
    context.say(f"From the next step on {await context.switch_model(rest)} answers.")


command = Command("model", "See or switch the model.", USAGE, run)
