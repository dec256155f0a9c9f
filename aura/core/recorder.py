"""Where events go: folded into the turn, then handed on."""

from collections.abc import Awaitable, Callable, Iterable

from aura.core.events import Event
from aura.core.turn import Turn, apply


class Recorder:
    """Holds the turn of one session and changes it by events only.

    `sink` gets each event after it is folded; `settle` waits until all that was recorded is durable. `veil`, if set,
    says how an event is recorded (secrets are hidden), or None: not at all.
    """

    def __init__(
        self, turn: Turn, sink: Callable[[Event], None], settle: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self.turn = turn
        self._sink = sink
        self._settle = settle
        self.veil: Callable[[Event], Event | None] | None = None

    def __call__(self, event: Event) -> None:
        """Fold one event and pass it on."""
        shown = event if self.veil is None else self.veil(event)
        if shown is not None:
            self.turn = apply(self.turn, shown)
            self._sink(shown)

    def all(self, events: Iterable[Event]) -> None:
        """Fold several events in order."""
        for event in events:
            self(event)

    async def settle(self) -> None:
        """Return when everything recorded so far is durable; raises `StoreError` when it cannot be."""
        if self._settle is not None:
            await self._settle()
