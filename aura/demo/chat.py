"""OpenAI's chat completions as the demo server speaks them."""

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
from aura.core.models import Completion, Delta, Request, TextDelta, ThinkingDelta, ToolCallDelta
from aura.demo.wire import Body, Malformed, decode_call, list_objects, make_spec, plain_text, write_event

CODES: Mapping[ModelErrorKind, str] = {
    ModelErrorKind.QUOTA: "insufficient_quota",
    ModelErrorKind.RATE_LIMIT: "rate_limit_exceeded",
    ModelErrorKind.CONTEXT_OVERFLOW: "context_length_exceeded",
    ModelErrorKind.CONTENT_FILTER: "content_filter",
    ModelErrorKind.AUTH: "invalid_api_key",
    ModelErrorKind.NOT_FOUND: "model_not_found",
}


class Chat:
    """OpenAI's chat completions; made for one request."""

    def __init__(self, body: Body, number: int) -> None:
        self._model = str(body.get("model", ""))
        self._number = number
        self._with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        self._named: set[int] = set()

    def decode(self, body: Body) -> Request:
        """The request of a JSON body; raises `Malformed`."""
        system: list[str] = []
        messages: list[Message] = []
        for entry in list_objects(body.get("messages"), "messages"):
            role = entry.get("role")
            if role in ("system", "developer"):
                system.append(plain_text(entry.get("content")))
            elif role == "assistant":
                messages.append(_decode_reply(entry))
            elif role == "tool":
                result = ToolResult(str(entry.get("tool_call_id", "")), plain_text(entry.get("content")))
                messages.append(tool_message(result))
            elif role == "user":
                messages.append(Message("user", _decode_content(entry.get("content")), HUMAN))
            else:
                raise Malformed(f"there is no role {role!r}")
        functions = [tool.get("function") or {} for tool in list_objects(body.get("tools") or [], "tools")]
        tools = [make_spec(function, "parameters") for function in functions]
        return Request("\n\n".join(system), messages, tools, body.get("max_tokens"))

    def start(self) -> Iterator[bytes]:
        """The role."""
        yield self._chunk({"role": "assistant", "content": ""})

    def piece(self, delta: Delta) -> Iterator[bytes]:
        """Text, thinking (as `reasoning_content`), or a piece of a call."""
        if isinstance(delta, TextDelta):
            yield self._chunk({"content": delta.text})
        elif isinstance(delta, ThinkingDelta):
            yield self._chunk({"reasoning_content": delta.text})
        else:
            yield self._chunk({"tool_calls": [self._call_piece(delta)]})

    def end(self, completion: Completion) -> Iterator[bytes]:
        """The finish reason, the usage when it was asked for, and `[DONE]`."""
        yield self._chunk({}, completion.finish.value)
        if self._with_usage:
            yield write_event(
                {**self._head("chat.completion.chunk"), "choices": [], "usage": _chat_usage(completion)}
            )
        yield b"data: [DONE]\n\n"

    def whole(self, completion: Completion) -> Body:
        """A chat completion."""
        message: dict[str, Any] = {"role": "assistant", "content": completion.message.text or None}
        thought = _thought(completion)
        if thought:
            message["reasoning_content"] = thought
        if completion.message.tool_calls:
            message["tool_calls"] = [
                {
                    "id": self._id(place),
                    "type": "function",
                    "function": {"name": call.name, "arguments": _arguments(call)},
                }
                for place, call in enumerate(completion.message.tool_calls)
            ]
        choice = {"index": 0, "message": message, "finish_reason": completion.finish.value}
        return {**self._head("chat.completion"), "choices": [choice], "usage": _chat_usage(completion)}

    def error(self, error: ModelError) -> Body:
        """An error with a code where OpenAI has one."""
        return {"error": {"message": error.sentence, "type": error.kind.value, "code": CODES.get(error.kind)}}

    def _call_piece(self, delta: ToolCallDelta) -> Body:
        if delta.index in self._named:
            return {"index": delta.index, "function": {"arguments": delta.arguments}}
        self._named.add(delta.index)
        function = {"name": delta.name, "arguments": delta.arguments}
        return {"index": delta.index, "id": self._id(delta.index), "type": "function", "function": function}

    def _id(self, place: int) -> str:
        return f"call_{self._number}_{place + 1}"

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": f"chatcmpl-{self._number}", "object": kind, "created": 0, "model": self._model}

    def _chunk(self, delta: Body, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return write_event({**self._head("chat.completion.chunk"), "choices": [choice]})


def _decode_reply(entry: Body) -> Message:
    parts: list[Part] = []
    thought = entry.get("reasoning_content")
    if isinstance(thought, str) and thought:
        parts.append(Thinking(thought))
    text = plain_text(entry.get("content"))
    if text:
        parts.append(Text(text))
    for call in list_objects(entry.get("tool_calls") or [], "tool_calls"):
        function = call.get("function") or {}
        parts.append(
            decode_call(str(call.get("id", "")), str(function.get("name", "")), function.get("arguments"))
        )
    return Message("assistant", tuple(parts), MODEL)


def _decode_content(content: object) -> tuple[Part, ...]:
    if isinstance(content, str):
        return (Text(content),)
    parts: list[Part] = []
    for entry in list_objects(content, "content"):
        url = (entry.get("image_url") or {}).get("url") if entry.get("type") == "image_url" else None
        if isinstance(url, str):
            media, _, data = url.removeprefix("data:").partition(";base64,")
            parts.append(Image(media, data))
        else:
            parts.append(Text(str(entry.get("text", ""))))
    return tuple(parts)


def _arguments(call: ToolCall) -> str:
    return call.raw if call.problem else json.dumps(call.arguments, ensure_ascii=False)


def _thought(completion: Completion) -> str:
    return "".join(part.text for part in completion.message.parts if isinstance(part, Thinking))


def _chat_usage(completion: Completion) -> Body:
    usage = completion.usage
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read},
        "completion_tokens_details": {"reasoning_tokens": usage.thinking},
    }
