"""Model servers on this machine: found by asking them, with the window they really serve.

Everything here waits at most a fraction of a second per server and never raises: a server that does not answer, or
answers something else, is not there. Callers inside an event loop use a thread.
"""

import http.client
import json
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aura.models.providers import Provider, find_provider, local_providers

TIMEOUT = 0.3  # seconds a server on this machine has for one answer
NAMED_TIMEOUT = 1.0  # the same for a server that a variable names: it may be another machine
LARGEST_ANSWER = 8_000_000  # bytes; a list of models is a few thousand
OLLAMA_WINDOW = 4096  # what Ollama gives a model on a machine with less than 24 GiB of video memory
USEFUL_WINDOW = 16_384  # below this the instructions and one file fill the window
ASKED_WINDOW = 32_768  # what aura asks Ollama for where it would give less than is useful
MOST_SHOWN = 40  # models of one server that are asked about one by one


@dataclass(frozen=True, slots=True)
class LocalModel:
    """One model of a local server.

    `window` is what the server gives a request now, in tokens; `trained` what the model was made for (0: unknown).
    """

    name: str
    window: int = 0
    trained: int = 0
    loaded: bool = False
    capabilities: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server that answered: who it is, where, and its chat models."""

    provider: str
    url: str
    models: tuple[LocalModel, ...] = ()

    def find(self, name: str) -> LocalModel | None:
        """The model of a name, with or without Ollama's `:latest`."""
        for model in self.models:
            if model.name in (name, f"{name}:latest"):
                return model
        return None


def find_servers(
    environ: Mapping[str, str] | None = None, *, timeout: float = TIMEOUT, only: Iterable[str] = ()
) -> tuple[LocalServer, ...]:
    """The local servers that run now, all asked at the same time.

    Each is looked for where its variables say (`OLLAMA_HOST`, `LM_STUDIO_API_BASE`, …), else on its usual port of
    this machine. `only` names the providers to look for (default: all).
    """
    variables = os.environ if environ is None else environ
    names = frozenset(only)
    wanted = [one for one in local_providers() if not names or one.name in names]
    with ThreadPoolExecutor(max_workers=max(1, len(wanted)), thread_name_prefix="local-server") as pool:
        answers = pool.map(lambda one: _look_for(one, variables, timeout), wanted)
        found = [server for server in answers if server is not None]
    first = {server.url: server for server in reversed(found)}
    return tuple(server for server in found if first[server.url] is server)


def _look_for(provider: Provider, environ: Mapping[str, str], timeout: float) -> LocalServer | None:
    url = server_url(provider, environ)
    return ask_server(
        provider.name, url, timeout=timeout if url == provider.url else max(timeout, NAMED_TIMEOUT)
    )


def ask_server(provider: str, url: str, *, timeout: float = TIMEOUT, key: str = "") -> LocalServer | None:
    """What a server of a kind says of itself; None when there is none, or one of another kind."""
    ask = _ASKING.get(provider, _ask_openai)
    models = ask(_Door(url, timeout, key))
    return None if models is None else LocalServer(provider, url, models)


def server_url(provider: Provider, environ: Mapping[str, str]) -> str:
    """Where a local server listens: what its variables say, else its usual port; without a path."""
    for name in provider.bases:
        value = environ.get(name, "").strip()
        if value:
            return tidy_host(value, provider.url)
    return provider.url


def tidy_host(value: str, default: str) -> str:
    """A server's address out of what people put into `OLLAMA_HOST` and its like.

    `0.0.0.0`, `:8080`, `host`, `host:8080`, `http://host:8080/v1` all name a server; what is left out comes from
    `default`. An address that a server binds to (`0.0.0.0`, `::`) is reached on this machine.
    """
    usual = urlsplit(default)
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        host, port = parts.hostname or "127.0.0.1", parts.port
    except ValueError:
        return default
    if parts.scheme not in ("http", "https") or re.search(r"[^\w.:%-]", host):
        return default
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    if port is None:
        port = 443 if parts.scheme == "https" else usual.port
    host = f"[{host}]" if ":" in host else host
    path = re.sub(r"(/(v1|api)?)+$", "", parts.path)
    return f"{parts.scheme}://{host}:{port}{path}"


def ollama_advice(model: LocalModel, asked: int) -> str:
    """What to tell people when Ollama gives a model less than is useful (empty: nothing); `asked` is asked for."""
    if model.window >= USEFUL_WINDOW or not model.window:
        return ""
    known = f" of {model.trained:,}" if model.trained else ""
    told = (
        f"aura asks it for {asked:,} instead, which takes more memory"
        if asked > model.window
        else ("that is too little for most jobs")
    )
    return (
        f"Ollama would cut {model.name} off at {model.window:,} tokens{known}; {told}. To choose yourself: "
        "start Ollama with OLLAMA_CONTEXT_LENGTH=64000, or give aura --context-window N."
    )


@dataclass(frozen=True, slots=True)
class _Door:
    """One server as it is asked: its address, the seconds an answer may take, the key it wants."""

    url: str
    timeout: float
    key: str = ""

    def ask(self, path: str, body: object = None) -> Any:
        """The JSON that a path answers; None when there is none."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        sent = None if body is None else json.dumps(body)
        deadline = time.monotonic() + max(self.timeout, 0.05) * 4
        try:
            parts = urlsplit(self.url)
            kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
            connection = kind(parts.hostname or "", parts.port, timeout=self.timeout)
        except (ValueError, http.client.InvalidURL):
            return None
        try:
            connection.request(
                "GET" if sent is None else "POST", parts.path.rstrip("/") + path, sent, headers
            )
            answer = connection.getresponse()
            return json.loads(_read(answer, deadline)) if answer.status == http.client.OK else None
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()


def _read(answer: http.client.HTTPResponse, deadline: float) -> bytes:
    """The body, as long as it comes in time and is not absurdly long: a port may belong to anything."""
    pieces: list[bytes] = []
    size = 0
    while piece := answer.read1(65_536):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_ANSWER or time.monotonic() > deadline:
            raise TimeoutError
    return b"".join(pieces)


Models = tuple[LocalModel, ...]


def _ask_ollama(door: _Door) -> Models | None:
    tags = _entries(door.ask("/api/tags"), "models")
    if tags is None:
        return None
    running = {str(entry.get("name")): entry for entry in _entries(door.ask("/api/ps"), "models") or []}
    names = [str(entry.get("name") or entry.get("model") or "") for entry in tags]
    names = sorted((name for name in names if name), key=lambda name: (name not in running, name))
    with ThreadPoolExecutor(max_workers=4, thread_name_prefix="ollama") as pool:
        details = list(pool.map(lambda name: door.ask("/api/show", {"model": name}), names[:MOST_SHOWN]))
    details += [None] * (len(names) - len(details))
    found = (_read_ollama(name, shown, running.get(name)) for name, shown in zip(names, details, strict=True))
    return tuple(model for model in found if "embedding" not in model.capabilities)


def _read_ollama(name: str, shown: object, running: Mapping[str, Any] | None) -> LocalModel:
    detail = shown if isinstance(shown, dict) else {}
    info = detail.get("model_info")
    trained = 0
    for key, value in info.items() if isinstance(info, dict) else ():
        trained = _count(value) if key.endswith(".context_length") else trained
    words = detail.get("capabilities")
    listed = re.search(r"^\s*num_ctx\s+(\d+)", str(detail.get("parameters") or ""), re.MULTILINE)
    window = _count((running or {}).get("context_length")) or (int(listed[1]) if listed else OLLAMA_WINDOW)
    if name.endswith("cloud") and trained:
        window = trained  # cloud models run elsewhere, at their full window
    listed_words = words if isinstance(words, list) else ()
    capabilities = frozenset("text" if word == "completion" else str(word) for word in listed_words)
    return LocalModel(
        name, min(window, trained) if trained else window, trained, running is not None, capabilities
    )


def _ask_lmstudio(door: _Door) -> Models | None:
    listed = _entries(door.ask("/api/v0/models"), "data")
    if listed is None:
        return None
    found = []
    for entry in listed:
        if entry.get("type") not in ("llm", "vlm"):
            continue
        loaded = entry.get("state") == "loaded"
        trained = _count(entry.get("max_context_length"))
        window = _count(entry.get("loaded_context_length")) if loaded else 0
        words = {"tools"} if "tool_use" in (entry.get("capabilities") or ()) else set()
        words |= {"vision"} if entry["type"] == "vlm" else set()
        found.append(LocalModel(str(entry.get("id", "")), window, trained, loaded, frozenset(words)))
    return tuple(
        sorted((model for model in found if model.name), key=lambda model: (not model.loaded, model.name))
    )


def _ask_llamacpp(door: _Door) -> Models | None:
    props = door.ask("/props")
    settings = props.get("default_generation_settings") if isinstance(props, dict) else None
    if not isinstance(settings, dict):
        return None
    window = _count(settings.get("n_ctx"))
    modalities = props.get("modalities")
    caps = props.get("chat_template_caps")
    words = {"vision"} if isinstance(modalities, dict) and modalities.get("vision") is True else set()
    words |= {"tools"} if isinstance(caps, dict) and caps.get("supports_tools") is True else set()
    found = []
    for entry in _entries(door.ask("/v1/models"), "data") or []:
        meta = entry.get("meta")
        trained = _count(meta.get("n_ctx_train")) if isinstance(meta, dict) else 0
        found.append(
            LocalModel(str(entry.get("id", "")), window, trained, loaded=True, capabilities=frozenset(words))
        )
    return tuple(model for model in found if model.name)


def _ask_vllm(door: _Door) -> Models | None:
    listed = _entries(door.ask("/v1/models"), "data")
    if listed is None or not all("max_model_len" in entry for entry in listed):
        return None  # some other program on a port that many use
    return _read_openai(listed)


def _ask_openai(door: _Door) -> Models | None:
    path = "/models" if urlsplit(door.url).path.rstrip("/").endswith("/v1") else "/v1/models"
    listed = _entries(door.ask(path), "data")
    return None if listed is None else _read_openai(listed)


def _read_openai(listed: Iterable[Mapping[str, Any]]) -> Models:
    found = []
    for entry in listed:
        meta = entry.get("meta")
        keys = ("max_model_len", "context_length", "context_window", "max_context_length")
        window = next((_count(entry[key]) for key in keys if _count(entry.get(key))), 0)
        if not window and isinstance(meta, dict):
            window = _count(meta.get("n_ctx"))
        found.append(LocalModel(str(entry.get("id", "")), window, loaded=True))
    return tuple(model for model in found if model.name)


def _entries(answer: object, key: str) -> list[dict[str, Any]] | None:
    """The list of objects under a key; None when the answer has another shape."""
    listed = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        return None
    return listed


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


_ASKING: Mapping[str, Callable[[_Door], Models | None]] = {
    "ollama": _ask_ollama,
    "lmstudio": _ask_lmstudio,
    "llamacpp": _ask_llamacpp,
    "vllm": _ask_vllm,
}


def is_local(provider: str) -> bool:
    """Whether a provider is a server that people run themselves."""
    known = find_provider(provider)
    return known is not None and known.local
