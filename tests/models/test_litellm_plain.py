"""The requests aura makes without litellm are the ones litellm makes."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from aura.core.messages import Image, Message, Text, Thinking, ToolCall, ToolResult, tool_message, user
from aura.core.models import ModelInfo, Request
from aura.models import litellm as door
from aura.models.convert import Converter, choose_style
from aura.models.endpoint import Endpoint
from aura.models.litellm import LiteLLM
from aura.models.plain import make_call
from tests.models.wire.formats import BY_NAME
from tests.models.wire.run import LIST, READ, collect
from tests.models.wire.server import Answer, WireServer, running

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydantic")


@pytest.fixture
async def server() -> AsyncIterator[WireServer]:
    async with running() as wire:
        wire.answer(Answer(BY_NAME["openai"].events))
        yield wire


MESSAGES = [
    user("first ü"),
    Message(
        "assistant",
        (
            Thinking("hm", {"format": "openai", "field": "reasoning_content", "model": "openai/local"}),
            Text("I look."),
            ToolCall("call_1", "read", {"path": "ü.py"}),
            ToolCall("call_2", "list", {}, "{broken", "not valid"),
        ),
        "model",
    ),
    tool_message(ToolResult("call_1", "content", images=(Image("image/png", "iVBORw0KGgo="),))),
    tool_message(ToolResult("call_2", "no")),
    Message("assistant", (ToolCall("call_3", "list", {}),), "model"),
    tool_message(ToolResult("call_3", "yes")),
    user("second"),
]
REQUESTS: dict[str, Request] = {
    "tools": Request("sys", MESSAGES, (READ, LIST)),
    "no tools": Request("sys", MESSAGES[:1]),
    "no system": Request("", MESSAGES, (READ,)),
    "settings": Request("sys", MESSAGES, (READ,), max_tokens=55, temperature=0.3),
    "thinking": Request("sys", MESSAGES, (READ,), thinking=4096),
}


@pytest.mark.parametrize("request_name", REQUESTS)
@pytest.mark.parametrize(
    ("provider", "model"),
    [("openai", "local"), ("openai", "gpt-4o"), ("openai", "gpt-4.1-mini"), ("openai", "gpt-oss:20b"),
     ("openai", "meta-llama/Llama-3.1-8B"), ("openai", "claude-sonnet-4-5"), ("lm_studio", "qwen3-8b"),
     ("hosted_vllm", "Qwen/Qwen3-8B")],
)  # fmt: skip
async def test_it_is_what_litellm_sends(
    server: WireServer, provider: str, model: str, request_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = REQUESTS[request_name]
    endpoint = Endpoint(ModelInfo(f"{provider}/{model}"), provider, f"{server.url}/v1", "key-1")
    await collect(LiteLLM(endpoint), request)
    monkeypatch.setattr(door, "make_call", lambda *_: None)
    await collect(LiteLLM(endpoint), request)
    mine, theirs = server.seen
    assert json.loads(mine.body) == json.loads(theirs.body)
    assert mine.path == theirs.path
    for name in ("authorization", "content-type", "user-agent"):
        assert mine.headers[name] == theirs.headers[name]


def plain(provider: str, model: str, **more: Any) -> bool:
    endpoint = Endpoint(
        ModelInfo(f"{provider}/{model}"), provider, **{"api_base": "http://x/v1", "api_key": "k", **more}
    )
    style = choose_style(endpoint)
    prepared = Converter(style).convert("sys", MESSAGES)
    return make_call(endpoint, style, REQUESTS["tools"], prepared, "aura") is not None


def test_only_where_litellm_changes_nothing() -> None:
    assert plain("openai", "local")
    assert not plain("openai", "local", api_base=None)
    assert not plain("openai", "local", api_key=None)
    assert not plain("openai", "local", extra={"organization": "x"})
    for name in (
        "gpt-5",
        "gpt-5.1-codex",
        "gpt-6-luna",
        "gpt-10",
        "o3-mini",
        "o1",
        "responses/x",
        "chatgpt-4o",
        "ft:gpt-4o",
    ):
        assert not plain("openai", name), name
    for provider in (
        "anthropic",
        "gemini",
        "mistral",
        "groq",
        "deepseek",
        "openrouter",
        "azure",
        "ollama_chat",
    ):
        assert not plain(provider, "x"), provider


def test_mistral_served_by_vllm_gets_ids_it_accepts() -> None:
    assert plain("hosted_vllm", "mistralai/Mistral-Small-3.2")
