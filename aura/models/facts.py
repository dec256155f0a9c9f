"""What is known of models before any is called: litellm's packaged price list, read without importing litellm."""

import importlib.util
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from aura.core.models import ModelInfo
from aura.models.providers import find_provider

FILE = "model_prices_and_context_window_backup.json"
MODES = ("chat", "responses")

CAPABILITIES = {
    "supports_function_calling": "tools",
    "supports_parallel_function_calling": "parallel_tools",
    "supports_vision": "vision",
    "supports_reasoning": "thinking",
    "supports_adaptive_thinking": "adaptive_thinking",
    "supports_prompt_caching": "caching",
    "supports_pdf_input": "pdf",
    "supports_response_schema": "schema",
}


@cache
def read_facts() -> Mapping[str, Mapping[str, Any]]:
    """Every chat model of litellm's list by its name there; empty when litellm's package has no such file.

    Reading takes about 25 ms and is done once.
    """
    found = importlib.util.find_spec("litellm")
    folders = list(found.submodule_search_locations or ()) if found else []
    for folder in folders:
        try:
            content = json.loads((Path(folder) / FILE).read_bytes())
        except (OSError, ValueError):
            continue
        if isinstance(content, dict):
            return MappingProxyType({name: fact for name, fact in content.items() if _is_chat(fact)})
    return MappingProxyType({})


@cache
def model_names() -> Mapping[str, tuple[str, str]]:
    """Every known model as (provider, name at the provider), by the full name that aura uses."""
    names: dict[str, tuple[str, str]] = {}
    for entry, fact in read_facts().items():
        provider, model = _split_entry(entry, str(fact.get("litellm_provider", "")))
        names.setdefault(f"{provider}/{model}", (provider, model))
    return MappingProxyType(names)


@cache
def provider_names() -> frozenset[str]:
    """Every provider that the list knows, beyond those aura has an entry for."""
    return frozenset(provider for provider, _ in model_names().values())


def describe(provider: str, model: str) -> ModelInfo | None:
    """What is known of a model; None when it is not in the list.

    A model behind OpenRouter is not in the list: its window and abilities are those of the same model at its maker,
    and its price stays unknown.
    """
    full = f"{provider}/{model}"
    facts = read_facts()
    for entry in (full, model):
        fact = facts.get(entry)
        if fact is not None and _split_entry(entry, str(fact.get("litellm_provider", "")))[0] == provider:
            return make_info(full, fact)
    if provider == "openrouter" and "/" in model:
        return _describe_behind(full, model)
    return None


def is_retired(provider: str, model: str, today: str) -> bool:
    """Whether the list says that a model ended before a day (ISO; empty: no day is late enough)."""
    facts = read_facts()
    fact = facts.get(f"{provider}/{model}") or facts.get(model) or {}
    end = str(fact.get("deprecation_date") or "")
    return bool(end and today) and end < today


def make_info(name: str, fact: Mapping[str, Any]) -> ModelInfo:
    """A model's description out of one entry of the list."""
    words = {word for key, word in CAPABILITIES.items() if fact.get(key) is True}
    return ModelInfo(
        name=name,
        window=_count(fact.get("max_input_tokens") or fact.get("max_tokens")),
        max_output=_count(fact.get("max_output_tokens")),
        input_price=_price(fact.get("input_cost_per_token")),
        output_price=_price(fact.get("output_cost_per_token")),
        cache_read_price=_price(fact.get("cache_read_input_token_cost")),
        cache_write_price=_price(fact.get("cache_creation_input_token_cost")),
        capabilities=frozenset(words),
    )


def _describe_behind(full: str, model: str) -> ModelInfo | None:
    maker, _, name = model.partition("/")
    known = find_provider(maker.replace("x-ai", "xai").replace("z-ai", "zai"))
    found = None
    for spelling in (name, name.replace(".", "-")):
        found = found or describe(known.name if known else maker, spelling)
    if found is None:
        return None
    return ModelInfo(full, found.window, found.max_output, capabilities=found.capabilities)


def _is_chat(fact: object) -> bool:
    return isinstance(fact, dict) and fact.get("mode") in MODES


def _split_entry(entry: str, owner: str) -> tuple[str, str]:
    """Whose model an entry describes, and what it is called there."""
    owner = owner.split("-", maxsplit=1)[0] if owner.startswith("vertex_ai") else owner
    owner = {"bedrock_converse": "bedrock", "cohere_chat": "cohere"}.get(owner, owner)
    known = find_provider(owner)
    provider = known.name if known else owner
    prefix, slash, model = entry.partition("/")
    return (provider, model) if slash and prefix in (owner, provider) else (provider, entry)


def _count(value: object) -> int:
    return int(value) if isinstance(value, (int, float)) and value > 0 else 0


def _price(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and value >= 0 else None
