"""plugin.yaml: what a plugin says about itself, read and checked."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from aura.core.conditions import Condition, parse
from aura.core.errors import ConfigError
from aura.hookspecs import Lifetime

MANIFEST = "plugin.yaml"
CODE = "plugin.py"
ORDER = 100

When = Literal["before_chat", "after_response", "after_tool"]

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
RESERVED = ("disabled", "condition", "once", "order")
DECLARED = ("message", "lifetime", "tools")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A plugin.yaml.

    `order` decides who is asked first (small numbers; 100 when nothing is said). `when` and `message` make an
    injector without Python; `lifetime` and `tools` (false: off for that step) belong to such a one.
    """

    name: str
    description: str = ""
    disabled: bool = False
    condition: Condition | None = None
    once: bool = False
    order: int = ORDER
    config: Mapping[str, Any] = field(default_factory=dict)
    when: When | None = None
    message: str = ""
    lifetime: Lifetime = "session"
    tools: bool = True


def is_name(name: str) -> bool:
    """Whether a plugin may have this name: small letters, digits and single dashes."""
    return NAME.fullmatch(name) is not None


def read_manifest(folder: Path) -> Manifest:
    """The plugin.yaml of a folder; raises `ConfigError` that names the file and the fault."""
    path = folder / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
        data = yaml.safe_load(text) or {}
    except FileNotFoundError:
        raise ConfigError(f"{folder} has no {MANIFEST}.") from None
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML: {_locate(error)}.") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path} has to be a table of settings such as `description: …`.")
    try:
        return check_manifest({"name": folder.name, **data}, has_code=(folder / CODE).is_file())
    except ConfigError as error:
        raise ConfigError(f"{path}: {error.sentence}") from None


def check_manifest(data: Mapping[str, Any], *, has_code: bool) -> Manifest:
    """The manifest that a table states; raises `ConfigError` with the first fault."""
    _refuse_unknown(data)
    name = _text(data, "name")
    if not is_name(name):
        raise ConfigError(f"the name {name!r} needs small letters, digits and single dashes only.")
    given = data.get("config")
    config = {} if given is None else given
    if not isinstance(config, dict) or not all(isinstance(key, str) for key in config):
        raise ConfigError("`config` has to be a table of settings.")
    manifest = Manifest(
        name=name,
        description=_text(data, "description").strip(),
        config=config,
        when=_choice(data, "when", get_args(When)) if "when" in data else None,
        message=_text(data, "message").strip(),
        lifetime=_choice(data, "lifetime", get_args(Lifetime)) if "lifetime" in data else "session",
        tools=_switch(data, "tools", default=True),
    )
    _check_kind(manifest, data, has_code=has_code)
    return override(manifest, data)


def override(manifest: Manifest, settings: Mapping[str, Any]) -> Manifest:
    """The manifest with what `settings` say of `disabled`, `condition`, `once` and `order`."""
    condition = manifest.condition
    if "condition" in settings:
        text = _text(settings, "condition").strip()
        condition = parse(text) if text else None
    order = settings.get("order", manifest.order)
    if not isinstance(order, int) or isinstance(order, bool):
        raise ConfigError(f"`order` has to be a whole number, not {order!r}.")
    return replace(
        manifest,
        disabled=_switch(settings, "disabled", default=manifest.disabled),
        once=_switch(settings, "once", default=manifest.once),
        condition=condition,
        order=order,
    )


def _check_kind(manifest: Manifest, data: Mapping[str, Any], *, has_code: bool) -> None:
    """Either plugin.py or a message in YAML, and nothing that belongs to the other kind."""
    if manifest.when is not None:
        if has_code:
            raise ConfigError(f"`when` is for plugins without Python; remove it, or remove {CODE}.")
        if not manifest.message:
            raise ConfigError("`when` needs a `message` to say.")
        if manifest.config:
            raise ConfigError(f"`config` is for plugins with a {CODE}.")
        if not manifest.tools and manifest.when != "before_chat":
            raise ConfigError("`tools: off` needs `when: before_chat`.")
        return
    lonely = [key for key in DECLARED if key in data]
    if lonely:
        raise ConfigError(f"`{lonely[0]}` needs `when: {' | '.join(get_args(When))}`.")
    if not has_code:
        raise ConfigError(f"it has neither a {CODE} nor `when` and `message`.")


def _refuse_unknown(data: Mapping[str, Any]) -> None:
    known = [each.name for each in fields(Manifest)]
    for key in data:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}."
            raise ConfigError(f"there is no setting {key!r}; {hint}")


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key, "")
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ConfigError(f"`{key}` has to be text, not {value!r}.")
    return value


def _switch(data: Mapping[str, Any], key: str, *, default: bool) -> bool:
    value = data.get(key, default)
    if value in ("on", "off"):
        return bool(value == "on")
    if not isinstance(value, bool):
        raise ConfigError(f"`{key}` has to be true or false, not {value!r}.")
    return value


def _choice(data: Mapping[str, Any], key: str, choices: tuple[str, ...]) -> Any:
    value = data[key]
    if value not in choices:
        raise ConfigError(f"`{key}` has to be one of {', '.join(choices)}, not {value!r}.")
    return value


def _locate(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    what = str(getattr(error, "problem", None) or error).replace("\n", " ")
    return f"line {mark.line + 1}, column {mark.column + 1}: {what}" if mark is not None else what
