"""A model server on loopback that sends exactly the bytes it is told to, cut where it is told to."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aura.models.transport import close_client

Ending = Literal["proper", "short", "unfinished", "reset", "hang"]


@dataclass(frozen=True)
class Answer:
    """One HTTP response.

    `pieces` are written one by one. `ending` is how the body ends: `proper`; `short` of its content-length;
    an `unfinished` chunked body; a connection `reset`; or it is left open (`hang`). Status 0 is no response at all.
    """

    pieces: Sequence[bytes] = ()
    status: int = 200
    type: str = "text/event-stream"
    headers: dict[str, str] = field(default_factory=dict)
    ending: Ending = "proper"


@dataclass
class Seen:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


class WireServer:
    """Answers every request with the next of its answers (the last one again and again)."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.seen: list[Seen] = []
        self.connections = 0
        self.closed: list[asyncio.Event] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, *answers: Answer) -> None:
        self.answers = list(answers)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = self.connections
        self.connections += 1
        gone = asyncio.Event()
        self.closed.append(gone)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._one(reader, writer, number):
                pass
        gone.set()
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.seen.append(Seen(first.split(" ")[1], headers, body, number))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await write_answer(reader, writer, answer)


async def write_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> bool:
    """Write one response; whether the connection is still good for another."""
    if not answer.status:
        writer.transport.abort()
        return False
    length = sum(map(len, answer.pieces))
    lines = [f"HTTP/1.1 {answer.status} Whatever"]
    if answer.type:
        lines.append(f"content-type: {answer.type}")
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    chunked = answer.ending != "short"
    lines.append("transfer-encoding: chunked" if chunked else f"content-length: {length + 100}")
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
    for piece in answer.pieces:
        if piece:
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            await writer.drain()
    if answer.ending == "proper":
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True
    if answer.ending == "hang":
        await reader.read(1)  # until the client goes away
        return False
    if answer.ending == "reset":
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()
    return False


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[WireServer]:
    """A server that runs within the block."""
    wire = WireServer()
    server = await asyncio.start_server(wire._serve, "127.0.0.1", 0, limit=1 << 24)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        await close_client()
        server.close()
        tasks: list[asyncio.Task[Any]] = [
            task for task in asyncio.all_tasks() if "WireServer" in repr(task.get_coro())
        ]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
