"""Orders and what they cost."""

from dataclasses import dataclass
from decimal import Decimal

from invoicing.money import parse_amount, round_amount

DISCOUNT_FROM = Decimal("1000.00")
DISCOUNT = Decimal("0.05")
TAX = Decimal("0.20")


@dataclass(frozen=True)
class Line:
    """One article of an order."""

    name: str
    quantity: int
    price: Decimal


def read_order(text: str) -> list[Line]:
    """The lines of an order; empty lines and lines that start with `#` are skipped."""
    lines = []
    for row in text.splitlines():
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        name, quantity, price = (field.strip() for field in row.split(";"))
        lines.append(Line(name, int(quantity), parse_amount(price)))
    return lines


def find_subtotal(lines: list[Line]) -> Decimal:
    """What the lines cost together, before discount and tax."""
    return sum((line.quantity * line.price for line in lines), Decimal(0))


def find_total(lines: list[Line]) -> Decimal:
    """What is to be paid: the subtotal less the discount, plus tax."""
    subtotal = find_subtotal(lines)
    if subtotal > DISCOUNT_FROM:
        subtotal -= subtotal * DISCOUNT
    return round_amount(subtotal * (1 + TAX))
