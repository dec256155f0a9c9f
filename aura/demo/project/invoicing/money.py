"""Amounts of money, as exact decimals."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def parse_amount(text: str) -> Decimal:
    """The amount that a text names: `12`, `12.50`, `1,250.00`."""
    return Decimal(text.strip().replace(",", "."))


def round_amount(amount: Decimal) -> Decimal:
    """The amount in whole cents, halves rounded up."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def format_amount(amount: Decimal) -> str:
    """The amount as people write it: `1,250.00`."""
    return f"{round_amount(amount):,}"
