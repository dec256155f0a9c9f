"""OpenAI's chat completions, streamed or whole, and the many dialects of them → pieces."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from aura.core.models import Finish, TextDelta, ThinkingDelta
from aura.models.assemble import CallPiece, FinishReport, Piece, ThinkingSeal
from aura.models.decode import Fault, join_usage, read_tokens

FINISHES = {
    "stop": Finish.STOP,
    "length": Finish.LENGTH,
    "max_tokens": Finish.LENGTH,
    "model_length": Finish.LENGTH,
    "tool_calls": Finish.TOOL_CALLS,
    "tool_use": Finish.TOOL_CALLS,
    "function_call": Finish.TOOL_CALLS,
    "content_filter": Finish.CONTENT_FILTER,
    "refusal": Finish.CONTENT_FILTER,
    "safety": Finish.CONTENT_FILTER,
}
BROKEN = {
    "error": (502, "the provider broke off with an error"),
    "abort": (502, "the server aborted the reply"),
    "insufficient_system_resource": (503, "the provider ran out of resources"),
    "network_error": (502, "the provider broke off with a network error"),
    "malformed_function_call": (502, "the model wrote a malformed tool call"),
}


def read_calls(calls: Any) -> Iterator[CallPiece]:
    """The pieces of a `tool_calls` list; arguments that are an object already are whole."""
    for call in calls:
        if not isinstance(call, Mapping):
            continue
        function = call.get("function") or {}
        arguments = function.get("arguments")
        if arguments is not None and not isinstance(arguments, str):
            arguments = json.dumps(arguments, ensure_ascii=False)
        extra = call.get("extra_content")
        yield CallPiece(
            call.get("index"),
            call.get("id") or "",
            function.get("name") or "",
            arguments or "",
            opaque={"format": "openai", "extra_content": extra} if extra else {},
        )


class ChatDecoder:
    """Events with `choices`: deltas, or one whole message."""

    def __init__(self) -> None:
        self._field = ""
        self._details: list[dict[str, Any]] = []

    def decode(self, name: str, data: Mapping[str, Any]) -> Iterator[Piece]:
        """The pieces of one event."""
        for choice in data.get("choices") or ():
            if choice.get("index"):
                continue
            delta = choice.get("delta")
            is_whole = delta is None
            if is_whole:
                delta = choice.get("message") or {}
            content = delta.get("content")
            if len(delta) > 1 or content is None:
                yield from self._think(delta)
            if content:
                self._field = ""
                yield from [TextDelta(content)] if isinstance(content, str) else self._read_parts(content)
            if calls := delta.get("tool_calls"):
                self._field = ""
                yield from read_calls(_numbered(calls) if is_whole else calls)
            if len(delta) > 2 or content is None:
                yield from self._rare(choice, delta)
            if reason := choice.get("finish_reason"):
                yield _finish(str(reason), choice)
            if "usage" in choice:
                yield from read_usage(choice["usage"])
        if "usage" in data:
            yield from read_usage(data["usage"])
        if "x_groq" in data:
            yield from read_usage((data["x_groq"] or {}).get("usage"))

    def _think(self, delta: Mapping[str, Any]) -> Iterator[Piece]:
        field = "reasoning_content" if delta.get("reasoning_content") else "reasoning"
        text = delta.get(field)
        details = delta.get("reasoning_details")
        if details and isinstance(details, list):
            is_new = not self._details
            _merge_details(self._details, details)
            if not isinstance(text, str) or not text:
                field, text = "reasoning", "".join(map(_detail_text, details))
            if is_new:
                yield ThinkingSeal({"format": "openai", "reasoning_details": self._details}, closes=False)
        if isinstance(text, str) and text:
            if self._field != field:
                self._field = field
                yield ThinkingSeal({"format": "openai", "field": field}, closes=False)
            yield ThinkingDelta(text)

    def _read_parts(self, parts: Any) -> Iterator[Piece]:
        """Content as a list of typed parts (Mistral)."""
        for part in parts:
            if isinstance(part, str):
                yield TextDelta(part)
            elif part.get("type") == "thinking":
                inner = part.get("thinking") or ()
                texts = [inner] if isinstance(inner, str) else [item.get("text") or "" for item in inner]
                yield ThinkingSeal({"format": "mistral"}, closes=False)
                yield from (ThinkingDelta(text) for text in texts)
            elif isinstance(part.get("text"), str):
                yield TextDelta(part["text"])

    def _rare(self, choice: Mapping[str, Any], delta: Mapping[str, Any]) -> Iterator[Piece]:
        if isinstance(delta.get("refusal"), str):
            yield TextDelta(delta["refusal"])
        if isinstance(delta.get("function_call"), Mapping):
            yield from read_calls([{"index": 0, "function": delta["function_call"]}])
        if isinstance(choice.get("text"), str) and not delta:
            yield TextDelta(choice["text"])


def _numbered(calls: Any) -> list[dict[str, Any]]:
    """The calls of a whole message: each is one of its own, whatever its index says."""
    return [{**call, "index": place} for place, call in enumerate(calls) if isinstance(call, Mapping)]


def _finish(reason: str, choice: Mapping[str, Any]) -> FinishReport:
    key = reason.lower()
    if key in BROKEN:
        status, message = BROKEN[key]
        error = choice.get("error") or {}
        raise Fault(str(error.get("message") or message), status, key)
    return FinishReport(FINISHES.get(key, Finish.STOP))


def _detail_text(detail: Mapping[str, Any]) -> str:
    return str(detail.get("text") or detail.get("summary") or "")


def _merge_details(kept: list[dict[str, Any]], new: list[Any]) -> None:
    """Add streamed `reasoning_details` to those kept: equal type and index grow by text, summary and data."""
    for detail in new:
        if not isinstance(detail, Mapping):
            continue
        last = kept[-1] if kept else None
        keys = ("type", "index")
        if last is None or any(last.get(key) != detail.get(key) for key in keys) or _is_another(last, detail):
            kept.append(dict(detail))
            continue
        for key, value in detail.items():
            if key in {"text", "summary", "data"} and isinstance(value, str):
                last[key] = (last.get(key) or "") + value
            elif value is not None:
                last[key] = value


def _is_another(last: Mapping[str, Any], detail: Mapping[str, Any]) -> bool:
    return bool(detail.get("id") and last.get("id") and detail["id"] != last["id"])


def read_usage(usage: Any) -> Iterator[Piece]:
    """The token counts of a chat completion in any of its dialects; nothing when there are none."""
    if not isinstance(usage, Mapping):
        return
    prompt = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or {}
    output = usage.get("completion_tokens_details") or usage.get("output_tokens_details") or {}
    total_in = read_tokens(usage, "prompt_tokens", "input_tokens")
    total_out = read_tokens(usage, "completion_tokens", "output_tokens")
    thinking = read_tokens(output, "reasoning_tokens") or read_tokens(usage, "reasoning_tokens")
    total = read_tokens(usage, "total_tokens")
    if thinking and total == total_in + total_out + thinking:
        total_out += thinking  # xAI counts thinking beside the output
    cost = usage.get("cost")
    yield from join_usage(
        input=total_in,
        output=total_out,
        cache_read=read_tokens(prompt, "cached_tokens")
        or read_tokens(usage, "prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens"),
        cache_write=read_tokens(prompt, "cache_write_tokens", "cache_creation_tokens")
        or read_tokens(usage, "cache_creation_input_tokens"),
        thinking=thinking,
        cost=float(cost) if isinstance(cost, (int, float)) and not isinstance(cost, bool) else None,
    )
