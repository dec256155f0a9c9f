"""/think: how much the model may think before it answers."""

from aura.commands.define import Command, CommandContext
from aura.core.errors import AuraError
from aura.core.events import ThinkingSwitched

LEVELS = {
    "off": 0,
    "low": 1_024,
    "medium": 4_096,
    "high": 16_384,
}  # tokens; the ends are those of fast and deep runs
USAGE = "/think [off|low|medium|high|TOKENS]"


async def run(context: CommandContext, rest: str) -> None:
    """Say the level, or set it."""
    if rest:
        context.session.record(ThinkingSwitched(_read(rest), "human"))
    tokens = context.session.turn.switches.thinking
    context.say(f"The model may think {tokens:,} tokens before it answers." if tokens else "Thinking is off.")


def _read(text: str) -> int:
    word = text.lower().replace("_", "").replace(",", "")
    if word in LEVELS:
        return LEVELS[word]
    if not word.isdecimal():
        raise AuraError(f"{text!r} is no level of thinking. Usage: {USAGE}")
    return int(word)


command = Command("think", "See or set how much the model may think.", USAGE, run)
