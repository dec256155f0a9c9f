"""What the wire forms of the demo server share: their protocol, and how their common pieces are read and written."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from aura.core.errors import ModelError
from aura.core.messages import ToolCall
from aura.core.models import Completion, Delta, Request, ToolSpec

Body = Mapping[str, Any]


class Malformed(ValueError):
    """A request that no server would take; the text says why."""


class Wire(Protocol):
    """One wire form: how a request is read, and how each piece of a reply is written (SSE events as bytes)."""

    def decode(self, body: Body) -> Request:
        """The request of a JSON body; raises `Malformed`."""
        ...

    def start(self) -> Iterator[bytes]:
        """What comes before the first piece."""
        ...

    def piece(self, delta: Delta) -> Iterator[bytes]:
        """One piece of the reply."""
        ...

    def end(self, completion: Completion) -> Iterator[bytes]:
        """What comes after the last piece."""
        ...

    def whole(self, completion: Completion) -> Body:
        """The reply to a request that does not stream."""
        ...

    def error(self, error: ModelError) -> Body:
        """The body of an error answer."""
        ...


def decode_call(name: str, tool: str, arguments: object) -> ToolCall:
    """A call with its arguments, which are JSON text or an object; what cannot be read is kept as it came."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    try:
        given = json.loads(text or "{}")
    except ValueError:
        given = None
    if isinstance(given, dict):
        return ToolCall(name, tool, given)
    return ToolCall(name, tool, raw=text, problem="the arguments are no JSON object")


def plain_text(content: object) -> str:
    """The text of a content that is a text, a list of blocks, or nothing."""
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(str(entry.get("text", "")) for entry in list_objects(content, "content"))


def make_spec(function: Body, key: str) -> ToolSpec:
    """A tool as it is offered; `key` holds its schema."""
    return ToolSpec(
        str(function.get("name", "")), str(function.get("description", "")), function.get(key) or {}
    )


def list_objects(value: object, what: str) -> Sequence[dict[str, Any]]:
    """The value when it is a list of objects; else it raises `Malformed` naming `what`."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise Malformed(f"`{what}` has to be a list of objects")
    return value


def write_event(content: Body) -> bytes:
    """One SSE event."""
    return b"data: " + json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"
