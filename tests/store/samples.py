"""Generated events: every type, with the hardest values its fields can hold."""

import dataclasses
import enum
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, Union

from hypothesis import strategies as st

from aura.core.events import DurableEvent, Event

EVERY: tuple[type, ...] = typing.get_args(Event)
DURABLE: tuple[type, ...] = typing.get_args(DurableEvent)

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=12),  # with halves of pairs, NUL, line separators
    st.sampled_from(
        [
            "",
            "\\NaN",
            "\\0x10",
            "\\ud83d",
            "\ud83d\ude00",
            "\ud800",
            "\x00",
            "\u2028\x85\x9b[31m",
            '"\\u0000',
            "\\\\",
        ]
    ),
)
NUMBERS = st.one_of(
    st.integers(), st.floats(allow_nan=False), st.sampled_from([10**40, -(10**40), 0.0, -0.0, 1e308])
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)


def events(kind: type) -> st.SearchStrategy[Any]:
    """Events of one type."""
    return values(kind)


def values(hint: Any) -> st.SearchStrategy[Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is str:
        return TEXTS
    if hint is Any:
        return JSON
    if hint in (int, bool):
        return st.integers() if hint is int else st.booleans()
    if hint is float:
        return st.floats(allow_nan=False)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.one_of([values(argument) for argument in arguments])
    if hint is types.NoneType:
        return st.none()
    if origin is tuple and arguments[-1] is not Ellipsis:
        return st.tuples(*(values(argument) for argument in arguments))
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return st.dictionaries(TEXTS, values(arguments[1]), max_size=3)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return st.sampled_from(list(hint))
    assert isinstance(hint, type) and dataclasses.is_dataclass(hint), hint
    hints = typing.get_type_hints(hint)
    return st.builds(hint, **{field.name: values(hints[field.name]) for field in dataclasses.fields(hint)})
