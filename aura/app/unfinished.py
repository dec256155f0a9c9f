"""What a process that was killed in the middle of a write left in the workspace."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from aura.core.errors import ToolError
from aura.core.messages import Message, ToolCall
from aura.core.repair import UNKNOWN
from aura.core.tools import Tool
from aura.tools.unfinished import clear_unfinished


def clear_interrupted(messages: Iterable[Message], tools: Mapping[str, Tool], workspace: Path) -> None:
    """Remove the unfinished files of every call whose outcome nobody knows; the caller holds the session's lease."""
    folders = {
        (workspace / path).parent
        for call in find_interrupted(messages)
        if call.name in tools
        for path in _list_writes(tools[call.name], call)
    }
    for folder in folders:
        clear_unfinished(folder)


def find_interrupted(messages: Iterable[Message]) -> Iterator[ToolCall]:
    """The calls that have no result, or the one that says that their outcome is unknown."""
    calls: dict[str, ToolCall] = {}
    for message in messages:
        if message.role == "assistant":
            yield from calls.values()
            calls = {call.id: call for call in message.tool_calls}
        for result in message.results:
            call = calls.pop(result.call_id, None)
            if call is not None and result.content == UNKNOWN:
                yield call
    yield from calls.values()


def _list_writes(tool: Tool, call: ToolCall) -> tuple[str, ...]:
    try:
        return tool.access(tool.validate(call.arguments)).writes
    except ToolError:  # as the model wrote it, it would be refused
        return ()
