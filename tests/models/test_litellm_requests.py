"""What is sent: thinking given back, pictures, cache marks, ids, settings; and requests made without litellm."""

import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from aura.core.messages import Image, Message, Text, Thinking, ToolCall, ToolResult, tool_message, user
from aura.core.models import ModelInfo, Request, ToolSpec
from aura.models.convert import UNSEEN, Converter, choose_style
from aura.models.endpoint import Endpoint
from aura.models.litellm import LiteLLM
from aura.models.translate import FRAME_SECONDS, Frame, adjust
from aura.models.transport import Call
from tests.models.wire.formats import BY_NAME, Wire
from tests.models.wire.run import LIST, READ, ask, collect, model_for
from tests.models.wire.server import Answer, WireServer, running

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydantic")

PICTURE = Image("image/png", "iVBORw0KGgo=")
EPHEMERAL = {"type": "ephemeral"}


@pytest.fixture
async def server() -> AsyncIterator[WireServer]:
    async with running() as wire:
        yield wire


def history(*thoughts: Thinking, call_opaque: dict[str, Any] | None = None) -> list[Message]:
    """A person asks, the model thinks, says something and calls twice, gets results, and is asked again."""
    calls = (
        ToolCall("call_1", "read", {"path": "ü.py"}, opaque=call_opaque or {}),
        ToolCall("call_2", "list", {}, '{"broken', "the arguments are not valid JSON"),
    )
    return [
        user("first"),
        Message("assistant", (*thoughts, Text("I look."), *calls), "model"),
        tool_message(ToolResult("call_1", "content", images=(PICTURE,))),
        tool_message(ToolResult("call_2", "not valid JSON", is_error=True)),
        user("second", images=(PICTURE,)),
    ]


async def sent(server: WireServer, wire: Wire, *messages: Message, **more: Any) -> dict[str, Any]:
    """The body that arrives for a request."""
    server.answer(Answer(wire.events, type=wire.type))
    await collect(model_for(server, wire), ask(*messages, **more))
    body: dict[str, Any] = json.loads(server.seen[-1].body)
    return body


# --- thinking goes back where it came from ------------------------------------------------------------------


async def test_anthropic_gets_its_thinking_back_unchanged(server: WireServer) -> None:
    wire = BY_NAME["anthropic"]
    signed = Thinking("I see", {"format": "anthropic", "signature": "SIG", "model": wire.model})
    hidden = Thinking("", {"format": "anthropic", "redacted": "RED", "model": wire.model})
    body = await sent(server, wire, *history(signed, hidden, Thinking("unsigned")), thinking=2000)
    assert body["messages"][1]["content"][:3] == [
        {"type": "thinking", "thinking": "I see", "signature": "SIG"},
        {"type": "redacted_thinking", "data": "RED"},
        {"type": "text", "text": "I look."},
    ]
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2000}
    assert body["max_tokens"] > 2000


async def test_gemini_gets_its_signatures_back(server: WireServer) -> None:
    wire = BY_NAME["gemini"]
    seal = Thinking("", {"format": "gemini", "thought_signature": "VEVYVA==", "model": wire.model})
    opaque = {"format": "gemini", "thought_signature": "Q0FMTA=="}
    body = await sent(server, wire, *history(Thinking("hm"), seal, call_opaque=opaque))
    parts = body["contents"][1]["parts"]
    assert parts[0] == {"text": "I look.", "thoughtSignature": "VEVYVA=="}
    assert parts[1]["thoughtSignature"] == "Q0FMTA=="
    assert "hm" not in json.dumps(parts)


async def test_responses_get_their_reasoning_back(server: WireServer) -> None:
    wire = BY_NAME["responses"]
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "RU5D"}
    seal = Thinking("hm", {"format": "responses", "item": item, "model": wire.model})
    body = await sent(server, wire, *history(seal), thinking=2000)
    assert item in body["input"]
    assert body["include"] == ["reasoning.encrypted_content"]
    assert body["reasoning"]["effort"] == "low"
    kinds = [one.get("type") for one in body["input"]]
    assert kinds.count("function_call") == kinds.count("function_call_output") == 2


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_deepseek_gets_its_reasoning_back_in_the_field_it_came_in(
    server: WireServer, field: str
) -> None:
    wire = BY_NAME["deepseek"]
    thought = Thinking("I see", {"format": "openai", "field": field, "model": wire.model})
    body = await sent(server, wire, *history(thought))
    assert body["messages"][2][field] == "I see"


async def test_openrouter_gets_reasoning_details_back(server: WireServer) -> None:
    wire = BY_NAME["openrouter"]
    details = [{"type": "reasoning.encrypted", "data": "X", "index": 0}]
    thought = Thinking("", {"format": "openai", "reasoning_details": details, "model": wire.model})
    body = await sent(server, wire, *history(thought))
    assert body["messages"][2]["reasoning_details"] == details


@pytest.mark.parametrize(
    "name", ["openai", "anthropic", "gemini", "groq", "mistral", "ollama", "cohere", "responses"]
)
async def test_thinking_of_another_model_stays_at_home(server: WireServer, name: str) -> None:
    thoughts = [
        Thinking("secret", {"format": "openai", "field": "reasoning_content", "model": "other/model"}),
        Thinking("secret", {"format": "responses", "item": {"id": "secret"}, "model": "other/model"}),
        Thinking("secret"),
        Thinking("secret", {"format": "mistral", "model": "other/model"}),
    ]
    body = await sent(server, BY_NAME[name], *history(*thoughts))
    assert "secret" not in json.dumps(body)
    assert "I look." in json.dumps(body)


# --- pictures, broken calls, ids ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["openai", "anthropic", "gemini", "mistral", "ollama", "responses", "bedrock"]
)
async def test_pictures_of_people_and_of_tools_are_sent(server: WireServer, name: str) -> None:
    text = json.dumps(await sent(server, BY_NAME[name], *history()))
    assert text.count(PICTURE.data) == 2


async def test_a_model_that_cannot_see_is_told_so(server: WireServer) -> None:
    info = ModelInfo("openai/blind", capabilities=frozenset({"tools"}))
    converter = Converter(choose_style(Endpoint(info, "openai")))
    text = json.dumps(converter.convert("", history()).entries)
    assert PICTURE.data not in text
    assert text.count(UNSEEN) == 2


@pytest.mark.parametrize("name", ["openai", "anthropic", "gemini", "cohere", "bedrock"])
async def test_arguments_that_were_unreadable_are_sent_as_what_they_were(
    server: WireServer, name: str
) -> None:
    text = json.dumps(await sent(server, BY_NAME[name], *history()))
    assert 'unreadable_arguments": "{"broken' in text.replace("\\", "")


async def test_mistral_gets_ids_and_an_order_it_accepts(server: WireServer) -> None:
    body = await sent(server, BY_NAME["mistral"], *history())
    entries = body["messages"]
    ids = [call["id"] for call in entries[2]["tool_calls"]]
    assert all(len(one) == 9 and one.isalnum() for one in ids)
    assert [entry["tool_call_id"] for entry in entries if entry["role"] == "tool"] == ids
    roles = [entry["role"] for entry in entries]
    assert ("tool", "user") not in set(itertools.pairwise(roles))


@pytest.mark.parametrize(
    ("provider", "id", "fits"),
    [
        ("anthropic", "toolu_01-A", True),
        ("anthropic", "functions.read:0", False),
        ("moonshot", "functions.read:0", True),
        ("openai", "x" * 41, False),
        ("mistral", "abcdEF123", True),
        ("mistral", "call_1", False),
    ],
)
def test_ids_are_changed_only_where_they_must_and_always_alike(provider: str, id: str, fits: bool) -> None:
    converter = Converter(choose_style(Endpoint(ModelInfo(f"{provider}/m"), provider)))
    messages = [
        user("x"),
        Message("assistant", (ToolCall(id, "f"),), "model"),
        tool_message(ToolResult(id, "ok")),
    ]
    entries = converter.convert("", messages).entries
    made = entries[1]["tool_calls"][0]["id"]
    assert made == entries[2]["tool_call_id"]
    assert (made == id) is fits


def test_messages_that_say_nothing() -> None:
    converter = Converter(choose_style(Endpoint(ModelInfo("openai/m"), "openai")))
    entries = converter.convert(
        "", [user("  "), Message("assistant", (Thinking("hm"),), "model"), tool_message(ToolResult("c", ""))]
    ).entries
    assert [entry["role"] for entry in entries] == ["user", "tool"]
    assert all(entry["content"].strip() for entry in entries)


# --- caching and settings -----------------------------------------------------------------------------------


def marks(value: Any) -> int:
    if isinstance(value, list):
        return sum(map(marks, value))
    if not isinstance(value, dict):
        return 0
    here = value.get("cache_control") == EPHEMERAL or "cachePoint" in value
    return here + sum(map(marks, value.values()))


@pytest.mark.parametrize("name", ["anthropic", "bedrock"])
async def test_cache_marks_on_tools_system_and_the_last_messages(server: WireServer, name: str) -> None:
    body = await sent(server, BY_NAME[name], *history())
    assert marks(body["system"]) == 1
    assert marks(body.get("tools") or body["toolConfig"]) == 1
    assert marks(body["messages"][0]) == 1, "what was last one call ago"
    assert marks(body["messages"][-1]) == 1
    assert marks(body) == 4, "Anthropic takes no more"


async def test_openrouter_caches_for_anthropic_models_only(server: WireServer) -> None:
    wire = BY_NAME["openrouter"]
    body = await sent(server, wire, *history())
    assert marks(body) == 0
    body = await sent(server, replace(wire, model="openrouter/anthropic/claude-sonnet-4.5"), *history())
    assert marks(body) == 4


@pytest.mark.parametrize(
    "name", ["openai", "groq", "deepseek", "mistral", "gemini", "ollama", "cohere", "responses"]
)
async def test_nobody_else_gets_cache_marks(server: WireServer, name: str) -> None:
    assert marks(await sent(server, BY_NAME[name], *history())) == 0


async def test_without_tools_none_are_offered(server: WireServer) -> None:
    for name in ("openai", "gemini", "ollama"):
        body = await sent(server, BY_NAME[name], user("hi"), tools=())
        assert not body.get("tools")


async def test_output_limits(server: WireServer) -> None:
    assert "max_tokens" not in await sent(server, BY_NAME["openai"])
    assert (await sent(server, BY_NAME["openai"], max_tokens=77))["max_tokens"] == 77
    assert (await sent(server, BY_NAME["anthropic"]))["max_tokens"] == 32_000


@pytest.mark.parametrize(("budget", "effort"), [(1024, "low"), (4096, "medium"), (16384, "high")])
async def test_a_budget_becomes_an_effort(server: WireServer, budget: int, effort: str) -> None:
    wire = replace(BY_NAME["openai"], model="openai/gpt-5")
    assert (await sent(server, wire, thinking=budget))["reasoning_effort"] == effort


async def test_a_model_known_not_to_think_is_not_asked_to(server: WireServer) -> None:
    wire = BY_NAME["openai"]
    server.answer(Answer(wire.events))
    info = ModelInfo("openai/gpt-5", capabilities=frozenset({"tools"}))
    await collect(LiteLLM(Endpoint(info, "openai", f"{server.url}/v1", "k")), ask(thinking=4096))
    assert "reasoning_effort" not in json.loads(server.seen[-1].body)


async def test_gemini_thinks_within_its_budget(server: WireServer) -> None:
    body = await sent(server, BY_NAME["gemini"], thinking=1024)
    assert body["generationConfig"]["thinkingConfig"] == {"includeThoughts": True, "thinkingBudget": 1024}


def test_thinking_that_would_be_hidden_is_asked_for() -> None:
    body = json.dumps({"messages": [], "thinking": {"type": "adaptive"}}).encode()
    call = adjust(
        Call("POST", "http://x", {"X-Title": "other", "x-stainless-os": "y", "Authorization": "k"}, body),
        "aura/1",
    )
    assert json.loads(call.body)["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert call.headers == {"x-title": "aura", "authorization": "k", "user-agent": "aura/1"}


def test_reasoning_items_do_not_reach_the_chat_form() -> None:
    body = json.dumps({"messages": [{"role": "assistant", "reasoning_items": [1], "content": "x"}]}).encode()
    assert json.loads(adjust(Call("POST", "http://x", {}, body), "a").body)["messages"] == [
        {"role": "assistant", "content": "x"}
    ]


# --- requests made without litellm --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["openai", "openrouter", "groq", "deepseek", "mistral", "cohere", "anthropic", "ollama"]
)
async def test_a_remembered_frame_sends_what_litellm_would(server: WireServer, name: str) -> None:
    wire = BY_NAME[name]
    server.answer(Answer(wire.events, type=wire.type))
    model, messages = model_for(server, wire), [user("first")]
    for step in range(6):
        _, done = await collect(model, ask(*messages))
        await collect(model_for(server, wire), ask(*messages))  # one that remembers nothing
        mine, fresh = server.seen[-2:]
        assert json.loads(mine.body) == json.loads(fresh.body)
        assert (mine.path, mine.headers["authorization" if name != "anthropic" else "x-api-key"]) == (
            fresh.path,
            fresh.headers["authorization" if name != "anthropic" else "x-api-key"],
        )
        messages += [
            done.message,
            *(tool_message(ToolResult(call.id, f"r{step}")) for call in done.message.tool_calls),
        ]
        if step == 3:
            messages.append(user("and now?", images=(PICTURE,)))


def make_frame(request: Request, prepared: Any, **changes: Any) -> Frame:
    body = {"messages": [dict(entry) for entry in prepared.entries], "model": "m", "stream": True, **changes}
    call = Call("POST", "http://x", {"authorization": "k"}, json.dumps(body).encode())
    frame = Frame(request, call)
    frame.learn(prepared, call)
    return frame


def prepare(*messages: Message) -> Any:
    return Converter(choose_style(Endpoint(ModelInfo("openai/m"), "openai"))).convert("sys", list(messages))


REPLY = Message("assistant", (Text("ok"), ToolCall("c1", "f", {})), "model")
RESULT = tool_message(ToolResult("c1", "ok"))


def test_a_frame_fills_what_it_has_seen_and_nothing_else() -> None:
    request = ask()
    frame = make_frame(request, prepare(user("a"), REPLY, RESULT))
    filled = frame.fill(prepare(user("other words"), REPLY, RESULT))
    assert filled is not None
    assert json.loads(filled.body)["messages"][1]["content"] == "other words"
    assert json.loads(filled.body)["stream"] is True
    assert frame.fill(prepare(user("a", images=(PICTURE,)), REPLY, RESULT)) is None
    assert frame.fill(prepare(user("a"))) is None, "a user message was never seen at the end"


def test_a_frame_does_not_fill_what_litellm_changes() -> None:
    prepared = prepare(user("a"), REPLY, RESULT)
    changed = [dict(entry) for entry in prepared.entries]
    changed[1] = {**changed[1], "images": []}
    assert make_frame(ask(), prepared, messages=changed).fill(prepared) is None
    assert make_frame(ask(), prepared, messages=changed[:-1]).fill(prepared) is None
    assert make_frame(ask(), prepared, messages="none").fill(prepared) is None


def test_a_signed_request_is_never_filled() -> None:
    prepared = prepare(user("a"))
    body = json.dumps({"messages": prepared.entries}).encode()
    call = Call("POST", "http://x", {"x-amz-date": "now"}, body)
    frame = Frame(ask(), call)
    frame.learn(prepared, call)
    assert frame.fill(prepared) is None


def test_a_frame_fits_its_own_tools_and_settings_for_a_while() -> None:
    request = ask()
    frame = make_frame(request, prepare(user("a")))
    assert frame.fits(request)
    assert frame.fits(ask(tools=[READ, LIST]))
    assert not frame.fits(ask(tools=(READ,)))
    assert not frame.fits(ask(tools=(READ, ToolSpec("list", "Otherwise.", LIST.parameters))))
    assert not frame.fits(ask(thinking=1024))
    assert not frame.fits(ask(temperature=0.0))
    assert not frame.fits(ask(max_tokens=5))
    frame.made -= FRAME_SECONDS + 1
    assert not frame.fits(request)


def test_a_message_is_converted_once() -> None:
    converter = Converter(choose_style(Endpoint(ModelInfo("openai/m"), "openai")))
    messages = [user("a"), REPLY, RESULT]
    first = converter.convert("sys", messages).entries
    second = converter.convert("sys", [*messages, user("b")]).entries
    assert all(one is other for one, other in zip(first, second, strict=False))
    assert len(converter._known) == 4
    converter.convert("sys", messages[:1])
    assert len(converter._known) == 1, "what is not part of the conversation any more is forgotten"
