"""Where events go: folded into the turn, then handed on."""

from collections.abc import Awaitable, Callable, Iterable

from aura.core.events import Event
from aura.core.turn import Turn, apply


class Recorder:
    """Holds the turn of one session and changes it by events only.

    `sink` gets each event after it is folded; `settle` waits until all that was recorded is durable.
    """

    def __init__(
        self, turn: Turn, sink: Callable[[Event], None], settle: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self.turn = turn
        self._sink = sink
        self._settle = settle

    def __call__(self, event: Event) -> None:
        """Fold one event and pass it on."""
        self.turn = apply(self.turn, event)
        self._sink(event)

    def all(self, events: Iterable[Event]) -> None:
        """Fold several events in order."""
        for event in events:
            self(event)

    async def settle(self) -> None:
        """Return when everything recorded so far is durable; raises `StoreError` when it cannot be."""
        if self._settle is not None:
            await self._settle()
