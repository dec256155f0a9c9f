r"""Events as JSON and back: the rows of the log, the lines of `stream-json` and of the JSON-lines export.

A line is `{"v": 1, "seq": 7, "at": 1760000000.5, "type": "turn_started", …}`: the version of this form, the place in
the log (0: a passing event), Unix time in seconds, the event's tag, then its fields. A row of the log holds the same
object without `seq`, `at` and `type`, which are columns.

Every line is ASCII or valid UTF-8 without line separators and C1 controls. What plain JSON cannot carry (halves of
UTF-16 pairs, NaN, infinities) makes a line say `"escaped": true`: then each text has `\` doubled, a lone half
written `\ud83d`, and a number that JSON lacks is the text `\NaN`, `\Infinity`, `\-Infinity` or `\0x…`.

Reading never fails: a field this version does not know is left out, and an event it does not know or cannot read
becomes a `NoticeShown` that names it.
"""

import dataclasses
import enum
import json
import math
import re
import sys
import types
import typing
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any, Literal, Union

from aura.core.events import Event, NoticeShown, Recorded
from aura.core.messages import History, Message

VERSION = 1
DEEPEST = 200  # levels of nesting; json itself gives up at about 1,000
BIGGEST_BITS = 13_000  # Python refuses to print integers of more than 4,300 digits

_HEAD = f'{{"v":{VERSION}'
_UNSAFE = re.compile("[\x80-\x9f\u2028\u2029]")
_HALF = re.compile("[\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(?:\\|u([0-9a-f]{4}))")
_NUMBER = re.compile(r"\\(?:(NaN|-?Infinity)|(-?0x[0-9a-f]+))")
_NUMBER_TEXTS = {"number": r"^\\(NaN|-?Infinity)$", "integer": r"^\\-?0x[0-9a-f]+$"}

Reader = Callable[[Any], Any]


def encode(event: Event) -> str:
    """The event's fields as one JSON object, without its tag; never fails, whatever the fields hold."""
    fields = {"v": VERSION, **_fields(event)}
    del fields["type"]
    try:
        text = _PLAIN.encode(fields)
    except (ValueError, TypeError, RecursionError):
        text = _encode_escaped(fields)
    if not text.isascii() and _HALF.search(text) is not None:
        text = _encode_escaped(fields)
    return text if text.isascii() else _make_safe(text)


def decode(type: str, data: str) -> Event:
    """The event of a row; one that cannot be read becomes a notice that names its type."""
    try:
        return _read_event(type, _load(data))
    except _UNREADABLE:
        return _unreadable(type)


def encode_recorded(recorded: Recorded) -> str:
    """One JSON line (without its end): the documented form of `stream-json` and of the export."""
    return join_line(recorded.seq, recorded.at, recorded.event.type, encode(recorded.event))


def encode_value(value: object) -> str:
    """Any frozen value that events are made of, as JSON on one line."""
    return _make_safe(_PLAIN.encode(value))


def decode_value(kind: type, data: Any) -> Any:
    """The value of a type, from parsed JSON; raises `ValueError` when it does not fit."""
    try:
        return _reader(kind)(data)
    except _UNREADABLE as error:
        raise ValueError(f"this is no {kind.__name__}") from error


def join_line(seq: int, at: float, type: str, data: str) -> str:
    """The JSON line of a row, from its columns."""
    if data.startswith(_HEAD):
        return f'{_HEAD},"seq":{seq},"at":{at!r},"type":"{type}"{data[len(_HEAD) :]}'
    return encode_recorded(Recorded(seq, at, decode(type, data)))


def decode_recorded(line: str | bytes) -> Recorded:
    """The event of a JSON line; one that cannot be read becomes a notice with the line's place, as far as known."""
    seq, at, kind = 0, 0.0, "?"
    try:
        fields = _load(line)
        seq, at, kind = int(fields.get("seq", 0)), float(fields.get("at", 0.0)), str(fields["type"])
        return Recorded(seq, at, _read_event(kind, fields))
    except _UNREADABLE:
        return Recorded(seq, at, _unreadable(kind))


def change_texts(line: str, change: Callable[[str], str]) -> str:
    """The JSON line with every text in it (keys too) replaced by what `change` makes of it."""

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return change(value)
        if isinstance(value, list):
            return [walk(item) for item in value]
        return {change(key): walk(item) for key, item in value.items()} if isinstance(value, dict) else value

    return _make_safe(_PLAIN.encode(walk(json.loads(line))))


def schema() -> dict[str, Any]:
    """A JSON schema (draft 2020-12) of one line."""
    from pydantic import TypeAdapter

    made = TypeAdapter(Event).json_schema()
    parts: dict[str, Any] = made["$defs"]
    common = {
        "v": {"const": VERSION, "description": "The version of this form."},
        "seq": {
            "type": "integer",
            "description": "The place in the log, from 1; 0 for what is shown and not kept.",
        },
        "at": {"type": "number", "description": "Unix time in seconds."},
    }
    escaped = {"type": "boolean", "description": "Texts carry what JSON cannot in escapes after a backslash."}
    for kind in _event_types():
        part = parts[kind.__name__]
        own = {name: _widen(value) for name, value in part["properties"].items() if name != "type"}
        part["properties"] = {**common, "type": part["properties"]["type"], "escaped": escaped, **own}
        part["required"] = [name for name in part["properties"] if name != "escaped"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of aura's stream-json and JSON-lines export",
        "oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in _event_types()],
        "$defs": {
            name: part if "seq" in part.get("properties", ()) else _widen(part)
            for name, part in parts.items()
        },
    }


def _widen(part: Any) -> Any:
    """The schema, where a number may also be the text that stands for one JSON lacks."""
    if isinstance(part, list):
        return [_widen(item) for item in part]
    if not isinstance(part, dict):
        return part
    pattern = _NUMBER_TEXTS.get(str(part.get("type")))
    if pattern is not None:
        return {**part, "type": [part["type"], "string"], "pattern": pattern}
    return {name: _widen(item) for name, item in part.items()}


def _make_safe(text: str) -> str:
    """JSON without what ends a line for some readers, or means something to a terminal."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


# --- writing ------------------------------------------------------------------------------------------------


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in _names(value.__class__)}


def _to_json(value: object) -> object:
    """What json writes for a value it does not know by itself."""
    if dataclasses.is_dataclass(value):
        return _fields(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, AbstractSet):
        return sorted(value, key=repr)
    if isinstance(value, History):
        return list(value)
    if isinstance(value, enum.Enum):
        return value.value
    return str(value)


_PLAIN = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_to_json)


def _encode_escaped(fields: Mapping[str, Any]) -> str:
    escaped = {name: _escape(value, frozenset()) for name, value in fields.items()}
    return _PLAIN.encode({"v": VERSION, "escaped": True, **escaped})


def _escape(value: Any, around: frozenset[int]) -> Any:
    """The value in what JSON has; `around` are the ids of what it lies in."""
    if isinstance(value, enum.Enum):
        return _escape(value.value, around)
    if isinstance(value, str):
        return _HALF.sub(lambda found: f"\\u{ord(found[0]):04x}", value.replace("\\", "\\\\"))
    if isinstance(value, float) and not math.isfinite(value):
        return f"\\{json.dumps(value)}"
    if isinstance(value, int) and value.bit_length() > BIGGEST_BITS:
        return f"\\{value:#x}"
    if value is None or isinstance(value, (int, float)):
        return value
    if len(around) >= DEEPEST or id(value) in around:
        return "(nested too deeply to be kept)"
    inside = around | {id(value)}
    if isinstance(value, (list, tuple)):
        return [_escape(item, inside) for item in value]
    if isinstance(value, Mapping):
        return {_escape(str(key), inside): _escape(item, inside) for key, item in value.items()}
    return _escape(_to_json(value), inside)


# --- reading ------------------------------------------------------------------------------------------------

_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, RecursionError)


def _parse(data: str | bytes) -> Any:
    """The JSON value; by pydantic's parser (2.5 times as fast) where it is loaded already, else by Python's."""
    fast = sys.modules.get("pydantic_core")
    if fast is not None:
        try:
            return fast.from_json(data)
        except ValueError:  # nested deeper than 200 levels: Python's parser takes more
            pass
    return json.loads(data)


def _load(data: str | bytes) -> dict[str, Any]:
    fields = _parse(data)
    if not isinstance(fields, dict):
        raise TypeError(data)
    return _unescape(fields) if fields.pop("escaped", False) else fields


def _unescape(value: Any) -> Any:
    if isinstance(value, str):
        return _unescape_text(value)
    if isinstance(value, list):
        return [_unescape(item) for item in value]
    if isinstance(value, dict):
        return {_unescape_text(key, number=False): _unescape(item) for key, item in value.items()}
    return value


def _unescape_text(text: str, *, number: bool = True) -> Any:
    found = _NUMBER.fullmatch(text) if number else None
    if found is not None:
        return float(found[1]) if found[1] else int(found[2], 16)
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else "\\", text)


def _read_event(type: str, fields: dict[str, Any]) -> Event:
    event: Event = _event_readers()[type](fields)
    return event


def _unreadable(type: str) -> NoticeShown:
    text = f"This entry of the log cannot be read by this version of aura (its type is {type[:60]!r})."
    return NoticeShown(text, "warning", "store")


def _event_types() -> tuple[type, ...]:
    return typing.get_args(Event)


@cache
def _event_readers() -> dict[str, Reader]:
    return _tagged(_event_types())


def _tagged(kinds: tuple[type, ...]) -> dict[str, Reader]:
    """The readers of dataclasses by the default of their field `type`."""
    readers = {}
    for kind in kinds:
        tag = next(field.default for field in dataclasses.fields(kind) if field.name == "type")
        readers[str(tag)] = _read_dataclass(kind)
    return readers


@cache
def _read_dataclass(kind: type) -> Reader:
    """A function from a JSON object to the dataclass; fields it does not know are left out.

    It fills the slots itself: the generated `__init__` of a frozen class takes twice as long.
    """
    hints = typing.get_type_hints(kind)
    plan = []
    for field in dataclasses.fields(kind):
        hint = hints[field.name]
        exact = hint if hint in (str, int, float, bool) else None  # taken as it is when its class is this one
        reader = _refuse if hint in (str, bool) else _reader(hint)
        spare = _ABSENT if field.default is dataclasses.MISSING else field.default
        make = _refuse if field.default_factory is dataclasses.MISSING else field.default_factory
        plan.append((field.name, spare, exact, reader, make, kind.__dict__[field.name].__set__))
    steps = tuple(plan)

    def read(value: dict[str, Any]) -> Any:
        made: Any = object.__new__(kind)
        for name, spare, exact, reader, make, put in steps:
            item = value.get(name, spare)
            if item.__class__ is exact or item is spare is not _ABSENT:
                put(made, item)
            else:
                put(made, make() if item is _ABSENT else reader(item))
        return made

    return read


_ABSENT = object()


def _refuse(*_: Any) -> Any:
    raise TypeError("a field is missing, or its value is of another type")


def _reader(hint: Any) -> Reader:
    """A function from a JSON value to a value of the type; raises what is in `_UNREADABLE`."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return _read_union(arguments)
    if origin is Literal:
        return _read_choice({value: value for value in arguments})
    if origin is tuple and arguments[-1] is not Ellipsis:
        readers = [_reader(argument) for argument in arguments]
        return lambda value: tuple(read(entry) for read, entry in zip(readers, value, strict=True))
    if origin in (tuple, frozenset):
        item = _reader(arguments[0])
        return lambda value: origin([item(entry) for entry in value])
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _read_dataclass(hint)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _read_choice({member.value: member for member in hint})
    if hint in (str, int, float, bool):
        return _read_scalar(hint)
    if hint is History:
        message = _read_dataclass(Message)
        return lambda value: History([message(entry) for entry in value])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        inside = arguments[1] if arguments else Any
        return _read_mapping(_reader(inside) if dataclasses.is_dataclass(inside) else None)
    if hint is Any:
        return lambda value: value
    raise NotImplementedError(f"events hold no {hint}")


def _read_mapping(item: Reader | None) -> Reader:
    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise TypeError("a mapping is expected")
        return value if item is None else {name: item(entry) for name, entry in value.items()}

    return read


def _read_choice(choices: Mapping[Any, Any]) -> Reader:
    return lambda value: choices[value]


def _read_scalar(kind: type) -> Reader:
    def read(value: Any) -> Any:
        if kind is float and isinstance(value, int):
            return float(value)
        if kind is int and isinstance(value, float):
            return value
        if not isinstance(value, kind):
            raise TypeError(f"{kind.__name__} is expected")
        return value

    return read


def _read_union(kinds: tuple[Any, ...]) -> Reader:
    """The reader of `X | None`, of tagged dataclasses, or of ones that are told apart by their fields."""
    some = tuple(kind for kind in kinds if kind is not types.NoneType)
    if len(some) == 1:
        only = _reader(some[0])
        return lambda value: None if value is None else only(value)
    if not all(any(field.name == "type" for field in dataclasses.fields(kind)) for kind in some):
        by_names = {frozenset(_names(kind)): _read_dataclass(kind) for kind in some}
        return lambda value: by_names[frozenset(value)](value)
    readers = _tagged(some)
    return lambda value: readers[value["type"]](value)
