"""What an engine and its faces say to each other: one JSON object a line, both ways.

From the engine: `hello` first, then events in the form of `stream-json`, and `reply` to what was asked. From a face:
an object with `do`, the name of what is to be done, its arguments, and `id` if a reply is wanted.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aura.app.options import SessionOptions
from aura.core.events import Recorded
from aura.core.facts import Facts
from aura.core.messages import History
from aura.core.permissions import Allow, Deny, Mode
from aura.core.turn import Turn
from aura.store.codec import decode_recorded, decode_value, encode_recorded, encode_value

PROTOCOL = 1
LONGEST_LINE = 64 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Hello:
    """The first thing an engine says: what holds, where the session stands, the newest place in its log.

    `shown` are the passing events that still matter: what the running step has said so far, what waits for a yes.
    """

    facts: Facts
    turn: Turn
    last_seq: int
    shown: tuple[Recorded, ...] = ()
    is_running: bool = False


def trim(turn: Turn) -> Turn:
    """The turn without its messages: what a face needs of it."""
    return replace(turn, messages=History(), lifetimes={}, recent=())


def encode_hello(hello: Hello) -> str:
    """The line of a hello."""
    turn = trim(hello.turn)
    fields = {name: getattr(turn, name) for name in _TURN_FIELDS}
    return encode_value(
        {
            "type": "hello",
            "protocol": PROTOCOL,
            "facts": hello.facts,
            "turn": fields,
            "last_seq": hello.last_seq,
            "shown": [json.loads(encode_recorded(recorded)) for recorded in hello.shown],
            "is_running": hello.is_running,
        }
    )


def read_hello(data: Mapping[str, Any]) -> Hello:
    """The hello of a parsed line; raises `ValueError` when it is of another version."""
    if data.get("type") != "hello" or data.get("protocol") != PROTOCOL:
        raise ValueError("the engine speaks another version of the protocol")
    turn = decode_value(Turn, {name: data["turn"][name] for name in _TURN_FIELDS})
    return Hello(
        facts=decode_value(Facts, data["facts"]),
        turn=turn,
        last_seq=int(data["last_seq"]),
        shown=tuple(decode_recorded(json.dumps(line)) for line in data["shown"]),
        is_running=bool(data["is_running"]),
    )


_TURN_FIELDS = tuple(
    name for name in Turn.__dataclass_fields__ if name not in ("messages", "lifetimes", "recent")
)


def encode_verdict(verdict: Allow | Deny) -> dict[str, Any]:
    """A verdict as JSON values."""
    if isinstance(verdict, Allow):
        return {"verdict": "allow", "by": verdict.by}
    return {"verdict": "deny", "by": verdict.by, "reason": verdict.reason, "suggestion": verdict.suggestion}


def read_verdict(data: Mapping[str, Any]) -> Allow | Deny:
    """The verdict of JSON values; whatever is not a clear yes is a no."""
    if data.get("verdict") == "allow":
        return Allow(str(data.get("by", "")))
    return Deny(str(data.get("reason", "")), str(data.get("suggestion", "")), str(data.get("by", "")))


def encode_options(options: SessionOptions) -> dict[str, Any]:
    """How a session is asked for, as JSON values; a ready model and plugins of a program do not travel."""
    assert options.model is None
    assert not options.extra
    fields = {name: getattr(options, name) for name in _OPTION_FIELDS}
    return {name: str(value) if isinstance(value, Path) else value for name, value in fields.items()}


def read_options(data: Mapping[str, Any]) -> SessionOptions:
    """The options of JSON values."""
    fields = {name: data[name] for name in _OPTION_FIELDS if name in data}
    for name in ("workspace", "record", "sessions"):
        if fields.get(name) is not None:
            fields[name] = Path(fields[name])
    if fields.get("mode") is not None:
        fields["mode"] = Mode(fields["mode"])
    fields["checks"] = tuple(fields.get("checks", ()))
    return SessionOptions(**fields)


_OPTION_FIELDS = tuple(name for name in SessionOptions.__dataclass_fields__ if name not in ("model", "extra"))


def join(lines: Iterable[str]) -> bytes:
    """Lines as they go over the socket."""
    return "".join(f"{line}\n" for line in lines).encode(errors="backslashreplace")
