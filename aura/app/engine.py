"""The engine: serves one session on a Unix socket to any number of faces."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aura.app.hosted import HostedSession
from aura.app.sockets import listen, remove
from aura.app.wire import LONGEST_LINE, Hello, encode_hello, join, read_verdict
from aura.core.errors import AuraError
from aura.core.events import (
    ApprovalAsked,
    ApprovalSettled,
    Event,
    ModelFailed,
    ModelReplied,
    PanelsShown,
    Recorded,
    StepStarted,
    ToolFinished,
    ToolOutputDelta,
    TurnStopped,
    is_durable,
)
from aura.core.messages import Image
from aura.core.models import TextDelta, ThinkingDelta
from aura.core.tools import Answer
from aura.store.codec import decode_recorded, encode_recorded, encode_value

MOST_WAITING = 32 * 1024 * 1024  # bytes that a face may be behind before it is let go
PASSING_WAITING = 1024 * 1024  # from here on a slow face gets only what is logged
KEEP_OUTPUT = 20_000  # characters of a running tool's output kept for a face that comes later


class Shown:
    """What has passed and still matters to a face that comes later."""

    def __init__(self) -> None:
        self._text: dict[str, str] = {}
        self._output: dict[str, str] = {}
        self._asked: dict[str, ApprovalAsked] = {}
        self._panels: PanelsShown | None = None

    def note(self, event: Event) -> None:
        """Take one event into account."""
        match event:
            case TextDelta() | ThinkingDelta():
                self._text[event.type] = self._text.get(event.type, "") + event.text
            case ToolOutputDelta():
                kept = self._output.get(event.call_id, "") + event.text
                self._output[event.call_id] = kept[-KEEP_OUTPUT:]
            case ApprovalAsked():
                self._asked[event.id] = event
            case ApprovalSettled():
                self._asked.pop(event.id, None)
            case PanelsShown():
                self._panels = event
            case ToolFinished():
                self._output.pop(event.call.id, None)
            case StepStarted() | ModelReplied() | ModelFailed() | TurnStopped():
                self._text.clear()
            case _:
                pass

    def events(self) -> list[Event]:
        """The passing events that bring a face up to now."""
        texts: list[Event] = []
        if "thinking_delta" in self._text:
            texts.append(ThinkingDelta(self._text["thinking_delta"]))
        if "text_delta" in self._text:
            texts.append(TextDelta(self._text["text_delta"]))
        outputs = [ToolOutputDelta(name, text) for name, text in self._output.items()]
        panels = [self._panels] if self._panels is not None else []
        return [*texts, *outputs, *self._asked.values(), *panels]


class Engine:
    """Serves a session until a face closes it, or until all faces are gone and nothing is left to do.

    `on_close` says what a face that vanishes without a word means: `stop` ends what runs and the engine, `keep` lets
    it go on; `linger` is how many seconds an engine without faces and work waits for one.
    """

    def __init__(self, session: HostedSession, *, on_close: str = "stop", linger: float = 600.0) -> None:
        self.session = session
        self._on_close = on_close
        self._linger = linger
        self._shown = Shown()
        self._faces: dict[asyncio.StreamWriter, bool] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()
        self._alone: asyncio.TimerHandle | None = None
        session.watchers.append(self._watch)

    async def serve(self, first: socket.socket | None = None) -> None:
        """Serve until it is over, then close the session; `first` is a face that is connected already."""
        folder = Path(self.session.facts.folder) if self.session.facts.folder else None
        server = None
        if folder is not None:
            server = await asyncio.start_unix_server(self._accept, sock=listen(folder), limit=LONGEST_LINE)
        if first is not None:
            reader, writer = await asyncio.open_unix_connection(sock=first, limit=LONGEST_LINE)
            self._start(self._accept(reader, writer))
        else:
            self._wait_alone()
        try:
            await self._over.wait()
        finally:
            if server is not None and folder is not None:
                server.close()
                remove(folder)
            try:
                await self.session.leave(keep=False)
            finally:
                for writer in tuple(self._faces):
                    self._send(writer, ['{"type":"bye"}'])
                    writer.close()

    def stop(self) -> None:
        """End: what runs is stopped, the session is closed."""
        self._over.set()

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _watch(self, recorded: Recorded) -> None:
        self._shown.note(recorded.event)
        if self._faces:
            line = encode_recorded(recorded)
            for writer, is_ready in tuple(self._faces.items()):
                if is_ready and (is_durable(recorded.event) or _waiting(writer) < PASSING_WAITING):
                    self._send(writer, [line])

    def _send(self, writer: asyncio.StreamWriter, lines: list[str]) -> None:
        if writer.is_closing():
            return
        if _waiting(writer) > MOST_WAITING:
            writer.transport.abort()
            return
        writer.write(join(lines))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one face until it leaves."""
        if self._alone is not None:
            self._alone.cancel()
            self._alone = None
        said_goodbye = False
        try:
            await self._greet(writer)
            while line := await reader.readline():
                data = json.loads(line)
                if data.get("do") == "leave":
                    said_goodbye = True
                    if not data.get("keep"):
                        self._over.set()
                    break
                self._start(self._obey(data, writer))
        except (OSError, ValueError, asyncio.IncompleteReadError):
            pass
        finally:
            self._faces.pop(writer, None)
            writer.close()
            if not self._faces and not self._over.is_set():
                self._left(said_goodbye=said_goodbye)

    def _left(self, *, said_goodbye: bool) -> None:
        """The last face is gone."""
        if said_goodbye or self._on_close == "keep":
            self._wait_alone()
        else:
            self._over.set()

    def _wait_alone(self) -> None:
        """Without faces, wait for one as long as something runs, and a while longer."""

        def look() -> None:
            if self.session.is_running:
                self._wait_alone()
            else:
                self._over.set()

        self._alone = asyncio.get_running_loop().call_later(self._linger, look)

    async def _greet(self, writer: asyncio.StreamWriter) -> None:
        """Say hello; from then on the face gets every event behind `last_seq`."""
        with contextlib.suppress(AuraError):  # a disk that refuses is told by the log itself
            await self.session.opened.log.flush()
        at = 0.0
        shown = tuple(Recorded(0, at, event) for event in self._shown.events())
        session = self.session
        last = session.opened.log.last_seq
        hello = Hello(session.facts, session.turn, last, shown, session.is_running)
        self._faces[writer] = True
        self._send(writer, [encode_hello(hello)])

    async def _obey(self, data: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        """Do what a face asks for and reply, with what came of it or with the sentence of what went wrong."""
        name = str(data.get("do", ""))
        try:
            act = ACTS.get(name)
            if act is None:
                raise AuraError(
                    f"This engine does not know {name!r}; restart it to use this version of aura."
                )
            value = act(self.session, data)
            if asyncio.iscoroutine(value):
                value = await value
            reply: dict[str, Any] = {"type": "reply", "id": data.get("id"), "value": value}
        except AuraError as error:
            reply = {
                "type": "reply",
                "id": data.get("id"),
                "error": error.sentence,
                "exit_code": error.exit_code,
            }
        if data.get("id") is not None:
            self._send(writer, [encode_value(reply)])


def _waiting(writer: asyncio.StreamWriter) -> int:
    """Bytes that were not sent yet."""
    return writer.transport.get_write_buffer_size()


def _submit(session: HostedSession, data: dict[str, Any]) -> Any:
    images = tuple(Image(str(one["media_type"]), str(one["data"])) for one in data.get("images", ()))
    return session.submit(str(data["line"]), images)


def _answer(session: HostedSession, data: dict[str, Any]) -> Any:
    answer = Answer(str(data["text"]), tuple(data.get("chosen", ())), answered=bool(data.get("answered")))
    return session.answer(str(data["name"]), answer)


ACTS: dict[str, Callable[[HostedSession, dict[str, Any]], Any]] = {
    "submit": _submit,
    "steer": lambda session, data: session.steer(str(data["text"])),
    "enqueue": lambda session, data: session.enqueue(str(data["text"])),
    "unqueue": lambda session, data: session.unqueue(str(data["name"])),
    "interrupt": lambda session, data: session.interrupt(kill=bool(data.get("kill"))),
    "decide": lambda session, data: session.decide(
        str(data["name"]), read_verdict(data["verdict"]), data.get("scope") or ""
    ),
    "answer": _answer,
    "record": lambda session, data: session.record(decode_recorded(json.dumps(data["event"])).event),
    "query": lambda session, data: session.query(str(data["name"]), **data.get("arguments", {})),
}
