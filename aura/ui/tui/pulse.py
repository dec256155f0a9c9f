"""When something is painted: soon after a change, every second while a clock is visible, ahead when there is time."""

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any, Protocol

from textual.timer import Timer

from aura.ui.blocks import Body, CommandLog, Failure, ToolCard
from aura.ui.tui.column import Column
from aura.ui.tui.frames import Frame

PULSE = 1 / 20  # seconds between two frames while something streams
SLOW_PULSE = 1 / 8  # the same over a slow line
PAINT_SHARE = 4  # painting may take one part of so many of the time
CLOCK = 1.0
PAUSE = 0.3  # seconds without a frame, after which there is time to paint ahead
SLICE = 0.008  # seconds of painting ahead in one go


class Pulsing(Protocol):
    """A view, as far as its pulse needs it."""

    column: Column
    frame: Frame
    follows: bool

    def settle(self) -> None:
        """Paint what is visible."""
        ...

    def set_timer(self, delay: float, callback: Any) -> Timer:
        """Call back later."""
        ...


class Pulse:
    """Decides when a view paints; no timer runs while nothing happens and nothing is left to do."""

    def __init__(self, view: Pulsing) -> None:
        self._view = view
        self._least = SLOW_PULSE if os.environ.get("SSH_CONNECTION") else PULSE
        self._pause = 0.0  # until the next frame
        self._drawn = 0.0
        self._frame: Timer | None = None
        self._clock: Timer | None = None
        self._ahead: Timer | None = None
        self._seen = (0, 0, 0)  # around which blocks everything is painted

    @property
    def is_quiet(self) -> bool:
        """Whether nothing was painted for a while."""
        return self._frame is None and time.monotonic() - self._drawn >= PAUSE

    @property
    def is_idle(self) -> bool:
        """Whether no frame waits to be painted."""
        return self._frame is None

    @property
    def timers(self) -> int:
        """How many timers run."""
        return sum(timer is not None for timer in (self._frame, self._clock, self._ahead))

    @property
    def is_due(self) -> bool:
        """Whether the last frame is long enough ago for one that only tells how far a long work is."""
        return time.monotonic() - self._drawn >= PAUSE

    def mark(self) -> None:
        """There is something to paint: at once after a pause, else with the next frame."""
        if self._frame is None:
            wait = self._drawn + self._pause - time.monotonic()
            self._frame = self._view.set_timer(max(0.001, wait), self._draw)

    def _draw(self) -> None:
        self._frame = None
        column = self._view.column
        column.slowest = 0.0
        self._view.settle()
        self._pause = max(self._least, PAINT_SHARE * column.slowest)

    def attend(self) -> None:
        """The view was painted: see to the clocks in it, and to what may come into view next."""
        self._drawn = time.monotonic()
        rows = self._view.frame.rows
        if self._clock is None and any(ticks(row.block.body) for row in rows if row.line == 0):
            self._clock = self._view.set_timer(CLOCK, self._tick)
        if self._ahead is None and rows and self._around() != self._seen:
            self._ahead = self._view.set_timer(PAUSE, self._paint_ahead)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """What is painted meanwhile disturbs nobody: it stays as quiet as it was."""
        drawn = self._drawn
        try:
            yield
        finally:
            self._drawn = drawn

    def _tick(self) -> None:
        self._clock = None
        for block in {id(row.block): row.block for row in self._view.frame.rows}.values():
            if ticks(block.body):
                self._view.column.forget(block)
        self.mark()

    def _around(self) -> tuple[int, int, int]:
        rows = self._view.frame.rows
        return rows[0].place, rows[-1].place, self._view.column.width

    def _paint_ahead(self) -> None:
        """Paint a page above and a page below what is visible."""
        self._ahead = None
        rows = self._view.frame.rows
        if not rows:
            return
        if not self.is_quiet:
            self._ahead = self._view.set_timer(PAUSE, self._paint_ahead)
            return
        if paint_near(self._view.column, self._view.frame, time.perf_counter() + SLICE):
            self._seen = self._around()
        else:
            self._ahead = self._view.set_timer(2 * SLICE, self._paint_ahead)


def ticks(body: Body | None) -> bool:
    """Whether a body shows a clock that runs."""
    match body:
        case ToolCard(outcome=None) | CommandLog(open=True):
            return True
        case Failure(retry_at=at):
            return at > time.time()
        case _:
            return False


def paint_near(column: Column, frame: Frame, until: float) -> bool:
    """Paint the page above and the page below a frame; false when time was up before all was done."""
    height = len(frame.rows)
    for first, step in ((frame.rows[0].place - 1, -1), (frame.rows[-1].place + 1, 1)):
        place, lines = first, 0
        while 0 <= place < len(column.blocks) and lines < height:
            if not column.is_painted(place):
                if time.perf_counter() > until:
                    return False
                known = column.heights[place]
                painted = len(column.strips(place))
                frame.shift(painted - known if step < 0 else 0)
            lines += column.heights[place]
            place += step
    return True
