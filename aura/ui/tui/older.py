"""The older part of a session: which events are not shown yet, and how they come page by page."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from aura.core.events import Recorded
from aura.ui.archive import Archive, find_auto, fold
from aura.ui.blocks import Block

NEWEST = 400  # events that are folded before anything is painted


class Older:
    """What lies before the first block that is shown; read from the newest page to the oldest.

    `auto` says whether auto mode was on before the events that were read last. `is_wanted` asks for all of it at once,
    `asked` for the next page now.
    """

    def __init__(self, folder: Path, last_seq: int, *, auto: bool) -> None:
        self.archive = Archive(folder)
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
        return self._read(NEWEST)

    def read_page(self) -> list[Block]:
        """The blocks before those that were read last; works in a thread."""
        events = self._read()
        return fold(events, auto=self.auto)

    def _read(self, size: int = 0) -> Sequence[Recorded]:
        last = self._before - 1
        events = self.archive.read_page(last, size) if size else self.archive.read_page(last)
        self._before = events[0].seq if events else 1
        self.auto = find_auto(events, after=self.auto)
        return events
