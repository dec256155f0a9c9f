"""Recall: search the part of the conversation that a summary stands for."""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Annotated

from aura.core.errors import ToolError
from aura.core.events import Recorded
from aura.core.messages import Message
from aura.core.said import SAID, find_said
from aura.core.tools import Effect, Tool, ToolContext
from aura.core.turn import Turn
from aura.tools.define import tool

AROUND = 400  # characters shown on each side of a hit
ReadLog = Callable[[tuple[str, ...]], Iterable[Recorded]]


def make_recall(read_turn: Callable[[], Turn], read_log: ReadLog) -> Tool:
    """The tool over the conversation that `read_turn` gives; `read_log` reads the events of some types, in a thread."""

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
        for place in range(len(turn.messages) - 1, turn.view.start - 1, -1):
            hits += _find(turn.messages[place], place, pattern)
            if len(hits) >= limit:
                break
        if len(hits) < limit and turn.view.start:
            start, left = turn.view.start, limit - len(hits)
            hits += await asyncio.to_thread(_search_log, read_log, start, pattern, left)
        return (
            "\n\n".join(hits[:limit])
            or f"Nothing in the {len(turn.messages)} messages of this session matches."
        )

    return recall


def _search_log(read_log: ReadLog, upto: int, pattern: re.Pattern[str], limit: int) -> Iterable[str]:
    """The newest places among the first `upto` messages, which only the log has whole."""
    said = filter(None, (find_said(recorded.event) for recorded in read_log(SAID)))
    hits: deque[str] = deque(maxlen=limit)
    for place, message in enumerate(islice(said, upto)):
        hits.extend(_find(message, place, pattern))
    return reversed(hits)


def _find(message: Message, place: int, pattern: re.Pattern[str]) -> Iterator[str]:
    texts = [message.text, *(result.content for result in message.results)]
    texts += [f"{call.name} {dict(call.arguments)}" for call in message.tool_calls]
    for text in texts:
        if match := pattern.search(text):
            start, end = max(0, match.start() - AROUND), match.end() + AROUND
            yield f"[message {place + 1}, {message.origin}] …{text[start:end]}…"
