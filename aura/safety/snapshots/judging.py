"""What of a path is the session's doing and what a person's: pure rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from aura.safety.snapshots.values import Left, State

LATER = "changed after the session last wrote it"
BETWEEN = "changed by a person after the session had changed it"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What undoing means for one path: the state to put back, and why that is a person's choice (empty: it is not)."""

    old: State
    reason: str = ""


def judge(old: State, since: Sequence[Left], now: State) -> Judgement | None:
    """What undoing the session's part of `since` means for a path that was `old` and is `now`; None: nothing.

    What a person made of a path before the session touched it is what comes back. What they made of the session's
    work is theirs: a choice. A path that is back in its old state, whoever brought it there, is as if untouched.
    """
    clean, is_touched, is_shared = old, False, False
    for left in since:
        if left.state == clean:
            is_touched = is_shared = False
        elif left.by != "person":
            is_touched = True
        elif is_touched:
            is_shared = True
        else:
            clean = left.state
    if not is_touched or now == clean:
        return None
    if is_shared:
        return Judgement(clean, BETWEEN)
    return Judgement(clean, LATER if now != since[-1].state else "")
