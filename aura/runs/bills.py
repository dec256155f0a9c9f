"""What a run cost: by the part of aura that asked, and by the model that answered."""

from dataclasses import dataclass

from aura.core import events as ev
from aura.core.limits import Spend

MOST_BILLS = 200  # pairs of part and model that are kept apart
STEPS, WRAP_UP, SUMMARIES = "steps", "last step at a limit", "shortening the context"
OTHERS = "others"


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
    """Adds up what replies and summaries cost."""

    def __init__(self) -> None:
        self._bills: dict[tuple[str, str], Bill] = {}
        self._model = ""
        self._with_tools = True

    def add(self, event: ev.Event) -> None:
        """One event more."""
        match event:
            case ev.StepStarted(model=model, tools=tools):
                self._model, self._with_tools = model, tools
            case ev.ModelReplied(interrupted=False):
                self._reply(event)
            case ev.Compacted(spend=spend) if spend != Spend():
                self._put(
                    Bill(
                        SUMMARIES,
                        "",
                        max(spend.steps, 1),
                        spend.input,
                        spend.output,
                        spend.cache_read,
                        spend.cost,
                        spend.unpriced,
                    )
                )
            case _:
                pass

    def tell(self) -> tuple[Bill, ...]:
        """Every pair of part and model, the dearest first."""
        return tuple(sorted(self._bills.values(), key=lambda bill: (-bill.cost, -bill.input, bill.part)))

    def _reply(self, event: ev.ModelReplied) -> None:
        done, usage = event.completion, event.completion.usage
        part = STEPS if self._with_tools else WRAP_UP
        bill = Bill(
            part,
            done.model or self._model,
            1,
            usage.input,
            usage.output,
            usage.cache_read,
            done.cost or 0.0,
            int(done.cost is None),
        )
        self._put(bill)

    def _put(self, bill: Bill) -> None:
        key = bill.part, bill.model
        if key not in self._bills and len(self._bills) >= MOST_BILLS:
            key = bill.part, OTHERS
            bill = Bill(bill.part, OTHERS) + bill
        past = self._bills.get(key)
        self._bills[key] = bill if past is None else past + bill


def sum_bills(bills: tuple[Bill, ...], by: str) -> tuple[Bill, ...]:
    """The bills of each `part` or of each `model` as one, in the order in which they stand; no model: none is known."""
    summed: dict[str, Bill] = {}
    for bill in bills:
        name = getattr(bill, by)
        whole = Bill(bill.part, "") if by == "part" else Bill("", bill.model)
        summed[name] = summed.get(name, whole) + bill
    return tuple(summed.values())
