"""Make any run of messages a request that every provider accepts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from aura.core.messages import Message, Part, Text, ToolCall, ToolResult, tool_message

UNKNOWN = "The call was interrupted and its outcome is unknown: it may have taken effect. Look before you repeat it."


def repair(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages with each tool call answered exactly once, right after it, in the order of the calls.

    Missing results are filled in as unknown, orphan and repeated results dropped, repeated call ids made unique, empty
    messages left out; what a person or a plugin said between a call and its result is moved behind the result.
    """
    return tuple(pair(messages, set()))


def pair(messages: Sequence[Message], used: set[str]) -> Iterator[Message]:
    """Repair one stretch that ends before a reply; `used` holds the call ids of what stands before it and grows.

    Messages that need no repair are handed on as they are, not as equal copies.
    """
    position = 0
    while position < len(messages):
        message = messages[position]
        position += 1
        if message.role == "tool":
            continue
        if not message.tool_calls:
            if _has_content(message):
                yield message
            continue
        end = position
        while end < len(messages) and messages[end].role != "assistant":
            end += 1
        block = messages[position:end]
        position = end
        yield from _answer(message, block, used)


def _answer(message: Message, block: Sequence[Message], used: set[str]) -> Iterator[Message]:
    """One assistant message, its results in order, then what else was said before the next reply."""
    found: dict[str, list[ToolResult]] = {}
    for entry in block:
        for result in entry.results:
            found.setdefault(result.call_id, []).append(result)
    carriers = {id(entry.results[0]): entry for entry in block if len(entry.parts) == 1 and entry.results}
    parts: list[Part] = []
    answers: list[Message] = []
    for part in message.parts:
        if not isinstance(part, ToolCall):
            parts.append(part)
            continue
        results = found.get(part.id)
        result = results.pop(0) if results else ToolResult(part.id, UNKNOWN, is_error=True)
        name = _make_unique(part.id, used)
        parts.append(part if name == part.id else replace(part, id=name))
        carrier = carriers.get(id(result)) if name == result.call_id else None
        answers.append(carrier or tool_message(replace(result, call_id=name)))
    same = all(new is old for new, old in zip(parts, message.parts, strict=True))
    yield message if same else replace(message, parts=tuple(parts))
    yield from answers
    yield from (entry for entry in block if entry.role != "tool" and _has_content(entry))


def _make_unique(name: str, used: set[str]) -> str:
    base, number, unique = name or "call", 2, name or "call"
    while unique in used:
        unique = f"{base}-{number}"
        number += 1
    used.add(unique)
    return unique


def _has_content(message: Message) -> bool:
    """Blank texts do not count: some providers refuse them."""
    return any(not isinstance(part, Text) or part.text.strip() for part in message.parts)


def find_unanswered(messages: Iterable[Message]) -> tuple[ToolCall, ...]:
    """The calls of the newest assistant message that have no result."""
    calls: dict[str, ToolCall] = {}
    for message in messages:
        if message.role == "assistant":
            calls = {call.id: call for call in message.tool_calls}
        for result in message.results:
            calls.pop(result.call_id, None)
    return tuple(calls.values())
