"""litellm for real, against servers on loopback: every wire format over HTTP, whole, slow, cut and broken."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import json
import os
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aura.core.errors import ModelErrorKind
from aura.core.messages import Text, Thinking, user
from aura.core.models import Completion, Finish, ModelInfo, TextDelta, ThinkingDelta
from aura.models.endpoint import Endpoint
from aura.models.keys import Key
from aura.models.litellm import LiteLLM
from aura.models.transport import close_client
from tests.models.wire.formats import ARGUMENTS, BY_NAME, SECOND, TEXT, WIRES, Wire, chat_chunk, sse
from tests.models.wire.run import KEY, ask, collect, fail, model_at, model_for
from tests.models.wire.server import Answer, Ending, WireServer, running

# pytest turns every warning on again; outside of it litellm's are off (see test_litellm_quiet.py)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydantic")

EVERY = [pytest.param(wire, id=wire.name) for wire in WIRES]
OPENAI = BY_NAME["openai"]
PATHS = {
    "openai": "/v1/chat/completions",
    "plain": "/v1/chat/completions",
    "openrouter": "/api/v1/chat/completions",
    "groq": "/openai/v1/chat/completions",
    "deepseek": "/chat/completions",
    "mistral": "/v1/chat/completions",
    "anthropic": "/v1/messages",
    "gemini": "/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
    "ollama": "/api/chat",
    "cohere": "/v2/chat",
    "responses": "/v1/responses",
    "bedrock": "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream",
}


@pytest.fixture
async def server() -> AsyncIterator[WireServer]:
    async with running() as wire:
        yield wire


def whole(wire: Wire) -> Answer:
    return Answer(wire.events, type=wire.type)


def check(done: Completion) -> None:
    assert done.message.text == TEXT
    assert [(call.name, call.arguments) for call in done.message.tool_calls] == [
        ("read", ARGUMENTS),
        ("list", SECOND),
    ]
    assert done.finish is Finish.TOOL_CALLS


# --- every format -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", EVERY)
async def test_a_call(server: WireServer, wire: Wire) -> None:
    server.answer(whole(wire))
    out, done = await collect(model_for(server, wire), ask(temperature=0.5, max_tokens=900))
    check(done)
    assert "".join(one.text for one in out if isinstance(one, TextDelta)) == TEXT
    thoughts = [part for part in done.message.parts if isinstance(part, Thinking)]
    assert "".join(part.text for part in thoughts) == wire.thought
    assert done.usage == wire.usage
    assert done.model == wire.model
    (seen,) = server.seen
    assert seen.path == PATHS[wire.name]
    body = seen.body.decode()
    for said in ("You are a test.", '"hi"', "Read a file.", "900"):
        assert said in body
    assert "0.5" in body or wire.name == "responses", "models that think by themselves take no temperature"
    assert seen.headers["user-agent"].startswith("aura") or wire.name == "bedrock"


@pytest.mark.parametrize("wire", EVERY)
async def test_one_connection_serves_many_calls(server: WireServer, wire: Wire) -> None:
    server.answer(whole(wire))
    model = model_for(server, wire)
    for _ in range(3):
        check((await collect(model))[1])
    assert server.connections == 1


@pytest.mark.parametrize("wire", EVERY)
async def test_a_body_in_small_pieces(server: WireServer, wire: Wire) -> None:
    body = wire.body
    server.answer(Answer([body[at : at + 3] for at in range(0, len(body), 3)], type=wire.type))
    check((await collect(model_for(server, wire)))[1])


ENDINGS: list[Ending] = ["short", "unfinished", "reset"]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("wire", EVERY)
async def test_a_lost_connection_is_a_cut_with_the_text_so_far(
    server: WireServer, wire: Wire, ending: Ending
) -> None:
    server.answer(Answer(wire.events[: wire.finished_at], type=wire.type, ending=ending))
    error = await fail(model_for(server, wire))
    assert error.kind is ModelErrorKind.CUT
    assert error.partial == TEXT or (ending == "reset" and TEXT.startswith(error.partial))
    assert "127.0.0.1" in error.sentence
    assert error.retryable


@pytest.mark.parametrize("wire", EVERY)
async def test_a_body_that_ends_properly_too_early_is_a_cut(server: WireServer, wire: Wire) -> None:
    server.answer(Answer(wire.events[: wire.finished_at], type=wire.type))
    error = await fail(model_for(server, wire))
    assert error.kind is ModelErrorKind.CUT
    assert error.partial == TEXT


@pytest.mark.parametrize("ending", ["short", "unfinished"])
@pytest.mark.parametrize("wire", EVERY)
async def test_a_connection_lost_after_the_end_takes_nothing_back(
    server: WireServer, wire: Wire, ending: Ending
) -> None:
    server.answer(Answer(wire.events, type=wire.type, ending=ending))
    check((await collect(model_for(server, wire)))[1])


# Bytes between two places where a connection is lost; what is made of every place is shown in test_litellm_reply.py.
STEP = int(os.environ.get("WIRE_STEP", "97"))


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("wire", EVERY)
async def test_connections_lost_at_many_places(server: WireServer, wire: Wire, ending: Ending) -> None:
    model, body = model_for(server, wire), wire.body
    begin = sum(map(len, wire.events[: wire.finished_at]))
    for at in range(ENDINGS.index(ending), begin, STEP):
        server.answer(Answer([body[:at]], type=wire.type, ending=ending))
        error = await fail(model)
        assert error.kind in {ModelErrorKind.CUT, ModelErrorKind.NETWORK}, at
        assert TEXT.startswith(error.partial)


@pytest.mark.parametrize("wire", EVERY)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ModelErrorKind.BAD_REQUEST),
        (401, ModelErrorKind.AUTH),
        (402, ModelErrorKind.QUOTA),
        (403, ModelErrorKind.AUTH),
        (404, ModelErrorKind.NOT_FOUND),
        (413, ModelErrorKind.TOO_LARGE),
        (429, ModelErrorKind.RATE_LIMIT),
        (500, ModelErrorKind.OVERLOADED),
        (503, ModelErrorKind.OVERLOADED),
        (529, ModelErrorKind.OVERLOADED),
    ],
)
async def test_statuses(server: WireServer, wire: Wire, status: int, kind: ModelErrorKind) -> None:
    body = json.dumps({"error": {"message": f"it is so; {KEY}"}}).encode()
    server.answer(Answer([body], status, "application/json", {"Retry-After": "7"}))
    error = await fail(model_for(server, wire))
    assert (error.kind, error.status) == (kind, status)
    assert "it is so" in error.sentence and KEY not in error.sentence
    waits = kind in {ModelErrorKind.RATE_LIMIT, ModelErrorKind.OVERLOADED, ModelErrorKind.QUOTA}
    assert error.retry_after == (7.0 if waits else None)
    assert len(server.seen) == 1, "no retries of its own"


# --- the connection -----------------------------------------------------------------------------------------


async def test_a_connection_lost_before_the_reply_is_the_network(server: WireServer) -> None:
    server.answer(Answer(status=0))
    assert (await fail(model_for(server, OPENAI))).kind is ModelErrorKind.NETWORK


async def test_nobody_listening_names_the_host(server: WireServer) -> None:
    url = server.url
    model = model_at("http://127.0.0.1:1", OPENAI)
    error = await fail(model)
    assert error.kind is ModelErrorKind.NETWORK
    assert "127.0.0.1:1" in error.sentence
    assert url not in error.sentence


async def test_silence_is_a_timeout(server: WireServer) -> None:
    server.answer(Answer(OPENAI.events[:6], ending="hang"))
    error = await fail(model_for(server, OPENAI, timeout=0.3))
    assert error.kind is ModelErrorKind.TIMEOUT
    assert TEXT.startswith(error.partial) and error.partial


async def test_a_server_that_does_not_hang_up_after_the_end_is_not_waited_for(server: WireServer) -> None:
    server.answer(Answer(OPENAI.events, ending="hang"))
    async with asyncio.timeout(10):
        check((await collect(model_for(server, OPENAI, timeout=60)))[1])


async def test_cancelling_closes_the_connection(server: WireServer) -> None:
    server.answer(Answer(OPENAI.events[:6], ending="hang"))
    model, got = model_for(server, OPENAI, timeout=60), asyncio.Event()

    async def read() -> None:
        async for _ in model.stream(ask()):
            got.set()

    task = asyncio.create_task(read())
    await got.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5):
        await server.closed[0].wait()


async def test_leaving_early_closes_the_connection(server: WireServer) -> None:
    server.answer(Answer(OPENAI.events[:6], ending="hang"))
    stream = model_for(server, OPENAI, timeout=60).stream(ask())
    assert isinstance(await anext(stream), ThinkingDelta)
    await stream.aclose()
    async with asyncio.timeout(5):
        await server.closed[0].wait()


async def test_a_redirect_is_named_and_not_followed(server: WireServer) -> None:
    server.answer(Answer([b""], 307, "", {"location": "https://elsewhere.example/v1/chat"}))
    error = await fail(model_for(server, OPENAI))
    assert error.kind is ModelErrorKind.BAD_REQUEST
    assert "elsewhere.example" in error.sentence
    assert len(server.seen) == 1


async def test_https_to_a_server_without_it_fails_for_good() -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        error = await fail(model_at(f"https://127.0.0.1:{port}", OPENAI))
    assert not error.retryable
    assert "127.0.0.1" in error.sentence and "secure connection" in error.sentence


async def test_a_certificate_that_nobody_trusts_fails_for_good(tmp_path: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(write_certificate(tmp_path))

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        error = await fail(model_at(f"https://127.0.0.1:{port}", OPENAI))
    await close_client()
    assert not error.retryable
    assert f"127.0.0.1:{port}" in error.sentence and "ertificate" in error.sentence


def write_certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself, with its key, in one file."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nobody")])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


async def test_a_proxy_is_not_used_on_loopback(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    await close_client()
    server.answer(whole(OPENAI))
    check((await collect(model_for(server, OPENAI)))[1])


async def test_many_calls_at_once(server: WireServer) -> None:
    server.answer(whole(OPENAI))
    model = model_for(server, OPENAI)
    for _, done in await asyncio.gather(*(collect(model) for _ in range(12))):
        check(done)


def test_one_model_in_two_event_loops() -> None:
    async def once() -> None:
        async with running() as server:
            server.answer(whole(OPENAI))
            check((await collect(model_for(server, OPENAI)))[1])

    asyncio.run(once())
    asyncio.run(once())


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_compressed_body(server: WireServer, encoding: str) -> None:
    import gzip
    import zlib

    body = gzip.compress(OPENAI.body) if encoding == "gzip" else zlib.compress(OPENAI.body)
    server.answer(Answer([body[:50], body[50:]], headers={"content-encoding": encoding}))
    check((await collect(model_for(server, OPENAI)))[1])


async def test_a_damaged_compressed_body(server: WireServer) -> None:
    server.answer(Answer([b"this is no gzip"], headers={"content-encoding": "gzip"}))
    assert (await fail(model_for(server, OPENAI))).kind is ModelErrorKind.BAD_REPLY


# --- names and keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model", ["hosted_vllm/meta-llama/Llama-3.1-8B-Instruct", "openai/llama-3-70b", "ollama_chat/llama3.2"]
)
async def test_a_llama_name_fetches_nothing(server: WireServer, model: str) -> None:
    """The audit hook of the suite fails every connection that leaves loopback, in whichever thread."""
    wire = BY_NAME["ollama"] if "ollama" in model else OPENAI
    server.answer(whole(wire))
    provider = model.partition("/")[0]
    base = server.url if provider == "ollama_chat" else f"{server.url}/v1"
    check((await collect(LiteLLM(Endpoint(ModelInfo(model), provider, base, KEY))))[1])


async def test_ollama_speaks_its_chat_form(server: WireServer) -> None:
    server.answer(whole(BY_NAME["ollama"]))
    model = LiteLLM(Endpoint(ModelInfo("ollama/m"), "ollama", server.url, extra={"num_ctx": 16384}))
    check((await collect(model))[1])
    assert server.seen[0].path == "/api/chat"
    assert json.loads(server.seen[0].body)["options"]["num_ctx"] == 16384


async def test_a_missing_key_says_which_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    error = await fail(LiteLLM(Endpoint(ModelInfo("openai/gpt-4o"), "openai", key_name="OPENAI_API_KEY")))
    assert error.kind is ModelErrorKind.AUTH
    assert "OPENAI_API_KEY" in error.sentence


@pytest.mark.parametrize("key", ["sk-“quoted”", "sk-one two", "sk-line\n"])
async def test_a_key_that_cannot_be_one(key: str) -> None:
    error = await fail(LiteLLM(Endpoint(ModelInfo("openai/gpt-4o"), "openai", "http://127.0.0.1:1/v1", key)))
    assert error.kind is ModelErrorKind.AUTH
    assert "characters" in error.sentence


async def test_a_refused_key_names_its_variable(server: WireServer) -> None:
    body = (
        b'{"error": {"message": "Incorrect API key provided: sk-test*****cdef", "code": "invalid_api_key"}}'
    )
    server.answer(Answer([body], 401, "application/json"))
    error = await fail(model_for(server, OPENAI))
    assert error.kind is ModelErrorKind.AUTH
    assert "TEST_KEY" in error.sentence and "sk-test" not in error.sentence


async def test_a_refused_key_is_looked_for_once_more_before_the_next_call(server: WireServer) -> None:
    body = b'{"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}'
    server.answer(Answer([body], 401, "application/json"))
    found = [Key("sk-test-2nd-1234567890", "aura auth"), Key("sk-test-3rd-1234567890", "aura auth")]
    info, base = ModelInfo(OPENAI.model), server.url + OPENAI.base
    model = LiteLLM(
        Endpoint(info, OPENAI.provider, base, KEY, "TEST_KEY", OPENAI.model, find_key=lambda: found.pop(0))
    )
    assert "TEST_KEY" in (await fail(model)).sentence
    assert "aura auth" in (await fail(model)).sentence
    keys = [seen.headers["authorization"] for seen in server.seen]
    assert keys == [f"Bearer {KEY}", "Bearer sk-test-2nd-1234567890"]


@pytest.mark.parametrize("name", ["nonsense/x", "justaname"])
async def test_a_name_without_a_provider(name: str) -> None:
    error = await fail(LiteLLM(Endpoint(ModelInfo(name))))
    assert error.kind is ModelErrorKind.NOT_FOUND
    assert "provider/model" in error.sentence


async def test_an_address_that_is_none() -> None:
    error = await fail(model_at("nohttp://x", OPENAI))
    assert error.kind is ModelErrorKind.BAD_REQUEST
    assert "api_base" in error.sentence


async def test_nothing_reaches_the_terminal(server: WireServer, capfd: pytest.CaptureFixture[str]) -> None:
    server.answer(Answer([b"boom"], 500, "text/plain"), whole(OPENAI))
    model = model_for(server, OPENAI)
    with contextlib.suppress(Exception):
        await collect(model)
    await collect(model)
    await fail(LiteLLM(Endpoint(ModelInfo("nonsense/x"))))
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


async def test_a_reply_without_anything_in_it_is_a_reply(server: WireServer) -> None:
    server.answer(Answer(sse(chat_chunk({"role": "assistant", "content": ""}), chat_chunk({}, "stop"))))
    _, done = await collect(model_for(server, OPENAI), ask(user("hi")))
    assert done.message.parts == ()
    assert done.finish is Finish.STOP


async def test_a_price_of_ones_own(server: WireServer) -> None:
    server.answer(
        Answer(sse(chat_chunk({"content": "x"}, "stop", usage={"prompt_tokens": 10, "completion_tokens": 5})))
    )
    info = ModelInfo("openai/gpt-x", input_price=1e-6, output_price=2e-6)
    _, done = await collect(LiteLLM(Endpoint(info, "openai", f"{server.url}/v1", KEY)))
    assert done.cost == pytest.approx(20e-6)
    assert done.message.parts == (Text("x"),)
