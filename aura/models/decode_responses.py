"""OpenAI's responses, streamed or whole → pieces."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from aura.core.models import Finish, TextDelta, ThinkingDelta
from aura.models.assemble import CallPiece, FinishReport, Piece, ThinkingSeal
from aura.models.decode import Fault
from aura.models.decode_chat import read_usage

CODES = {
    "server_error": 500,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "server_is_overloaded": 503,
}


class ResponsesDecoder:
    """Events named `response.*`, or one whole `response`.

    Text and arguments that came in no delta are taken from the event that closes them.
    """

    def __init__(self) -> None:
        self._heard: set[tuple[Any, ...]] = set()
        self._items: set[int] = set()

    def decode(self, name: str, data: Mapping[str, Any]) -> Iterator[Piece]:
        """The pieces of one event."""
        kind = str(data.get("type") or name)
        index = data.get("output_index", 0)
        match kind:
            case "response.output_text.delta" | "response.refusal.delta":
                self._heard.add((index, "text", data.get("content_index", 0)))
                yield TextDelta(data.get("delta") or "")
            case "response.output_text.done" | "response.refusal.done":
                if (index, "text", data.get("content_index", 0)) not in self._heard:
                    self._heard.add((index, "text", data.get("content_index", 0)))
                    yield TextDelta(data.get("text") or data.get("refusal") or "")
            case "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta":
                if kind.startswith("response.function"):
                    yield CallPiece(index, arguments=data.get("delta") or "")
            case "response.function_call_arguments.done":
                yield CallPiece(index, arguments=data.get("arguments") or "", whole=True)
            case "response.output_item.added":
                yield from self._open(index, data.get("item") or {})
            case "response.output_item.done":
                yield from self._close(index, data.get("item") or {})
            case "response.completed" | "response.incomplete" | "response.failed" | "response.done":
                yield from self._end(data.get("response") or {}, kind)
            case _ if kind.startswith("response.reasoning"):
                yield from self._think(kind, index, data)
            case _ if data.get("object") == "response":
                yield from self._end(data, f"response.{data.get('status')}")
            case _:
                pass

    def _think(self, kind: str, index: int, data: Mapping[str, Any]) -> Iterator[Piece]:
        part = (index, "thinking", data.get("summary_index", data.get("content_index", 0)))
        if kind.endswith(".delta"):
            if part not in self._heard and any(one[:2] == part[:2] for one in self._heard):
                yield ThinkingDelta("\n\n")
            self._heard.add(part)
            yield ThinkingDelta(str(data.get("delta") or ""))
        elif kind.endswith("text.done") and part not in self._heard:
            self._heard.add(part)
            yield ThinkingDelta(data.get("text") or "")

    def _open(self, index: int, item: Mapping[str, Any]) -> Iterator[Piece]:
        if item.get("type") == "function_call":
            self._items.add(index)
            yield CallPiece(index, item.get("call_id") or item.get("id") or "", item.get("name") or "")

    def _close(self, index: int, item: Mapping[str, Any]) -> Iterator[Piece]:
        """An item that is whole: what it holds replaces what was heard of it."""
        self._items.add(index)
        kind = str(item.get("type"))
        if kind == "function_call":
            call_id = item.get("call_id") or item.get("id") or ""
            yield CallPiece(index, call_id, item.get("name") or "", item.get("arguments") or "", whole=True)
        elif kind == "reasoning":
            if not any(part[:2] == (index, "thinking") for part in self._heard):
                yield ThinkingDelta("\n\n".join(_texts(item.get("summary")) or _texts(item.get("content"))))
            kept = {key: item.get(key) for key in ("id", "summary", "encrypted_content")}
            yield ThinkingSeal({"format": "responses", "item": {"type": "reasoning", **kept}})
        elif kind == "message":
            for place, text in enumerate(_texts(item.get("content"))):
                if (index, "text", place) not in self._heard:
                    self._heard.add((index, "text", place))
                    yield TextDelta(text)
        elif item.get("call_id"):  # a call that waits for an answer, of a kind aura does not offer
            given = {key: value for key, value in item.items() if key in {"input", "action", "operation"}}
            call_name = str(item.get("name") or kind.removesuffix("_call"))
            yield CallPiece(index, item["call_id"], call_name, json.dumps(given), whole=True)

    def _end(self, response: Mapping[str, Any], kind: str) -> Iterator[Piece]:
        error = response.get("error")
        if kind == "response.failed" or error:
            error = error if isinstance(error, Mapping) else {"message": error}
            code = str(error.get("code") or "")
            raise Fault(str(error.get("message") or "the response failed"), CODES.get(code, 0), code)
        for index, item in enumerate(response.get("output") or ()):
            if index not in self._items:
                yield from self._close(index, item)
        yield from read_usage(response.get("usage"))
        reason = (response.get("incomplete_details") or {}).get("reason")
        if kind == "response.incomplete" or reason:
            is_filtered = reason == "content_filter"
            yield FinishReport(Finish.CONTENT_FILTER if is_filtered else Finish.LENGTH)
        elif kind in {"response.completed", "response.done"}:
            yield FinishReport()


def _texts(parts: Any) -> list[str]:
    found = [part.get("text") or part.get("refusal") for part in parts or () if isinstance(part, Mapping)]
    return [text for text in found if isinstance(text, str) and text]
