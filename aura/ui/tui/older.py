"""The older part of a session: which events are not shown yet, and how they come page by page."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from aura.core.events import Recorded
from aura.core.rewound import WHOLE, Trail
from aura.ui.archive import Archive, find_auto, fold
from aura.ui.blocks import Block

NEWEST = 400  # events that are folded before anything is painted


class Older:
    """What lies before the first block that is shown; read from the newest page to the oldest.

    What a rewind took away (see `trail`) is passed over.
    `auto` says whether auto mode was on before the events that were read last. `is_wanted` asks for all of it at once,
    `asked` for the next page now.
    """

    def __init__(self, folder: Path, last_seq: int, *, auto: bool, trail: Trail = WHOLE) -> None:
        self.archive = Archive(folder, trail)
        self.auto = auto
        self.last_seq = last_seq
        self.is_wanted = False
        self.asked = asyncio.Event()
        self.is_reporting = False
        self._before = last_seq + 1

    @property
    def is_done(self) -> bool:
        """Whether everything is shown."""
        return self._before <= 1

    @property
    def share(self) -> float:
        """How much of the log is shown, from 0.0 to 1.0."""
        return 1.0 - (self._before - 1) / max(1, self.last_seq)

    def read_newest(self) -> Sequence[Recorded]:
        """The newest events."""
        events = self.archive.read_page(self.last_seq, NEWEST)
        self._note(events)
        return events

    def read_page(self) -> "Page":
        """The blocks before those that were taken last; may run in a thread, for nothing changes by it."""
        events = self.archive.read_page(self._before - 1)
        auto = find_auto(events, after=self.auto)
        return Page(fold(events, auto=auto), events)

    def take(self, page: "Page") -> list[Block]:
        """A page is shown from now on: its blocks."""
        self._note(page.events)
        return page.blocks

    def _note(self, events: Sequence[Recorded]) -> None:
        self._before = events[0].seq if events else 1
        self.auto = find_auto(events, after=self.auto)


class Page(NamedTuple):
    """A part of the log, and the blocks that it became."""

    blocks: list[Block]
    events: Sequence[Recorded]
