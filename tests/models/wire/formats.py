"""Replies in every wire format, written by hand: the same conversation, in the words of each provider."""

import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aura.core.models import Usage

TEXT = "Grüße, 世界 🙂 — ok.\nLine two"
THOUGHT = "First I look.\nThen I act: ü"
ARGUMENTS: dict[str, Any] = {"path": "src/é.py", "lines": [1, 2, 3], "note": 'a "quoted" \\ word\n🙂'}
SECOND: dict[str, Any] = {}


@dataclass(frozen=True)
class Wire:
    """One reply: its events as bytes, what it says, and from which event on it counts as finished."""

    name: str
    provider: str
    model: str
    events: tuple[bytes, ...]
    finished_at: int
    type: str = "text/event-stream"
    base: str = ""
    thought: str = THOUGHT
    opaque: Mapping[str, Any] = field(default_factory=dict)
    usage: Usage = field(default_factory=lambda: Usage(100, 20))
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        return b"".join(self.events)


def sse(*values: Any, named: bool = False, ending: bytes = b"") -> tuple[bytes, ...]:
    """Values as server-sent events."""
    out = []
    for value in values:
        name = f"event: {value['type']}\n" if named else ""
        out.append(f"{name}data: {json.dumps(value, ensure_ascii=False)}\n\n".encode())
    return (*out, ending) if ending else tuple(out)


def halves(text: str, count: int = 3) -> list[str]:
    """The text in `count` pieces."""
    size = len(text) // count + 1
    return [text[at : at + size] for at in range(0, len(text), size)]


def chat_chunk(delta: Mapping[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One chunk of a chat completion."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", "choices": [choice], **more}


def chat_call(index: int | None, id: str | None, name: str | None, arguments: str) -> dict[str, Any]:
    """A piece of a tool call in a chunk; None leaves a field out."""
    function: dict[str, Any] = {"arguments": arguments}
    call: dict[str, Any] = {"function": function}
    if name is not None:
        function["name"] = name
    if id is not None:
        call |= {"id": id, "type": "function"}
    if index is not None:
        call["index"] = index
    return chat_chunk({"tool_calls": [call]})


CHAT_USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


def chat_events(field_name: str = "reasoning_content", usage: Mapping[str, Any] = CHAT_USAGE) -> list[Any]:
    """The whole conversation in chunks."""
    first, second = json.dumps(ARGUMENTS), json.dumps(SECOND)
    return [
        chat_chunk({"role": "assistant", "content": ""}),
        *(chat_chunk({field_name: piece}) for piece in halves(THOUGHT)),
        *(chat_chunk({"content": piece}) for piece in halves(TEXT)),
        chat_call(0, "call_a", "read", ""),
        *(chat_call(0, None, None, piece) for piece in halves(first)),
        chat_call(1, "call_b", "list", ""),
        chat_call(1, None, None, second),
        chat_chunk({}, "tool_calls"),
        {"id": "x", "object": "chat.completion.chunk", "model": "m", "choices": [], "usage": usage},
    ]


def openai_chat() -> Wire:
    usage = {
        **CHAT_USAGE,
        "prompt_tokens_details": {"cached_tokens": 60},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }
    events = sse(*chat_events(usage=usage), ending=b"data: [DONE]\n\n")
    opaque = {"format": "openai", "field": "reasoning_content"}
    counted = Usage(100, 20, 60, 0, 5)
    return Wire(
        "openai",
        "openai",
        "openai/ft:gpt-4o:aura",
        events,
        len(events) - 3,
        base="/v1",
        opaque=opaque,
        usage=counted,
    )


def plain() -> Wire:
    """The same from a server of one's own, asked without litellm."""
    return replace(openai_chat(), name="plain", model="openai/local")


def openrouter() -> Wire:
    events = sse(*chat_events("reasoning"), ending=b"data: [DONE]\n\n")
    events = tuple(b": OPENROUTER PROCESSING\n\n" + event for event in events)
    opaque = {"format": "openai", "field": "reasoning"}
    return Wire(
        "openrouter", "openrouter", "openrouter/x/y", events, len(events) - 3, base="/api/v1", opaque=opaque
    )


def groq() -> Wire:
    *start, finish, usage = chat_events("reasoning")
    del finish["choices"][0]["logprobs"]
    finish["x_groq"] = {"id": "req_1", "usage": usage["usage"]}
    events = sse(*start, finish, ending=b"data: [DONE]\n\n")
    opaque = {"format": "openai", "field": "reasoning"}
    return Wire("groq", "groq", "groq/some-model", events, len(events) - 2, base="/openai/v1", opaque=opaque)


def deepseek() -> Wire:
    *start, finish, usage = chat_events()
    finish["usage"] = {**usage["usage"], "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36}
    events = (b": keep-alive\n\n", *sse(*start, finish, ending=b"data: [DONE]\n\n"))
    opaque = {"format": "openai", "field": "reasoning_content"}
    counted = Usage(100, 20, 64)
    return Wire(
        "deepseek",
        "deepseek",
        "deepseek/deepseek-reasoner",
        events,
        len(events) - 2,
        opaque=opaque,
        usage=counted,
    )


def mistral() -> Wire:
    thinking = [
        chat_chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": piece}]}]})
        for piece in halves(THOUGHT)
    ]
    text = [chat_chunk({"content": [{"type": "text", "text": piece}]}) for piece in halves(TEXT)]
    calls = [
        {"id": "abcdefghi", "function": {"name": "read", "arguments": json.dumps(ARGUMENTS)}, "index": 0},
        {"id": "jklmnopqr", "function": {"name": "list", "arguments": "{}"}, "index": 1},
    ]
    last = chat_chunk({"content": "", "tool_calls": calls}, "tool_calls", usage=CHAT_USAGE)
    events = sse(
        chat_chunk({"role": "assistant", "content": ""}), *thinking, *text, last, ending=b"data: [DONE]\n\n"
    )
    return Wire(
        "mistral",
        "mistral",
        "mistral/magistral-medium-latest",
        events,
        len(events) - 2,
        base="/v1",
        opaque={"format": "mistral"},
    )


def anthropic() -> Wire:
    def delta(index: int, **value: Any) -> dict[str, Any]:
        return {"type": "content_block_delta", "index": index, "delta": value}

    def start(index: int, **block: Any) -> dict[str, Any]:
        return {"type": "content_block_start", "index": index, "content_block": block}

    def stop(index: int) -> dict[str, Any]:
        return {"type": "content_block_stop", "index": index}

    usage = {
        "input_tokens": 10,
        "cache_creation_input_tokens": 30,
        "cache_read_input_tokens": 60,
        "output_tokens": 1,
    }
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "usage": usage}
    events = sse(
        {"type": "message_start", "message": message},
        start(0, type="thinking", thinking="", signature=""),
        {"type": "ping"},
        *(delta(0, type="thinking_delta", thinking=piece) for piece in halves(THOUGHT)),
        delta(0, type="signature_delta", signature="U0lHTkVE"),
        stop(0),
        start(1, type="text", text=""),
        *(delta(1, type="text_delta", text=piece) for piece in halves(TEXT)),
        stop(1),
        start(2, type="tool_use", id="toolu_a", name="read", input={}),
        delta(2, type="input_json_delta", partial_json=""),
        *(delta(2, type="input_json_delta", partial_json=piece) for piece in halves(json.dumps(ARGUMENTS))),
        stop(2),
        start(3, type="tool_use", id="toolu_b", name="list", input={}),
        stop(3),
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 20}},
        {"type": "message_stop"},
        named=True,
    )
    opaque = {"format": "anthropic", "signature": "U0lHTkVE"}
    counted = Usage(100, 20, 60, 30)
    name = "anthropic/claude-sonnet-4-5"
    return Wire("anthropic", "anthropic", name, events, len(events) - 2, opaque=opaque, usage=counted)


def gemini() -> Wire:
    def chunk(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {
            "candidates": [{"content": {"parts": list(parts), "role": "model"}, "index": 0, **more}],
            "usageMetadata": {
                "promptTokenCount": 100,
                "candidatesTokenCount": 12,
                "thoughtsTokenCount": 8,
                "cachedContentTokenCount": 50,
            },
            "modelVersion": "gemini-x",
        }

    events = sse(
        *(chunk({"text": piece, "thought": True}) for piece in halves(THOUGHT)),
        *(chunk({"text": piece}) for piece in halves(TEXT)),
        chunk({"functionCall": {"name": "read", "args": ARGUMENTS}, "thoughtSignature": "R0VN"}),
        chunk({"functionCall": {"name": "list", "args": SECOND}}),
        chunk({"text": ""}, finishReason="STOP"),
    )
    counted = Usage(100, 20, 50, 0, 8)
    return Wire("gemini", "gemini", "gemini/gemini-2.5-pro", events, len(events) - 1, usage=counted)


def ollama() -> Wire:
    def line(done: bool = False, **message: Any) -> bytes:
        value: dict[str, Any] = {
            "model": "m",
            "message": {"role": "assistant", "content": "", **message},
            "done": done,
        }
        if done:
            value |= {"done_reason": "stop", "prompt_eval_count": 100, "eval_count": 20, "total_duration": 5}
        return json.dumps(value, ensure_ascii=False).encode() + b"\n"

    events = (
        *(line(thinking=piece) for piece in halves(THOUGHT)),
        *(line(content=piece) for piece in halves(TEXT)),
        line(tool_calls=[{"function": {"name": "read", "arguments": ARGUMENTS}}]),
        line(tool_calls=[{"function": {"name": "list", "arguments": SECOND}}]),
        line(done=True),
    )
    return Wire("ollama", "ollama_chat", "ollama_chat/m", events, len(events) - 1, "application/x-ndjson")


def cohere() -> Wire:
    def delta(kind: str, index: int | None = None, **message: Any) -> dict[str, Any]:
        value: dict[str, Any] = {"type": kind, "delta": {"message": message}}
        return value if index is None else {**value, "index": index}

    def call(id: str, name: str, arguments: str) -> dict[str, Any]:
        return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}

    events = sse(
        {"type": "message-start", "id": "m1", "delta": {"message": {"role": "assistant", "content": []}}},
        *(delta("tool-plan-delta", tool_plan=piece) for piece in halves(THOUGHT)),
        delta("content-start", 0, content={"type": "text", "text": ""}),
        *(delta("content-delta", 0, content={"text": piece}) for piece in halves(TEXT)),
        {"type": "content-end", "index": 0},
        delta("tool-call-start", 0, tool_calls=call("read_a", "read", "")),
        *(
            delta("tool-call-delta", 0, tool_calls={"function": {"arguments": piece}})
            for piece in halves(json.dumps(ARGUMENTS))
        ),
        {"type": "tool-call-end", "index": 0},
        delta("tool-call-start", 1, tool_calls=call("list_b", "list", "")),
        delta("tool-call-delta", 1, tool_calls={"function": {"arguments": "{}"}}),
        {"type": "tool-call-end", "index": 1},
        {
            "type": "message-end",
            "delta": {
                "finish_reason": "TOOL_CALL",
                "usage": {
                    "billed_units": {"input_tokens": 9, "output_tokens": 9},
                    "tokens": {"input_tokens": 100, "output_tokens": 20},
                },
            },
        },
        named=True,
        ending=b"data: [DONE]\n\n",
    )
    return Wire("cohere", "cohere_chat", "cohere_chat/command-a", events, len(events) - 2)


def responses() -> Wire:
    def event(kind: str, **more: Any) -> dict[str, Any]:
        return {"type": f"response.{kind}", **more}

    def call(id: str, name: str, arguments: str) -> dict[str, Any]:
        return {
            "type": "function_call",
            "id": f"fc_{id}",
            "call_id": id,
            "name": name,
            "arguments": arguments,
        }

    full = json.dumps(ARGUMENTS)
    reasoning = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": THOUGHT}],
        "encrypted_content": "RU5D",
    }
    message = {"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": TEXT}]}
    items = [reasoning, message, call("call_a", "read", full), call("call_b", "list", "{}")]
    usage = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 60},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 5},
        "total_tokens": 120,
    }
    whole = {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "error": None,
        "output": items,
        "usage": usage,
    }
    events = sse(
        event("created", response={"id": "resp_1", "status": "in_progress", "error": None, "output": []}),
        event("output_item.added", output_index=0, item={"type": "reasoning", "id": "rs_1", "summary": []}),
        *(
            event("reasoning_summary_text.delta", output_index=0, summary_index=0, delta=piece)
            for piece in halves(THOUGHT)
        ),
        event("reasoning_summary_text.done", output_index=0, summary_index=0, text=THOUGHT),
        event("output_item.done", output_index=0, item=reasoning),
        event("output_item.added", output_index=1, item={"type": "message", "id": "msg_1", "content": []}),
        *(event("output_text.delta", output_index=1, content_index=0, delta=piece) for piece in halves(TEXT)),
        event("output_text.done", output_index=1, content_index=0, text=TEXT),
        event("output_item.done", output_index=1, item=message),
        event("output_item.added", output_index=2, item=call("call_a", "read", "")),
        *(event("function_call_arguments.delta", output_index=2, delta=piece) for piece in halves(full)),
        event("function_call_arguments.done", output_index=2, arguments=full),
        event("output_item.done", output_index=2, item=items[2]),
        event("output_item.added", output_index=3, item=call("call_b", "list", "")),
        event("function_call_arguments.delta", output_index=3, delta="{}"),
        event("output_item.done", output_index=3, item=items[3]),
        event("completed", response=whole),
        named=True,
    )
    opaque = {"format": "responses", "item": reasoning}
    return Wire(
        "responses",
        "openai",
        "openai/responses/gpt-5",
        events,
        len(events) - 1,
        base="/v1",
        opaque=opaque,
        usage=Usage(100, 20, 60, 0, 5),
    )


def frame(kind: str, value: Any, message_type: str = "event") -> bytes:
    """One frame of AWS's binary event stream."""
    names = {":message-type": message_type, ":content-type": "application/json"}
    names[":event-type" if message_type == "event" else ":exception-type"] = kind
    headers = b""
    for key, text in names.items():
        headers += bytes([len(key)]) + key.encode() + b"\x07" + struct.pack(">H", len(text)) + text.encode()
    payload = json.dumps(value, ensure_ascii=False).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    start = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return start + struct.pack(">I", zlib.crc32(start))


def bedrock() -> Wire:
    def delta(index: int, **value: Any) -> bytes:
        return frame("contentBlockDelta", {"contentBlockIndex": index, "delta": value})

    def stop(index: int) -> bytes:
        return frame("contentBlockStop", {"contentBlockIndex": index})

    def start(index: int, id: str, name: str) -> bytes:
        value = {"contentBlockIndex": index, "start": {"toolUse": {"toolUseId": id, "name": name}}}
        return frame("contentBlockStart", value)

    events = (
        frame("messageStart", {"role": "assistant"}),
        *(delta(0, reasoningContent={"text": piece}) for piece in halves(THOUGHT)),
        delta(0, reasoningContent={"signature": "U0lHTkVE"}),
        stop(0),
        *(delta(1, text=piece) for piece in halves(TEXT)),
        stop(1),
        start(2, "tooluse_a", "read"),
        *(delta(2, toolUse={"input": piece}) for piece in halves(json.dumps(ARGUMENTS))),
        stop(2),
        start(3, "tooluse_b", "list"),
        delta(3, toolUse={"input": "{}"}),
        stop(3),
        frame("messageStop", {"stopReason": "tool_use"}),
        frame(
            "metadata",
            {
                "usage": {
                    "inputTokens": 10,
                    "outputTokens": 20,
                    "totalTokens": 120,
                    "cacheReadInputTokens": 60,
                    "cacheWriteInputTokens": 30,
                },
                "metrics": {"latencyMs": 5},
            },
        ),
    )
    return Wire(
        "bedrock",
        "bedrock",
        "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        events,
        len(events) - 2,
        "application/vnd.amazon.eventstream",
        opaque={"format": "anthropic", "signature": "U0lHTkVE"},
        usage=Usage(100, 20, 60, 30),
    )


WIRES = tuple(
    make()
    for make in (
        openai_chat,
        plain,
        openrouter,
        groq,
        deepseek,
        mistral,
        anthropic,
        gemini,
        ollama,
        cohere,
        responses,
        bedrock,
    )
)
BY_NAME = {wire.name: wire for wire in WIRES}
