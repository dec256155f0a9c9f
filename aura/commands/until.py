"""/until: repeat until a condition holds."""

import re

from aura.commands.define import Command, CommandContext, act, split_words
from aura.core.errors import AuraError
from aura.core.said import PRINTED

USAGE = '/until [--max 10] [not] CONDITION "action" ["action" ...]'
ROUNDS = 10
TAIL = 4_000
ROUND_OPTION = re.compile(r"--max(?:=|\s+)(\S+)\s*")


def split_condition(text: str, usage: str) -> tuple[str, list[str]]:
    """The condition, and the quoted actions behind it; quotes inside a term (`bash:"..."`) belong to the condition."""
    position = 0
    while position < len(text):
        char = text[position]
        if char in "\"'" and (position == 0 or text[position - 1].isspace()):
            break
        position = _skip_quoted(text, position) if char in "\"'" else position + 1
    condition, actions = text[:position].strip(), split_words(text[position:], usage)
    if not condition or not actions or not all(action.strip() for action in actions):
        raise AuraError(f"A condition and at least one quoted action are needed. Usage: {usage}")
    return condition, actions


def _skip_quoted(text: str, start: int) -> int:
    """The position behind the quoted part that begins at `start`; its end when the quote is never closed."""
    position = start + 1
    while position < len(text) and text[position] != text[start]:
        position += 2 if text[position] == "\\" else 1
    return min(position + 1, len(text))


async def run(context: CommandContext, rest: str) -> None:
    """Test, act, repeat; what the failing test printed is handed to the model with each action.

    An action that does not end well ends it, with that turn's stop reason.
    """
    rounds = ROUNDS
    if option := ROUND_OPTION.match(rest):
        if not option[1].isdecimal():
            raise AuraError(f"--max needs a whole number, not {option[1]!r}. Usage: {USAGE}")
        rounds, rest = int(option[1]), rest[option.end() :]
    condition, actions = split_condition(rest, USAGE)
    for number in range(rounds + 1):
        holds, output = await context.holds(condition)
        if holds:
            context.say(f"{condition} holds after {number} round{'' if number == 1 else 's'}.")
            return
        if number == rounds:
            break
        for action in actions:
            if not await act(context, _explain(action, condition, output), "until"):
                return
    raise AuraError(f"{condition} still does not hold after {rounds} round{'' if rounds == 1 else 's'}.")


def _explain(action: str, condition: str, output: str) -> str:
    """The action, with what the failing condition printed; commands stay as they are."""
    if action.startswith("/") or not output.strip():
        return action
    return f"{action}\n\nThe condition {condition} does not hold yet.{PRINTED}{output.strip()[-TAIL:]}"


command = Command("until", "Repeat until a condition holds.", USAGE, run)
