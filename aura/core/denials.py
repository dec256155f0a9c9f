"""What was refused in a session, what of it a person allowed, and how often calls are refused lately."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from aura.core.attempts import digest
from aura.core.events import ToolJudged
from aura.core.messages import ToolCall

KEEP = 20  # denials that can still be allowed
LONGEST_ROW = 200  # calls that are looked back on
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
    answered yet, `news` the numbers of what was allowed and the model was not told yet.
    """

    listed: tuple[Denial, ...] = ()
    counted: int = 0
    refused: tuple[bool, ...] = ()
    parks: int = 0
    judged: Mapping[str, ToolJudged] = field(default_factory=dict)
    news: tuple[int, ...] = ()

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
