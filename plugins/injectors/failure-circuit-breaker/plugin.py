"""failure-circuit-breaker: one failure after the other, each another way."""

from dataclasses import dataclass
from itertools import takewhile

from aura.api import AfterTool, Injection, Turn, hookimpl

TEXT = """\
The last {count} different calls all failed, so nothing is verified yet. Stop trying variants. Say what you want to \
achieve, why these calls fail, and what you do not know. Look that up first, then take the smallest step that can \
succeed."""


@dataclass
class Plugin:
    """`max_failures` different failed calls in a row bring a nudge; after it, twice as many end the turn."""

    max_failures: int = 3

    def __post_init__(self) -> None:
        if self.max_failures < 1:
            raise ValueError("max_failures has to be 1 or more")

    @hookimpl
    def after_tool(self, turn: Turn) -> AfterTool | None:
        """Speak in the step in which the number is reached; refused calls count as failed."""
        failed = list(takewhile(lambda one: one.failed, reversed(turn.recent)))
        count = len({one.call for one in failed})
        before = len({one.call for one in failed if one.step < turn.steps})
        if count < self.max_failures or count == before:
            return None
        if before < self.max_failures:
            return AfterTool(Injection(TEXT.format(count=count)))
        if count < 2 * self.max_failures:
            return None
        return AfterTool(stalled=f"{count} different calls in a row failed")
