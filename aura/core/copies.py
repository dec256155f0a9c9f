"""Copies of frozen values with some fields changed, made fast: a log is folded by hundreds of thousands of them."""

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

Value = TypeVar("Value")
Setter = Callable[[Any, Any], None]


class _Plan(NamedTuple):
    """What reads all fields of a class at once, and what sets each of them."""

    read: Callable[[Any], tuple[Any, ...]]
    setters: tuple[Setter, ...]
    by_name: dict[str, Setter]


_PLANS: dict[type, _Plan] = {}


def change(value: Value, **changes: Any) -> Value:
    """As `dataclasses.replace`, in half of the time, for a dataclass with slots and without `__post_init__`.

    Raises `KeyError` for a field that there is not.
    """
    kind = value.__class__
    plan = _PLANS.get(kind) or _make_plan(kind)
    made = object.__new__(kind)
    for put, item in zip(plan.setters, plan.read(value), strict=True):
        put(made, item)
    for name, item in changes.items():
        plan.by_name[name](made, item)
    return made


def _make_plan(kind: Any) -> _Plan:
    names = [field.name for field in fields(kind)]
    assert len(names) > 1, "what reads a single field returns no tuple"
    assert not hasattr(kind, "__post_init__")
    by_name: dict[str, Setter] = {name: kind.__dict__[name].__set__ for name in names}
    plan = _PLANS[kind] = _Plan(attrgetter(*names), tuple(by_name.values()), by_name)
    return plan
