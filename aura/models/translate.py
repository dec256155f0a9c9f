"""What litellm was seen to make of a request, so that it need not make it again.

litellm turns a conversation into a provider's HTTP request. Most providers take the chat form as it is; for them
litellm returns every message unchanged, and what is around the messages depends on tools and settings alone. A
`Frame` remembers one such request and the shapes of messages that were left alone: a request made of these only is put
together here, in a fraction of the time, and byte for byte the same in content.
"""

import json
import time
from collections.abc import Mapping
from typing import Any

from aura.core.models import Request
from aura.models.convert import Prepared
from aura.models.transport import Call

FRAME_SECONDS = 300.0  # short-lived tokens may stand in the headers
SIGNED = frozenset({"x-amz-date", "x-amz-content-sha256"})  # headers that hold for one body only


class Frame:
    """One translated request without its messages, and the message shapes that pass unchanged."""

    def __init__(self, request: Request, call: Call) -> None:
        self.tools = request.tools
        self.settings = _settings(request)
        self.made = time.monotonic()
        self._call = call
        self._head = b""
        self._passes: set[Any] = set()

    def fits(self, request: Request) -> bool:
        """Whether the frame was made for the same tools and settings, and not too long ago."""
        same_tools = self.tools is request.tools or list(self.tools) == list(request.tools)
        is_fresh = time.monotonic() - self.made < FRAME_SECONDS
        return same_tools and self.settings == _settings(request) and is_fresh

    def learn(self, prepared: Prepared, call: Call) -> None:
        """Compare what went into litellm with what came out, and remember what it left alone."""
        body = _load(call.body)
        got = body.pop("messages", None)
        if not isinstance(got, list) or len(got) != len(prepared.entries) or SIGNED & set(call.headers):
            self._head = b""
            self._passes.clear()
            return
        self._call = call
        self._head = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
        for key, ours, theirs in zip(_places(prepared), prepared.entries, got, strict=True):
            if ours == theirs:
                self._passes.add(key)
            else:
                self._passes.discard(key)

    def fill(self, prepared: Prepared) -> Call | None:
        """The request with these messages; None when litellm has to translate it."""
        if not self._head or not self._passes.issuperset(_places(prepared)):
            return None
        body = b'{"messages":[' + b",".join(prepared.texts) + b"]," + self._head[1:]
        return Call(self._call.method, self._call.url, self._call.headers, body)


def _settings(request: Request) -> tuple[Any, ...]:
    return (request.max_tokens, request.thinking, request.temperature)


def _places(prepared: Prepared) -> list[Any]:
    """Each message's shape, with the role before it and whether it is the last."""
    shapes = prepared.shapes
    last = len(shapes) - 1
    return [(shapes[at], shapes[at - 1][1] if at else "", at == last) for at in range(len(shapes))]


def _load(body: bytes) -> dict[str, Any]:
    value: Any
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


OWN_WORDS = {"x-title": "aura", "http-referer": "", "request-source": "", "x-pplx-integration": ""}
PER_CONNECTION = frozenset(
    {"host", "content-length", "connection", "accept-encoding", "transfer-encoding", "user-agent"}
)


def adjust(call: Call, agent: str) -> Call:
    """The request under aura's name, with what litellm leaves out; a signed one stays as it is."""
    headers: dict[str, str] = {}
    for name, value in call.headers.items():
        lowered = name.lower()
        if lowered not in PER_CONNECTION and not lowered.startswith("x-stainless"):
            headers[lowered] = OWN_WORDS.get(lowered, value)
    headers = {name: value for name, value in headers.items() if value}
    if SIGNED & set(headers):
        return Call(call.method, call.url, headers, call.body)
    headers["user-agent"] = agent
    return Call(call.method, call.url, headers, _adjust_body(call.body))


def _adjust_body(body: bytes) -> bytes:
    """Thinking that Anthropic would hide is asked for; OpenAI's is asked for in the form that can be sent back."""
    if not any(word in body for word in (b'"adaptive"', b'"reasoning"', b'"reasoning_items"')):
        return body
    content = _load(body)
    thinking = content.get("thinking")
    if isinstance(thinking, Mapping) and thinking.get("type") == "adaptive" and "display" not in thinking:
        content["thinking"] = {**thinking, "display": "summarized"}
    if "input" in content and "reasoning" in content:
        content.setdefault("include", ["reasoning.encrypted_content"])
    for message in content.get("messages") or ():
        message.pop("reasoning_items", None)  # known to the responses form only
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
