"""Record any model, and play it back: a bug report that needs no key.

A recording is a file of JSON lines, readable by its owner only. The first line names the model; each further line is
one call: the shape of its request (roles, kinds of parts, tools; digests in place of texts) and the reply as it
streamed, with secrets taken out. What was sent is not kept.
"""

import hashlib
import json
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from aura.core.errors import ConfigError, ModelError, ModelErrorKind
from aura.core.messages import MODEL, Image, Message, Part, Text, Thinking, ToolCall, ToolResult
from aura.core.models import (
    Completion,
    Delta,
    Finish,
    Model,
    ModelInfo,
    Request,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    Usage,
)

FORMAT = "aura-recording"
VERSION = 1

Redact = Callable[[str], str]


def record(model: Model, path: str | Path, redact: Redact) -> Model:
    """A model that does what `model` does and writes every call to a new file (0600).

    `redact` takes secrets out of each text before it is written. Raises `ConfigError` when the file exists already
    or cannot be made.
    """
    return _Recording(model, Path(path).expanduser(), redact)


class _Recording:
    """Passes everything through and keeps it; a call is written when it ended, however it ended."""

    def __init__(self, model: Model, path: Path, redact: Redact) -> None:
        self._model = model
        self._path = path
        self._redact = redact
        head = {"format": FORMAT, "version": VERSION, "model": _encode_info(model.info)}
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(json.dumps(head) + "\n")
        except FileExistsError:
            raise ConfigError(f"{path} exists already; name a new file to record to.") from None
        except OSError as error:
            raise ConfigError(f"The recording {path} cannot be made ({error.strerror}).") from None

    @property
    def info(self) -> ModelInfo:
        return self._model.info

    async def stream(self, request: Request) -> AsyncIterator[Delta | Completion]:
        pieces: list[Delta] = []
        ending: dict[str, Any] = {"left": "the reader stopped reading"}
        try:
            async for piece in self._model.stream(request):
                if isinstance(piece, Completion):
                    ending = {"completion": self._encode_completion(piece)}
                else:
                    pieces.append(piece)
                yield piece
        except ModelError as error:
            ending = {"error": self._encode_error(error)}
            raise
        finally:
            line = {"request": describe_request(request), "stream": self._encode_pieces(pieces), **ending}
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _encode_pieces(self, pieces: Iterable[Delta]) -> list[dict[str, Any]]:
        """Neighbouring pieces of one kind as one text and its sizes, so that no secret hides between two pieces."""
        runs: list[dict[str, Any]] = []
        for piece in pieces:
            head: dict[str, Any] = {"kind": piece.type}
            text = piece.arguments if isinstance(piece, ToolCallDelta) else piece.text
            if isinstance(piece, ToolCallDelta):
                head |= {"index": piece.index, "name": piece.name}
            if not runs or {key: runs[-1].get(key) for key in head} != head:
                runs.append({**head, "text": "", "sizes": []})
            runs[-1]["text"] += text
            runs[-1]["sizes"].append(len(text))
        return [{**run, "text": self._redact(run["text"])} for run in runs]

    def _encode_completion(self, completion: Completion) -> dict[str, Any]:
        parts = [_redact_all(asdict(part), self._redact) for part in completion.message.parts]
        return {
            "parts": parts,
            "usage": asdict(completion.usage),
            "finish": completion.finish.value,
            "model": completion.model,
            "cost": completion.cost,
        }

    def _encode_error(self, error: ModelError) -> dict[str, Any]:
        return {
            "kind": error.kind.value,
            "sentence": self._redact(error.sentence),
            "status": error.status,
            "retry_after": error.retry_after,
            "partial": self._redact(error.partial),
        }


@dataclass(frozen=True, slots=True)
class _Recorded:
    """One recorded call, as it stands in the file."""

    request: Mapping[str, Any]
    stream: Sequence[Mapping[str, Any]]
    ending: Mapping[str, Any]


class RecordedModel:
    """Plays a recording, call by call; a request of another shape than the recorded one is an error that says where."""

    def __init__(self, name: str, info: ModelInfo, calls: Sequence[_Recorded]) -> None:
        self._name = name
        self._info = info
        self._calls = calls
        self._next = 0

    @classmethod
    def load(cls, path: str | Path) -> "RecordedModel":
        """The model of a recording; raises `ConfigError` when the file is missing or is no recording."""
        file = Path(path).expanduser()
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise ConfigError(f"The recording {path} cannot be read.") from None
        try:
            head = json.loads(lines[0])
            if head["format"] != FORMAT or head["version"] != VERSION:
                raise ValueError(FORMAT)
            info = _decode_info(head["model"])
            calls = [_decode_call(json.loads(line)) for line in lines[1:] if line.strip()]
        except (ValueError, KeyError, IndexError, TypeError):
            raise ConfigError(f"{path} is no recording of this version of aura.") from None
        return cls(file.name, info, calls)

    @property
    def info(self) -> ModelInfo:
        """What was known of the recorded model."""
        return self._info

    @property
    def left(self) -> int:
        """How many recorded calls were not played yet."""
        return len(self._calls) - self._next

    async def stream(self, request: Request) -> AsyncIterator[Delta | Completion]:
        """Play the next call; raises `ModelError` as it was recorded, and when the request differs in shape."""
        if self._next >= len(self._calls):
            raise ModelError(
                ModelErrorKind.BAD_REQUEST,
                f"The recording {self._name} has {len(self._calls)} calls, and this is one more.",
                status=400,
            )
        call = self._calls[self._next]
        difference = find_difference(call.request, describe_request(request))
        if difference:
            raise ModelError(
                ModelErrorKind.BAD_REQUEST,
                f"Call {self._next + 1} is not the one in the recording {self._name}: {difference}.",
                status=400,
            )
        self._next += 1
        for run in call.stream:
            for piece in _decode_run(run):
                yield piece
        if "completion" in call.ending:
            yield _decode_completion(call.ending["completion"])
            return
        raise _decode_error(call.ending.get("error"))


def describe_request(request: Request) -> dict[str, Any]:
    """The shape of a request, and a digest of each text in it; nothing of what it says."""
    return {
        "system": _digest(request.system),
        "messages": [_describe_message(message) for message in request.messages],
        "tools": sorted(tool.name for tool in request.tools),
    }


def find_difference(recorded: Mapping[str, Any], shown: Mapping[str, Any]) -> str:
    """Where a request's shape differs from the recorded one, in words (empty: nowhere); texts may differ."""
    if recorded["tools"] != shown["tools"]:
        added = sorted(set(shown["tools"]) - set(recorded["tools"]))
        gone = sorted(set(recorded["tools"]) - set(shown["tools"]))
        words = ([f"now offered {', '.join(added)}"] if added else []) + (
            [f"no longer offered {', '.join(gone)}"] if gone else []
        )
        return f"the tools differ ({'; '.join(words)})"
    before, now = recorded["messages"], shown["messages"]
    for place, (old, new) in enumerate(zip(before, now, strict=False), 1):
        if old["shape"] != new["shape"]:
            return f"message {place} was {_speak(old['shape'])}, now it is {_speak(new['shape'])}"
    if len(before) != len(now):
        return f"it had {len(before)} messages, now there are {len(now)}"
    return ""


def _speak(shape: Sequence[str]) -> str:
    role, *parts = shape
    return f"{role} ({', '.join(parts) or 'empty'})"


def _describe_message(message: Message) -> dict[str, Any]:
    parts = [_describe_part(part) for part in message.parts]
    return {
        "shape": [message.role, *(shape for shape, _ in parts)],
        "digest": _digest("\0".join(d for _, d in parts)),
    }


def _describe_part(part: Part) -> tuple[str, str]:
    match part:
        case Text() | Thinking():
            return part.type, part.text
        case Image():
            return f"image {part.media_type}", part.data
        case ToolCall():
            return f"call of {part.name}", part.raw or json.dumps(part.arguments, sort_keys=True, default=str)
        case ToolResult():
            return "error" if part.is_error else "result", part.content


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=8).hexdigest()


def _redact_all(value: Any, redact: Redact) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: _redact_all(item, redact) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_redact_all(item, redact) for item in value]
    return value


def _encode_info(info: ModelInfo) -> dict[str, Any]:
    return {**asdict(info), "capabilities": sorted(info.capabilities)}


def _decode_info(value: Mapping[str, Any]) -> ModelInfo:
    return replace(ModelInfo(**value), capabilities=frozenset(value["capabilities"]))


def _decode_call(value: Mapping[str, Any]) -> _Recorded:
    return _Recorded(
        value["request"],
        value["stream"],
        {key: value[key] for key in ("completion", "error") if key in value},
    )


def _decode_run(run: Mapping[str, Any]) -> Iterator[Delta]:
    """The pieces of one run; what a longer text has left over at its end goes into the last piece."""
    characters = iter(run["text"])
    sizes = run["sizes"]
    for place, size in enumerate(sizes):
        text = "".join(characters if place == len(sizes) - 1 else islice(characters, size))
        if run["kind"] == "tool_call_delta":
            yield ToolCallDelta(run["index"], run["name"], text)
        else:
            yield TextDelta(text) if run["kind"] == "text_delta" else ThinkingDelta(text)


def _decode_completion(value: Mapping[str, Any]) -> Completion:
    kinds: dict[str, Any] = {"text": Text, "thinking": Thinking, "tool_call": ToolCall, "image": Image}
    parts = tuple(kinds[part["type"]](**part) for part in value["parts"])
    message = Message("assistant", parts, MODEL)
    return Completion(
        message, Usage(**value["usage"]), Finish(value["finish"]), value["model"], value["cost"]
    )


def _decode_error(value: Mapping[str, Any] | None) -> ModelError:
    if value is None:
        return ModelError(ModelErrorKind.CUT, "The recording ends here: nobody read this reply to its end.")
    return ModelError(
        ModelErrorKind(value["kind"]),
        value["sentence"],
        status=value["status"],
        retry_after=value["retry_after"],
        partial=value["partial"],
    )
