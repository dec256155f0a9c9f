"""Message and its parts: what is said, by whom, to whom."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, overload

Role = Literal["user", "assistant", "tool"]

HUMAN = "human"
MODEL = "model"
TOOL = "tool"
AURA = "aura"


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text."""

    text: str
    type: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class Thinking:
    """What a model thought before it answered; `opaque` is the provider's own form, sent back unchanged."""

    text: str
    opaque: Mapping[str, Any] = field(default_factory=dict)
    type: Literal["thinking"] = "thinking"


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: its media type (`image/png`) and its bytes in base64."""

    media_type: str
    data: str
    type: Literal["image"] = "image"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call a model asks for.

    `problem` says why the arguments could not be read (empty: they could); `raw` is then what was received.
    `opaque` is what a provider wants back with the call (thought signatures).
    """

    id: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    raw: str = ""
    problem: str = ""
    opaque: Mapping[str, Any] = field(default_factory=dict)
    type: Literal["tool_call"] = "tool_call"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The answer to one call: `content` and `images` for the model, `display` for people (empty: the same)."""

    call_id: str
    content: str
    display: str = ""
    is_error: bool = False
    ends_turn: bool = False
    images: tuple[Image, ...] = ()
    type: Literal["tool_result"] = "tool_result"


Part = Text | Thinking | Image | ToolCall | ToolResult


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the conversation; `origin` is `human`, `model`, `tool`, `aura` or `injector:<name>`."""

    role: Role
    parts: tuple[Part, ...]
    origin: str

    @property
    def text(self) -> str:
        """The text parts, joined; no thinking."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls asked for, in order."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))

    @property
    def results(self) -> tuple[ToolResult, ...]:
        """The results carried, in order."""
        return tuple(part for part in self.parts if isinstance(part, ToolResult))


def user(text: str, origin: str = HUMAN, images: tuple[Image, ...] = ()) -> Message:
    """A user-role message of one text and any number of images."""
    return Message("user", (Text(text), *images), origin)


def is_empty(message: Message) -> bool:
    """Whether a reply holds neither text nor tool calls; thinking alone is no answer."""
    return not message.text.strip() and not message.tool_calls


def tool_message(result: ToolResult) -> Message:
    """The tool-role message that carries one result."""
    return Message("tool", (result,), TOOL)


class History:
    """An immutable sequence of messages whose `append` shares the storage of what it extends.

    Appending is O(1) for the newest value and O(n) when an older one is extended again.
    """

    __slots__ = ("_items", "_length", "_outlined")

    def __init__(self, items: tuple[Message, ...] | list[Message] = ()) -> None:
        self._items: list[Message] = list(items)
        self._length = len(self._items)
        self._outlined = 0

    def append(self, message: Message) -> "History":
        """This history and one message more."""
        items = self._items if len(self._items) == self._length else self._items[: self._length]
        items.append(message)
        new = History()
        new._items, new._length, new._outlined = items, self._length + 1, self._outlined
        return new

    def cut(self, upto: int) -> "History":
        """The first `upto` messages of this history (all, when it has no more)."""
        new = History()
        new._items, new._length = self._items, max(0, min(upto, self._length))
        new._outlined = min(self._outlined, new._length)
        return new

    def outline(self, upto: int) -> "History":
        """This history without the parts of its first `upto` messages, but for the texts of people.

        The newest reply and what follows it stay whole. Messages keep their places, roles and origins.
        """
        replies = (at for at in range(self._length - 1, -1, -1) if self._items[at].role == "assistant")
        done, end = self._outlined, min(upto, next(replies, 0))
        if end <= done:
            return self
        items = self._items
        new = History([*items[:done], *map(_outline, items[done:end]), *items[end : self._length]])
        new._outlined = end
        return new

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Message]:
        items = self._items
        return (items[index] for index in range(self._length))

    @overload
    def __getitem__(self, index: int) -> Message: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Message, ...]: ...
    def __getitem__(self, index: int | slice) -> Message | tuple[Message, ...]:
        if isinstance(index, slice):
            return tuple(self._items[i] for i in range(*index.indices(self._length)))
        if not -self._length <= index < self._length:
            raise IndexError(index)
        return self._items[index % self._length] if index < 0 else self._items[index]

    def __reversed__(self) -> Iterator[Message]:
        return (self._items[index] for index in range(self._length - 1, -1, -1))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, History) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"History({list(self)!r})"


def _outline(message: Message) -> Message:
    if message.origin == HUMAN:
        return user(message.text) if len(message.parts) > 1 else message
    return _blank(message.role, message.origin)


@lru_cache(maxsize=256)
def _blank(role: Role, origin: str) -> Message:
    return Message(role, (), origin)
