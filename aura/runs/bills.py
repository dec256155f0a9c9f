"""What a run cost: by the part of aura that asked, and by the model that answered."""

import math
from dataclasses import dataclass
from typing import Any

from aura.core import events as ev
from aura.core.limits import Spend

MOST_BILLS = 200  # pairs of part and model that are kept apart
STEPS, WRAP_UP, SUMMARIES = "main steps", "last step at a limit", "shortening the context"
OTHERS = "others"
MOST_COUNTED = 10**15


@dataclass(frozen=True, slots=True)
class Bill:
    """Calls of one part to one model: tokens, the sum of the known prices in USD, the calls without a price."""

    part: str
    model: str
    calls: int = 0
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cost: float = 0.0
    unpriced: int = 0

    def __add__(self, other: "Bill") -> "Bill":
        return Bill(
            self.part,
            self.model,
            self.calls + other.calls,
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cost + other.cost,
            self.unpriced + other.unpriced,
        )


class Bills:
    """Adds up what replies, summaries and calls beside them cost."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str], list[float]] = {}
        self._model = ""
        self._part = STEPS

    def start_step(self, event: ev.StepStarted) -> None:
        """A model call begins."""
        self._model = event.model
        self._part = STEPS if event.tools else WRAP_UP

    def hear(self, event: ev.ModelReplied) -> None:
        """A reply came, whole or interrupted; what was interrupted is counted apart."""
        if event.interrupted:
            return
        done = event.completion
        usage, cost = done.usage, done.cost
        sums = self._find(self._part, done.model or self._model)
        sums[0] += 1
        sums[1] += usage.input
        sums[2] += usage.output
        sums[3] += usage.cache_read
        if cost is None:
            sums[5] += 1
        else:
            sums[4] += cost

    def count(self, event: ev.CallCounted) -> None:
        """A call was made beside the work, or was cut before its end."""
        sums, usage = self._find(event.part, event.model), event.usage
        more = (1, usage.input, usage.output, usage.cache_read, event.cost or 0.0, event.cost is None)
        for place, value in enumerate(more):
            sums[place] += value

    def shorten(self, event: ev.Compacted) -> None:
        """The context was shortened, by a model if that cost something."""
        spend = event.spend
        if spend == Spend():
            return
        more = (max(spend.steps, 1), spend.input, spend.output, spend.cache_read, spend.cost, spend.unpriced)
        sums = self._find(SUMMARIES, "")
        for place, value in enumerate(more):
            sums[place] += value

    def tell(self) -> tuple[Bill, ...]:
        """Every pair of part and model, the dearest first."""
        bills = []
        for (part, model), sums in self._sums.items():
            calls, taken, given, cached, unpriced = (_tame(sums[place]) for place in (0, 1, 2, 3, 5))
            cost = min(sums[4], MOST_COUNTED)
            bills.append(Bill(part, model, calls, taken, given, cached, cost, unpriced))
        return tuple(sorted(bills, key=lambda bill: (-bill.cost, -bill.input, bill.part)))

    def _find(self, part: str, model: str) -> list[float]:
        sums = self._sums.get((part, model))
        if sums is None:
            name = model if len(self._sums) < MOST_BILLS else OTHERS
            sums = self._sums.setdefault((part, name), [0, 0, 0, 0, 0.0, 0])
        return sums


def _tame(count: float) -> int:
    """A count that can be told, whatever stood in the log."""
    return int(min(max(count, 0), MOST_COUNTED))


def sum_bills(bills: tuple[Bill, ...], by: str) -> tuple[Bill, ...]:
    """The bills of each `part` or of each `model` as one, in the order in which they stand; no model: none is known."""
    summed: dict[str, Bill] = {}
    for bill in bills:
        name = getattr(bill, by)
        whole = Bill(bill.part, "") if by == "part" else Bill("", bill.model)
        summed[name] = summed.get(name, whole) + bill
    return tuple(summed.values())


def document_bills(bills: tuple[Bill, ...]) -> dict[str, Any]:
    """All bills as one (`usage`), of each part and of each model, as JSON values; see `document_bill`."""
    return {
        "usage": document_bill(sum(bills, Bill("", ""))),
        "parts": {bill.part: document_bill(bill) for bill in sum_bills(bills, "part")},
        "models": {bill.model: document_bill(bill) for bill in sum_bills(bills, "model")},
    }


def document_bill(bill: Bill) -> dict[str, Any]:
    """Calls, tokens and cost as JSON values, the same in every document.

    `cached` is the share of the input that the provider had kept; `cost_usd` is null when `unpriced` calls had no
    price, `known_cost_usd` is what is known of it.
    """
    cost = bill.cost if math.isfinite(bill.cost) else 0.0
    return {
        "calls": bill.calls,
        "tokens_in": bill.input,
        "tokens_out": bill.output,
        "cached": round(min(bill.cache_read / bill.input, 1), 4) if bill.input > 0 else 0.0,
        "cost_usd": None if bill.unpriced else round(cost, 6),
        "known_cost_usd": round(cost, 6),
        "unpriced": bill.unpriced,
    }
