"""/permissions: the rules in force, and taking back what was granted."""

from aura.commands.define import Command, CommandContext, split_verb
from aura.core.errors import AuraError
from aura.safety.rules import is_broad

USAGE = "/permissions [drop NUMBER]"
ORIGINS = {"session": "granted for this session", "project": "granted for this project"}


async def run(context: CommandContext, rest: str) -> None:
    """List the rules, those of the settings first, or drop a granted one."""
    verb, argument = split_verb(rest)
    grants = context.policy.grants
    match verb:
        case "" | "list":
            context.say("\n".join(_list(context)))
        case "drop" if argument.isascii() and argument.isdigit():
            gone = grants.drop(int(argument))
            context.say(f"No longer allowed without asking: {gone.rule} ({ORIGINS[gone.scope]}).")
        case _:
            raise AuraError(f"Usage: {USAGE}")


def _list(context: CommandContext) -> list[str]:
    """One line for each rule; the granted ones have the numbers that `drop` takes."""
    policy = context.policy
    lines = [f"The permission mode is {context.session.turn.switches.mode}; rules are asked in this order:"]
    lines += [f"     {rule.decision:<5} {rule}   (settings)" for rule in policy.rules]
    for number, one in enumerate(policy.grants.granted, start=1):
        aside = ", set aside in auto mode" if is_broad(one.rule) else ""
        lines.append(f"{number:>3}. allow {one.rule}   ({ORIGINS[one.scope]}{aside})")
    return lines if len(lines) > 1 else [*lines[:1], "     none: the mode alone decides"]


command = Command(
    "permissions", "See the permission rules, and drop granted ones.", USAGE, run, "Permission rules"
)
