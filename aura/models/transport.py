"""One HTTP exchange with a model server: sent by aura's own client, its bytes seen as they come."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from aura.core.errors import ModelError, ModelErrorKind
from aura.models.endpoint import Endpoint
from aura.models.faults import from_status, make_error

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 20.0
ERROR_SECONDS = 10.0  # for the body of an error
ERROR_BYTES = 1_000_000
AFTER_END = 0.25  # seconds for the rest of the body when the stream has said its last word
AFTER_FINISH = 5.0  # seconds for token counts when the reply is finished but the stream is not
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")

_clients: "WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient]" = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request, ready to be sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


def client() -> "httpx.AsyncClient":
    """The client of the running event loop; connections are kept and used again by every model."""
    import httpx

    loop = asyncio.get_running_loop()
    found = _clients.get(loop)
    if found is None or found.is_closed:
        direct = {f"all://{host}": None for host in LOOPBACK}  # a proxy has no business there
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=60.0)
        found = _clients[loop] = httpx.AsyncClient(mounts=direct, limits=limits)
    return found


async def close_client() -> None:
    """Close the running loop's client with all its connections; the next call makes another."""
    found = _clients.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.aclose()


@contextlib.asynccontextmanager
async def exchange(endpoint: Endpoint, call: Call) -> AsyncIterator["httpx.Response"]:
    """Send a call and hand over the successful response, its body unread; closed when left, whatever happens.

    Raises `ModelError` for whatever goes wrong with the connection, and for a status that is not success.
    """
    import httpx

    timeout = httpx.Timeout(endpoint.timeout, connect=CONNECT_SECONDS, pool=None)
    http = client()
    with translated(endpoint, call.url):
        headers = dict(call.headers)
        request = http.build_request(
            call.method, call.url, headers=headers, content=call.body, timeout=timeout
        )
        response = await http.send(request, stream=True)
    try:
        if response.status_code >= 300:
            body = await _read_some(response)
            raise from_status(endpoint, response.status_code, dict(response.headers), body)
        yield response
    finally:
        await response.aclose()


async def _read_some(response: "httpx.Response") -> bytes:
    """The body of an error, as much as comes in reasonable time and size."""
    body = bytearray()
    with contextlib.suppress(Exception):
        async with asyncio.timeout(ERROR_SECONDS):
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > ERROR_BYTES:
                    break
    return bytes(body)


@contextlib.contextmanager
def translated(endpoint: Endpoint, url: str, *, begun: bool = False) -> Iterator[None]:
    """Turn what the HTTP client raises into `ModelError`; `begun` says that part of a reply had arrived."""
    import httpx

    host = urlsplit(url).netloc
    try:
        yield
    except httpx.TimeoutException as error:
        connecting = isinstance(error, httpx.ConnectTimeout)
        words = (
            f"{host} {'cannot be reached' if connecting else f'said nothing for {endpoint.timeout:.0f} s'}"
        )
        raise make_error(endpoint, ModelErrorKind.TIMEOUT, words) from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
        words = f"{url} is not an address that can be called; set the model's api_base"
        raise make_error(endpoint, ModelErrorKind.BAD_REQUEST, words) from error
    except httpx.LocalProtocolError as error:
        words = f"the request cannot be sent ({error}); look for stray characters in the key and the headers"
        raise make_error(endpoint, ModelErrorKind.BAD_REQUEST, words) from error
    except httpx.ConnectError as error:
        raise _describe_connect(endpoint, host, error) from error
    except httpx.DecodingError as error:
        raise make_error(
            endpoint, ModelErrorKind.BAD_REPLY, f"the reply of {host} is damaged: {error}"
        ) from error
    except httpx.HTTPError as error:
        kind = ModelErrorKind.CUT if begun else ModelErrorKind.NETWORK
        words = f"the connection to {host} broke off {'within' if begun else 'before'} the reply"
        raise make_error(endpoint, kind, words) from error


def _describe_connect(endpoint: Endpoint, host: str, error: Exception) -> ModelError:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if cause is None and "CERTIFICATE" not in str(error).upper():
        return make_error(endpoint, ModelErrorKind.NETWORK, f"{host} cannot be reached: {error}")
    words = f"the secure connection to {host} failed: {error}; aura does not go on without one"
    return make_error(
        endpoint, ModelErrorKind.UNKNOWN, words, advice="Check the clock, proxies and certificates."
    )


@dataclass(slots=True)
class Patience:
    """How long the next bytes are waited for, in seconds; None: as long as the client's timeout allows."""

    seconds: float | None = None


async def read_pieces(response: "httpx.Response", patience: Patience) -> AsyncGenerator[bytes]:
    """The body as it comes, to its end; once the reply is finished it is not waited for at length."""
    pieces = response.aiter_bytes()
    while True:
        try:
            if patience.seconds is None:
                piece = await anext(pieces)
            else:
                async with asyncio.timeout(patience.seconds):
                    piece = await anext(pieces)
        except (StopAsyncIteration, TimeoutError):
            return
        yield piece
