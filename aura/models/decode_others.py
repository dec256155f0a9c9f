"""Gemini's, Ollama's and Cohere's own formats, streamed or whole → pieces."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from aura.core.models import Finish, TextDelta, ThinkingDelta
from aura.models.assemble import CallPiece, FinishReport, Piece, ThinkingSeal
from aura.models.decode import Fault, join_usage, read_tokens
from aura.models.decode_chat import read_calls

GEMINI_FINISHES = {
    "STOP": Finish.STOP,
    "MAX_TOKENS": Finish.LENGTH,
    "SAFETY": Finish.CONTENT_FILTER,
    "RECITATION": Finish.CONTENT_FILTER,
    "BLOCKLIST": Finish.CONTENT_FILTER,
    "PROHIBITED_CONTENT": Finish.CONTENT_FILTER,
    "SPII": Finish.CONTENT_FILTER,
    "MODEL_ARMOR": Finish.CONTENT_FILTER,
    "IMAGE_SAFETY": Finish.CONTENT_FILTER,
    "LANGUAGE": Finish.CONTENT_FILTER,
}
GEMINI_BROKEN = {
    "MALFORMED_FUNCTION_CALL": "the model wrote a malformed tool call",
    "UNEXPECTED_TOOL_CALL": "the model called a tool although none was offered",
    "TOO_MANY_TOOL_CALLS": "the model called too many tools at once",
    "MISSING_THOUGHT_SIGNATURE": "a thought signature was missing in the conversation",
    "MALFORMED_RESPONSE": "the model wrote a malformed reply",
}
COHERE_FINISHES = {
    "MAX_TOKENS": Finish.LENGTH,
    "TOOL_CALL": Finish.TOOL_CALLS,
    "ERROR_TOXIC": Finish.CONTENT_FILTER,
}
COHERE_EVENTS = frozenset(
    {
        "message-start",
        "content-start",
        "content-delta",
        "content-end",
        "tool-plan-delta",
        "tool-call-start",
        "tool-call-delta",
        "tool-call-end",
        "citation-start",
        "citation-end",
        "message-end",
        "debug",
    }
)


class GeminiDecoder:
    """Events with `candidates`; every one is a reply of its own shape, so streamed and whole are alike."""

    def __init__(self) -> None:
        self._calls = 0

    def decode(self, name: str, data: Mapping[str, Any]) -> Iterator[Piece]:
        """The pieces of one event."""
        inner = data.get("response")
        data = inner if isinstance(inner, Mapping) else data
        blocked = (data.get("promptFeedback") or {}).get("blockReason")
        if blocked:
            raise Fault(f"the prompt was blocked ({blocked})", 0, "content_filter")
        for candidate in (data.get("candidates") or ())[:1]:
            for part in (candidate.get("content") or {}).get("parts") or ():
                yield from self._part(part)
            if reason := candidate.get("finishReason"):
                yield self._finish(str(reason), str(candidate.get("finishMessage") or ""))
        usage = data.get("usageMetadata")
        if isinstance(usage, Mapping):
            thinking = read_tokens(usage, "thoughtsTokenCount")
            yield from join_usage(
                input=read_tokens(usage, "promptTokenCount") + read_tokens(usage, "toolUsePromptTokenCount"),
                output=read_tokens(usage, "candidatesTokenCount", "responseTokenCount") + thinking,
                cache_read=read_tokens(usage, "cachedContentTokenCount"),
                thinking=thinking,
            )

    def _part(self, part: Mapping[str, Any]) -> Iterator[Piece]:
        signature = part.get("thoughtSignature") or part.get("thought_signature")
        seal = {"format": "gemini", "thought_signature": signature} if signature else {}
        call = part.get("functionCall") or part.get("function_call")
        if call is not None:
            text = json.dumps(call.get("args") or {}, ensure_ascii=False)
            self._calls += 1
            yield CallPiece(self._calls, call.get("id") or "", call.get("name") or "", text, opaque=seal)
            return
        said = part.get("text")
        if isinstance(said, str) and said:
            yield ThinkingDelta(said) if part.get("thought") else TextDelta(said)
        if seal:
            yield ThinkingSeal(seal)

    def _finish(self, reason: str, message: str) -> FinishReport:
        if reason in GEMINI_BROKEN:
            raise Fault(f"{GEMINI_BROKEN[reason]} {message}".strip(), 502, reason.lower())
        return FinishReport(GEMINI_FINISHES.get(reason, Finish.STOP))


class OllamaDecoder:
    """Lines with `done`; tool calls arrive whole."""

    def __init__(self) -> None:
        self._calls = 0

    def decode(self, name: str, data: Mapping[str, Any]) -> Iterator[Piece]:
        """The pieces of one line."""
        message = data.get("message") or {}
        thought = message.get("thinking") or data.get("thinking")
        if thought:
            yield ThinkingDelta(thought)
        if text := message.get("content") or data.get("response"):
            yield TextDelta(text)
        for call in message.get("tool_calls") or ():
            yield from read_calls([{**call, "index": self._calls}])
            self._calls += 1
        if data.get("done"):
            is_length = data.get("done_reason") == "length"
            yield FinishReport(Finish.LENGTH if is_length else Finish.STOP)
            yield from join_usage(
                input=read_tokens(data, "prompt_eval_count"), output=read_tokens(data, "eval_count")
            )


class CohereDecoder:
    """Typed events from `message-start` to `message-end` (version 2), or one whole message."""

    def decode(self, name: str, data: Mapping[str, Any]) -> Iterator[Piece]:
        """The pieces of one event."""
        kind = data.get("type") or name
        delta = data.get("delta") or {}
        message = delta.get("message") or {}
        index = data.get("index", 0)
        match kind:
            case "content-start" | "content-delta":
                yield from self._content(message.get("content") or {})
            case "tool-plan-delta":
                yield ThinkingDelta(message.get("tool_plan") or "")
            case "tool-call-start" | "tool-call-delta":
                calls = message.get("tool_calls") or {}
                yield from read_calls([{**calls, "index": index}] if isinstance(calls, Mapping) else calls)
            case "message-end":
                yield from self._end(delta)
            case _ if isinstance(data.get("message"), Mapping):
                whole = data["message"]
                yield ThinkingDelta(whole.get("tool_plan") or "")
                for part in whole.get("content") or ():
                    yield from self._content(part)
                yield from read_calls(
                    {**call, "index": place} for place, call in enumerate(whole.get("tool_calls") or ())
                )
                yield from self._end(data)
            case _:
                pass

    def _content(self, content: Mapping[str, Any]) -> Iterator[Piece]:
        yield ThinkingDelta(content.get("thinking") or "")
        yield TextDelta(content.get("text") or "")

    def _end(self, delta: Mapping[str, Any]) -> Iterator[Piece]:
        usage = delta.get("usage") or {}
        tokens = usage.get("tokens") or usage.get("billed_units") or {}
        yield from join_usage(
            input=read_tokens(tokens, "input_tokens"),
            output=read_tokens(tokens, "output_tokens"),
            cache_read=read_tokens(usage, "cached_tokens"),
        )
        reason = str(delta.get("finish_reason") or "COMPLETE").upper()
        if reason in {"ERROR", "TIMEOUT", "ERROR_LIMIT", "USER_CANCEL"}:
            words = str(delta.get("error") or f"the reply ended with {reason}")
            raise Fault(words, 408 if reason == "TIMEOUT" else 502, reason.lower())
        yield FinishReport(COHERE_FINISHES.get(reason, Finish.STOP))
