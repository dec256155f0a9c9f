"""Recall: search the part of the conversation that a summary stands for."""

import re
from collections.abc import Callable, Iterator
from typing import Annotated

from aura.core.errors import ToolError
from aura.core.messages import Message
from aura.core.tools import Effect, Tool, ToolContext
from aura.core.turn import Turn
from aura.tools.define import tool

AROUND = 400  # characters shown on each side of a hit


def make_recall(read_turn: Callable[[], Turn]) -> Tool:
    """The tool over the conversation that `read_turn` gives."""

    @tool(name="Recall", effect=Effect.READ)
    async def recall(
        context: ToolContext,
        query: Annotated[str, "A regular expression; letter case does not matter."],
        limit: Annotated[int, "How many places at most, newest first."] = 8,
    ) -> str:
        """Search everything said and returned earlier in this session, also what a summary replaced.

        Use it for an exact error text, a path or a decision that is no longer in view. What was read then may have
        changed since.
        """
        try:
            pattern = re.compile(query, re.IGNORECASE)
        except re.error as error:
            raise ToolError(f"The expression cannot be read: {error}.") from None
        turn = read_turn()
        hits: list[str] = []
        for place in range(len(turn.messages) - 1, -1, -1):
            hits += _find(turn.messages[place], place, pattern)
            if len(hits) >= limit:
                break
        return (
            "\n\n".join(hits[:limit])
            or f"Nothing in the {len(turn.messages)} messages of this session matches."
        )

    return recall


def _find(message: Message, place: int, pattern: re.Pattern[str]) -> Iterator[str]:
    texts = [message.text, *(result.content for result in message.results)]
    texts += [f"{call.name} {dict(call.arguments)}" for call in message.tool_calls]
    for text in texts:
        if match := pattern.search(text):
            start, end = max(0, match.start() - AROUND), match.end() + AROUND
            yield f"[message {place + 1}, {message.origin}] …{text[start:end]}…"
