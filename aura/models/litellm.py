"""Any of litellm's models: litellm translates the request, aura sends it and reads the reply.

The only module that imports litellm: late, in a thread of its own, and never to speak to the network. Its own reading
of streams makes up endings and loses data, so it only builds requests here; the bytes of every reply are read by
`aura.models.dialects`.
"""

import asyncio
import contextlib
import contextvars
import gc
import importlib
import json
import logging
import os
import re
import threading
import warnings
from collections.abc import AsyncGenerator, Coroutine
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar

from aura import __version__
from aura.core.errors import ConfigError, ModelError, ModelErrorKind
from aura.core.models import Completion, Delta, ModelInfo, Request
from aura.models.convert import Converter, Prepared, choose_style, convert_tools
from aura.models.endpoint import Endpoint
from aura.models.faults import make_error, tidy
from aura.models.plain import is_plain, make_call
from aura.models.reply import read_reply
from aura.models.settings import choose_settings
from aura.models.translate import Frame, adjust
from aura.models.transport import Call

T = TypeVar("T")
FRAMES = 8
AGENT = f"aura/{__version__}"
FIRST_CALL = ("litellm.litellm_core_utils.default_encoding", "litellm.proxy._types", "mcp")

_capture: contextvars.ContextVar[list[Call] | None] = contextvars.ContextVar("capture", default=None)
_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_library: Any = None


class LiteLLM:
    """One model at one endpoint, behind litellm's translation."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._style = choose_style(endpoint)
        self._converter = Converter(self._style)
        self._frames: list[Frame] = []
        self._is_refused = False

    @property
    def info(self) -> ModelInfo:
        """What is known of the model."""
        return self._endpoint.info

    def warm_up(self) -> None:
        """Get ready for a first call in the background, and return at once; it then waits less or not at all."""
        if not is_plain(self._endpoint):
            _submit(_warm_up())

    async def stream(self, request: Request) -> AsyncGenerator[Delta | Completion]:
        """Send one request and yield its reply piece by piece; raises `ModelError` and nothing else."""
        if self._is_refused:
            self._renew_key()
        try:
            prepared = self._converter.convert(request.system, request.messages)
            call = await self._translate(request, prepared)
            async with contextlib.aclosing(read_reply(self._endpoint, call, prepared.tokens)) as reply:
                async for item in reply:
                    yield item
        except ModelError as error:
            self._is_refused = error.kind is ModelErrorKind.AUTH
            raise

    def _renew_key(self) -> None:
        """Look once more for a key that was refused: another may have been set since."""
        self._is_refused = False
        find = self._endpoint.find_key
        with contextlib.suppress(ConfigError):
            key = find() if find is not None else None
            if key is not None and key.value != self._endpoint.api_key:
                self._endpoint = replace(self._endpoint, api_key=key.value, key_name=key.source)
                self._frames.clear()

    async def _translate(self, request: Request, prepared: Prepared) -> Call:
        """The HTTP request: plain, from a frame that fits, or from litellm."""
        _check_key(self._endpoint)
        plain = make_call(self._endpoint, self._style, request, prepared, AGENT)
        if plain is not None:
            return plain
        frame = next((one for one in self._frames if one.fits(request)), None)
        filled = frame.fill(prepared) if frame else None
        if filled is not None:
            return filled
        arguments = choose_settings(self._endpoint, self._style, request)
        arguments["messages"] = [dict(entry) for entry in prepared.entries]
        if request.tools:
            arguments["tools"] = convert_tools(request.tools, self._style)
        call = adjust(await _ask(self._endpoint, arguments), AGENT)
        if frame is None:
            frame = Frame(request, call)
            self._frames = [frame, *self._frames[: FRAMES - 1]]
        frame.learn(prepared, call)
        return call


async def _warm_up() -> None:
    """Import what litellm imports at its first call, which takes longer than the call: one to two seconds."""
    for name in FIRST_CALL:
        with contextlib.suppress(ImportError):  # another release may have no such module, and then needs none
            importlib.import_module(name)


async def _ask(endpoint: Endpoint, arguments: dict[str, Any]) -> Call:
    """The request that litellm would send; raises `ModelError` when it cannot make one."""
    try:
        return await asyncio.wrap_future(_submit(_build(arguments)))
    except ModelError:
        raise
    except Exception as error:
        raise _describe(endpoint, error) from error


async def _build(arguments: dict[str, Any]) -> Call:
    """Let litellm make its request and catch it on its way out."""
    caught: list[Call] = []
    _capture.set(caught)
    failure: Exception | None = None
    try:
        wrapper = await _library.acompletion(**arguments)
        if not caught and hasattr(wrapper, "__anext__"):
            await anext(wrapper, None)  # some providers are called when the first piece is asked for
    except Exception as error:  # noqa: BLE001 what happens after the request was caught does not matter
        failure = error
    if caught:
        return caught[0]
    raise failure or RuntimeError("litellm made no request")


def _check_key(endpoint: Endpoint) -> None:
    key = endpoint.api_key or ""
    if not key.isascii() or any(letter.isspace() for letter in key):
        words = "the key holds characters that no key has"
        raise make_error(endpoint, ModelErrorKind.AUTH, words)


def _describe(endpoint: Endpoint, error: Exception) -> ModelError:
    """What kept litellm from making a request, in aura's words."""
    text = str(error)
    if missing := re.search(r"No module named '?(\w+)", text):
        words = f"the Python package {missing[1]} is missing; install it into aura's environment"
        return make_error(endpoint, ModelErrorKind.UNKNOWN, words, advice="Or choose another model.")
    status = getattr(error, "status_code", 0)
    name = type(error).__name__
    said = text.partition("Traceback")[0]
    for prefix in (f"litellm.{name}: ", f"{name}: "):
        said = said.removeprefix(prefix)
    if name == "AuthenticationError" or "api_key" in said.lower() or "api key" in said.lower():
        words = (
            tidy(said)
            if endpoint.api_key
            else f"no key; set {endpoint.key_name or 'the key of the provider'}"
        )
        return make_error(endpoint, ModelErrorKind.AUTH, words)
    if "LLM Provider NOT provided" in said:
        words = f"{endpoint.name} names no provider; write provider/model"
        return make_error(endpoint, ModelErrorKind.NOT_FOUND, words)
    kind = ModelErrorKind.BAD_REQUEST if status in {0, 400, 422} else ModelErrorKind.UNKNOWN
    return make_error(endpoint, kind, f"the request could not be made: {said}")


def _submit(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Run a coroutine in litellm's own thread, which imports litellm first."""
    return asyncio.run_coroutine_threadsafe(_after_import(work), _start())


async def _after_import(work: Coroutine[Any, Any, T]) -> T:
    try:
        _load()
    except BaseException:
        work.close()
        raise
    return await work


def _start() -> asyncio.AbstractEventLoop:
    global _loop  # noqa: PLW0603 one thread for the process
    with _lock:
        if _loop is None or _loop.is_closed():
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="aura-litellm", daemon=True).start()
        return _loop


def _load() -> None:
    """Import litellm, quietly and without the network, and put aura's door before its connections."""
    global _library  # noqa: PLW0603 imported once
    if _library is not None:
        return
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else the import fetches a price list
    os.environ["LITELLM_MODE"] = "PRODUCTION"  # else the import reads a .env it finds somewhere above
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        import litellm
        from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler
    finally:
        if was_collecting:
            gc.enable()
    gc.freeze()
    _silence()
    litellm.suppress_debug_info = True
    litellm.drop_params = True
    litellm.telemetry = False
    litellm.disable_hf_tokenizer_download = True
    litellm.disable_aiohttp_transport = True
    litellm.disable_streaming_logging = True
    litellm.turn_off_message_logging = True
    import httpx

    door = _make_door(httpx)
    litellm.aclient_session = httpx.AsyncClient(transport=door)
    AsyncHTTPHandler.create_async_transport = staticmethod(lambda *_, **__: door)
    litellm.in_memory_llm_clients_cache.flush_cache()  # some clients were made while it was imported
    _library = litellm


def _silence() -> None:
    """Keep litellm's loggers, and warnings about the types it defines, off the terminal."""
    warnings.filterwarnings("ignore", module=r"(litellm|openai|pydantic)(\.|$)")
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "litellm"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
        logger.setLevel(logging.CRITICAL)


def _make_door(httpx: Any) -> Any:
    """A transport that catches model requests instead of sending them, and sends what else there is."""

    class Door(httpx.AsyncBaseTransport):  # type: ignore[misc]
        def __init__(self) -> None:
            self._street = httpx.AsyncHTTPTransport()

        async def handle_async_request(self, request: Any) -> Any:
            body = await request.aread()
            caught = _capture.get()
            if caught is None or request.method != "POST" or not _is_json(body):
                return await self._street.handle_async_request(request)
            caught.append(Call(request.method, str(request.url), dict(request.headers), body))
            headers = {"content-type": "text/event-stream"}
            return httpx.Response(200, headers=headers, content=b"", request=request)

    return Door()


def _is_json(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False
