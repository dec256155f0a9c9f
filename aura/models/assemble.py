"""Pieces of a streamed reply → one message; pure, and the same however the stream was cut into pieces."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aura.core.errors import ModelError, ModelErrorKind
from aura.core.messages import MODEL, Message, Part, Text, Thinking, ToolCall
from aura.core.models import Completion, Delta, Finish, TextDelta, ThinkingDelta, ToolCallDelta, Usage

CUT_AT_LIMIT = (
    "the call was cut at the output limit; nothing was run. Write less at once, or in several calls."
)
FILTERED = "the call was cut off by the provider's content filter; nothing was run"


@dataclass(frozen=True, slots=True)
class CallPiece:
    """A piece of a tool call as a provider sent it; None and empty text mean that it said nothing.

    `whole` marks arguments that are complete in themselves and replace what had come before.
    """

    index: int | None = None
    id: str = ""
    name: str = ""
    arguments: str = ""
    whole: bool = False
    opaque: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ThinkingSeal:
    """The provider's own form of the thinking so far; with `closes`, what is thought next is another part."""

    opaque: Mapping[str, Any]
    closes: bool = True


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What the provider counted; a later report replaces an earlier one. `cost` is in USD, if it named one."""

    usage: Usage
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class FinishReport:
    """The provider ended the reply on purpose; `sure` is false when it gave no reason."""

    finish: Finish = Finish.STOP
    sure: bool = True


Piece = TextDelta | ThinkingDelta | CallPiece | ThinkingSeal | UsageReport | FinishReport


def new_call_id() -> str:
    """An id for a call that came without a usable one."""
    return f"call_{uuid.uuid4().hex[:24]}"


class _Call:
    """One call while its pieces arrive."""

    __slots__ = ("arguments", "id", "index", "name", "opaque")

    def __init__(self, index: int | None, id: str) -> None:
        self.index = index
        self.id = id
        self.name = ""
        self.arguments: list[str] = []
        self.opaque: dict[str, Any] = {}

    @property
    def raw(self) -> str:
        return "".join(self.arguments)

    @property
    def is_complete(self) -> bool:
        """Whether the arguments so far are a whole JSON object, so that nothing can follow."""
        ends = bool(self.arguments) and self.arguments[-1].rstrip().endswith("}")
        return ends and isinstance(_parse(self.raw), dict)


class _Thought:
    """One part of thinking while it arrives."""

    __slots__ = ("closed", "opaque", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.opaque: dict[str, Any] = {}
        self.closed = False


class Assembly:
    """A reply under construction: `add` its pieces, then `finish` it.

    `finished` is None until the provider has ended the reply on purpose.
    """

    def __init__(self, new_id: Callable[[], str] = new_call_id) -> None:
        self._segments: list[list[str] | _Thought | _Call] = []
        self._calls: list[_Call] = []
        self._new_id = new_id
        self.finished: FinishReport | None = None
        self.usage: UsageReport | None = None

    @property
    def text(self) -> str:
        """The text so far."""
        return mend("".join("".join(item) for item in self._segments if isinstance(item, list)))

    @property
    def is_empty(self) -> bool:
        """Whether nothing has arrived that belongs into a message."""
        return not self._segments

    @property
    def spoken(self) -> int:
        """The characters written so far: text, thinking and arguments."""
        count = 0
        for item in self._segments:
            if isinstance(item, list):
                count += sum(map(len, item))
            elif isinstance(item, _Thought):
                count += sum(map(len, item.texts))
            else:
                count += len(item.name) + sum(map(len, item.arguments))
        return count

    def add(self, piece: Piece) -> Delta | None:
        """Take one piece; the delta to show for it, if there is one."""
        match piece:
            case TextDelta(text):
                if not text:
                    return None
                last = self._segments[-1] if self._segments else None
                if isinstance(last, list):
                    last.append(text)
                else:
                    self._segments.append([text])
                return piece
            case ThinkingDelta(text):
                if text:
                    self._thought().texts.append(text)
                return piece if text else None
            case CallPiece():
                return self._add_call(piece)
            case ThinkingSeal(opaque, closes):
                thought = self._thought()
                thought.opaque.update(opaque)
                thought.closed = closes
            case UsageReport():
                self.usage = piece
            case FinishReport():
                if self.finished is None or piece.sure or not self.finished.sure:
                    self.finished = piece
        return None

    def finish(self, model: str) -> Completion:
        """The completed reply, usage as reported (empty: not at all), no cost.

        Raises `ModelError` (cut) when the provider did not end the reply: nothing of it may be run.
        """
        report = self.finished
        if report is None or (not report.sure and any(not call.is_complete for call in self._calls)):
            raise ModelError(
                ModelErrorKind.CUT,
                f"The reply of {model} broke off before its end; send the request again.",
                partial=self.text,
            )
        finish = report.finish
        if finish in {Finish.STOP, Finish.TOOL_CALLS}:
            finish = Finish.TOOL_CALLS if self._calls else Finish.STOP
        ids = self._unique_ids()
        parts: list[Part] = []
        for item in self._segments:
            if isinstance(item, list):
                parts.append(Text(mend("".join(item))))
            elif isinstance(item, _Thought):
                opaque = {**item.opaque, "model": model} if item.opaque else {}
                parts.append(Thinking(mend("".join(item.texts)), opaque))
            else:
                is_last = item is self._calls[-1]
                parts.append(read_call(item, next(ids), finish if is_last else Finish.STOP))
        usage = self.usage.usage if self.usage else Usage()
        return Completion(Message("assistant", tuple(parts), MODEL), usage, finish, model)

    def _thought(self) -> _Thought:
        last = self._segments[-1] if self._segments else None
        if isinstance(last, _Thought) and not last.closed:
            return last
        thought = _Thought()
        self._segments.append(thought)
        return thought

    def _unique_ids(self) -> Iterator[str]:
        taken: set[str] = set()
        for call in self._calls:
            own = call.id
            while not own or own in taken:
                own = self._new_id()
            taken.add(own)
            yield own

    def _add_call(self, piece: CallPiece) -> ToolCallDelta:
        call = self._find(piece)
        if call is None or _begins_another(call, piece):
            call = _Call(piece.index, piece.id)
            self._calls.append(call)
            self._segments.append(call)
        call.id = call.id or piece.id
        if call.index is None:
            call.index = piece.index
        _extend_name(call, piece)
        call.opaque.update(piece.opaque)
        shown = piece.arguments
        if shown and (piece.whole or call.arguments == ["{}"] or (piece.name and call.is_complete)):
            already = call.raw
            call.arguments = [shown]
            shown = "" if already else shown
        elif shown:
            call.arguments.append(shown)
        place = len(self._calls) - 1 if call is self._calls[-1] else self._calls.index(call)
        return ToolCallDelta(place, call.name, shown)

    def _find(self, piece: CallPiece) -> _Call | None:
        """The call that a piece names by place and id; None when it begins another one."""
        calls = self._calls
        if not calls:
            return None
        same_id = piece.id and next((call for call in reversed(calls) if call.id == piece.id), None)
        if piece.index is None:
            return same_id or (None if piece.id and piece.name else calls[-1])
        here = next((call for call in reversed(calls) if call.index == piece.index), None)
        if here is None:
            return same_id if same_id and not piece.name else None
        if not piece.id or not here.id or piece.id == here.id:
            return here
        if same_id and same_id.index == piece.index:
            return same_id
        return None if piece.name or here.is_complete else here  # else: an id made up anew for each piece


def _begins_another(call: _Call, piece: CallPiece) -> bool:
    """Whether a piece that could belong to `call` cannot carry on with it."""
    if piece.whole or not piece.name or not call.name:
        return False
    if call.is_complete and piece.arguments.strip():
        return piece.arguments.strip() != call.raw.strip()
    if piece.id or piece.name == call.name:
        return False
    return bool(call.arguments) or not (call.id or piece.name.startswith(call.name))


def _extend_name(call: _Call, piece: CallPiece) -> None:
    """Take a name that comes once, again and again, growing, or in fragments."""
    name = piece.name
    if not name or name == call.name:
        return
    if not call.name or piece.whole or name.startswith(call.name):
        call.name = name
    elif not call.arguments and not call.name.endswith(name):
        call.name += name


def read_call(call: _Call, id: str, finish: Finish) -> ToolCall:
    """The call with its arguments parsed, or with the reason why they cannot be used."""
    raw, name = mend(call.raw), call.name.split("<|")[0].strip()
    value = _parse(raw) if raw.strip() else {}
    if isinstance(value, str) and isinstance(inner := _parse(value), dict):
        value = inner  # encoded twice
    if value is None and raw.strip() == "null":
        value = {}
    problem = ""
    if finish is Finish.LENGTH and (not raw.strip() or not isinstance(value, dict)):
        problem = CUT_AT_LIMIT
    elif finish is Finish.CONTENT_FILTER and (not raw.strip() or not isinstance(value, dict)):
        problem = FILTERED
    elif not name:
        problem = "the call names no tool"
    elif isinstance(value, _Broken):
        problem = f"the arguments are not valid JSON: {value.reason}"
    elif not isinstance(value, dict):
        problem = f"the arguments are not a JSON object but {type(value).__name__}"
    if problem:
        return ToolCall(id, name, {}, raw, problem, call.opaque)
    return ToolCall(id, name, value, "", "", call.opaque)


@dataclass(frozen=True, slots=True)
class _Broken:
    """Why a text is not JSON."""

    reason: str


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _parse(text: str) -> Any:
    try:
        value = json.loads(text, strict=False, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return _Broken(str(error) or type(error).__name__)
    return _mend_deep(value) if "\\u" in text else value


def _mend_deep(value: Any) -> Any:
    if isinstance(value, str):
        return mend(value)
    if isinstance(value, list):
        return [_mend_deep(item) for item in value]
    if isinstance(value, dict):
        return {mend(key): _mend_deep(item) for key, item in value.items()}
    return value


def mend(text: str) -> str:
    """The text with surrogate halves joined to characters, and lone ones replaced."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
