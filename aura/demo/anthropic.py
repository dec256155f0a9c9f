"""Anthropic's messages as the demo server speaks them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from aura.core.errors import ModelError, ModelErrorKind
from aura.core.messages import (
    HUMAN,
    MODEL,
    Image,
    Message,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    tool_message,
)
from aura.core.models import Completion, Delta, Finish, Request, TextDelta, ThinkingDelta, ToolCallDelta
from aura.demo.wire import Body, Malformed, decode_call, list_objects, make_spec, plain_text, write_event

TYPES: Mapping[ModelErrorKind, str] = {
    ModelErrorKind.RATE_LIMIT: "rate_limit_error",
    ModelErrorKind.OVERLOADED: "overloaded_error",
    ModelErrorKind.AUTH: "authentication_error",
    ModelErrorKind.NOT_FOUND: "not_found_error",
    ModelErrorKind.TOO_LARGE: "request_too_large",
    ModelErrorKind.QUOTA: "billing_error",
    ModelErrorKind.TIMEOUT: "timeout_error",
}
STOPS: Mapping[Finish, str] = {
    Finish.STOP: "end_turn",
    Finish.TOOL_CALLS: "tool_use",
    Finish.LENGTH: "max_tokens",
    Finish.CONTENT_FILTER: "refusal",
}
SIGNATURE = "c2NyaXB0"  # what stands for the opaque proof that real thinking blocks carry


class Messages:
    """Anthropic's messages; made for one request."""

    def __init__(self, body: Body, number: int) -> None:
        self._model = str(body.get("model", ""))
        self._number = number
        self._sent = len(json.dumps(body)) // 4
        self._block = -1
        self._open: object = None

    def decode(self, body: Body) -> Request:
        """The request of a JSON body; raises `Malformed`."""
        messages: list[Message] = []
        for entry in list_objects(body.get("messages"), "messages"):
            content = entry.get("content")
            blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
            parts = tuple(_decode_block(block) for block in list_objects(blocks, "content"))
            if entry.get("role") == "assistant":
                messages.append(Message("assistant", parts, MODEL))
                continue
            messages += [tool_message(part) for part in parts if isinstance(part, ToolResult)]
            said = tuple(part for part in parts if not isinstance(part, ToolResult))
            messages += [Message("user", said, HUMAN)] if said else []
        tools = [make_spec(tool, "input_schema") for tool in list_objects(body.get("tools") or [], "tools")]
        return Request(plain_text(body.get("system")), messages, tools, body.get("max_tokens"))

    def start(self) -> Iterator[bytes]:
        """The message, still empty."""
        usage = {"input_tokens": self._sent, "output_tokens": 1}
        message = {**self._head(), "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
        yield self._named("message_start", {"message": message})

    def piece(self, delta: Delta) -> Iterator[bytes]:
        """A piece of a content block, which is opened (and the one before it closed) when it is a new one."""
        key = (delta.type, delta.index if isinstance(delta, ToolCallDelta) else 0)
        if key != self._open:
            yield from self._close()
            self._block += 1
            self._open = key
            yield self._on_block("content_block_start", {"content_block": self._blank(delta)})
        if isinstance(delta, TextDelta):
            change = {"type": "text_delta", "text": delta.text}
        elif isinstance(delta, ThinkingDelta):
            change = {"type": "thinking_delta", "thinking": delta.text}
        else:
            change = {"type": "input_json_delta", "partial_json": delta.arguments}
        yield self._on_block("content_block_delta", {"delta": change})

    def end(self, completion: Completion) -> Iterator[bytes]:
        """The last block closed, the stop reason and the usage."""
        yield from self._close()
        stop = {"stop_reason": STOPS[completion.finish], "stop_sequence": None}
        yield self._named("message_delta", {"delta": stop, "usage": _messages_usage(completion)})
        yield self._named("message_stop", {})

    def whole(self, completion: Completion) -> Body:
        """A message."""
        blocks: list[Body] = []
        for part in completion.message.parts:
            if isinstance(part, Thinking):
                blocks.append({"type": "thinking", "thinking": part.text, "signature": SIGNATURE})
            elif isinstance(part, Text):
                blocks.append({"type": "text", "text": part.text})
            elif isinstance(part, ToolCall):
                name = f"toolu_{self._number}_{len(blocks)}"
                blocks.append(
                    {"type": "tool_use", "id": name, "name": part.name, "input": dict(part.arguments)}
                )
        stop = {"stop_reason": STOPS[completion.finish], "stop_sequence": None}
        return {**self._head(), "content": blocks, **stop, "usage": _messages_usage(completion)}

    def error(self, error: ModelError) -> Body:
        """An error in Anthropic's words."""
        kind = TYPES.get(error.kind, "api_error" if error.status >= 500 else "invalid_request_error")
        return {"type": "error", "error": {"type": kind, "message": error.sentence}}

    def _close(self) -> Iterator[bytes]:
        if self._open is None:
            return
        if self._open == ("thinking_delta", 0):
            signature = {"type": "signature_delta", "signature": SIGNATURE}
            yield self._on_block("content_block_delta", {"delta": signature})
        yield self._on_block("content_block_stop", {})
        self._open = None

    def _blank(self, delta: Delta) -> Body:
        if isinstance(delta, TextDelta):
            return {"type": "text", "text": ""}
        if isinstance(delta, ThinkingDelta):
            return {"type": "thinking", "thinking": "", "signature": ""}
        return {
            "type": "tool_use",
            "id": f"toolu_{self._number}_{self._block}",
            "name": delta.name,
            "input": {},
        }

    def _head(self) -> dict[str, Any]:
        return {"id": f"msg_{self._number}", "type": "message", "role": "assistant", "model": self._model}

    def _on_block(self, kind: str, content: Body) -> bytes:
        return self._named(kind, {"index": self._block, **content})

    def _named(self, kind: str, content: Body) -> bytes:
        return f"event: {kind}\n".encode() + write_event({"type": kind, **content})


def _decode_block(block: Body) -> Part:
    match block.get("type"):
        case "text":
            return Text(str(block.get("text", "")))
        case "thinking":
            return Thinking(str(block.get("thinking", "")))
        case "tool_use":
            return decode_call(str(block.get("id", "")), str(block.get("name", "")), block.get("input") or {})
        case "tool_result":
            content = plain_text(block.get("content"))
            return ToolResult(
                str(block.get("tool_use_id", "")), content, is_error=block.get("is_error") is True
            )
        case "image":
            source = block.get("source") or {}
            return Image(str(source.get("media_type", "")), str(source.get("data", "")))
        case other:
            raise Malformed(f"there is no content block {other!r}")


def _messages_usage(completion: Completion) -> Body:
    usage = completion.usage
    return {
        "input_tokens": max(usage.input - usage.cache_read - usage.cache_write, 0),
        "output_tokens": usage.output,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation_input_tokens": usage.cache_write,
    }
