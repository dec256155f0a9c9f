"""Settings from all layers: defaults, the user, the project, the environment, flags; each value with its origin.

A project's files may only make things stricter until its folder is trusted: their text may come from anybody.
"""

import difflib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from aura.config.files import Keys, Source, read_file
from aura.config.paths import project_dir, user_config_file
from aura.config.schema import UNATTENDED_COST, UNATTENDED_SECONDS, UNATTENDED_TURNS, Settings
from aura.config.table import Setting, find_names, find_setting, split_key
from aura.core.errors import ConfigError
from aura.core.permissions import Mode, parse_rule

VARIABLES: dict[str, Keys] = {
    "AURA_MODEL": ("model",),
    "AURA_SMALL_MODEL": ("models", "small"),
    "AURA_BASE_URL": ("models", "base_url"),
    "AURA_MODE": ("permissions", "mode"),
    "AURA_AUTO": ("auto", "enabled"),
    "AURA_REQUIRE_DONE": ("auto", "require_done"),
    "AURA_MAX_STEPS": ("auto", "max_steps"),
    "AURA_MAX_TURNS": ("auto", "max_turns"),
    "AURA_TOKEN_BUDGET": ("auto", "token_budget"),
    "AURA_MAX_COST": ("auto", "max_cost"),
    "AURA_MAX_SECONDS": ("auto", "max_seconds"),
    "AURA_DATABASE": ("fleet", "database"),
    "AURA_THEME": ("ui", "theme"),
    "AURA_LOG_LEVEL": ("log", "level"),
}
WITHOUT_LIMIT = {
    "auto.max_cost": UNATTENDED_COST,
    "auto.max_seconds": UNATTENDED_SECONDS,
    "auto.max_turns": UNATTENDED_TURNS,
}
MODE: Keys = ("permissions", "mode")
RULES = ("allow", "ask", "deny")


def load(
    workspace: Path,
    flags: Mapping[str, Any] | None = None,
    *,
    trusted: bool,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """The settings for a workspace; `flags` maps dotted names to values (None: not given).

    Raises `ConfigError` with file, line, the nearest name and what is expected.
    """
    user = read_file(user_config_file(), "user")
    projects = read_project(workspace)
    typed = (read_environment(os.environ if environ is None else environ), read_flags(flags or {}))
    for source in (user, *projects, *typed):
        check(source)
    merged = _Merge()
    merged.add(user)
    for source in projects:
        merged.add_project(source, trusted=trusted)
    for source in typed:
        merged.add(source)
    return merged.build()


def read_project(workspace: Path) -> tuple[Source, Source]:
    """The two layers of a project: the shared file, and the one that is kept out of version control."""
    folder = project_dir(workspace)
    return read_file(folder / "config.yaml", "project"), read_file(folder / "config.local.yaml", "local")


def read_environment(environ: Mapping[str, str]) -> Source:
    """The layer of the variables in `VARIABLES`; an empty variable counts as not set."""
    found = {path: (name, environ[name]) for name, path in VARIABLES.items() if environ.get(name)}
    values = {path: parse_text(path, text, name) for path, (name, text) in found.items()}
    return Source("environment", "", values, {path: name for path, (name, _) in found.items()})


def read_flags(flags: Mapping[str, Any]) -> Source:
    """The layer of what was typed; texts are read as in a file, None counts as not given."""
    values: dict[Keys, Any] = {}
    for name, value in flags.items():
        path = split_key(name)
        if isinstance(value, str):
            values[path] = parse_text(path, value, "flag")
        elif value is not None:
            values[path] = list(value) if isinstance(value, (tuple, set)) else value
    return Source("flag", "", values, dict.fromkeys(values, "flag"))


def parse_text(path: Keys, text: str, place: str) -> Any:
    """The value that a typed text stands for: itself where the setting is a text, otherwise YAML."""
    setting = find_setting(path)
    if setting is not None and setting.is_text:
        return None if text in ("null", "~") and setting.kind.endswith("or null") else text
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        raise ConfigError(f"{place}: {text!r} cannot be read as a value for {'.'.join(path)}.") from None
    if setting is not None and setting.kind.startswith("a list") and isinstance(value, str):
        return [value]
    if setting is not None and setting.kind.startswith("true or false") and text.strip() in ("0", "1"):
        return text.strip() == "1"  # as people write it in an environment
    return value


def check(source: Source) -> None:
    """Raise `ConfigError` for the first thing in a layer that is wrong, and say how many more there are."""
    problems = list(_find_problems(source))
    if not problems:
        return
    more = f" ({len(problems) - 1} more like this.)" if len(problems) > 1 else ""
    raise ConfigError(problems[0] + more)


def _find_problems(source: Source) -> Iterable[str]:
    """One sentence for each thing in the layer that is wrong."""
    try:
        Settings.model_validate_json(json.dumps(nest(source.values), default=str))
    except ValidationError as error:
        for item in error.errors(include_url=False):
            yield _explain(source, tuple(map(str, item["loc"])), item["type"], item["input"])
        return
    if source.values.get(MODE) == Mode.YOLO and source.name != "flag":
        yield f"{source.place(MODE)}: permissions.mode: yolo is never saved; start aura with --mode yolo."
    for decision in RULES:
        path = ("permissions", decision)
        for index, text in enumerate(source.values.get(path, ())):
            try:
                parse_rule(text, decision)  # type: ignore[arg-type]  # mypy does not see through the tuple
            except ConfigError as error:
                yield f"{source.place((*path, str(index)))}: permissions.{decision}: {error.sentence}"


def _explain(source: Source, path: Keys, kind: str, given: Any) -> str:
    place, name = source.place(path), ".".join(path)
    if kind == "extra_forbidden":
        return f"{place}: {name} is not a setting; {suggest_name(path)}"
    if kind == "missing":
        return f"{place}: {name} is missing."
    setting = find_setting(path) or find_setting(path[:-1])
    if setting is None:
        return f"{place}: {name} is a section; indent its settings below it as `name: value`."
    shown = json.dumps(given, default=str, ensure_ascii=False)
    return f"{place}: {name} has to be {setting.kind}, not {shown}."


def suggest_name(path: Keys) -> str:
    """A hint for a name that does not exist: the nearest one, or all that may stand there."""
    names = find_names(path[:-1])
    near = difflib.get_close_matches(path[-1], names, n=1, cutoff=0.5)
    if near:
        return f"did you mean {'.'.join((*path[:-1], near[0]))}?"
    return f"there are {', '.join(names)}." if names else "`aura config` lists them."


def nest(values: Mapping[Keys, Any]) -> dict[str, Any]:
    """The tree of dicts that a mapping of paths stands for; a section without anything (null) is left out."""
    tree: dict[str, Any] = {}
    for path, value in values.items():
        if value is None and _is_section(path):
            continue
        place = tree
        for name in path[:-1]:
            inner = place.setdefault(name, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place[path[-1]] = place.get(path[-1], {}) if value == {} else value
    return tree


def _is_section(path: Keys) -> bool:
    return find_names(path) != () or path in (("plugins",), ("models", "prices"), ("models", "aliases"))


class _Merge:
    """Lays one layer over the other and remembers where each value came from."""

    def __init__(self) -> None:
        self._values: dict[Keys, Any] = {}
        self._origins: dict[str, str] = {}
        self._notices: list[str] = []

    def add(self, source: Source) -> None:
        for path, value in source.values.items():
            self._set(source, path, value)

    def add_project(self, source: Source, *, trusted: bool) -> None:
        refused = [
            path
            for path, value in source.values.items()
            if not self._admit(source, path, value, trusted=trusted)
        ]
        if not refused:
            return
        names = ", ".join(".".join(path) for path in refused)
        why = "only the user may set this" if trusted else "the folder is not trusted; see `aura trust`"
        self._notices.append(f"{source.place(refused[0])}: {names} set aside: {why}.")

    def _admit(self, source: Source, path: Keys, value: Any, *, trusted: bool) -> bool:
        """Take the value over if a project may set it; whether it was."""
        setting = find_setting(path)
        if setting is None and value in (None, {}):
            return True
        may = (
            not (setting and setting.user_only)
            if trusted
            else setting is not None and self._tightens(setting, value)
        )
        if may:
            self._set(source, path, value)
        return may

    def _tightens(self, setting: Setting, value: Any) -> bool:
        """Whether the value makes things stricter than they are now."""
        path = tuple(setting.name.split("."))
        match setting.tighten:
            case "more":
                return True
            case "lower":
                now = self._values.get(path, setting.default)
                now = WITHOUT_LIMIT.get(setting.name, 0) if now is None else now
                return bool(value) and (not now or value < now)
            case "true":
                return value is True
            case "false":
                return value is False
            case _:
                return False

    def _set(self, source: Source, path: Keys, value: Any) -> None:
        setting = find_setting(path)
        name = ".".join(path)
        origin = source.name if source.name == "flag" else f"{source.name} ({source.place(path)})"
        if setting is not None and setting.joined and self._values.get(path):
            self._values[path] = list(dict.fromkeys([*self._values[path], *value]))
            self._origins[name] = f"{self._origins[name]}, {origin}"
        else:
            self._values[path] = value
            self._origins[name] = origin

    def build(self) -> Settings:
        settings = Settings.model_validate_json(json.dumps(nest(self._values), default=str))
        return settings.annotate(self._origins, tuple(self._notices))


def flatten(tree: Mapping[str, Any], prefix: Keys = ()) -> dict[Keys, Any]:
    """The paths and values of a tree of dicts; an empty dict is a value."""
    flat: dict[Keys, Any] = {}
    for name, value in tree.items():
        path = (*prefix, name)
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, path)
        else:
            flat[path] = value
    return flat
