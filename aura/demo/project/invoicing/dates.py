"""When a bill is due."""

from datetime import date


def find_due_date(billed: date) -> date:
    """One month after the bill, on the same day, or on the last day of a month that is too short."""
    return billed.replace(month=billed.month + 1)
