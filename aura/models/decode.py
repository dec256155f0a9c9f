"""What the decoders of all wire formats share: token counts, and faults that arrive inside a stream."""

from collections.abc import Iterator, Mapping
from typing import Any

from aura.core.models import Usage
from aura.models.assemble import UsageReport

TOKENS_LIMIT = 100_000_000  # above this a count is a mistake


class Fault(Exception):
    """A provider said that something went wrong: its words, the HTTP status they amount to (0: none), its code."""

    def __init__(self, message: str, status: int = 0, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code


def read_tokens(counts: Any, *names: str) -> int:
    """The first of the named counts that is a possible number of tokens; 0 when none is."""
    if not isinstance(counts, Mapping):
        return 0
    for name in names:
        value = counts.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= TOKENS_LIMIT:
            return int(value)
    return 0


def join_usage(
    *,
    input: int,
    output: int,
    cache_read: int = 0,
    cache_write: int = 0,
    thinking: int = 0,
    cost: float | None = None,
) -> Iterator[UsageReport]:
    """One report, unless nothing was counted; what was cached is never more than the input."""
    if input <= 0 and output <= 0:
        return
    cache_read = min(cache_read, input)
    cache_write = min(cache_write, input - cache_read)
    usage = Usage(input, output, cache_read, cache_write, min(thinking, output))
    yield UsageReport(usage, cost if cost is not None and cost >= 0 else None)
