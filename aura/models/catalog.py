"""Which model a name means, where it is reached, and what is known of it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from aura.core.errors import ConfigError
from aura.core.models import ModelInfo
from aura.models import facts, local
from aura.models.endpoint import Endpoint
from aura.models.keys import Key, find_key, key_variables
from aura.models.naming import Overrides, describe_miss, find_model, first_set
from aura.models.providers import PROVIDERS, Provider, find_provider

DUMMY_KEY = "none-needed"  # local servers want no key, but the OpenAI wire form always sends one
SAFE_WINDOW = 32_768  # tokens, for a model that nobody says anything about
UNLISTED = frozenset({"openrouter", "azure"})  # what they serve depends on the day, or on the account
TIMEOUT = (
    3.0  # seconds a server that was named has to say what it serves; one that is not there refuses at once
)

Notice = Callable[[str], None]


def resolve(name: str, *, overrides: Overrides | None = None, notice: Notice | None = None) -> Endpoint:
    """Where the model of a name is reached, with its key, its window and its prices.

    `name` is `provider/model`, a provider (its usual model), a bare model name or an alias. A model that nobody lists
    is allowed on a server of one's own: the server is asked for its window, for at most some seconds (use a thread
    inside an event loop). `notice` gets sentences for people, such as a window that had to be guessed. Raises
    `ConfigError` for a name that is unknown or ambiguous and for a missing key.
    """
    chosen = overrides or Overrides()
    provider, model = find_model(name, overrides=chosen)
    known = find_provider(provider)
    base = base_of(known, chosen, provider)
    info = facts.describe(provider, model)
    if not (info or base or provider in UNLISTED or _is_described(name, model, chosen)):
        raise ConfigError(describe_miss(f"{provider}/{model}"))
    key = _key_of(provider, known, chosen, base)
    extra: dict[str, Any] = {}
    if known is not None and known.local:
        info, extra = _ask_local(known, model, base, key, chosen, notice)
    elif base and provider not in UNLISTED and (info is None or chosen.base_url):
        info, model = _ask_base(f"{provider}/{model}", base, key, info, chosen, notice)
    info = _override(info or ModelInfo(f"{provider}/{model}"), name, chosen)
    if not info.window:
        info = replace(info, window=SAFE_WINDOW, capabilities=info.capabilities | {"guessed_window"})
        _tell(
            notice,
            f"The context window of {info.name} is unknown; aura assumes {SAFE_WINDOW:,} tokens. "
            "Set it with --context-window N.",
        )
    word = known.word if known else provider
    return Endpoint(
        info=info,
        provider=word,
        api_base=base or None,
        api_key=key.value if key else (DUMMY_KEY if base else None),
        key_name=key.source if key else chosen.key_variable or next(iter(key_variables(provider)), ""),
        model=f"{word}/{model}",
        timeout=chosen.timeout,
        extra=extra,
        find_key=partial(_key_of, provider, known, chosen, base),
    )


def base_of(known: Provider | None, chosen: Overrides, provider: str) -> str:
    """The address to call, in the form that litellm needs; empty: the provider's own."""
    if provider == "openai" and chosen.base_url:
        return tidy_base("openai", chosen.base_url)
    if known is not None and known.local:
        url = local.server_url(known, chosen.environ)
        return url if known.name == "ollama" else f"{url}/v1"
    word = re.sub(r"\W", "_", provider).upper()
    names = (*(known.bases if known else ()), f"{word}_BASE_URL", f"{word}_API_BASE")
    return tidy_base(provider, first_set(chosen.environ, names))


def tidy_base(provider: str, url: str) -> str:
    """A base URL in the form that litellm needs, whichever form people wrote.

    Anthropic's has `/v1/messages` added later, so `/v1` goes; an OpenAI-compatible one needs `/v1`, which is added
    when the address has no path at all. An address without `http://` is taken for one.
    """
    text = url.strip()
    if not text:
        return ""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[\s\x00-\x1f]", text):
        raise ConfigError(f"{url} is not the address of a server; it looks like http://127.0.0.1:8000/v1.")
    ending = {"anthropic": r"(/(v1|messages)?)+$", "openai": r"(/(chat/completions)?)+$"}.get(provider, "/+$")
    path = re.sub(ending, "", parts.path)
    if provider == "openai":
        path = path or "/v1"
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def _key_of(provider: str, known: Provider | None, chosen: Overrides, base: str) -> Key | None:
    if provider == "openai" and chosen.base_url:
        # The provider's own key is never sent to a server that a settings file names.
        value = chosen.environ.get(chosen.key_variable, "").strip() if chosen.key_variable else ""
        if chosen.key_variable and not value:
            raise ConfigError(f"The key for {base} is expected in {chosen.key_variable}, which is not set.")
        return Key(value, chosen.key_variable) if value else None
    key = find_key(provider, chosen.environ)
    if key is None and not base and not (known and known.keyless):
        title = known.title if known else provider
        variable = next(iter(key_variables(provider)), "")
        raise ConfigError(f"No key for {title} was found: set {variable}, or run `aura auth set {provider}`.")
    return key


def _ask_local(
    known: Provider, model: str, base: str, key: Key | None, chosen: Overrides, notice: Notice | None
) -> tuple[ModelInfo, dict[str, Any]]:
    """What a local server says of one model, and what has to be sent along with each request."""
    url = local.server_url(known, chosen.environ)
    server = local.ask_server(known.name, url, timeout=TIMEOUT, key=key.value if key else "")
    full = f"{known.name}/{model}"
    if server is None:
        raise ConfigError(f"{known.title} does not answer at {url}; start it, or name another model.")
    found = server.find(model)
    if found is None:
        there = ", ".join(one.name for one in server.models[:8]) or "none"
        raise ConfigError(f"{known.title} has no model {model}; it has: {there}.")
    info = ModelInfo(full, found.window, input_price=0.0, output_price=0.0, capabilities=found.capabilities)
    if known.name != "ollama":
        return info, {}
    asked = chosen.window or (local.ASKED_WINDOW if found.window < local.USEFUL_WINDOW else found.window)
    asked = min(asked, found.trained) if found.trained else asked
    if not chosen.window:
        _tell(notice, local.ollama_advice(found, asked))
    if "tools" not in found.capabilities and found.capabilities:
        _tell(notice, f"{model} was not made to call tools; aura needs them for almost everything.")
    return replace(info, window=asked), {"num_ctx": asked} if asked != found.window else {}


def _ask_base(
    full: str, base: str, key: Key | None, info: ModelInfo | None, chosen: Overrides, notice: Notice | None
) -> tuple[ModelInfo, str]:
    """What a server of one's own says of a model, over what the list knows of its namesake; and its name there."""
    described = replace(info, name=full) if info else ModelInfo(full)
    name = full.partition("/")[2]
    if chosen.window:
        return described, name
    server = local.ask_server("", base, timeout=TIMEOUT, key=key.value if key else "")
    found = (server.find(name) or server.find(full)) if server else None
    if server is not None and server.models and found is None:
        there = ", ".join(one.name for one in server.models[:8])
        _tell(notice, f"{base} does not list {name}; it lists: {there}.")
    if found is None:
        return described, name
    return replace(described, window=found.window or described.window), found.name


def _override(info: ModelInfo, name: str, chosen: Overrides) -> ModelInfo:
    prices = chosen.prices.get(name) or chosen.prices.get(info.name) or {}
    if chosen.window:
        info = replace(info, window=chosen.window)
    if chosen.max_output:
        info = replace(info, max_output=chosen.max_output)
    if not prices:
        return info
    return replace(
        info,
        input_price=prices.get("input", info.input_price),
        output_price=prices.get("output", info.output_price),
        cache_read_price=prices.get("cache_read", info.cache_read_price),
        cache_write_price=prices.get("cache_write", info.cache_write_price),
    )


def _is_described(name: str, model: str, chosen: Overrides) -> bool:
    """Whether a person said enough of a model that the list does not know yet."""
    return bool(chosen.window) or any(known in chosen.prices for known in (name, model))


def _tell(notice: Notice | None, sentence: str) -> None:
    if notice is not None and sentence:
        notice(sentence)


@dataclass(frozen=True, slots=True)
class Way:
    """One model that can be used now: its full name, and what was found (a variable, `aura auth`, a server)."""

    model: str
    source: str
    provider: str


def find_ways(
    overrides: Overrides | None = None, *, servers: Sequence[local.LocalServer] | None = None
) -> tuple[Way, ...]:
    """The models that can be used now, one for each provider, the one taken by default first.

    Providers whose key is found come first, then servers on this machine (`servers`: already asked). It asks them, so
    it may take some tenths of a second.
    """
    chosen = overrides or Overrides()
    ways = []
    for provider in PROVIDERS:
        if provider.local or provider.keyless:
            continue
        base = base_of(provider, replace(chosen, base_url=""), provider.name)
        key = find_key(provider.name, chosen.environ)
        if provider.name == "openai" and base:
            ways += [Way(f"openai/{model}", base, "openai") for model in list_served(base, key)[:1]]
        elif (key is not None or base) and provider.main:
            source = key.source if key else base
            ways.append(Way(f"{provider.name}/{provider.main}", source, provider.name))
    for server in local.find_servers(chosen.environ) if servers is None else servers:
        usable = [one for one in server.models if "tools" in one.capabilities or not one.capabilities]
        ways += [Way(f"{server.provider}/{one.name}", server.url, server.provider) for one in usable[:1]]
    return tuple(ways)


def choose_default(
    configured: str = "", *, overrides: Overrides | None = None, ways: Sequence[Way] | None = None
) -> str | None:
    """The model to use: the configured one, else by the keys found, else on a running local server; None: no model.

    `ways` is what `find_ways` found, when it was asked already; else it is asked here if it has to be.
    """
    if configured:
        return configured
    chosen = overrides or Overrides()
    if chosen.base_url:
        listed = list_served(
            tidy_base("openai", chosen.base_url), _key_of("openai", None, chosen, chosen.base_url)
        )
        return f"openai/{listed[0]}" if listed else None
    found = find_ways(chosen) if ways is None else ways
    return found[0].model if found else None


def choose_small(main: str, configured: str = "", *, overrides: Overrides | None = None) -> str:
    """The model for small jobs: the configured one, else a cheap one of the main model's provider, else the main one.

    Where requests go to a server of one's own, that is the main model: the provider's other models are not there.
    """
    if configured:
        return configured
    chosen = overrides or Overrides()
    if ":" in main.partition("/")[0]:  # script:, recorded:, a plugin's family
        return main
    provider = find_provider(find_model(main, overrides=chosen)[0])
    if provider is None or not provider.small or base_of(provider, chosen, provider.name):
        return main
    return f"{provider.name}/{provider.small}"


def describe_ways(overrides: Overrides | None = None) -> str:
    """Which model aura would use, in one line; when there is none, a screenful on how to get one."""
    ways = find_ways(overrides)
    if ways:
        return f"Model: {ways[0].model} ({ways[0].source})"
    return WAYS


WAYS = """\
No language model was found. Three ways to get one:

  1. A provider's key    export ANTHROPIC_API_KEY=…   (OPENAI_API_KEY, GEMINI_API_KEY, MISTRAL_API_KEY, …)
                         or let aura keep it: aura auth set anthropic
  2. A local server      start Ollama, LM Studio, llama.cpp or vLLM with a model that can call tools;
                         aura asks their usual ports (or OLLAMA_HOST, LM_STUDIO_API_BASE, …)
  3. Any server that     export OPENAI_BASE_URL=http://HOST:PORT/v1   (OPENAI_API_KEY if it wants one)
     speaks OpenAI's     aura run --model NAME …
     protocol

Nothing at hand? `aura demo` lets a scripted model finish a real job; `aura models` shows what was looked for."""


def list_served(base: str, key: Key | None) -> tuple[str, ...]:
    """The models a server lists, the provider's usual one first when it is among them."""
    server = local.ask_server("", base, timeout=TIMEOUT, key=key.value if key else "")
    names = [model.name for model in server.models] if server else []
    usual = {provider.main for provider in PROVIDERS if provider.name == "openai"}
    return tuple(sorted(names, key=lambda name: name not in usual))
