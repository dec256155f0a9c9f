"""Limits as a line that a person can edit: `steps=300 tokens=1M cost=5 time=8h`."""

import re
from collections.abc import Mapping
from dataclasses import replace

from aura.core.limits import Limits

FIELDS: Mapping[str, str] = {"steps": "steps", "tokens": "tokens", "cost": "cost", "time": "seconds"}
SIZES = {"": 1, "k": 1_000, "m": 1_000_000}
SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
NUMBER = r"\d{1,9}(?:\.\d{1,6})?"
HOW = "Write it as in steps=300 tokens=1M cost=5 time=8h; off means no limit."


def spell_limits(limits: Limits) -> str:
    """The limits that may be edited, as `read_limits` takes them."""
    return (
        f"steps={limits.steps or 'off'} tokens={spell_count(limits.tokens) if limits.tokens else 'off'} "
        f"cost={_spell_number(limits.cost) if limits.cost else 'off'} "
        f"time={spell_span(limits.seconds) if limits.seconds else 'off'}"
    )


def read_limits(text: str, limits: Limits) -> Limits:
    """The limits with what the line names in their place; raises `ValueError` with a sentence for people."""
    changes: dict[str, float] = {}
    for word in text.replace(",", " ").split():
        name, sign, value = word.partition("=")
        if not sign or name.lower() not in FIELDS:
            raise ValueError(f"{word!r} is not a limit. {HOW}")
        changes[FIELDS[name.lower()]] = _read_value(name.lower(), value.strip().lower())
    return replace(
        limits,
        steps=int(changes.get("steps", limits.steps)),
        tokens=int(changes.get("tokens", limits.tokens)),
        cost=changes.get("cost", limits.cost),
        seconds=changes.get("seconds", limits.seconds),
    )


def _read_value(name: str, value: str) -> float:
    if value in ("off", "none", "0"):
        return 0
    if name == "time":
        parts = re.findall(rf"({NUMBER})([smhd])", value)
        if parts and "".join(number + unit for number, unit in parts) == value:
            return sum(float(number) * SPANS[unit] for number, unit in parts)
    elif name == "cost" and re.fullmatch(rf"\$?{NUMBER}", value):
        return float(value.lstrip("$"))
    elif name == "steps" and re.fullmatch(r"\d{1,9}", value):
        return int(value)
    elif name == "tokens" and (match := re.fullmatch(rf"({NUMBER})([km]?)", value)):
        return round(float(match[1]) * SIZES[match[2]])
    raise ValueError(f"{name}={value} cannot be read. {HOW}")


def spell_count(number: int) -> str:
    """A number of tokens: 1M, 412k, 1234."""
    for unit, size in (("M", SIZES["m"]), ("k", SIZES["k"])):
        if number >= size and number % (size // 100) == 0:
            return f"{_spell_number(number / size)}{unit}"
    return str(number)


def spell_span(seconds: float) -> str:
    """A time: 8h, 90m, 45s, 1h30m."""
    whole = round(seconds)
    if abs(seconds - whole) > 1e-9 or not whole:
        return f"{_spell_number(seconds)}s"
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return "".join(f"{value}{unit}" for value, unit in ((hours, "h"), (minutes, "m"), (left, "s")) if value)


def _spell_number(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")
