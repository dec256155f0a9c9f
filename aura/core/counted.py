"""What model calls took that are no reply of a step: asked beside the work, or cut before their end."""

from dataclasses import dataclass
from typing import Literal

from aura.core.models import Usage

CUT = "replies cut short"  # the part of calls whose reply was cut off by a person or broke off


@dataclass(frozen=True, slots=True)
class CallCounted:
    """A model call for `part` (`verifier`, ...) took this; it is no reply of a step and adds nothing to what is said.

    `cost` is in USD (None: the price is unknown); `usage` says whether aura had to estimate it.
    """

    part: str
    model: str
    usage: Usage
    cost: float | None = None
    type: Literal["call_counted"] = "call_counted"
