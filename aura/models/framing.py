"""Bytes of a streamed body → events; pure, and the same however the bytes were cut into pieces.

One reader takes server-sent events, JSON lines and whole JSON documents without being told which it will be; the other
one takes the binary event stream of AWS.
"""

import codecs
import json
import struct
import zlib
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

FOREIGN_LIMIT = 4_000_000


class Event(NamedTuple):
    """One event of a stream: its name (empty: it has none) and its JSON value (None: `[DONE]`)."""

    name: str
    data: Any


@dataclass(slots=True)
class Foreign:
    """What was neither event nor comment: a JSON document, an HTML page, or the torn end of a stream."""

    lines: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, line: str) -> None:
        """Keep a line, up to a limit."""
        if self.size < FOREIGN_LIMIT:
            self.lines.append(line)
            self.size += len(line)

    @property
    def text(self) -> str:
        """All that was kept."""
        return "\n".join(self.lines).strip()


class TextFrames:
    """Events out of text: `feed` it bytes as they come, `close` it at the end of the body.

    Comments, a byte order mark, CR and CRLF, broken UTF-8 and a missing last newline are taken in stride. What is no
    event is kept in `foreign`; `damaged` is set when there was an event, whole but for its JSON.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._name = ""
        self._data: list[str] = []
        self._begun = False
        self.foreign = Foreign()
        self.damaged = False

    def feed(self, piece: bytes) -> Iterator[Event]:
        """The events that are complete with these bytes."""
        text = self._rest + self._decoder.decode(piece)
        if not self._begun and text:
            text = text.removeprefix("\ufeff")
            self._begun = True
        if "\r" in text:
            held = "\r" if text.endswith("\r") else ""
            text = text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n") + held
        *lines, self._rest = text.split("\n")
        for line in lines:
            if not line:
                if self._data:
                    yield from self._dispatch()
                    self.damaged = self.damaged or self.foreign.text.startswith("{")
                self._name = ""
            elif line.startswith("data:"):
                yield from self._take(line[6:] if line.startswith("data: ") else line[5:])
            else:
                yield from self._other(line)

    def close(self) -> Iterator[Event]:
        """The event that the end of the body completes, if there is one."""
        yield from self.feed(self._decoder.decode(b"", final=True).encode())
        rest = self._rest.rstrip("\r")
        self._rest = ""
        if rest:
            yield from self.feed((rest + "\n").encode(errors="replace"))
        yield from self._dispatch()

    def _take(self, value: str) -> Iterator[Event]:
        """One data line: nearly always a whole value, which then need not wait for the blank line."""
        if not self._data:
            event = _read(self._name, value)
            if event is not None:
                yield event
                return
        self._data.append(value)

    def _dispatch(self) -> Iterator[Event]:
        if not self._data:
            return
        value = "\n".join(self._data)
        self._data = []
        event = _read(self._name, value)
        if event is not None:
            yield event
            return
        for line in value.split("\n"):
            event = _read(self._name, line)
            if event is not None:
                yield event
            elif line.strip():
                self.foreign.add(line)

    def _other(self, line: str) -> Iterator[Event]:
        if line[0] == ":":
            return
        key, colon, value = line.partition(":")
        if colon and key in {"event", "id", "retry", "error"}:
            if key == "event":
                self._name = value.strip()
            elif key == "error":
                yield from self._take_error(value.strip())
            return
        event = _read("", line) if line[0] == "{" and not self.foreign.lines else None
        if event is not None:
            yield event
        else:
            self.foreign.add(line)

    def _take_error(self, value: str) -> Iterator[Event]:
        event = _read("error", value)
        yield event if event is not None else Event("error", {"error": {"message": value}})


def _read(name: str, value: str) -> Event | None:
    """An event, or None when the value is no JSON object, array or end mark."""
    if value[:1] in {"{", "["}:
        if value.startswith("[DONE]"):
            return Event(name, None)
        try:
            return Event(name, json.loads(value))
        except (ValueError, RecursionError):
            return None
    if name and value.strip() and name == "error":
        return Event(name, {"error": {"message": value.strip()}})
    if value.strip() in {"DONE", "[DONE]"}:
        return Event(name, None)
    return None


class BinaryFrames:
    """Events out of AWS's binary event stream (length, headers, payload, two CRC-32 sums).

    An event of kind exception or error is named `exception:<type>`. A frame with a wrong sum raises ValueError.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.foreign = Foreign()
        self.damaged = False

    def feed(self, piece: bytes) -> Iterator[Event]:
        """The events that are complete with these bytes."""
        self._buffer += piece
        while len(self._buffer) >= 12:
            total, headers, checksum = struct.unpack_from(">III", self._buffer)
            if zlib.crc32(self._buffer[:8]) != checksum or total < 16 + headers or total > 25_000_000:
                raise ValueError("the binary stream is damaged")
            if len(self._buffer) < total:
                return
            frame = bytes(self._buffer[:total])
            del self._buffer[:total]
            if zlib.crc32(frame[:-4]) != struct.unpack_from(">I", frame, total - 4)[0]:
                raise ValueError("the binary stream is damaged")
            yield _read_frame(frame, headers)

    def close(self) -> Iterator[Event]:
        """Nothing: a frame that is not whole at the end of the body is lost."""
        yield from ()


def _read_frame(frame: bytes, headers_length: int) -> Event:
    headers = _read_headers(frame[12 : 12 + headers_length])
    payload = frame[12 + headers_length : -4]
    try:
        data = json.loads(payload) if payload else {}
    except ValueError:
        data = {"message": payload.decode(errors="replace")}
    if headers.get(":message-type") in {"exception", "error"}:
        kind = headers.get(":exception-type") or headers.get(":error-code") or "error"
        if isinstance(data, dict) and headers.get(":error-message"):
            data.setdefault("message", headers[":error-message"])
        return Event(f"exception:{kind}", data)
    if isinstance(data, dict) and isinstance(data.get("bytes"), str):
        return Event("", json.loads(b64decode(data["bytes"])))
    return Event(headers.get(":event-type", ""), data)


_FIXED = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}


def _read_headers(block: bytes) -> dict[str, str]:
    """The headers of a frame that are text; others are stepped over."""
    found, at = {}, 0
    while at < len(block):
        end = at + 1 + block[at]
        name, kind = block[at + 1 : end].decode(errors="replace"), block[end]
        at = end + 1
        if kind in {6, 7}:
            (length,) = struct.unpack_from(">H", block, at)
            if kind == 7:
                found[name] = block[at + 2 : at + 2 + length].decode(errors="replace")
            at += 2 + length
        elif kind in _FIXED:
            at += _FIXED[kind]
        else:
            raise ValueError("the binary stream is damaged")
    return found
