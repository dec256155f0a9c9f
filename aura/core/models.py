"""What aura asks of a language model, and what it gets back."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol

from aura.core.messages import Message


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as a model sees it: a name, a description, and a JSON schema of its arguments (an object)."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One model call: the system text, the conversation, the tools offered (none: text only)."""

    system: str
    messages: Sequence[Message]
    tools: Sequence[ToolSpec] = ()
    max_tokens: int | None = None
    thinking: int | None = None
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call as the provider counted them; `input` includes what was read from a cache.

    `estimated` is true when the provider said nothing and aura counted by itself.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    thinking: int = 0
    estimated: bool = False


class Finish(StrEnum):
    """Why a model stopped producing."""

    STOP = "stop"
    TOOL_CALLS = "tool_calls"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"


@dataclass(frozen=True, slots=True)
class Completion:
    """The whole reply; `cost` is in USD and None when the price is unknown."""

    message: Message
    usage: Usage = field(default_factory=Usage)
    finish: Finish = Finish.STOP
    model: str = ""
    cost: float | None = None
    type: Literal["completion"] = "completion"


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the reply's text."""

    text: str
    type: Literal["text_delta"] = "text_delta"


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    """A piece of the model's thinking."""

    text: str
    type: Literal["thinking_delta"] = "thinking_delta"


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of a tool call while it is written: its place in the message, its name once known, more arguments."""

    index: int
    name: str
    arguments: str
    type: Literal["tool_call_delta"] = "tool_call_delta"


Delta = TextDelta | ThinkingDelta | ToolCallDelta


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known of a model.

    Windows are in tokens (0: unknown); prices in USD per token (None: unknown). `capabilities` holds words such as
    `tools`, `vision`, `thinking`.
    """

    name: str
    window: int = 0
    max_output: int = 0
    input_price: float | None = None
    output_price: float | None = None
    cache_read_price: float | None = None
    cache_write_price: float | None = None
    capabilities: frozenset[str] = frozenset()


def price(info: ModelInfo, usage: Usage) -> float | None:
    """What the tokens cost in USD; None when a price that matters is unknown."""
    if info.input_price is None or info.output_price is None:
        return None
    read = info.cache_read_price if info.cache_read_price is not None else info.input_price
    write = info.cache_write_price if info.cache_write_price is not None else info.input_price
    plain = usage.input - usage.cache_read - usage.cache_write
    return (
        plain * info.input_price
        + usage.cache_read * read
        + usage.cache_write * write
        + usage.output * info.output_price
    )


class Model(Protocol):
    """A language model that streams.

    `stream` yields deltas, then exactly one `Completion`; it raises `ModelError` and nothing else. It does not
    retry: that is the caller's, so that every attempt is an event.
    """

    @property
    def info(self) -> ModelInfo:
        """What is known of the model."""
        ...

    def stream(self, request: Request) -> AsyncIterator[Delta | Completion]:
        """Send one request and yield its reply piece by piece."""
        ...
