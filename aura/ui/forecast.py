"""Which limit ends the work first, and when, if it goes on as it did lately; pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from aura.core.limits import Limits, Spend, Standing, standings

LATELY = 16  # steps that say how fast things go


@dataclass(frozen=True, slots=True)
class Forecast:
    """The limit that is reached first, by the name of `Standing`, and in how many seconds of work."""

    limit: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Rates:
    """What a second of work uses up; None where nothing is known yet."""

    steps: float | None = None
    tokens: float | None = None
    input: float | None = None
    output: float | None = None
    cost: float | None = None


def measure(window: Spend, costs: Sequence[float] = (), times: Sequence[float] = ()) -> Rates:
    """How fast things went: by the last steps as far as they are known, else by all of the window.

    `costs` is what the last steps cost in USD, `times` how many seconds they took, both newest last. Steps without a
    price say nothing about the cost, so with any in the window its rate is unknown.
    """
    lately = [max(0.0, seconds) for seconds in times[-LATELY:]]
    spent = [max(0.0, cost) for cost in costs[-LATELY:]]
    whole = max(0.0, window.seconds)
    by_step = _divide(sum(lately), len(lately)) or _divide(whole, window.steps)
    cost = None
    if not window.unpriced:
        each = _divide(sum(spent), len(spent))
        cost = _divide(each, by_step) if each is not None and by_step else _divide(window.cost, whole)
    return Rates(
        steps=_divide(1.0, by_step) if by_step else None,
        tokens=_divide(window.tokens, whole),
        input=_divide(window.input, whole),
        output=_divide(window.output, whole),
        cost=cost,
    )


def forecast(
    limits: Limits, window: Spend, rates: Rates, *, steps: int, turn_seconds: float
) -> Forecast | None:
    """The limit that is reached first at these rates; None when no limit is on or nothing is known.

    `window`, `steps` and `turn_seconds` are as in `standings`. A limit that is reached already is 0 seconds away.
    """
    found = [
        Forecast(standing.name, seconds)
        for standing in standings(limits, window, steps=steps, turn_seconds=turn_seconds)
        if (seconds := _seconds_left(standing, rates)) is not None
    ]
    return min(found, key=lambda one: one.seconds, default=None)


def _seconds_left(standing: Standing, rates: Rates) -> float | None:
    """Seconds until a limit is reached; None: nobody knows, or never at this rate."""
    if standing.is_reached:
        return 0.0
    rate = {
        "steps": rates.steps,
        "tokens": rates.tokens,
        "tokens in": rates.input,
        "tokens out": rates.output,
        "cost": rates.cost,
        "time": 1.0,
        "time of this turn": 1.0,
    }.get(standing.name)
    return _divide(standing.limit - standing.used, rate) if rate else None


def _divide(value: float, by: float) -> float | None:
    """The quotient; None where it would say nothing."""
    if by <= 0:
        return None
    quotient = value / by
    return quotient if math.isfinite(quotient) else None


def render_elapsed(seconds: float) -> str:
    """A running time as a clock shows it: 02:14:11."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}"
