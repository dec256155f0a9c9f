"""Lets a command reach the hosts it may, and nothing else: an HTTP proxy in this process, one for each command.

It reads `CONNECT host:port` and plain requests, judges the host by name, resolves it once, refuses addresses that are
not public, and dials the very address it judged. What goes through an encrypted connection afterwards is not seen.
Inside a network namespace the command's side listens (`listener.py`); nothing listens on the machine itself.
"""

import asyncio
import contextlib
import os
import re
import socket
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from aura.core.sandbox import Violation
from aura.core.text import shorten
from aura.safety.sandbox.domains import is_open, normalise_host, parse_domains

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Dial = Callable[[str, int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]

PORT = 3128  # of the door inside a namespace, where everything is free
LONGEST_HEAD = 32 * 1024
HEAD_SECONDS = 30.0
DIAL_SECONDS = 20.0
MOST_OPEN = 128
MOST_DENIALS = 20
CHUNK = 64 * 1024

REQUEST = re.compile(rb"([A-Z]{1,20}) ([\x21-\x7e]{1,8192}) HTTP/1\.[01]")
HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
AUTHORITY = re.compile(r"([^:@/?#\\\[\]]+)(?::([0-9]{1,5}))?")
OWN_HEADERS = (b"connection", b"proxy-connection", b"keep-alive", b"host", b"te", b"upgrade")
LISTENER = Path(__file__).with_name("listener.py")


class Refused(Exception):
    """A request that is not let through: the status line's end, and a sentence for the program that asked."""

    def __init__(self, status: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it was read: where to, and what is sent on (empty for a tunnel), with a body of so many bytes."""

    host: str
    port: int
    head: bytes = b""
    length: int | None = None


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, as this machine finds them; raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def list_own_addresses() -> tuple[str, ...]:
    """Every address of this machine."""
    import psutil

    families = (socket.AF_INET, socket.AF_INET6)
    return tuple(
        each.address for found in psutil.net_if_addrs().values() for each in found if each.family in families
    )


class DomainProxy:
    """Reaches `domains` (`host`, `*.host`, `host:port`) for one command; raises `ConfigError` for others.

    Open its door with `listen` (on this machine's loopback) or a `Door` (in the command's network namespace).
    `close` ends every connection. `resolve`, `own` and `dial` are for tests.
    """

    def __init__(
        self,
        domains: Iterable[str],
        *,
        resolve: Resolve = resolve_by_system,
        own: Callable[[], Sequence[str]] = list_own_addresses,
        dial: Dial = asyncio.open_connection,
    ) -> None:
        self._domains = parse_domains(domains)
        self._resolve = resolve
        self._own = own
        self._dial = dial
        self._denied: dict[str, None] = {}
        self._open: set[asyncio.Task[None]] = set()
        self._doors: list[socket.socket] = []
        self._loop = asyncio.get_running_loop()

    def denials(self) -> tuple[Violation, ...]:
        """What was refused so far, each once."""
        said = [Violation(text) for text in self._denied]
        if len(said) >= MOST_DENIALS:
            said.append(Violation("The network refused more than that."))
        return tuple(said)

    def listen(self) -> int:
        """Begin to serve on a free port of this machine's loopback; the port."""
        door = socket.create_server(("127.0.0.1", 0), backlog=MOST_OPEN)
        self.serve(door)
        return int(door.getsockname()[1])

    def serve(self, door: socket.socket) -> None:
        """Begin to accept on a listening socket, wherever it listens; it is closed with the proxy."""
        door.setblocking(False)
        self._doors.append(door)
        self._loop.add_reader(door, self._accept, door)

    @staticmethod
    def environment(port: int) -> dict[str, str]:
        """What tells programs to use a proxy on this port of their loopback."""
        named = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), f"http://127.0.0.1:{port}")
        both = named | {"NO_PROXY": "localhost,127.0.0.1,::1"}
        return both | {name.lower(): value for name, value in both.items()}

    def close(self) -> None:
        """Stop serving and end every connection."""
        for door in self._doors:
            if not self._loop.is_closed():
                self._loop.remove_reader(door)
            door.close()
        self._doors.clear()
        for task in self._open if not self._loop.is_closed() else ():
            task.cancel()

    def _accept(self, door: socket.socket) -> None:
        try:
            connection, _ = door.accept()
        except OSError:
            return
        if len(self._open) >= MOST_OPEN:
            connection.close()
            return
        task = self._loop.create_task(self._talk(connection))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _talk(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection, limit=LONGEST_HEAD)
        with contextlib.suppress(OSError, EOFError, TimeoutError, asyncio.LimitOverrunError), closing(writer):
            try:
                async with asyncio.timeout(HEAD_SECONDS):
                    head = await reader.readuntil(b"\r\n\r\n")
                asked = self._read(head)
                far_reader, far_writer = await self._reach(asked)
            except Refused as refused:
                await _answer(writer, refused)
                return
            with closing(far_writer):
                await _join(asked, (reader, writer), (far_reader, far_writer))

    def _read(self, head: bytes) -> Asked:
        try:
            return read_request(head)
        except Refused as refused:
            self._note(refused.sentence)
            raise

    async def _reach(self, asked: Asked) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to where a request may go; raises `Refused`."""
        host, port = asked.host, asked.port
        if not any(domain.admits(host, port) for domain in self._domains):
            self._deny(f"{host}:{port}", "it is not in network.domains")
        try:
            async with asyncio.timeout(DIAL_SECONDS):
                addresses = await self._resolve(host, port)
        except (OSError, TimeoutError, UnicodeError):
            raise Refused("502 Bad Gateway", f"{host} could not be found.") from None
        own = self._own()
        public = [address for address in addresses if is_open(address, own)]
        if not public:
            self._deny(f"{host}:{port}", "its address is not one of the public network")
        for address in public:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(DIAL_SECONDS):
                    return await self._dial(address, port)
        raise Refused("502 Bad Gateway", f"{host}:{port} does not answer.")

    def _deny(self, what: str, why: str) -> NoReturn:
        sentence = f"The network refused {shorten(what, 120)}: {why}."
        self._note(sentence)
        raise Refused("403 Forbidden", sentence)

    def _note(self, sentence: str) -> None:
        if len(self._denied) < MOST_DENIALS:
            self._denied[sentence] = None


class Door:
    """The command's end of a proxy, in another network namespace: the command runs as `argv`, with `pass_fds`.

    Call `started` once the process exists (or could not be started), and `close` at the end.
    """

    def __init__(self, proxy: DomainProxy, argv: Sequence[str]) -> None:
        self._proxy = proxy
        self._loop = asyncio.get_running_loop()
        self._ours, self._theirs = socket.socketpair()
        self.pass_fds = (self._theirs.fileno(),)
        source = LISTENER.read_text(encoding="utf-8")
        self.argv = (*interpret(source), str(self._theirs.fileno()), str(PORT), *argv)
        self.environment = proxy.environment(PORT)

    def started(self) -> None:
        """Wait, without blocking, for the socket that the command's side listens on."""
        self._theirs.close()
        self._ours.setblocking(False)
        self._loop.add_reader(self._ours, self._receive)

    def close(self) -> None:
        """Give the channel back; what came through it belongs to the proxy."""
        if self._ours.fileno() >= 0 and not self._loop.is_closed():
            self._loop.remove_reader(self._ours)
        self._ours.close()
        self._theirs.close()

    def _receive(self) -> None:
        try:
            _, descriptors, _, _ = socket.recv_fds(self._ours, 1, 1)
        except BlockingIOError:
            return
        except OSError:
            descriptors = []
        self.close()
        for descriptor in descriptors:
            door = socket.socket(fileno=descriptor)
            if door.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                self._proxy.serve(door)
            else:
                door.close()


def interpret(source: str) -> tuple[str, ...]:
    """The start of an argument vector that runs a text as Python, without anything of the user's or a project's."""
    return (os.path.realpath(sys.executable), "-I", "-S", "-B", "-c", source)


def read_request(head: bytes) -> Asked:
    """Where a request goes, from its first lines up to the blank one; raises `Refused` for what is not plain."""
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    request = REQUEST.fullmatch(first)
    headers = [HEADER.fullmatch(line) for line in lines]
    if request is None or None in headers:
        raise Refused("400 Bad Request", "The network refused a request that is not plain HTTP/1.1.")
    method, target = request[1], request[2].decode("ascii")
    if method == b"CONNECT":
        return Asked(*_split(target, 0))
    scheme, _, rest = target.partition("://")
    if scheme.lower() != "http":
        raise Refused(
            "400 Bad Request", "The network refused a request for something other than http or a tunnel."
        )
    authority, _, path = rest.partition("/")
    host, port = _split(authority, 80)
    fields = [(header[1].lower(), header[0]) for header in headers if header]
    length = _measure(fields)
    kept = [line for name, line in fields if name not in OWN_HEADERS and not name.startswith(b"proxy-")]
    shown = host if port == 80 else f"{host}:{port}"
    start = f"{method.decode()} /{path} HTTP/1.1\r\nHost: {shown}\r\nConnection: close".encode()
    return Asked(host, port, b"\r\n".join([start, *kept]) + b"\r\n\r\n", length)


def _split(authority: str, usual: int) -> tuple[str, int]:
    found = AUTHORITY.fullmatch(authority)
    host = normalise_host(found[1]) if found else ""
    port = int(found[2] or usual) if found else 0
    if not host or not 0 < port < 65536:
        shown = shorten(authority, 120)
        raise Refused(
            "403 Forbidden", f"The network refused {shown}: only hosts in network.domains, by name."
        )
    return host, port


def _measure(fields: Iterable[tuple[bytes, bytes]]) -> int | None:
    """How long the body is that follows, in bytes; None: it says so itself. Raises `Refused` when it is not sure."""
    lengths = [line.partition(b":")[2].strip() for name, line in fields if name == b"content-length"]
    codings = [
        line.partition(b":")[2].strip().lower() for name, line in fields if name == b"transfer-encoding"
    ]
    if codings == [b"chunked"] and not lengths:
        return None
    if codings or len(lengths) > 1 or not all(re.fullmatch(rb"[0-9]{1,15}", length) for length in lengths):
        raise Refused("400 Bad Request", "The network refused a request whose length is not clear.")
    return int(lengths[0]) if lengths else 0


@contextlib.contextmanager
def closing(writer: asyncio.StreamWriter) -> Iterator[None]:
    """Close the connection at the end, without waiting for the other side."""
    try:
        yield
    finally:
        writer.close()


async def _answer(writer: asyncio.StreamWriter, refused: Refused) -> None:
    body = f"aura: {refused.sentence}\n".encode()
    head = f"HTTP/1.1 {refused.status}\r\nContent-Type: text/plain; charset=utf-8\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
    await writer.drain()


async def _join(
    asked: Asked,
    near: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    far: tuple[asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    """Pass on what either side sends, until both have ended."""
    if asked.head:
        far[1].write(asked.head)
        upward = _pass_on(near[0], far[1], asked.length)
        sending = asyncio.ensure_future(upward)
        try:
            await _pass_on(far[0], near[1], None)  # the server ends the answer by closing
        finally:
            sending.cancel()
        return
    near[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await asyncio.gather(_pass_on(near[0], far[1], None), _pass_on(far[0], near[1], None))


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter, length: int | None) -> None:
    """Copy `length` bytes (None: up to the end, which is passed on too)."""
    left = length
    with contextlib.suppress(OSError):
        while left is None or left > 0:
            data = await source.read(CHUNK if left is None else min(CHUNK, left))
            if not data:
                break
            left = None if left is None else left - len(data)
            target.write(data)
            await target.drain()
        if left is None and target.can_write_eof():
            target.write_eof()
