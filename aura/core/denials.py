"""What was refused in a session, what of it a person allowed, and how often calls are refused lately."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from aura.core.attempts import digest, say_call
from aura.core.errors import AuraError
from aura.core.events import DenialAllowed, ToolJudged
from aura.core.messages import ToolCall
from aura.core.permissions import describe_rule
from aura.core.text import clean, shorten

KEEP = 20  # denials that can still be allowed
LONGEST_ROW = 200  # calls that are looked back on
LONGEST_TOLD = 160  # characters of a reason in a list
FLOOR = "hard floor"
LIFTED = "a person allowed this call after it was refused"


@dataclass(frozen=True, slots=True)
class Denial:
    """One refused call, and what became of it: `allowed` and not made again yet, or `used`.

    `is_parked` is true where nobody could be asked about it. The other fields are as in `ToolJudged`.
    """

    number: int
    call: ToolCall
    reason: str
    by: str
    turn: int = 0
    step: int = 0
    risk: str = ""
    rule: str = ""
    may_be_allowed: bool = False
    is_parked: bool = False
    state: Literal["", "allowed", "used"] = ""

    @property
    def sign(self) -> str:
        """What the call has to be equal in."""
        return sign_call(self.call)


@dataclass(frozen=True, slots=True)
class Denials:
    """The newest denials in order, numbered from 1, and the breaker's memory.

    `refused` says of the newest calls whether each was refused, since work was parked or a person spoke; `parks` is
    how often work was parked without an item to block since then. `judged` holds the verdicts whose call is not
    answered yet, `news` the numbers of what was allowed and the model was not told yet. `taint` says where text that
    nobody vouches for came from: from then on some calls need a person (empty: there was none).
    """

    listed: tuple[Denial, ...] = ()
    counted: int = 0
    refused: tuple[bool, ...] = ()
    parks: int = 0
    judged: Mapping[str, ToolJudged] = field(default_factory=dict)
    news: tuple[int, ...] = ()
    taint: str = ""

    def find(self, number: int) -> Denial | None:
        """The denial of that number; None: it is not kept."""
        return next((one for one in self.listed if one.number == number), None)

    def find_lifted(self, call: ToolCall) -> int:
        """The number of the denial that a person lifted for such a call; 0: there is none."""
        waiting = [one for one in self.listed if one.state == "allowed"]
        if not waiting:
            return 0
        sign = sign_call(call)
        return next((one.number for one in waiting if one.sign == sign), 0)

    def replace(self, new: Denial) -> tuple[Denial, ...]:
        """The list with another form of one denial."""
        return tuple(new if one.number == new.number else one for one in self.listed)


def sign_call(call: ToolCall) -> str:
    """A digest of the tool and the exact arguments; only the order of keys does not matter."""
    return digest(f"{call.name}\0{json.dumps(dict(call.arguments), sort_keys=True, default=str)}")


def lift(denials: Denials, number: int, by: str, *, as_rule: bool = False) -> DenialAllowed:
    """What is recorded when a person allows a refused call; with `as_rule` its rule is to be granted as well.

    Raises `AuraError` when there is no such denial, or nobody may allow it.
    """
    one = denials.find(number)
    if one is None:
        raise AuraError(f"There is no refused call {number}; /denials lists them.")
    if not one.may_be_allowed:
        what = "the hard floor" if one.by == FLOOR else shorten(one.by, 80)
        way = "It stays refused." if one.by == FLOOR else "Change that instead."
        raise AuraError(f"Call {number} was refused by {what}, which cannot be lifted for one call. {way}")
    if one.state:
        done = "is allowed already" if one.state == "allowed" else "was allowed, and ran"
        raise AuraError(f"Call {number} {done}.")
    if as_rule and not one.rule:
        raise AuraError(f"There is no rule to offer for call {number}; allow it once.")
    return DenialAllowed(number, one.sign, by, one.rule if as_rule else "")


def tell_denials(denials: Denials) -> list[str]:
    """The refused calls, the newest last: one line for each call, one for why, cleaned."""
    lines = []
    for one in denials.listed:
        lines.append(f"{one.number:>3}. {say_call(one.call)}   (turn {one.turn}, step {one.step})")
        lines.append(f"     {tell_denial(one)}")
    return lines or ["Nothing was refused."]


def tell_denial(one: Denial) -> str:
    """Why a call was refused, by whom, and what can be done about it, on one line."""
    risk = f", {shorten(one.risk, 20)} risk" if one.risk else ""
    what = "waits" if one.is_parked else "refused"
    rule = f"; rule: {describe_rule(one.rule)}" if one.rule and not one.state else ""
    ways = {"allowed": "allowed once, not made again yet", "used": "allowed, and ran"}
    can = ways.get(one.state, f"can be allowed{rule}" if one.may_be_allowed else "cannot be allowed here")
    return clean(f"{what} by {shorten(one.by, 60)}{risk}: {shorten(one.reason, LONGEST_TOLD)} [{can}]")
