"""Events of verdicts: a call is judged, a person allows a refused one, the work behind several is left."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ToolJudged:
    """Somebody or something decided about a call that was not simply free; `park`: nobody could be asked.

    `risk` is what a reviewer said, `may_be_allowed` whether a person may allow the call all the same, `rule` what would
    allow such calls from now on, `lifts` the number of the denial that a person had lifted for this call (0: none).
    """

    call_id: str
    verdict: Literal["allow", "deny", "park"]
    by: str
    reason: str = ""
    risk: str = ""
    may_be_allowed: bool = False
    rule: str = ""
    lifts: int = 0
    type: Literal["tool_judged"] = "tool_judged"


@dataclass(frozen=True, slots=True)
class DenialAllowed:
    """A person allows one refused call: the next call equal to it runs once, without being asked about.

    `number` and `sign` name it as in `Denials`; `rule` was granted besides (empty: none).
    """

    number: int
    sign: str
    by: str
    rule: str = ""
    type: Literal["denial_allowed"] = "denial_allowed"


@dataclass(frozen=True, slots=True)
class BranchParked:
    """Too many calls were refused: the work at hand is left; `todo` is the id of its item (empty: none was begun)."""

    todo: str
    reason: str
    type: Literal["branch_parked"] = "branch_parked"
