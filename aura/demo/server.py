"""A model server on loopback that plays a script, over real HTTP: for the demo, tests and benchmarks.

It speaks OpenAI's chat completions (`/v1/chat/completions`) and Anthropic's messages (`/v1/messages`), streaming and
whole, lists its model (`/v1/models`), keeps connections alive and serves several at once. It runs in a thread with
an event loop of its own, so a client that blocks does not stop it. Faults can be put in its way.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aura.core.errors import ModelError, ModelErrorKind
from aura.core.models import Completion, Model
from aura.demo.anthropic import Messages
from aura.demo.chat import Chat
from aura.demo.wire import Malformed, Wire
from aura.models.script import Script
from aura.models.scripted import ScriptedModel

LARGEST_HEAD = 1 << 16  # bytes of request line and headers
EVERY = 0  # the number that stands for every request in a table of faults
WIRES: Mapping[str, type[Chat] | type[Messages]] = {
    "/chat/completions": Chat,
    "/v1/chat/completions": Chat,
    "/v1/messages": Messages,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request.

    With a `status` the model is not asked and that is the answer, with `headers` and `body`. Else the reply comes
    `delay` seconds late, in pieces of `piece` bytes (0: as it is written), and ends after `cut_at` bytes (None: it
    does not): the connection drops, or with `clean` the answer ends as if it were whole.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    delay: float = 0.0
    piece: int = 0
    cut_at: int | None = None
    clean: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in: method, path, headers in lower case, body, and which connection it came by."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    def json(self) -> Any:
        """The body as JSON; raises `ValueError`."""
        return json.loads(self.body)


class Server:
    """The server; `start` and `close` it, or use `serve` or `serving`.

    `faults` go by the number of the model request, counted from 1 (`EVERY` = 0: those without one of their own).
    `asked` holds the requests in order when `keep` is true. Several clients share one model and its place in the
    script.
    """

    def __init__(self, model: Model, *, faults: Mapping[int, Fault] | None = None, keep: bool = True) -> None:
        self.model = model
        self.asked: list[Asked] = []
        self.requests = 0
        self.connections = 0
        self._faults = dict(faults or {})
        self._keep = keep
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="demo-server", daemon=True)
        self._ready = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._port = 0
        self._failure: OSError | None = None

    @property
    def url(self) -> str:
        """The address without a path, such as `http://127.0.0.1:40123`; OpenAI's base URL is this and `/v1`."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def name(self) -> str:
        """The name of its only model."""
        return self.model.info.name.partition(":")[2] or self.model.info.name

    def start(self, port: int = 0) -> "Server":
        """Listen on a port of loopback (0: any free one); returns when it does. Raises `OSError`."""
        self._port = port
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def close(self) -> None:
        """Stop listening, drop open connections, and end the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            listener = self._loop.run_until_complete(
                asyncio.start_server(self._accept, "127.0.0.1", self._port, limit=LARGEST_HEAD)
            )
        except OSError as error:
            self._failure = error
            self._ready.set()
            self._loop.close()
            return
        self._port = listener.sockets[0].getsockname()[1]
        self._ready.set()
        try:
            self._loop.run_forever()
        finally:
            listener.close()
            for task in self._tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = self._loop.create_task(self._converse(reader, writer, self.connections))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int
    ) -> None:
        """Answer one request after the other until the client closes or something is cut."""
        try:
            while asked := await read_request(reader, writer, connection):
                if self._keep:
                    self.asked.append(asked)
                await self._answer(asked, writer)
                if asked.headers.get("connection", "").lower() == "close":
                    break
        except _Cut:
            writer.transport.abort()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        path = asked.path.partition("?")[0]
        if path in ("/v1/models", "/models") and asked.method == "GET":
            entry = {
                "id": self.name,
                "object": "model",
                "owned_by": "aura",
                "context_length": self.model.info.window,
            }
            await _send(writer, HTTPStatus.OK, {"object": "list", "data": [entry]})
            return
        wire_type = WIRES.get(path)
        if wire_type is None or asked.method != "POST":
            await _send(
                writer, HTTPStatus.NOT_FOUND, {"error": {"message": f"there is no {asked.method} {path}"}}
            )
            return
        self.requests += 1
        number = self.requests
        fault = self._faults.get(number) or self._faults.get(EVERY) or Fault()
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.status:
            body = fault.body or json.dumps({"error": {"message": f"a fault was asked for: {fault.status}"}})
            await _send(writer, fault.status, body, fault.headers)
            return
        try:
            body = asked.json()
            wire = wire_type(body, number)
            request = wire.decode(body)
        except (ValueError, AttributeError) as error:
            reason = str(error) if isinstance(error, Malformed) else "the body is no JSON object"
            await _send(writer, HTTPStatus.BAD_REQUEST, {"error": {"message": reason}})
            return
        await self._play(
            _Play(wire, writer, fault), self.model.stream(request), streams=body.get("stream") is True
        )

    async def _play(self, play: "_Play", stream: AsyncIterator[Any], *, streams: bool) -> None:
        """Send a reply as it comes; an error before its first piece is an HTTP status, a later one cuts the line."""
        try:
            piece = await anext(stream)
            while not streams and not isinstance(piece, Completion):
                piece = await anext(stream)
        except ModelError as error:
            await play.fail(error)
            return
        if isinstance(piece, Completion) and not streams:
            await _send(play.writer, HTTPStatus.OK, play.wire.whole(piece), play.fault.headers)
            return
        await play.begin()
        try:
            await play.send(play.wire.start())
            while not isinstance(piece, Completion):
                await play.send(play.wire.piece(piece))
                piece = await anext(stream)
            await play.send(play.wire.end(piece))
        except ModelError:
            raise _Cut from None
        except _Whole:
            pass
        await play.finish()


class _Cut(Exception):
    """The connection is to be dropped here."""


class _Whole(Exception):
    """The answer is to end here as if it were whole."""


class _Play:
    """One reply on its way out, in chunks, with the faults of its request."""

    def __init__(self, wire: Wire, writer: asyncio.StreamWriter, fault: Fault) -> None:
        self.wire = wire
        self.writer = writer
        self.fault = fault
        self._sent = 0

    async def begin(self) -> None:
        head = {
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-store",
            "Transfer-Encoding": "chunked",
        }
        self.writer.write(_head(HTTPStatus.OK, {**head, **self.fault.headers}))

    async def send(self, events: Iterator[bytes]) -> None:
        for event in events:
            step = self.fault.piece or len(event)
            for start in range(0, len(event), step):
                await self._put(event[start : start + step])

    async def _put(self, data: bytes) -> None:
        end = self.fault.cut_at
        rest = data if end is None else data[: max(end - self._sent, 0)]
        self._sent += len(rest)
        if rest:
            self.writer.write(f"{len(rest):x}\r\n".encode() + rest + b"\r\n")
            await self.writer.drain()
        if len(rest) < len(data):
            raise _Whole if self.fault.clean else _Cut

    async def finish(self) -> None:
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    async def fail(self, error: ModelError) -> None:
        if error.kind in (ModelErrorKind.NETWORK, ModelErrorKind.CUT):
            raise _Cut
        headers = {} if error.retry_after is None else {"Retry-After": f"{error.retry_after:g}"}
        await _send(
            self.writer, error.status or HTTPStatus.INTERNAL_SERVER_ERROR, self.wire.error(error), headers
        )


async def read_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int
) -> Asked | None:
    """The next request of a connection; None when the client closed it."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines if line)
    }
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b"".join([chunk async for chunk in _read_chunks(reader)])
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, path, headers, body, connection)


async def _read_chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while True:
        size = int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16)
        chunk = await reader.readexactly(size + 2)
        if not size:
            return
        yield chunk[:-2]


async def _send(
    writer: asyncio.StreamWriter, status: int, body: object, headers: Mapping[str, str] | None = None
) -> None:
    data = (body if isinstance(body, str) else json.dumps(body)).encode()
    head = {"Content-Type": "application/json", "Content-Length": str(len(data)), **(headers or {})}
    writer.write(_head(status, head) + data)
    await writer.drain()


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unusual"
    lines = [f"HTTP/1.1 {int(status)} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def open_script(script: str | Path | Script | Model) -> Model:
    """The model of a script file or a script; a model is passed through. Raises `ConfigError` for a wrong file."""
    if isinstance(script, (str, Path)):
        return ScriptedModel.load(script)
    return ScriptedModel(script) if isinstance(script, Script) else script


@contextmanager
def serving(
    script: str | Path | Script | Model, *, faults: Mapping[int, Fault] | None = None, keep: bool = True
) -> Iterator[Server]:
    """Serve a script (a file, a `Script`, or any model) while the block runs."""
    server = Server(open_script(script), faults=faults, keep=keep).start()
    try:
        yield server
    finally:
        server.close()


@asynccontextmanager
async def serve(
    script: str | Path | Script | Model, *, faults: Mapping[int, Fault] | None = None, keep: bool = True
) -> AsyncIterator[Server]:
    """`serving` for code inside an event loop."""
    server = Server(open_script(script), faults=faults, keep=keep).start()
    try:
        yield server
    finally:
        await asyncio.to_thread(server.close)
