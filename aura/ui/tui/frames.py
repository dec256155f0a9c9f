"""What is visible of a column: which line of which block stands in which row."""

from functools import lru_cache
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from aura.ui.blocks import Block
from aura.ui.look import Look
from aura.ui.tail import find_place
from aura.ui.tui.column import Column

ROUNDS = 8  # until the first visible line has settled while heights are corrected


class Row(NamedTuple):
    """A row of the screen: a line of a block, as it is painted, and the block's place in the column."""

    block: Block
    place: int
    line: int
    strip: Strip


class Held(NamedTuple):
    """What stays at the top while the width changes: a line of a block, and its share of the block's height."""

    block: Block
    line: int
    width: int
    height: int


class Frame:
    """The rows that are visible; `top` is the line of the column in the first one."""

    def __init__(self, top: int = 0) -> None:
        self.top = top
        self.rows: list[Row] = []
        self.size = (0, 0)
        self._held: Held | None = None

    def row(self, y: int) -> Row | None:
        """What stands in a row of the screen; None: nothing."""
        return self.rows[y] if 0 <= y < len(self.rows) else None

    def hold(self, column: Column) -> None:
        """The width is about to change: keep what is at the top there until the reader scrolls."""
        if self._held is None and self.rows:
            row = self.rows[0]
            self._held = Held(row.block, row.line, column.width, column.heights[row.place])

    def release(self) -> None:
        """The reader scrolls."""
        self._held = None

    def shift(self, lines: int) -> None:
        """So many lines came above what is visible."""
        self.top += lines

    def choose_top(self, column: Column, height: int, *, follows: bool) -> int:
        """Paint what is visible from the end up, or from `top` down, until heights agree; the line at the top."""
        if follows:
            self._paint_up(column, height)
            self.top = max(0, column.heights.total - height)
        else:
            if self._held is not None:
                self._return_to(self._held, column)
            self._paint_down(column, height)
        return self.top

    def walk(self, column: Column, lines: int) -> int:
        """The line that many lines below the first visible one (above, if negative); all between is painted."""
        place, line = column.heights.find(self.top)
        if place >= len(column.blocks):
            return self.top + lines
        while lines < 0 and line < -lines and place > 0:
            lines += line
            place -= 1
            line = len(column.strips(place))
        while lines > 0 and place < len(column.blocks) - 1:
            below = len(column.strips(place)) - line
            if lines < below:
                break
            lines -= below
            place, line = place + 1, 0
        return column.heights.top(place) + line + lines

    def _paint_up(self, column: Column, height: int) -> None:
        lines, place = 0, len(column.blocks)
        while place and lines < height:
            place -= 1
            lines += len(column.strips(place))

    def _return_to(self, held: Held, column: Column) -> None:
        place = find_place(column.blocks, held.block)
        if place >= len(column.blocks):
            return
        lines = len(column.strips(place))
        line = held.line if held.width == column.width else held.line * lines // max(1, held.height)
        self.top = column.heights.top(place) + min(line, max(0, lines - 1))

    def _paint_down(self, column: Column, height: int) -> None:
        heights = column.heights
        for _ in range(ROUNDS):
            self.top = max(0, min(self.top, heights.total - height))
            place, line = heights.find(self.top)
            filled = -line
            total = heights.total
            while place < len(column.blocks) and filled < height:
                known, is_new = heights[place], not column.is_painted(place)
                lines = len(column.strips(place))
                if (
                    line and is_new
                ):  # it was only estimated, and begins above: what follows it stays where it is
                    self.top = max(heights.top(place), self.top + lines - known)
                line = 0
                filled += lines
                place += 1
            if total == heights.total:
                break

    def fill(self, column: Column, height: int) -> range | None:
        """Take the rows anew; those that look other than before (None: all look the same)."""
        rows: list[Row] = []
        place, line = column.heights.find(self.top)
        while place < len(column.blocks) and len(rows) < height:
            block, strips = column.blocks[place], column.strips(place)
            lines = range(line, min(len(strips), line + height - len(rows)))
            rows += [Row(block, place, number, strips[number]) for number in lines]
            place, line = place + 1, 0
        before, self.rows = self.rows, rows
        size, self.size = self.size, (column.width, height)
        if size != self.size:
            return range(height)
        longest = max(len(before), len(rows))
        changed = [at for at in range(longest) if not _is_same(before[at : at + 1], rows[at : at + 1])]
        return range(changed[0], changed[-1] + 1) if changed else None


def _is_same(before: list[Row], after: list[Row]) -> bool:
    if not before or not after:
        return before == after
    return before[0].block is after[0].block and (
        before[0].strip is after[0].strip or before[0].strip == after[0].strip
    )


@lru_cache(maxsize=8)
def ground(look: Look) -> Style:
    """The style below everything that is painted."""
    style = look.style("text")
    background = look.palette.background
    return style + Style(bgcolor=background) if look.colour and background.startswith("#") else style


def dress(row: Row | None, width: int, look: Look, *, is_cursor: bool) -> Strip:
    """A row over its ground, in full width."""
    base = ground(look)
    if row is None:
        return Strip.blank(width, base)
    strip = row.strip
    if is_cursor:
        base += look.style("cursor")
        if row.line == 0 and strip.text[:1] == " ":
            head = Segment(look.signs.active[:1], look.style("accent"))
            strip = Strip([head, *strip.crop(1)], strip.cell_length)
    return strip.crop_extend(0, width, base).apply_style(base)


def draw_pill(strip: Strip, news: int, width: int, look: Look) -> Strip:
    """The last row with a hint at its right that there is more below."""
    text = name_pill(news, look)
    if len(text) > width:
        return strip
    return Strip([*strip.crop(0, width - len(text)), Segment(text, _overlay(look))], width)


def name_pill(news: int, look: Look) -> str:
    """What the hint says: how many blocks are new below, and the key that goes there."""
    return f" {look.signs.arrow_down} {f'{news:,} new {look.signs.dot} ' if news else ''}End "


def draw_notice(text: str, width: int, look: Look) -> Strip:
    """A row that says something instead of what stands there."""
    strip = Strip([Segment(f"  {text}"[:width], look.style("muted"))])
    return strip.crop_extend(0, width, ground(look)).apply_style(ground(look))


def _overlay(look: Look) -> Style:
    return look.style("accent") + (look.style("selected") if look.colour else Style(reverse=True))
