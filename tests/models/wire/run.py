"""Models that talk to a wire server, and requests for them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from aura.core.errors import ModelError
from aura.core.messages import Message, user
from aura.core.models import Completion, ModelInfo, Request, ToolSpec
from aura.models.endpoint import Endpoint
from aura.models.litellm import LiteLLM
from tests.models.wire.formats import Wire
from tests.models.wire.server import WireServer

KEY = "sk-test-1234567890abcdef"
AWS = {"aws_access_key_id": "AKIATEST", "aws_secret_access_key": "secret", "aws_region_name": "us-east-1"}
READ = ToolSpec("read", "Read a file.", {"type": "object", "properties": {"path": {"type": "string"}}})
LIST = ToolSpec("list", "List a folder.", {"type": "object", "properties": {}})


def model_at(
    url: str, wire: Wire, *, timeout: float = 20.0, extra: Mapping[str, Any] | None = None
) -> LiteLLM:
    """The model of a wire format, at a server on loopback."""
    more = dict(extra or {})
    base: str | None = url + wire.base
    key: str | None = KEY
    if wire.provider == "bedrock":
        more |= {**AWS, "aws_bedrock_runtime_endpoint": url}
        base = key = None
    info = ModelInfo(wire.model)
    return LiteLLM(Endpoint(info, wire.provider, base, key, "TEST_KEY", wire.model, timeout, more))


def model_for(server: WireServer, wire: Wire, **more: Any) -> LiteLLM:
    """The model of a wire format, at this server."""
    return model_at(server.url, wire, **more)


def ask(*messages: Message, tools: Sequence[ToolSpec] = (READ, LIST), **more: Any) -> Request:
    """A request with a system text and tools."""
    return Request("You are a test.", messages or (user("hi"),), tools, **more)


async def collect(model: LiteLLM, request: Request | None = None) -> tuple[list[Any], Completion]:
    """All deltas of one call, and its completion."""
    out: list[Any] = [item async for item in model.stream(request or ask())]
    done = out.pop()
    assert isinstance(done, Completion)
    assert not any(isinstance(item, Completion) for item in out)
    return out, done


async def fail(model: LiteLLM, request: Request | None = None) -> ModelError:
    """The error of a call that has to fail."""
    with pytest.raises(ModelError) as caught:
        await collect(model, request)
    return caught.value
