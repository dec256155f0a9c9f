"""What a folder's settings, plugins and instructions would do if it were trusted, in sentences for people.

It reads the files and runs nothing; neither does it need the schema of the settings, so that every face can ask.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aura.config.files import Keys, read_file
from aura.config.paths import project_dir
from aura.core.errors import ConfigError
from aura.core.text import shorten
from aura.safety.brought import Part, find_parts, read_part

Weight = Literal["runs", "loosens", "directs", "sets", "tightens"]

WEIGHTS: tuple[Weight, ...] = ("runs", "loosens", "directs", "sets", "tightens")
LONGEST = 160  # characters of a value
FILES = ("config.yaml", "config.local.yaml")

# The beginning of a setting's name, what it weighs, and the words before its value.
SAID: tuple[tuple[str, Weight, str], ...] = (
    ("auto.checks", "runs", "runs these commands when the model says it is done:"),
    ("auto.enabled", "loosens", "switches auto mode:"),
    ("auto.allow", "loosens", "tells the reviewer to let pass:"),
    ("auto.deny", "tightens", "tells the reviewer never to let pass:"),
    ("permissions.allow", "loosens", "lets run without asking:"),
    ("permissions.mode", "loosens", "sets what may happen without asking:"),
    ("permissions.ask", "tightens", "asks before:"),
    ("permissions.deny", "tightens", "never lets run:"),
    ("permissions.protect", "tightens", "never lets be written:"),
    ("tools.disabled", "tightens", "takes these tools away:"),
    ("model", "sets", "sends your work to the model:"),
    ("models.small", "sets", "sends small jobs to the model:"),
    ("models.fallback", "sets", "falls back to the models:"),
    ("models.aliases", "sets", "lets a model's name mean another:"),
    ("plugins", "sets", "sets for plugins"),
)
# No folder's file sets these.
ONLY_YOURS = (
    *("models.api_key_env", "models.base_url", "models.reviewer", "runs.notify"),
    *("fleet", "sandbox", "network", "undo"),
)
SAID_OF: dict[str, tuple[Weight, str]] = {
    "plugin": ("runs", "is a plugin: a program that runs inside aura with your rights"),
    "hook": ("runs", "is a hook: a program that would run with your rights"),
    "task": ("runs", "is a task: prompts and commands that run when it is started"),
    "command": ("directs", "is a command: a text that is sent to the model when it is called"),
    "agent": ("directs", "is an agent: instructions and a model for work that is handed on"),
    "skill": ("directs", "is a skill: instructions that the model takes up when they fit"),
}


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that a folder would do: how much it weighs, what does it, what it does."""

    weight: Weight
    name: str
    does: str

    @property
    def sentence(self) -> str:
        """Both in one line; not cleaned."""
        return f"{self.name} {self.does}"


def find_deeds(workspace: Path) -> tuple[Deed, ...]:
    """All that the folder would do, what weighs most first; what cannot be read says so."""
    try:
        parts = find_parts(workspace)
    except OSError as error:
        return (Deed("runs", ".aura", f"cannot be trusted: {error.strerror or error}"),)
    deeds = [*_tell_settings(workspace), *_tell_parts(parts), *_tell_links(parts)]
    return tuple(sorted(deeds, key=lambda deed: WEIGHTS.index(deed.weight)))


def _tell_settings(workspace: Path) -> Iterator[Deed]:
    for name in FILES:
        file = project_dir(workspace) / name
        try:
            source = read_file(file, name)
        except ConfigError as error:
            yield Deed("sets", f".aura/{name}", f"cannot be read: {error.sentence}")
            continue
        for path, value in source.values.items():
            yield _tell_setting(f".aura/{name}", path, value)


def _tell_setting(file: str, path: Keys, value: Any) -> Deed:
    name = ".".join(path)
    shown = shorten(", ".join(map(str, value)) if isinstance(value, list) else str(value), LONGEST)
    if _begins(name, ONLY_YOURS):
        return Deed("tightens", file, f"names {name}, which only you may set: it is set aside")
    for start, weight, words in SAID:
        if _begins(name, (start,)):
            rest = name.removeprefix(start).removeprefix(".")
            return Deed(weight, file, " ".join(filter(None, (words, rest, shown))))
    return Deed("sets", file, f"sets {name} to {shown}")


def _begins(name: str, starts: Iterable[str]) -> bool:
    return any(name == start or name.startswith(f"{start}.") for start in starts)


def _tell_parts(parts: tuple[Part, ...]) -> Iterator[Deed]:
    counts: dict[tuple[str, str], int] = {}
    for part in parts:
        if part.kind == "instructions":
            yield Deed("directs", part.name, f"directs the model in every session ({_measure(part)})")
        elif part.kind in SAID_OF and not part.path.is_dir():
            key = (part.kind, part.title)
            counts[key] = counts.get(key, 0) + 1
    for (kind, title), count in counts.items():
        weight, words = SAID_OF[kind]
        yield Deed(weight, title, f"({count} file{'s' * (count > 1)}) {words}")


def _measure(part: Part) -> str:
    try:
        content, size = read_part(part)
    except OSError as error:
        return error.strerror or "it cannot be read"
    return f"{len(content.text.splitlines())} lines" if content.text is not None else f"{size:,} bytes"


def _tell_links(parts: tuple[Part, ...]) -> Iterator[Deed]:
    for part in parts:
        if part.link and part.outside:
            yield Deed("loosens", part.name, f"leads out of the folder, to {part.outside}")
