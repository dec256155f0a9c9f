"""A request's settings → the arguments of litellm's call, as far as they differ between providers."""

from typing import Any

from aura.core.models import Request
from aura.models.convert import Style
from aura.models.endpoint import Endpoint

MOST_OUTPUT = (
    32_000  # tokens asked for when nobody says how many, so that much of the window stays for the input
)
LEAST_BUDGET = 1024  # tokens of thinking, the least that Anthropic takes
ANSWER_ROOM = 4096  # tokens left for the answer beside the thinking
EFFORTS = ((2048, "low"), (8192, "medium"))  # up to so many tokens of thinking; "high" above


def choose_settings(endpoint: Endpoint, style: Style, request: Request) -> dict[str, Any]:
    """The arguments of `acompletion` apart from messages and tools."""
    arguments: dict[str, Any] = {
        "model": _library_name(endpoint),
        "stream": True,
        "stream_options": {"include_usage": True},
        "num_retries": 0,
        "timeout": endpoint.timeout,
        "drop_params": True,
        "no-log": True,
        **endpoint.extra,
    }
    if endpoint.api_base:
        arguments["api_base"] = _library_base(endpoint)
    if endpoint.api_key:
        arguments["api_key"] = endpoint.api_key
    max_tokens = request.max_tokens
    is_anthropic = style.thinking == "anthropic" and endpoint.provider != "bedrock"
    if max_tokens is None and is_anthropic:
        max_tokens = min(endpoint.info.max_output or MOST_OUTPUT, MOST_OUTPUT)
    thinking = _choose_thinking(endpoint, style, request.thinking)
    if budget := thinking.get("thinking", {}).get("budget_tokens"):
        if style.thinking == "anthropic" and max_tokens is not None:
            max_tokens = max(max_tokens, budget + ANSWER_ROOM)
    elif request.temperature is not None and not thinking:
        arguments["temperature"] = request.temperature
    if max_tokens is not None:
        arguments["max_tokens"] = max_tokens
    return arguments | thinking


def _library_name(endpoint: Endpoint) -> str:
    """The model's name for litellm: prefix of the provider first, Ollama's chat form instead of its older one."""
    name, prefix = endpoint.name, endpoint.provider
    if name.startswith("ollama/") or prefix == "ollama":
        name, prefix = name.removeprefix("ollama/"), "ollama_chat"
    if prefix and not name.startswith(f"{prefix}/"):
        name = f"{prefix}/{name}"
    return name


def _library_base(endpoint: Endpoint) -> str:
    """The address in the form litellm wants it: for Cohere, with the path of the method."""
    base = (endpoint.api_base or "").rstrip("/")
    if endpoint.provider in {"cohere", "cohere_chat"} and not base.endswith("/chat"):
        return f"{base.removesuffix('/v2')}/v2/chat"
    return base


def _choose_thinking(endpoint: Endpoint, style: Style, budget: int | None) -> dict[str, Any]:
    """How much to think, in the words of the provider; nothing when the model is known not to think."""
    known = endpoint.info.capabilities
    if not budget or budget < 0 or ("thinking" not in known and known & {"tools", "vision"}):
        return {}
    if style.thinking in {"anthropic", "gemini"}:
        least = LEAST_BUDGET if style.thinking == "anthropic" else 1
        return {"thinking": {"type": "enabled", "budget_tokens": max(budget, least)}}
    effort = next((word for most, word in EFFORTS if budget <= most), "high")
    return {"reasoning_effort": effort}
