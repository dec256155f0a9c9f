"""A log that is kept nowhere, for when no folder can be written."""

from collections.abc import Collection, Iterator

from aura.core.events import DurableEvent, Recorded


class MemoryLog:
    """The events of one session in this process; gone with it. As `SessionLog`, but that nothing can fail."""

    def __init__(self, first: DurableEvent, at: float) -> None:
        self._events = [Recorded(1, at, first)]

    @property
    def last_seq(self) -> int:
        """The place of the newest event."""
        return len(self._events)

    @property
    def is_healthy(self) -> bool:
        """Always true: nothing is expected to last."""
        return True

    def append(self, event: DurableEvent, at: float) -> int:
        """Keep an event and return its place."""
        self._events.append(Recorded(len(self._events) + 1, at, event))
        return len(self._events)

    async def flush(self) -> None:
        """Return at once."""

    async def recover(self, pause: float = 1.0) -> None:
        """Return at once."""

    def read(
        self, after: int = 0, types: Collection[str] | None = None, limit: int | None = None
    ) -> Iterator[Recorded]:
        """The events behind place `after`, in order: those of `types` (None: all), at most `limit`."""
        chosen = [one for one in self._events[after:] if types is None or one.event.type in types]
        return iter(chosen if limit is None else chosen[:limit])

    def close(self) -> None:
        """Nothing is to be given back."""
