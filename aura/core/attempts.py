"""One tool call as the progress rules see it: digests, outcome, and the state of the edited files."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Literal

from aura.core.messages import ToolCall, ToolResult

Outcome = Literal["ok", "error", "denied", "invalid", "unknown", "cancelled"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call as the progress rules see it.

    `call` and `result` are digests, `world` one of the files edited so far in the turn (as they stood after the call).
    `ran` says that a command ran to its end, well or not; `seconds` is how long the call took. `era` counts the
    compactions before it: what was returned in an earlier one is no longer in the context.
    """

    step: int
    name: str
    call: str
    result: str
    outcome: Outcome
    path: str = ""
    world: str = ""
    changed: bool = False
    waiting: bool = False
    whole_read: bool = False
    ran: bool = False
    seconds: float = 0.0
    era: int = 0

    @property
    def failed(self) -> bool:
        """Whether the call did not succeed."""
        return self.outcome != "ok"


# Addresses, dates, clock times, durations, process numbers and temporary paths. Every branch goes on from a first
# character that few texts are full of: results are long, and a pattern that tries all branches at each place is slow.
VOLATILE = re.compile(
    r"[\dp/](?:(?<=0)x[0-9a-fA-F]+"
    r"|(?<!\w\d)(?<=\d)(?:\d{3}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?|\d:\d\d:\d\d(?:\.\d+)?"
    r"|\d*(?:\.\d+)?\s?(?:ms|s|sec|secs|seconds|minutes)\b)"
    r"|(?<=p)(?<!\wp)id[ =:]*\d+|(?<=/)tmp/\S+)"
)


PAUSES = re.compile(r"\bsleep\s+\d|\bwait\b|--watch\b|\buntil\b")


def is_pause(command: str) -> bool:
    """Whether a shell command waits for something, so that its answer may rightly repeat."""
    return PAUSES.search(command) is not None


def digest(text: str) -> str:
    """A short digest of any text."""
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=12).hexdigest()


def digest_call(call: ToolCall) -> str:
    """A digest of a call's name and arguments; equal calls have equal digests whatever the order of keys."""
    body = call.raw if call.problem else json.dumps(call.arguments, sort_keys=True, default=str)
    return digest(f"{call.name}\0{body}")


def digest_result(result: ToolResult) -> str:
    """A digest of what a call returned, blind to durations, clock times and addresses."""
    return digest(VOLATILE.sub("#", result.content))
