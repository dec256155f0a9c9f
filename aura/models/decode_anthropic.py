"""Anthropic's messages and Bedrock's converse, streamed or whole → pieces."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from aura.core.models import Finish, TextDelta, ThinkingDelta
from aura.models.assemble import CallPiece, FinishReport, Piece, ThinkingSeal
from aura.models.decode import Fault, join_usage, read_tokens

ANTHROPIC_EVENTS = frozenset(
    {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "ping",
        "message",
    }
)
BEDROCK_EVENTS = frozenset(
    {
        "messageStart",
        "contentBlockStart",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
    }
)
FINISHES = {
    "max_tokens": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "tool_use": Finish.TOOL_CALLS,
    "refusal": Finish.CONTENT_FILTER,
    "content_filtered": Finish.CONTENT_FILTER,
    "guardrail_intervened": Finish.CONTENT_FILTER,
}
BEDROCK_STATUS = {
    "throttlingException": 429,
    "serviceUnavailableException": 503,
    "internalServerException": 500,
    "modelStreamErrorException": 424,
    "modelTimeoutException": 408,
    "validationException": 400,
    "accessDeniedException": 403,
    "resourceNotFoundException": 404,
}


def read_finish(reason: str) -> FinishReport:
    """The end of a reply in Anthropic's or Bedrock's words."""
    if reason in {"malformed_model_output", "malformed_tool_use"}:
        raise Fault("the model wrote a malformed tool call", 502, reason)
    return FinishReport(FINISHES.get(reason, Finish.STOP))


class AnthropicDecoder:
    """Typed events from `message_start` to `message_stop`, or one `message`."""

    def __init__(self) -> None:
        self._blocks: dict[int, dict[str, Any]] = {}
        self._server_calls: dict[str, CallPiece] = {}
        self._counts: dict[str, Any] = {}

    def decode(self, name: str, data: Mapping[str, Any]) -> Iterator[Piece]:
        """The pieces of one event."""
        match data.get("type") or name:
            case "content_block_delta":
                yield from self._delta(data.get("index", 0), data.get("delta") or {})
            case "content_block_start":
                yield from self._start(data.get("index", 0), data.get("content_block") or {})
            case "content_block_stop":
                yield from self._stop(data.get("index", 0))
            case "message_start":
                yield from self._count((data.get("message") or {}).get("usage"))
            case "message_delta":
                yield from self._count(data.get("usage"))
                if reason := (data.get("delta") or {}).get("stop_reason"):
                    yield from self._server_calls.values()
                    yield read_finish(reason)
            case "message_stop":
                yield FinishReport(sure=False)
            case "message":
                for index, block in enumerate(data.get("content") or ()):
                    yield from self._start(index, block)
                    yield from self._stop(index)
                yield from self._count(data.get("usage"))
                yield from self._server_calls.values()
                yield read_finish(str(data.get("stop_reason") or "end_turn"))
            case _:
                pass  # pings, and what is still to be invented

    def _start(self, index: int, block: Mapping[str, Any]) -> Iterator[Piece]:
        kind = str(block.get("type"))
        self._blocks[index] = {
            "type": kind,
            "input": block.get("input"),
            "signature": "",
            "id": block.get("id"),
        }
        if kind == "text" and block.get("text"):
            yield TextDelta(block["text"])
        elif kind == "thinking":
            self._blocks[index]["signature"] = block.get("signature") or ""
            yield ThinkingDelta(block.get("thinking") or "")
        elif kind == "redacted_thinking":
            yield ThinkingSeal({"format": "anthropic", "redacted": block.get("data") or ""})
        elif kind == "tool_use":
            yield CallPiece(index, block.get("id") or "", block.get("name") or "")
        elif kind in {"server_tool_use", "mcp_tool_use"}:
            call = CallPiece(index, block.get("id") or "", block.get("name") or "")
            self._server_calls[call.id] = call
        elif kind.endswith("_tool_result"):
            self._server_calls.pop(block.get("tool_use_id") or "", None)

    def _delta(self, index: int, delta: Mapping[str, Any]) -> Iterator[Piece]:
        kind = delta.get("type")
        if kind == "text_delta":
            yield TextDelta(delta.get("text") or "")
        elif kind == "input_json_delta":
            yield from self._add_input(index, delta.get("partial_json") or "")
        elif kind == "thinking_delta":
            yield ThinkingDelta(delta.get("thinking") or "")
        elif kind == "signature_delta" and index in self._blocks:
            self._blocks[index]["signature"] += delta.get("signature") or ""

    def _add_input(self, index: int, text: str) -> Iterator[Piece]:
        block = self._blocks.get(index, {})
        if text:
            block["input"] = None
        server = self._server_calls.get(block.get("id") or "")
        if server is not None:
            grown = CallPiece(server.index, server.id, server.name, server.arguments + text)
            self._server_calls[server.id] = grown
        else:
            yield CallPiece(index, arguments=text)

    def _stop(self, index: int) -> Iterator[Piece]:
        block = self._blocks.pop(index, None)
        if block is None:
            return
        if block["type"] == "thinking":
            seal = {"signature": block["signature"]} if block["signature"] else {}
            yield ThinkingSeal({"format": "anthropic", **seal})
        elif block["input"]:  # given at once, not in pieces
            text = json.dumps(block["input"], ensure_ascii=False)
            server = self._server_calls.get(block["id"] or "")
            if server is not None:
                self._server_calls[server.id] = CallPiece(server.index, server.id, server.name, text)
            else:
                yield CallPiece(index, arguments=text)

    def _count(self, usage: Any) -> Iterator[Piece]:
        if not isinstance(usage, Mapping):
            return
        self._counts |= {key: value for key, value in usage.items() if value is not None}
        counts = self._counts
        read = read_tokens(counts, "cache_read_input_tokens")
        write = read_tokens(counts, "cache_creation_input_tokens")
        details = counts.get("output_tokens_details")
        yield from join_usage(
            input=read_tokens(counts, "input_tokens") + read + write,
            output=read_tokens(counts, "output_tokens"),
            cache_read=read,
            cache_write=write,
            thinking=read_tokens(details, "thinking_tokens", "reasoning_tokens"),
        )


class BedrockDecoder:
    """Converse events named by their frame, or one whole converse reply."""

    def __init__(self) -> None:
        self._signatures: dict[int, str] = {}

    def decode(self, name: str, data: Mapping[str, Any]) -> Iterator[Piece]:
        """The pieces of one event; an exception frame raises `Fault`."""
        kind = name.removeprefix("exception:")
        if kind != name:
            raise Fault(str(data.get("message") or kind), BEDROCK_STATUS.get(kind, 500), kind)
        index = data.get("contentBlockIndex", 0)
        if name == "contentBlockDelta":
            yield from self._delta(index, data.get("delta") or {})
        elif name == "contentBlockStart":
            if call := (data.get("start") or {}).get("toolUse"):
                yield CallPiece(index, call.get("toolUseId") or "", call.get("name") or "")
        elif name == "contentBlockStop" and index in self._signatures:
            signature = self._signatures.pop(index)
            seal = {"signature": signature} if signature else {}
            yield ThinkingSeal({"format": "anthropic", **seal})
        elif name == "messageStop":
            yield read_finish(str(data.get("stopReason") or "end_turn"))
        elif "output" in data:
            yield from self._whole(data)
        yield from _count_bedrock(data.get("usage"))

    def _delta(self, index: int, delta: Mapping[str, Any]) -> Iterator[Piece]:
        if delta.get("text"):
            yield TextDelta(delta["text"])
        if call := delta.get("toolUse"):
            yield CallPiece(index, arguments=_as_text(call.get("input")))
        if thought := delta.get("reasoningContent"):
            self._signatures[index] = self._signatures.get(index, "") + (thought.get("signature") or "")
            if thought.get("text"):
                yield ThinkingDelta(thought["text"])
            if redacted := thought.get("redactedContent"):
                self._signatures.pop(index)
                yield ThinkingSeal({"format": "anthropic", "redacted": redacted})

    def _whole(self, data: Mapping[str, Any]) -> Iterator[Piece]:
        for index, block in enumerate(((data.get("output") or {}).get("message") or {}).get("content") or ()):
            if block.get("text"):
                yield TextDelta(block["text"])
            if call := block.get("toolUse"):
                text = _as_text(call.get("input"))
                yield CallPiece(index, call.get("toolUseId") or "", call.get("name") or "", text)
            if thought := block.get("reasoningContent"):
                inner = thought.get("reasoningText") or {}
                yield from self._delta(index, {"reasoningContent": {**thought, **inner}})
                yield from self.decode("contentBlockStop", {"contentBlockIndex": index})
        yield read_finish(str(data.get("stopReason") or "end_turn"))


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value or {}, ensure_ascii=False)


def _count_bedrock(usage: Any) -> Iterator[Piece]:
    if not isinstance(usage, Mapping):
        return
    read, write = read_tokens(usage, "cacheReadInputTokens"), read_tokens(usage, "cacheWriteInputTokens")
    yield from join_usage(
        input=read_tokens(usage, "inputTokens") + read + write,
        output=read_tokens(usage, "outputTokens"),
        cache_read=read,
        cache_write=write,
    )
