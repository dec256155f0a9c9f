"""Ways to a model and to trust, and what to do when a session does not open; shared by the faces.

Nothing heavy is imported: no settings tree, no model client. What asks a server or writes a file may take a while; a
face calls it in a thread.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from aura.config.paths import project_dir
from aura.core.errors import AuraError, ConfigError
from aura.core.text import clean, shorten
from aura.models.providers import PROVIDERS, Provider, find_provider

if TYPE_CHECKING:
    from aura.safety.trust import Change

PATIENCE = 20.0  # seconds that a command of aura's own may take
SHORTEST_KEY = 12
LONGEST_DEED = 400  # characters of a line about what a folder would do

# What keys begin with; where several providers use one form, the likeliest comes first and a person is asked.
FORMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"sk-ant-", ("anthropic",)),
    (r"sk-or-", ("openrouter",)),
    (r"sk-(proj|svcacct|admin|None)-", ("openai",)),
    (r"csk-", ("cerebras",)),
    (r"AIza", ("gemini",)),
    (r"gsk_", ("groq",)),
    (r"xai-", ("xai",)),
    (r"fw_", ("fireworks_ai",)),
    (r"tgp_v1_", ("together_ai",)),
    (r"[0-9a-f]{32}\.\w{16}$", ("zai",)),
    (r"eyJ", ("minimax",)),
    (r"sk-", ("openai", "deepseek", "moonshot", "dashscope")),
)

FailureKind = Literal["no_model", "key", "config", "locked", "other"]


@dataclass(frozen=True, slots=True)
class StartFailure:
    """Why a session did not open: the kind decides what is offered; `file` and `line` are where to repair it."""

    kind: FailureKind
    sentence: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class LocalChoice:
    """A model on a server of this machine: its full name, its window in tokens (0: unknown), who serves it."""

    name: str
    window: int
    server: str


@dataclass(frozen=True, slots=True)
class Search:
    """What a look for local servers found, and where none answered."""

    models: tuple[LocalChoice, ...]
    missing: tuple[str, ...]


def guess_providers(key: str) -> tuple[Provider, ...]:
    """The providers whose keys have the form of this one, the likeliest first; empty: it says nothing."""
    for form, names in FORMS:
        if re.match(form, key.strip()):
            return tuple(known for name in names if (known := find_provider(name)) is not None)
    return ()


def key_providers() -> tuple[Provider, ...]:
    """The providers that a key alone makes usable."""
    return tuple(provider for provider in PROVIDERS if provider.keys and provider.main)


def find_fault_in_key(text: str) -> str:
    """Why a text cannot be a key, as a sentence; empty when it can be."""
    key = text.strip()
    if not key:
        return "Paste or type a key first."
    if re.match(r"https?://", key):
        return "That is an address, not a key; choose “another model or server” for it."
    if any(not "!" <= character <= "~" for character in key):
        return "A key has no blanks, line ends or special characters; copy it again."
    if len(key) < SHORTEST_KEY:
        return "That is too short for a key; copy it again."
    return ""


def keep_key(provider: str, key: str) -> str:
    """Keep a provider's key as `aura auth set` does; a sentence for people. Raises `ConfigError`."""
    from aura.models.keys import save_key

    known = find_provider(provider)
    if known is None:
        raise ConfigError(f"There is no provider {shorten(provider, 40)}.")
    file = save_key(known.name, key)
    outranking = [name for name in known.keys if os.environ.get(name, "").strip()]
    more = f" {outranking[0]} is set as well, and outranks it." if outranking else ""
    return f"The key for {known.title} is kept in {clean(str(file))}.{more}"


def tell_key_source(model: str) -> str:
    """Where the key of a model is from, in a few words; empty when nothing is known of it."""
    from aura.models.keys import find_key

    provider = find_provider(model.partition("/")[0])
    if provider is None:
        return ""
    if provider.local:
        return "on this machine"
    try:
        key = find_key(provider.name)
    except ConfigError:
        return ""
    if key is None:
        return ""
    return f"key from {key.source}" if key.source.isupper() else f"key kept by {key.source}"


def find_local_models() -> Search:
    """The models of the servers that run on this machine now; takes up to some seconds, never raises."""
    from aura.models.local import find_servers, server_url

    servers = find_servers()
    models: list[LocalChoice] = []
    for server in servers:
        provider = find_provider(server.provider)
        title = provider.title if provider is not None else server.provider
        usable = [one for one in server.models if "tools" in one.capabilities or not one.capabilities]
        models += [
            LocalChoice(f"{server.provider}/{shorten(one.name, 120)}", one.window, title) for one in usable
        ]
    running = {server.provider for server in servers}
    missing = [
        f"{one.title} at {server_url(one, os.environ)}"
        for one in PROVIDERS
        if one.local and one.name not in running
    ]
    return Search(tuple(models), tuple(missing))


def read_endpoint(text: str) -> dict[str, str]:
    """The settings for what a person typed: a model, the address of a server, or an address, a blank and a model.

    Raises `ConfigError` when it is neither.
    """
    first, _, rest = text.strip().partition(" ")
    is_address = (
        "://" in first or re.match(r"(localhost|[\w.-]+\.[a-z]+|[\d.]+)(:\d+)(/|$)", first) is not None
    )
    address, name = (first, rest.strip()) if is_address else ("", text.strip())
    if address and not _is_address(address):
        raise ConfigError("That is not the address of a server; it looks like http://127.0.0.1:8000/v1.")
    if re.search(r"[\s\x00-\x1f]", name):
        raise ConfigError("The name of a model has no blanks; it looks like provider/model.")
    if not name and not address:
        raise ConfigError("Type the name of a model, or the address of a server.")
    settings = {"model": name} if name else {}
    if address:
        settings["models.base_url"] = address if "://" in address else f"http://{address}"
        if name and not name.startswith("openai/"):
            settings["model"] = f"openai/{name}"
    return settings


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
    except ValueError:
        return False
    is_plain = not re.search(r"[\s\x00-\x1f]", text)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and is_plain


def keep_settings(settings: Mapping[str, str]) -> None:
    """Write settings into the user's own file; raises `AuraError` with the sentence of what went wrong.

    `aura config set` does it, in a process of its own: it knows every setting, and what that takes is much.
    """
    for name, value in settings.items():
        run_aura(("config", "set", name, value))


def run_aura(arguments: Sequence[str], cwd: Path | None = None) -> str:
    """What a command of aura prints; raises `AuraError` with its sentence when it fails."""
    from aura.app.opening import make_environment

    try:
        done = subprocess.run(
            [
                sys.executable,
                "-P",
                "-m",
                "aura",
                *arguments,
            ],  # no module of the folder takes the place of ours
            env=make_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
            cwd=cwd,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AuraError(f"`aura {arguments[0]}` could not be run: {shorten(str(error), 200)}") from None
    if done.returncode:
        said = shorten(done.stderr.strip().removeprefix("aura: "), 400)
        raise AuraError(said or f"`aura {arguments[0]}` ended with exit code {done.returncode}.")
    return done.stdout


def read_failure(sentence: str, exit_code: int) -> StartFailure:
    """What kind of failure an engine told, by its sentence and exit code."""
    text = clean(sentence)
    if text.startswith("No language model was found"):
        return StartFailure("no_model", text.splitlines()[0])
    if re.match(r"No key for |The key for .* is expected", text):
        return StartFailure("key", text)
    if re.match(r"The session \S+ is open in ", text):
        return StartFailure("locked", text)
    if exit_code == ConfigError.exit_code:
        found = re.match(r"(?P<file>/[^\n:]*?\.ya?ml)(?::(?P<line>\d+))?\b", text)
        file = found["file"] if found else ""
        return StartFailure("config", text, file, int(found["line"] or 0) if found else 0)
    return StartFailure("other", text)


@dataclass(frozen=True, slots=True)
class Brought:
    """What a folder would bring and do if it were trusted: cleaned names below the folder, and sentences.

    `deeds` are pairs of a weight (`runs`, `loosens`, `directs`, `sets`, `tightens`) and a line, what weighs most first;
    `changes` are lines of what is not as it was when the folder was trusted, `changed` whether anything is. `digest`
    stands for all that was looked at.
    """

    settings: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    deeds: tuple[tuple[str, str], ...] = ()
    changes: tuple[str, ...] = ()
    changed: bool = False
    digest: str = ""

    def __bool__(self) -> bool:
        """Whether there is anything to ask about."""
        return bool(self.settings or self.plugins or self.deeds)


def find_brought(workspace: Path) -> Brought:
    """What the folder would bring; `changed` when it was trusted and is another since."""
    from aura.safety.effects import find_deeds
    from aura.safety.trust import digest_folder, executable_parts, find_changes, was_trusted

    root = workspace.resolve()
    digest = digest_folder(root)  # first: what changes while it is looked at is found by the yes
    settings: list[str] = []
    plugins: dict[str, int] = {}
    below = project_dir(root) / "plugins"
    for part in executable_parts(root):
        if part.parent == below.parent and part.name.startswith("config"):
            settings.append(clean(part.relative_to(root).as_posix()))
        elif part.is_relative_to(below) and part.is_file():
            name = clean(part.relative_to(below).parts[0])
            plugins[name] = plugins.get(name, 0) + 1
    named = tuple(f"{name} ({count} file{'s' * (count > 1)})" for name, count in plugins.items())
    deeds = tuple((deed.weight, shorten(deed.sentence, LONGEST_DEED)) for deed in find_deeds(root))
    changed = was_trusted(root)
    changes = tuple(tell_changes(find_changes(root))) if changed else ()
    return Brought(tuple(settings), named, deeds, changes, changed=changed, digest=digest)


def brings_anything(workspace: Path) -> bool:
    """Whether there is anything in a folder that trust would let act."""
    from aura.safety.trust import executable_parts

    return project_dir(workspace).is_dir() or bool(executable_parts(workspace))


def tell_changes(changes: "Iterable[Change]") -> Iterator[str]:
    """Cleaned lines of what changed: a line for each part, and below it the lines that are others."""
    for change in changes:
        yield clean(f"{change.how} {change.name}").replace("\n", "\u240a")
        yield from (f"  {clean(line)}"[:LONGEST_DEED] for line in change.diff.splitlines())


def find_untrusted(workspace: Path) -> Brought | None:
    """What a folder would bring that is not trusted; None: it is, or it brings nothing."""
    from aura.safety.trust import is_trusted

    if is_trusted(workspace.resolve()):
        return None
    return find_brought(workspace) or None


def trust_folder(workspace: Path, digest: str = "") -> None:
    """Trust the folder as it is now, or as it was when it had that digest; raises `AuraError`."""
    from aura.safety.trust import add_trust

    add_trust(workspace.resolve(), digest)
