"""The settings of a plugin: fields of its dataclass, checked by their types."""

import dataclasses
import difflib
import types
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from aura.core.errors import ConfigError
from aura.plugins.manifest import RESERVED

WORDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a table",
    type(None): "null",
}


def make_plugin(kind: type, name: str, config: Mapping[str, Any]) -> object:
    """An instance of a plugin's class with its settings.

    Raises `ConfigError`: for an unknown setting with the nearest name, for a wrong type with what is wanted, for a
    missing one, and with the plugin's own words when it refuses a value (`ValueError` in `__post_init__`).
    """
    known = _fields(kind, name)
    for key in config:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"known are {', '.join(known)}." if known else "it has no settings."
            raise ConfigError(
                f"The plugin {name!r} has no setting {key!r}; "
                + (f"did you mean {near[0]!r}?" if near else hint)
            )
    values = {}
    for key, value in config.items():
        if not _fits(value, known[key]):
            raise ConfigError(
                f"The setting {key!r} of the plugin {name!r} has to be {_describe(known[key])}, not {value!r}."
            )
        values[key] = _freeze(value, known[key])
    try:
        return kind(**values)
    except ValueError as error:
        raise ConfigError(f"The plugin {name!r} does not accept its settings: {error}.") from None
    except TypeError as error:
        missing = [key for key in _required(kind) if key not in config]
        if missing:
            raise ConfigError(f"The plugin {name!r} needs the setting {missing[0]!r}.") from None
        raise ConfigError(f"The plugin {name!r} cannot be made: {error}.") from None


def settings_of(plugin: object) -> dict[str, Any]:
    """The settings a plugin runs with, by name."""
    if not dataclasses.is_dataclass(plugin):
        return {}
    return {each.name: getattr(plugin, each.name) for each in dataclasses.fields(plugin) if each.init}


def _fields(kind: type, name: str) -> dict[str, Any]:
    """The type of each setting."""
    if not dataclasses.is_dataclass(kind):
        return {}
    try:
        hints = get_type_hints(kind)
    except (NameError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"A setting of the plugin {name!r} has a type that cannot be read: {error}."
        ) from None
    found = {each.name: hints[each.name] for each in dataclasses.fields(kind) if each.init}
    taken = [key for key in RESERVED if key in found]
    if taken:
        raise ConfigError(f"The plugin {name!r} may not have a setting {taken[0]!r}: the name is aura's own.")
    return found


def _required(kind: type) -> list[str]:
    if not dataclasses.is_dataclass(kind):
        return []
    nothing = dataclasses.MISSING
    return [
        each.name
        for each in dataclasses.fields(kind)
        if each.init and each.default is nothing and each.default_factory is nothing
    ]


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value read from YAML can stand for the type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin in (Union, types.UnionType):
        return any(_fits(value, each) for each in arguments)
    if origin is Literal:
        return any(value == each and type(value) is type(each) for each in arguments)
    if hint is None or hint is type(None):
        return value is None
    plain = origin or hint
    if plain in (list, tuple, Sequence):
        items = arguments[0] if arguments else Any
        return isinstance(value, (list, tuple)) and all(_fits(item, items) for item in value)
    if plain in (dict, Mapping):
        items = arguments[1] if arguments else Any
        return isinstance(value, Mapping) and all(
            isinstance(key, str) and _fits(item, items) for key, item in value.items()
        )
    if plain is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if plain is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(plain, type) and isinstance(value, plain)


def _freeze(value: Any, hint: Any) -> Any:
    """A list as a tuple where the setting asks for one."""
    return tuple(value) if (get_origin(hint) or hint) is tuple else value


def _describe(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(_describe(each) for each in arguments)
    if origin is Literal:
        return "one of " + ", ".join(repr(each) for each in arguments)
    plain = origin or hint
    if plain in (list, tuple, Sequence):
        return f"a list of {_describe(arguments[0])} each" if arguments else "a list"
    if plain in (dict, Mapping):
        return "a table"
    return WORDS.get(plain, getattr(plain, "__name__", str(plain)))
