"""Requests in OpenAI's chat form to servers that take it as it is, made without litellm.

For a server of one's own, or a gateway, litellm changes nothing in a request, yet importing it costs seconds and
150 MB. What is made here is what litellm would make: tests/models/test_litellm_plain.py compares the two.
"""

import json
import re
from typing import Any

from aura.core.models import Request
from aura.models.convert import Prepared, Style, convert_tools
from aura.models.endpoint import Endpoint
from aura.models.settings import choose_settings
from aura.models.transport import Call

PLAIN = frozenset({"openai", "lm_studio", "hosted_vllm"})
OPENAI_OWN = re.compile(
    r"o\d|gpt-(?:[5-9]|\d\d)|gpt-4o?-(?:audio|search)|(?:responses/|chatgpt|codex|computer|ft:)"
)
SENT = ("stream", "stream_options", "max_tokens", "temperature", "reasoning_effort")


def is_plain(endpoint: Endpoint) -> bool:
    """Whether most calls to the endpoint need no litellm."""
    at_home = endpoint.provider in PLAIN and endpoint.api_base and endpoint.api_key and not endpoint.extra
    return bool(at_home) and OPENAI_OWN.match(_name_there(endpoint)) is None


def _name_there(endpoint: Endpoint) -> str:
    """The model's name as its server knows it."""
    return endpoint.name.removeprefix(f"{endpoint.provider}/")


def make_call(
    endpoint: Endpoint, style: Style, request: Request, prepared: Prepared, agent: str
) -> Call | None:
    """The request, or None when only litellm knows how to make it."""
    if not is_plain(endpoint):
        return None
    model = _name_there(endpoint)
    if any("reasoning_items" in entry for entry in prepared.entries):
        return None
    settings = choose_settings(endpoint, style, request)
    if "reasoning_effort" in settings and (endpoint.provider == "lm_studio" or model.startswith("gpt-")):
        return None  # litellm knows which of these think
    body: dict[str, Any] = {"model": model}
    body |= {name: settings[name] for name in SENT if name in settings}
    if request.tools:
        body["tools"] = convert_tools(request.tools, style)
    rest = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    text = b'{"messages":[' + b",".join(prepared.texts) + b"]," + rest[1:]
    headers = {
        "accept": "application/json",
        "authorization": f"Bearer {endpoint.api_key}",
        "content-type": "application/json",
        "user-agent": agent,
    }
    return Call("POST", f"{(endpoint.api_base or '').rstrip('/')}/chat/completions", headers, text)
