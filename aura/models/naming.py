"""What people call models, and which one they mean."""

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aura.core.errors import ConfigError
from aura.models import facts, local
from aura.models.keys import find_key
from aura.models.providers import NICKNAMES, PROVIDERS, Provider, find_provider

if TYPE_CHECKING:
    from aura.config.schema import Models

RESELLERS = frozenset(
    {"openrouter", "groq", "cerebras", "together_ai", "fireworks_ai", "azure", "bedrock", "vertex_ai"}
)


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a person set for the model: by flags and in the settings.

    `window` and `max_output` are tokens, `prices` USD per token by model name (`input`, `output`, `cache_read`,
    `cache_write`). `base_url` is an OpenAI-compatible server and `key_variable` the environment variable of its key.
    """

    window: int = 0
    max_output: int = 0
    base_url: str = ""
    key_variable: str = ""
    timeout: float = 600.0
    prices: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)


def read_overrides(
    models: "Models", *, window: int = 0, environ: Mapping[str, str] | None = None
) -> Overrides:
    """The overrides of the `models:` settings; `window` is the flag `--context-window` (0: not given)."""
    prices = {}
    for name, price in models.prices.items():
        given = {"input": price.input, "output": price.output}
        given["cache_read"] = price.input if price.cache_read is None else price.cache_read
        given["cache_write"] = price.input if price.cache_write is None else price.cache_write
        prices[name] = {kind: value / 1_000_000 for kind, value in given.items()}
    return Overrides(
        window=window or models.window,
        max_output=models.max_output,
        base_url=models.base_url,
        key_variable=models.api_key_env,
        timeout=models.timeout,
        prices=prices,
        aliases=models.aliases,
        environ=os.environ if environ is None else environ,
    )


def find_model(name: str, *, overrides: Overrides | None = None) -> tuple[str, str]:
    """The provider and the model that a name means; raises `ConfigError` when it means none, or several."""
    chosen = overrides or Overrides()
    text = name.strip()
    text = chosen.aliases.get(text, text).strip()
    text = NICKNAMES.get(text.lower(), text)
    if not text:
        raise ConfigError("No model is named; `aura models` lists those that can be used.")
    prefix, slash, rest = text.partition("/")
    provider = find_provider(prefix)
    if slash and rest and provider is not None and (prefix == provider.name or not has_own_server(chosen)):
        return provider.name, rest  # on a server of one's own `qwen/…` or `Qwen/…` may be part of the name
    if chosen.base_url:
        return "openai", text
    if slash and rest and prefix in facts.provider_names():
        return prefix, rest
    if not slash and provider is not None:
        return provider.name, _usual_model(provider, chosen)
    found = None if slash else _find_bare(text, chosen)
    if found is not None:
        return found
    if has_own_server(chosen):
        return "openai", text
    raise ConfigError(describe_miss(text))


def has_own_server(chosen: Overrides) -> bool:
    """Whether names that nobody lists go to an OpenAI-compatible server."""
    return bool(chosen.base_url or first_set(chosen.environ, ("OPENAI_BASE_URL", "OPENAI_API_BASE")))


def _usual_model(provider: Provider, chosen: Overrides) -> str:
    """The model that a provider's name alone stands for."""
    if provider.local:
        servers = local.find_servers(chosen.environ, only=[provider.name])
        models = servers[0].models if servers else ()
        if models:
            return models[0].name
        raise ConfigError(f"No model of {provider.title} was found; is it running, with a model loaded?")
    if provider.main:
        return provider.main
    raise ConfigError(f"Name a model of {provider.title}: `{provider.name}/NAME`.")


def _find_bare(text: str, chosen: Overrides) -> tuple[str, str] | None:
    """Whose model a bare name is: its maker's, else the one provider that a key was found for."""
    names = facts.model_names()
    sellers = [provider for provider in PROVIDERS if f"{provider.name}/{text}" in names]
    if not sellers:
        return None
    makers = [provider for provider in sellers if provider.name not in RESELLERS]
    ready = [provider for provider in sellers if find_key(provider.name, chosen.environ)]
    for provider in makers[:1]:
        if provider in ready or not ready:
            return provider.name, text
    choices = ready or sellers
    if len(choices) == 1:
        return choices[0].name, text
    listed = ", ".join(f"`{provider.name}/{text}`" for provider in choices)
    raise ConfigError(f"Several providers have {text}; name one: {listed}.")


def describe_miss(name: str) -> str:
    """The sentence for a name that means nothing, with the nearest that does."""
    names = facts.model_names()
    order = {provider.name: place for place, provider in enumerate(PROVIDERS)}
    spoken: dict[str, str] = {}
    for full in sorted(names, key=lambda full: order.get(names[full][0], len(order))):
        spoken.setdefault(names[full][1], full)
    same = [full for full in names if full.startswith(name.partition("/")[0] + "/")]
    near = difflib.get_close_matches(name, same, n=1, cutoff=0.6)
    near = near or [spoken[word] for word in difflib.get_close_matches(name, spoken, n=1, cutoff=0.6)]
    hint = f"did you mean `{near[0]}`?" if near else "`aura models --all` lists those it knows."
    extra = " If it is new, say how large its window is: --context-window N." if "/" in name else ""
    return f"There is no model `{name}`; {hint}{extra}"


def first_set(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((value for name in names if (value := environ.get(name, "").strip())), "")
