"""What an engine and its faces say to each other: one JSON object a line, both ways.

From a face: an object with `do`, the name of what is to be done, its arguments, and `id` if a reply is wanted; the
first is `attach` with the version of this protocol. From the engine: `hello` (or `failed`), then events in the form
of `stream-json`, `reply` to what was asked, and `bye` at the end.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aura import __version__
from aura.app.options import SessionOptions
from aura.core.errors import AuraError, ConfigError, SessionLocked
from aura.core.events import Recorded
from aura.core.evidence import CommandRun, FileChange
from aura.core.facts import Facts
from aura.core.messages import History
from aura.core.permissions import Allow, Deny, Mode
from aura.core.text import clean
from aura.core.turn import Turn
from aura.store.codec import decode_recorded, decode_value, encode_recorded, encode_value

PROTOCOL = 1
LONGEST_LINE = 64 * 1024 * 1024  # bytes
LONGEST_TEXT = 500  # characters that a hello carries of a command and its output


class EngineFailed(AuraError):
    """The engine could not do it; the sentence and the exit code are its own.

    `is_locked` when it could not open the session because something else has it open.
    """

    def __init__(self, sentence: str, exit_code: int = 1, *, is_locked: bool = False) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
        self.is_locked = is_locked


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


def greet() -> bytes:
    """The first line of a face."""
    return join([encode_value({"do": "attach", "protocol": PROTOCOL, "version": __version__})])


def check_greeting(line: bytes) -> None:
    """Raise `AuraError` with a sentence when the first line of a face is not that of this protocol's version."""
    data = _parse(line)
    if not isinstance(data, dict) or data.get("do") != "attach":
        raise AuraError("This is the engine of a session of aura; `aura attach` speaks to it.")
    if data.get("protocol") != PROTOCOL:
        other = clean(str(data.get("version", "another version")))[:40]
        raise AuraError(
            f"The engine of this session runs aura {__version__} and cannot speak with aura {other};"
            f" leave the session where it is open, or end its engine (process {os.getpid()}), and open it again."
        )


def encode_failure(error: AuraError) -> str:
    """The line that tells why there is no session to attach to."""
    return encode_value(
        {
            "type": "failed",
            "sentence": error.sentence,
            "exit_code": error.exit_code,
            "locked": isinstance(error, SessionLocked),
        }
    )


def encode_bye(sentence: str) -> str:
    """The line that tells why the engine ends, or lets a face go (empty: the face asked for it)."""
    return encode_value({"type": "bye", "sentence": sentence})


def _parse(line: bytes) -> Any:
    """The JSON value of a line; None when it is none."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def trim(turn: Turn) -> Turn:
    """The turn without its messages, and without the texts of its evidence: what a face needs of it."""
    entries = tuple(replace(entry, fact=_shorten(entry.fact)) for entry in turn.ledger.entries)
    pending = turn.rest.pending
    calls = {name: replace(call, arguments=_plain(call.arguments)) for name, call in pending.calls.items()}
    rest = replace(turn.rest, last=None, pending=replace(pending, calls=calls))
    found = tuple(replace(change, diff="") for change in turn.ledger.found)
    ledger = replace(turn.ledger, entries=entries, found=found)
    return replace(turn, messages=History(), lifetimes={}, recent=(), ledger=ledger, rest=rest)


def _plain(value: Mapping[str, Any]) -> Any:
    """The mapping with what JSON has no number for as text."""
    return json.loads(json.dumps(value, default=str), parse_constant=str)


def _shorten(fact: FileChange | CommandRun) -> FileChange | CommandRun:
    if isinstance(fact, FileChange):
        return replace(fact, diff="")
    return replace(fact, command=fact.command[:LONGEST_TEXT], tail=fact.tail[-LONGEST_TEXT:])


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


def read_hello(data: Any) -> Hello:
    """The hello of a parsed line; raises `EngineFailed` with what the engine says instead, else `ValueError`."""
    data = data if isinstance(data, dict) else {}
    if data.get("type") == "failed":
        raise EngineFailed(
            str(data["sentence"]), int(data.get("exit_code", 1)), is_locked=bool(data.get("locked"))
        )
    if data.get("type") != "hello" or data.get("protocol") != PROTOCOL:
        raise ValueError("the engine speaks another version of the protocol")
    turn = decode_value(Turn, {name: data["turn"][name] for name in _TURN_FIELDS if name in data["turn"]})
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
        changed = {} if verdict.arguments is None else {"arguments": _plain(verdict.arguments)}
        return {"verdict": "allow", "by": verdict.by, **changed}
    return {"verdict": "deny", "by": verdict.by, "reason": verdict.reason, "suggestion": verdict.suggestion}


def read_verdict(data: Mapping[str, Any]) -> Allow | Deny:
    """The verdict of JSON values; whatever is not a clear yes is a no."""
    if data.get("verdict") == "allow" and isinstance(data.get("arguments"), dict | None):
        changed = data.get("arguments")
        return Allow(str(data.get("by", "")), arguments=changed if isinstance(changed, dict) else None)
    return Deny(str(data.get("reason", "")), str(data.get("suggestion", "")), str(data.get("by", "")))


def encode_options(options: SessionOptions) -> dict[str, Any]:
    """How a session is asked for, as JSON values; a ready model and plugins of a program do not travel."""
    assert options.model is None
    assert not options.extra
    fields = {name: getattr(options, name) for name in _OPTION_FIELDS}
    return {name: str(value) if isinstance(value, Path) else value for name, value in fields.items()}


def read_options(data: Any) -> SessionOptions:
    """The options of JSON values; raises `ConfigError` when they are none."""
    try:
        fields = {name: data[name] for name in _OPTION_FIELDS if name in data}
        for name in ("workspace", "record", "sessions"):
            if fields.get(name) is not None:
                fields[name] = Path(fields[name])
        if fields.get("mode") is not None:
            fields["mode"] = Mode(fields["mode"])
        fields["checks"] = tuple(fields.get("checks", ()))
        return SessionOptions(**fields)
    except (TypeError, ValueError):
        raise ConfigError("An engine has to be told what to open: `aura` starts it, not people.") from None


_OPTION_FIELDS = tuple(name for name in SessionOptions.__dataclass_fields__ if name not in ("model", "extra"))


def join(lines: Iterable[str]) -> bytes:
    """Lines as they go over the socket."""
    return "".join(f"{line}\n" for line in lines).encode(errors="backslashreplace")
