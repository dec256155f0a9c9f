"""The transcript: the blocks of a session, live and from its log."""

import asyncio
import contextlib
import gc
import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

from textual.geometry import Region
from textual.strip import Strip

from aura.core.events import Recorded, Rewound
from aura.core.models import TextDelta
from aura.core.rewound import WHOLE
from aura.core.turn import Turn
from aura.runs.report import make_report
from aura.ui.archive import complete, is_unreported
from aura.ui.folding import Folder
from aura.ui.tail import Change
from aura.ui.tui.frames import draw_notice
from aura.ui.tui.older import Older
from aura.ui.tui.reader import Reader

POLL = 0.1  # seconds between two looks whether there is time for older events
GAP = 0.03  # seconds between two pages of them
FROZEN_PAGES = 48
REPORT_PAUSE = 0.004  # seconds that the reports of old turns wait after every few events


class Transcript(Reader):
    """Everything that was said and done; told of events by `take`, of an older session by `open`."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._folder = Folder()
        self._older: Older | None = None
        self._last_seq = 0
        self._heard: list[str] = []  # pieces of the reply since the last frame
        self._opened: tuple[str, Callable[[], Turn | None]] = ("", lambda: None)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.column.blocks

    def open(self, folder: str, last_seq: int, turn: Callable[[], Turn | None] = lambda: None) -> None:
        """Show a session up to an event, newest part first; `folder` is where its log lies (empty: nothing is kept).

        `turn` gives where the session stands, for the report at a turn's end.
        """
        self.clear()
        now = turn()
        auto = now.auto if now is not None else False
        self._last_seq = last_seq
        trail = now.rest.trail if now is not None else WHOLE
        older = Older(Path(folder), last_seq, auto=auto, trail=trail) if folder else None
        newest = older.read_newest() if older is not None else ()
        self._folder = Folder(auto=older.auto if older is not None else auto)
        if older is not None:
            self._older = older
            self.column.restore = older.archive.restore
        for recorded in newest:
            self._apply(self._folder.take(recorded))
        self._folder.turn = turn
        self._opened = (folder, turn)
        ending = self._folder.ending
        if now is not None and ending is not None and ending.first >= trail.since:
            complete(ending, make_report(now, self._folder.denied))
        self.mark_dirty()
        if older is not None and not older.is_done:
            self.run_worker(self._load_older(older), group="older", exclusive=True)

    def clear(self) -> None:
        """Show nothing."""
        self.workers.cancel_node(self)
        self.column.clear()
        self.column.restore = None
        self._folder = Folder()
        self._older = None
        self._last_seq = 0
        self._heard.clear()
        self.cursor = None
        self.news = 0
        self.follows = True
        self.mark_dirty()

    def take(self, recorded: Recorded) -> None:
        """Take one event of the session."""
        if recorded.seq and recorded.seq <= self._last_seq:
            return
        if isinstance(
            recorded.event, TextDelta
        ):  # hundreds may come in a second: a frame takes them together
            self._heard.append(recorded.event.text)
            self.mark_dirty()
            return
        self.catch_up()
        if isinstance(recorded.event, Rewound):
            self._turn_back(recorded.seq, recorded.event.to)
        self._last_seq = max(self._last_seq, recorded.seq)
        changes = self._folder.take(recorded)
        if changes:
            self._apply(changes)
            self.mark_dirty()

    def _turn_back(self, seq: int, to: int) -> None:
        """Show what the conversation is now: it may have become shorter, or be what another rewind took away."""
        folder, turn = self._opened
        if folder:
            self.open(folder, seq - 1, turn)
            return
        for block in [one for one in self.column.blocks if one.first > to]:  # nothing is kept anywhere
            self._apply((Change("removed", block),))

    def catch_up(self) -> None:
        """Take the pieces of the reply that came since the last frame."""
        if self._heard:
            text = "".join(self._heard)
            self._heard.clear()
            self._apply(self._folder.take(Recorded(0, time.time(), TextDelta(text))))

    def _apply(self, changes: Sequence[Change]) -> None:
        for change in changes:
            self.column.apply(change)
            if not self.follows and change.kind != "changed":
                self.news = max(0, self.news + (1 if change.kind == "appended" else -1))

    def go_to(self, top: int) -> None:
        """Scroll so that a line is the first visible one."""
        if self._older is not None:
            self._older.is_wanted = False
        super().go_to(top)

    def go_to_top(self) -> None:
        """Go to the very beginning; what was not read yet is read now."""
        self.go_to(0)
        if self._older is not None and not self._older.is_done:
            self._older.is_wanted = True
            self._older.asked.set()
            self.refresh()

    async def _load_older(self, older: Older) -> None:
        """Bring in what is older, page by page: at once where it is wanted, else when nothing happens."""
        for page in count(1):
            await self._wait_for_time(older.asked)
            older.asked.clear()
            blocks = older.take(await asyncio.to_thread(older.read_page))
            self.base -= len(blocks)
            self.frame.shift(self.column.prepend(blocks))
            if older.is_wanted:
                older.asked.set()
                self.frame.top = 0
            if not older.is_wanted:
                with self.pulse.aside():
                    self._show_progress()
            elif self.pulse.is_due:
                self._show_progress()
            if page % FROZEN_PAGES == 0 or (older.is_done and page > FROZEN_PAGES):
                self._set_aside()
            if older.is_done:
                break
            await asyncio.sleep(0 if older.is_wanted else GAP)
        older.is_wanted = False
        self._show_progress()

    def _show_progress(self) -> None:
        """Bring the frame up to date, and the line that tells how far the reading is where it is seen."""
        self.settle()
        if self.frame.top == 0:
            self.refresh(Region(0, 0, self.frame.size[0], 1))

    def _set_aside(self) -> None:
        """Have the garbage collector look past what was read: that takes longer than a key may wait.

        Painted lines are let go first: they hold themselves, and would never be freed.
        """
        self.column.repaint()
        self.frame.rows = []
        gc.collect()
        gc.freeze()
        self.settle()

    async def _wait_for_time(self, asked: asyncio.Event) -> None:
        """Return when nothing is painted, or when it is asked for."""
        while not (asked.is_set() or self.pulse.is_quiet):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asked.wait(), POLL)

    def settle(self) -> None:
        """Paint what is visible; ask for what is older when it comes near, and for the reports of turns in view."""
        self.catch_up()
        super().settle()
        older = self._older
        if older is None:
            return
        if not self.follows and self.frame.top <= self.frame.size[1]:
            older.asked.set()
        if not older.is_reporting and not older.is_wanted and self._lacks_report():
            older.is_reporting = True
            self.run_worker(self._load_reports(older), group="reports")

    def _lacks_report(self) -> bool:
        return any(is_unreported(row.block) for row in self.frame.rows)

    async def _load_reports(self, older: Older) -> None:
        """Work out how earlier turns ended, which takes a look at the whole log; slowly, for keys come first."""
        await self._wait_for_time(asyncio.Event())
        if not self._lacks_report():
            older.is_reporting = False
            return
        reports = await asyncio.to_thread(older.archive.make_reports, lambda: time.sleep(REPORT_PAUSE))
        for block in self.column.blocks:
            if is_unreported(block) and block.first in reports:
                complete(block, reports[block.first])
        older.is_reporting = False
        self.mark_dirty()

    def draw(self, y: int) -> Strip:
        """A line as it is seen; the first tells that older ones are being read."""
        older = self._older
        if y == 0 and older is not None and not older.is_done and self.frame.top == 0:
            text = f"reading what is older … {older.share:.0%}"
            return draw_notice(text, self.frame.size[0], self.look)
        return super().draw(y)
