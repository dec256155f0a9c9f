"""/denials: what was refused, and allowing one of it."""

from aura.app.approvals import Grant
from aura.commands.define import Command, CommandContext
from aura.core.denials import lift, tell_denials
from aura.core.errors import AuraError
from aura.core.messages import HUMAN
from aura.core.run import Phase
from aura.runs.orders import Wanted

USAGE = "/denials [allow NUMBER | rule NUMBER [project]]"
WAYS: dict[str, Grant] = {"": "session", "project": "project"}


async def run(context: CommandContext, rest: str) -> None:
    """List the refused calls, or allow one of them once, or with a rule from now on."""
    match rest.split():
        case [] | ["list"]:
            context.say("\n".join(tell_denials(context.session.turn.rest.denials)))
        case ["allow", number] if number.isdecimal():
            await _allow(context, int(number), "")
        case ["rule", number, *scope] if number.isdecimal() and " ".join(scope) in WAYS:
            await _allow(context, int(number), WAYS[" ".join(scope)])
        case _:
            raise AuraError(f"Usage: {USAGE}")


async def _allow(context: CommandContext, number: int, scope: Grant) -> None:
    turn = context.session.turn
    event = lift(turn.rest.denials, number, HUMAN, as_rule=bool(scope))
    if scope:
        context.policy.grants.add(event.rule, scope)
    context.session.record(event)
    if turn.run.name and turn.run.phase is Phase.BLOCKED:
        await context.order(Wanted("resume"))
    context.say(f"Call {number} is allowed once; the model is told with its next step.")


command = Command("denials", "See the refused calls, and allow one.", USAGE, run, "Refused calls")
