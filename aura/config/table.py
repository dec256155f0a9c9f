"""The settings as a table: one row for each dotted name, read from the schema by those who check or explain it."""

import enum
import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from aura.config.schema import Plugin, Settings

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its dotted name, what it may be in words, its default, and what it does.

    `tighten` says how an untrusted project may change it (`more` entries, a `lower` number, `true`, `false`; empty:
    not at all), `joined` that the lists of all layers count, `user_only` that no project may set it. `is_text` means
    that what is typed is taken as it stands.
    """

    name: str
    kind: str
    default: Any
    description: str
    is_text: bool = False
    tighten: str = ""
    joined: bool = False
    user_only: bool = False


def settings_table() -> tuple[Setting, ...]:
    """Every setting in the order of the schema; a `<name>` stands for names that are free."""
    return tuple(_list_settings(Settings, ()))


def find_setting(path: Path) -> Setting | None:
    """The setting of that path; None for a section, and for a name that does not exist."""
    found = _find_field(path)
    if found is None:
        return None
    field, annotation = found
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return None
    return _describe(path, field, annotation)


def split_key(name: str) -> Path:
    """The path of a dotted name; a part that has dots itself stands in double quotes."""
    parts = re.findall(r'"([^"]*)"|([^."]+)', name)
    return tuple(quoted or plain for quoted, plain in parts)


def find_names(path: Path) -> tuple[str, ...]:
    """The names that may stand below a section; empty when any name may, or when it is no section."""
    model: Any = Settings
    if path:
        found = _find_field(path)
        model = found[1] if found is not None else None
    if isinstance(model, type) and issubclass(model, BaseModel):
        return tuple(model.model_fields)
    return ()


def is_free(path: Path) -> bool:
    """Whether the path is one of a plugin's own settings, which may be anything."""
    return len(path) >= 3 and path[0] == "plugins" and path[2] not in Plugin.model_fields


def _find_field(path: Path) -> tuple[FieldInfo, Any] | None:
    annotation: Any = Settings
    field: FieldInfo | None = None
    for name in path:
        value = _value_type(annotation)
        if value is not None:
            annotation = value
        elif (
            isinstance(annotation, type)
            and issubclass(annotation, BaseModel)
            and name in annotation.model_fields
        ):
            field = annotation.model_fields[name]
            annotation = field.annotation
        else:
            return None
    return None if field is None else (field, annotation)


def _value_type(annotation: Any) -> Any:
    """What a table of free names holds; None when the annotation is no such table."""
    is_table = typing.get_origin(annotation) is Mapping
    return typing.get_args(annotation)[1] if is_table else None


def _list_settings(model: type[BaseModel], prefix: Path) -> Iterator[Setting]:
    for name, field in model.model_fields.items():
        path = (*prefix, name)
        value = _value_type(field.annotation)
        inner = field.annotation if value is None else value
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _list_settings(inner, path if value is None else (*path, "<name>"))
        else:
            yield _describe(path, field, field.annotation)


def _describe(path: Path, field: FieldInfo, annotation: Any) -> Setting:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    is_own = annotation is field.annotation
    plain = _without_none(annotation)
    return Setting(
        name=".".join(path),
        kind=_name_kind(annotation, field),
        default=field.get_default(call_default_factory=True) if is_own and not field.is_required() else None,
        description=field.description or "",
        is_text=plain is str or _choices(plain) != (),
        tighten=str(extra.get("tighten", "")),
        joined=bool(extra.get("joined")),
        user_only=bool(extra.get("user_only")),
    )


def _without_none(annotation: Any) -> Any:
    if typing.get_origin(annotation) in (Union, types.UnionType):
        rest = [part for part in typing.get_args(annotation) if part is not type(None)]
        return rest[0]
    return annotation


def _choices(annotation: Any) -> tuple[str, ...]:
    if typing.get_origin(annotation) is Literal:
        return tuple(map(str, typing.get_args(annotation)))
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return tuple(str(member.value) for member in annotation)
    return ()


def _name_kind(annotation: Any, field: FieldInfo) -> str:
    """What a value may be, in words that complete "has to be"."""
    plain = _without_none(annotation)
    bounds = " and".join(_name_bounds(field))
    words = {bool: "true or false", int: f"a whole number{bounds}", float: f"a number{bounds}", str: "text"}
    choices = _choices(plain)
    if choices:
        kind = f"one of {', '.join(choices)}"
    elif typing.get_origin(plain) is tuple:
        kind = "a list of texts"
    elif _value_type(plain) is not None:
        kind = "a table of names and values"
    else:
        kind = words.get(plain, "a value")
    return kind if plain is annotation else f"{kind}, or null"


def _name_bounds(field: FieldInfo) -> Iterator[str]:
    for bound in field.metadata:
        for name, words in (("ge", "not below"), ("gt", "above"), ("le", "not above")):
            limit = getattr(bound, name, None)
            if limit is not None:
                yield f" {words} {limit}"
