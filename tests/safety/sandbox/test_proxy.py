"""The proxy with real sockets: servers on loopback stand for public hosts, found by a resolver of the test."""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.errors import ConfigError
from aura.core.sandbox import SandboxSpec
from aura.core.tools import CommandResult
from aura.safety.sandbox.landlock import LandlockSandbox
from aura.safety.sandbox.proxy import DomainProxy, Door, Refused, read_request
from aura.safety.sandbox.rulesets import ask_version

PUBLIC = "93.184.216.34"
HOSTS = {
    "good.example": (PUBLIC,),
    "api.wild.example": ("192.168.7.7", PUBLIC),
    "inside.example": ("127.0.0.1", "10.0.0.1", "::1"),
    "meta.example": ("169.254.169.254",),
    "mine.example": ("93.184.216.99",),
}
PYTHON = "/usr/bin/python3"


@dataclass
class Internet:
    """One server on loopback that stands for every public address, and what it was sent."""

    port: int = 0
    seen: list[bytes] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)
    dialled: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            self.seen.append(head + await reader.readexactly(length))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
            await writer.drain()
        writer.close()

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.resolved.append(host)
        if host not in HOSTS:
            raise OSError("not found")
        return HOSTS[host]

    async def dial(self, address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.dialled.append(f"{address} {port}")
        return await asyncio.open_connection("127.0.0.1", self.port)

    def proxy(self, *domains: str) -> DomainProxy:
        return DomainProxy(
            domains, resolve=self.resolve, own=lambda: ("93.184.216.99", "127.0.0.1"), dial=self.dial
        )


@pytest.fixture
async def internet() -> AsyncIterator[Internet]:
    made = Internet()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    await server.wait_closed()


async def say(port: int, text: bytes) -> bytes:
    """What the proxy answers, up to the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text)
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return answer


@contextlib.asynccontextmanager
async def served(proxy: DomainProxy) -> AsyncIterator[int]:
    try:
        yield proxy.listen()
    finally:
        proxy.close()
        await asyncio.sleep(0)


async def test_a_tunnel_to_a_host_that_is_listed(internet: Internet) -> None:
    async with served(internet.proxy("good.example")) as port:
        tunnel = b"CONNECT GOOD.example:443 HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n\r\n"
        answer = await say(port, tunnel)
    assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK")
    assert internet.seen == [b"GET / HTTP/1.1\r\n\r\n"]
    assert internet.dialled == [f"{PUBLIC} 443"]


async def test_a_plain_request_arrives_as_one_to_its_host(internet: Internet) -> None:
    proxy = internet.proxy("good.example")
    asked = (
        b"POST http://good.example/a?b HTTP/1.1\r\nHost: other.example\r\nProxy-Authorization: x\r\nX-Own: 1\r\n"
        b"Connection: keep-alive, X-Own\r\nContent-Length: 3\r\n\r\nabcGET http://evil.example/ HTTP/1.1\r\n\r\n"
    )
    async with served(proxy) as port:
        answer = await say(port, asked)
    assert answer.endswith(b"hello")
    (sent,) = internet.seen
    assert sent.startswith(b"POST /a?b HTTP/1.1\r\nHost: good.example\r\nConnection: close\r\n")
    assert (
        sent.endswith(b"\r\n\r\nabc")
        and b"evil" not in sent
        and b"other" not in sent
        and b"Proxy" not in sent
    )
    assert not proxy.denials()


async def test_the_dialled_address_is_the_judged_one(internet: Internet) -> None:
    async with served(internet.proxy("*.wild.example")) as port:
        await say(port, b"CONNECT api.wild.example:443 HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n")
    assert internet.resolved == ["api.wild.example"]  # once
    assert internet.dialled == [f"{PUBLIC} 443"]  # never the private one


@pytest.mark.parametrize(
    "target",
    [
        "evil.example:443",
        "good.example.evil.example:443",
        "xgood.example:443",
        "good.example:22",
        "wild.example:443",
        "93.184.216.34:443",
        "127.0.0.1:80",
        "[::1]:443",
        "good.example",
        "good.example@evil.example:443",
        "good.example.:443",
    ],
)
async def test_others_are_refused_before_anything_is_asked(target: str, internet: Internet) -> None:
    proxy = internet.proxy("good.example", "*.wild.example")
    async with served(proxy) as port:
        answer = await say(port, f"CONNECT {target} HTTP/1.1\r\n\r\n".encode())
        again = await say(port, f"CONNECT {target} HTTP/1.1\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n") and again == answer
    assert not internet.resolved and not internet.dialled
    (denial,) = proxy.denials()
    assert denial.text.startswith("The network refused ") and denial.text.encode() in answer


@pytest.mark.parametrize("host", ["inside.example", "meta.example", "mine.example"])
async def test_a_listed_name_opens_no_private_address(host: str, internet: Internet) -> None:
    proxy = internet.proxy(host)
    async with served(proxy) as port:
        answer = await say(port, f"CONNECT {host}:443 HTTP/1.1\r\n\r\n".encode())
    assert b"403 Forbidden" in answer
    assert not internet.dialled
    assert proxy.denials()[0].text.endswith("its address is not one of the public network.")


@pytest.mark.parametrize(
    "head",
    [
        b"CONNECT evil.example\0.good.example:443 HTTP/1.1\r\n\r\n",
        b"CONNECT good.example:443 HTTP/1.1\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: good.example\r\n\r\n",
        b"GET ftp://good.example/ HTTP/1.1\r\n\r\n",
        b"GET http://good.example/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET http://good.example/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET http://good.example/ HTTP/1.1\r\n folded: x\r\n\r\n",
        b"GET http://good.example/ HTTP/1.1\r\nX: a\rY: b\r\n\r\n",
        b"\x16\x03\x01\r\n\r\n",
    ],
)
async def test_what_is_not_plain_http_goes_nowhere(head: bytes, internet: Internet) -> None:
    proxy = internet.proxy("good.example")
    async with served(proxy) as port:
        answer = await say(port, head)
    assert answer.startswith(b"HTTP/1.1 40")
    assert not internet.resolved and len(proxy.denials()) == 1


async def test_a_head_without_end_is_cut_off(internet: Internet) -> None:
    async with served(internet.proxy("good.example")) as port:
        assert await say(port, b"GET http://good.example/ HTTP/1.1\r\nX: " + b"x" * 100_000) == b""


async def test_a_host_that_cannot_be_found_is_no_denial(internet: Internet) -> None:
    proxy = internet.proxy("gone.example")
    async with served(proxy) as port:
        assert b"502 Bad Gateway" in await say(port, b"CONNECT gone.example:443 HTTP/1.1\r\n\r\n")
    assert not proxy.denials()


async def test_the_list_of_denials_has_an_end(internet: Internet) -> None:
    proxy = internet.proxy("good.example")
    async with served(proxy) as port:
        for number in range(30):
            await say(port, f"CONNECT h{number}.example:443 HTTP/1.1\r\n\r\n".encode())
    assert len(proxy.denials()) == 21


async def test_closing_ends_what_is_open(internet: Internet) -> None:
    proxy = internet.proxy("good.example")
    port = proxy.listen()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"CONNECT good.example:443 HTTP/1.1\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    proxy.close()
    assert await asyncio.wait_for(reader.read(), 20) == b""
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    writer.close()


async def test_wrong_domains_are_refused_at_once() -> None:
    with pytest.raises(ConfigError):
        DomainProxy(["127.0.0.1"])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_refused(head: bytes) -> None:
    with contextlib.suppress(Refused):
        asked = read_request(b"CONNECT " + head + b" HTTP/1.1\r\n\r\n")
        assert asked.host.isascii() and 0 < asked.port < 65536
    with contextlib.suppress(Refused):
        asked = read_request(head + b"\r\n\r\n")
        assert b"\0" not in asked.head and asked.head.count(b"\r\n\r\n") == bool(asked.head)


# --- from behind a wall ---------------------------------------------------------------------------------------

CLIENT = """
import socket, sys, urllib.error, urllib.request
for url in sys.argv[2:]:
    try:
        print(urllib.request.urlopen(url, timeout=20).read().decode())
    except urllib.error.HTTPError as error:
        print(error.code, error.read().decode().strip())
    except OSError as error:
        print("closed", error)
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
    print("open")
except OSError as error:
    print("closed", error.errno)
"""


async def run(
    argv: Sequence[str], environment: dict[str, str], fds: Sequence[int], door: Door | None
) -> CommandResult:
    process = subprocess.Popen(  # noqa: ASYNC220 - as the runner of commands starts them
        argv,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=tuple(fds),
        text=True,
    )
    if door:
        door.started()
    output = await asyncio.to_thread(lambda: process.communicate(timeout=60)[0])
    return CommandResult(process.returncode, output, 0.0)


@pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")
@pytest.mark.skipif(not Path(PYTHON).exists(), reason="no Python of the system")
async def test_a_door_is_opened_inside_another_network(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", PYTHON)
    proxy = internet.proxy("good.example")
    urls = ("http://good.example/", "http://evil.example/")
    door = Door(proxy, [PYTHON, "-I", "-c", CLIENT, str(internet.port), *urls])
    walls = ["bwrap", "--unshare-user", "--unshare-net", "--ro-bind", "/", "/", "--dev", "/dev", "--"]
    try:
        result = await run(
            [*walls, *door.argv], {"PATH": os.environ["PATH"], **door.environment}, door.pass_fds, door
        )
    finally:
        door.close()
        proxy.close()
    if "Operation not permitted" in result.output or "creating new namespace" in result.output.lower():
        pytest.skip("no namespaces here")
    refused = "403 aura: The network refused evil.example:80: it is not in network.domains."
    assert result.output.splitlines() == ["hello", refused, "closed 111"]
    assert [denial.text for denial in proxy.denials()] == [refused.removeprefix("403 aura: ")]


async def test_a_command_that_never_starts_leaves_nothing(internet: Internet) -> None:
    proxy = internet.proxy("good.example")
    before = list_open()
    door = Door(proxy, ["true"])
    door.started()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    door.close()
    proxy.close()
    assert list_open() == before


def list_open() -> set[str]:
    """The descriptors of this process, where the system tells."""
    folder = Path("/proc/self/fd")
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


@pytest.mark.skipif(ask_version() < 4, reason="this kernel's Landlock does not know of ports")
@pytest.mark.skipif(not Path(PYTHON).exists(), reason="no Python of the system")
async def test_behind_landlock_only_the_proxy_s_port_is_open(
    internet: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = LandlockSandbox()
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    monkeypatch.setattr("aura.safety.sandbox.landlock.DomainProxy", lambda domains: internet.proxy(*domains))
    spec = SandboxSpec(workspace, net="proxy", domains=("good.example",))
    client = [PYTHON, "-I", "-c", CLIENT, str(internet.port), "http://good.example/", "http://evil.example/"]
    launch = sandbox.launch(spec, client, cwd=workspace, environment={"PATH": "/usr/bin:/bin"})
    try:
        result = await run(launch.argv, dict(launch.environment), launch.pass_fds, None)
        launch.on_started()
        said = sandbox.after(spec, launch)
    finally:
        launch.cleanup()
    refused = "The network refused evil.example:80: it is not in network.domains."
    assert result.output.splitlines() == ["hello", f"403 aura: {refused}", "closed 13"]
    assert [violation.text for violation in said] == [refused]


async def test_no_socket_is_left(internet: Internet) -> None:
    proxy = internet.proxy("good.example")
    with socket.create_connection(("127.0.0.1", proxy.listen())):
        await asyncio.sleep(0.01)
        proxy.close()
        await asyncio.sleep(0.01)
    proxy.close()
