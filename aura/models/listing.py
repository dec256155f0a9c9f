"""What `aura models` shows: which models can be used now, with windows and prices, and which ones are known."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from aura.core.models import ModelInfo
from aura.models import facts, local
from aura.models.catalog import Way, base_of, find_ways, list_served
from aura.models.keys import find_key, key_variables
from aura.models.naming import Overrides
from aura.models.providers import PROVIDERS, Provider, find_provider

# Dated snapshots, fine-tunes and models for other things than text: known, but not what people look for first.
SNAPSHOT = re.compile(
    r"-\d{4}-\d\d-\d\d$|-\d{8}$|-\d{4}$|^ft:|audio|search|-chat-latest|computer-use|deep-research|robotics|lyria|live|tts"
    r"|customtools|container|-exp-|voxtral|fim"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One model of the list: what is known of it, its role (`main`, `small` or empty), and what makes it usable.

    `source` is an environment variable, `aura auth`, or a server's address; empty: it cannot be used now.
    """

    info: ModelInfo
    role: str = ""
    source: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The models that can be used now, and what was looked for without success."""

    rows: tuple[Row, ...]
    ways: tuple[Way, ...]
    missing: tuple[str, ...]


def list_usable(overrides: Overrides | None = None, *, today: str = "") -> Listing:
    """The models whose key or server is there now; local servers are asked. `today` (ISO) leaves out retired models."""
    chosen = overrides or Overrides()
    servers = local.find_servers(chosen.environ)
    ways = find_ways(chosen, servers=servers)
    rows = [
        row for provider in PROVIDERS if not provider.local for row in _of_provider(provider, chosen, today)
    ]
    rows += [row for server in servers for row in _of_server(server)]
    running = {server.provider for server in servers}
    missing = [
        f"{one.title} at {local.server_url(one, chosen.environ)}"
        for one in PROVIDERS
        if one.local and one.name not in running
    ]
    return Listing(tuple(rows), ways, tuple(missing))


def list_known(overrides: Overrides | None = None, *, today: str = "") -> Iterator[Row]:
    """Every model of the packaged list that is not retired, with the way to it where there is one."""
    chosen = overrides or Overrides()
    sources: dict[str, str] = {}
    for full, (provider, model) in facts.model_names().items():
        if provider not in sources:
            key = find_key(provider, chosen.environ) if key_variables(provider) else None
            sources[provider] = key.source if key else ""
        info = facts.describe(provider, model)
        if info is not None and not facts.is_retired(provider, model, today):
            yield Row(replace(info, name=full), source=sources[provider])


def filter_rows(rows: Sequence[Row], words: Sequence[str]) -> list[Row]:
    """The rows whose name, role or abilities contain every word, in any case."""
    wanted = [word.lower() for word in words]
    return [row for row in rows if all(word in _describe(row) for word in wanted)]


def _describe(row: Row) -> str:
    return " ".join((row.info.name, row.role, *row.info.capabilities)).lower()


def _of_provider(provider: Provider, chosen: Overrides, today: str) -> Iterator[Row]:
    base = base_of(provider, chosen, provider.name)
    key = find_key(provider.name, chosen.environ)
    if key is None and not base:
        return
    source = key.source if key else base
    if provider.name == "openai" and base:
        for model in list_served(base, key):
            yield Row(facts.describe("openai", model) or ModelInfo(f"openai/{model}"), source=base)
        return
    first = [name for name in (provider.main, provider.small) if name]
    names = [model for owner, model in facts.model_names().values() if owner == provider.name]
    rest = sorted(
        (name for name in names if name not in first and not SNAPSHOT.search(name)), key=_by_version
    )[::-1]
    for name in dict.fromkeys((*first, *rest)):
        info = facts.describe(provider.name, name) or ModelInfo(f"{provider.name}/{name}")
        known = name in names
        if known and ("tools" not in info.capabilities or facts.is_retired(provider.name, name, today)):
            continue
        role = "main" if name == provider.main else "small" if name == provider.small else ""
        yield Row(info, role, source)


def _by_version(name: str) -> list[tuple[int, str]]:
    """A name in a form that sorts by its numbers, so that the newest of a family comes last."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _of_server(server: local.LocalServer) -> Iterator[Row]:
    for model in server.models:
        info = ModelInfo(
            f"{server.provider}/{model.name}",
            window=model.window,
            input_price=0.0,
            output_price=0.0,
            capabilities=model.capabilities,
        )
        advice = local.ollama_advice(model, 0) if server.provider == "ollama" else ""
        yield Row(info, "loaded" if model.loaded else "", server.url, advice)


def title_of(name: str) -> str:
    """What people call the provider of a full model name."""
    provider = find_provider(name.partition("/")[0])
    return provider.title if provider else name.partition("/")[0]
