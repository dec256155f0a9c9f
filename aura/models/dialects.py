"""Which wire format a stream speaks: told by its events themselves, whatever the provider is called."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from aura.models.assemble import Assembly, FinishReport, Piece
from aura.models.decode import Fault
from aura.models.decode_anthropic import ANTHROPIC_EVENTS, BEDROCK_EVENTS, AnthropicDecoder, BedrockDecoder
from aura.models.decode_chat import ChatDecoder
from aura.models.decode_others import COHERE_EVENTS, CohereDecoder, GeminiDecoder, OllamaDecoder
from aura.models.decode_responses import ResponsesDecoder
from aura.models.framing import Event


class Decoder(Protocol):
    """Turns the events of one wire format into pieces."""

    def decode(self, name: str, data: Mapping[str, Any]) -> Iterator[Piece]:
        """The pieces of one event."""
        ...


def find_decoder(name: str, data: Mapping[str, Any]) -> Decoder | None:
    """A decoder for the stream that begins with this event; None when the event tells nothing."""
    kind = data.get("type")
    kind = kind if isinstance(kind, str) else name
    if kind.startswith("response.") or data.get("object") == "response":
        return ResponsesDecoder()
    if "choices" in data:
        return ChatDecoder()
    if kind in ANTHROPIC_EVENTS:
        return None if kind == "ping" else AnthropicDecoder()
    if name in BEDROCK_EVENTS or name.startswith("exception:") or "stopReason" in data:
        return BedrockDecoder()
    if any(key in data for key in ("candidates", "usageMetadata", "promptFeedback")):
        return GeminiDecoder()
    if isinstance(data.get("response"), Mapping) and "candidates" in data["response"]:
        return GeminiDecoder()
    if kind in COHERE_EVENTS:
        return CohereDecoder()
    if "done" in data:
        return OllamaDecoder()
    if isinstance(data.get("message"), Mapping) and "finish_reason" in data:
        return CohereDecoder()
    return None


def read_fault(name: str, data: Mapping[str, Any]) -> Fault | None:
    """The fault that an event reports, in any provider's form; None when it reports none."""
    error = data.get("error")
    base = data.get("base_resp")
    if isinstance(base, Mapping) and base.get("status_code"):  # MiniMax
        return Fault(str(base.get("status_msg") or "failed"), 0, str(base["status_code"]))
    if not error:
        is_error = name == "error" or data.get("type") == "error" or data.get("object") == "error"
        if not is_error and "detail" not in data:
            return None
        error = data
    if isinstance(error, str):
        return Fault(error, _status(data), str(data.get("code") or ""))
    if not isinstance(error, Mapping):
        return None
    codes = [error.get(key) for key in ("code", "type", "status", "errorCode")]
    words = [str(code) for code in codes if isinstance(code, str) and code != "error"]
    status = _status(error) or _status(data)
    message = error.get("message") or error.get("detail") or error.get("error") or data.get("message")
    metadata = error.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, Mapping) else None
    text = " ".join(str(item) for item in (message, raw) if item) or str(dict(error))
    return Fault(text, status, " ".join(words))


def _status(data: Mapping[str, Any]) -> int:
    for key in ("code", "status", "status_code", "statusCode"):
        value = data.get(key)
        if isinstance(value, str) and value.isdigit():
            value = int(value)
        if isinstance(value, int) and 100 <= value < 600:
            return value
    return 0


class Reading:
    """Events → pieces into an assembly, through the decoder that the events ask for.

    `ended` is set by the stream's end mark; `unread` holds the first event that belongs to no known format.
    """

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self.ended = False
        self.unread: list[Any] = []
        self._decoder: Decoder | None = None

    @property
    def recognised(self) -> bool:
        """Whether the wire format is known by now."""
        return self._decoder is not None

    def read(self, event: Event) -> Iterator[Piece]:
        """The pieces of one event; raises `Fault` when it reports one."""
        data = event.data
        if not isinstance(data, dict):
            yield from self._read_other(event)
            return
        name, kind = event.name, data.get("type")
        is_fault = name == "error" or kind == "error" or data.get("object") == "error"
        if is_fault or "error" in data or "base_resp" in data:
            fault = read_fault(name, data)
            if fault is not None:
                raise fault
        if self._decoder is None:
            self._decoder = find_decoder(name, data)
            if self._decoder is None:
                fault = read_fault(name, data)
                if fault is not None:
                    raise fault
                self.unread = self.unread or [data]
                return
        yield from self._decoder.decode(name, data)

    def _read_other(self, event: Event) -> Iterator[Piece]:
        """An end mark, or several events in one."""
        if event.data is None:
            self.ended = True
            if self._decoder is not None:
                yield FinishReport(sure=False)
        elif isinstance(event.data, list):
            for item in event.data:
                yield from self.read(Event(event.name, item if item is not None else ""))
