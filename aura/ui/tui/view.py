"""A column of blocks on the screen: what is visible, following the end, scrolling, marking with the mouse."""

from rich.style import Style
from textual.geometry import Region, Size
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from aura.ui.blocks import Block, Body
from aura.ui.look import Look
from aura.ui.tui.column import Column
from aura.ui.tui.frames import Frame, draw_pill, dress
from aura.ui.tui.pulse import Pulse
from aura.ui.tui.scroller import Scroller
from aura.ui.tui.selection import FIRST_NUMBER, extract, join_line, mark


class View(Scroller, can_focus=True):
    """Paints the visible part of a column, and only that; `follows` says that its end stays in view."""

    ALLOW_SELECT = True
    DEFAULT_CSS = """
    View { overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.column = Column(paint_late)
        self.follows = True
        self.news = 0  # blocks that came since the reader scrolled up
        self._told = 0  # how many of them are said on the screen
        self.cursor: Block | None = None
        self.frame = Frame()
        self.base = FIRST_NUMBER  # the number of the first block; older ones get lower numbers
        self.pulse = Pulse(self)
        self.marked: Selection | None = None
        self._handle = (0, 0, 0)  # where the scrollbar's handle begins, its length, its way, in half rows

    # --- what is on the screen ---

    @property
    def look(self) -> Look:
        """How it is painted."""
        return self.column.look

    @look.setter
    def look(self, look: Look) -> None:
        self.column.look = look
        self.column.repaint()
        self.frame = Frame(top=self.frame.top)
        self.mark_dirty()

    @property
    def area(self) -> Size:
        """What is painted on: everything but the scrollbar."""
        return self.scrollable_content_region.size

    def mark_dirty(self) -> None:
        """Something may look other than before; the next frame comes soon."""
        if self.is_mounted:
            self.pulse.mark()

    def settle(self) -> None:
        """Bring the frame up to date: paint what is visible, correct heights, refresh the lines that changed."""
        width, height = self.area
        if not width or not height:
            self.frame.size = (0, 0)  # it is hidden: all is painted when it is shown again
            return
        column, frame = self.column, self.frame
        if width != column.width:
            frame.hold(column)
            column.width = width
            column.repaint()
        top = frame.choose_top(column, height, follows=self.follows)
        self._place(top, height)
        rows = frame.fill(column, height)
        if rows is not None:
            self.refresh(Region(0, rows.start, width, len(rows)))
        if self.news != self._told and not self.follows:
            self._told = self.news
            self.refresh(Region(0, height - 1, width, 1))
        self.pulse.attend()

    def _place(self, top: int, height: int) -> None:
        """Tell Textual where we are, without having it lay out or scroll anything."""
        total = self.column.heights.total
        self.set_reactive(Widget.scroll_y, float(top))
        self.set_reactive(Widget.scroll_target_y, float(top))
        size = Size(self.frame.size[0], total)
        if size != self.virtual_size:
            self.set_reactive(Widget.virtual_size, size)
        handle = (2 * height * top // max(1, total), 2 * height * height // max(1, total), height)
        if handle != self._handle:  # painting the bar costs more than painting the text beside it
            self._handle = handle
            bar = self.vertical_scrollbar
            bar.window_virtual_size, bar.window_size, bar.position = total, height, float(top)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines for the screen: there is neither border nor padding, so what lies between is left out."""
        if self.frame.size != tuple(self.area):
            self.settle()
        width = self.frame.size[0]
        lines = [self.draw(y) for y in crop.line_range]
        return (
            lines
            if crop.x == 0 and crop.right >= width
            else [line.crop(crop.x, crop.right) for line in lines]
        )

    def render_line(self, y: int) -> Strip:
        """A line for the mouse: it says which line of which block it is."""
        row = self.frame.row(y)
        number = self.base + (row.place if row is not None else len(self.column.blocks))
        strip = dress(row, self.frame.size[0], self.look, is_cursor=False)
        return strip.apply_offsets(0, join_line(number, row.line if row is not None else 0))

    def draw(self, y: int) -> Strip:
        """A line as it is seen."""
        (width, height), look = self.frame.size, self.look
        row = self.frame.row(y)
        strip = dress(row, width, look, is_cursor=row is not None and row.block is self.cursor)
        if self.marked is not None and row is not None:
            span = self.marked.get_span(join_line(self.base + row.place, row.line))
            strip = mark(strip, *span, mark_style(look)) if span is not None else strip
        if y == height - 1 and not self.follows:
            strip = draw_pill(strip, self.news, width, look)
        return strip

    # --- scrolling ---

    def go_to(self, top: int) -> None:
        """Scroll so that a line is the first visible one; the end is followed when it is in view."""
        height = self.frame.size[1]
        lowest = max(0, self.column.heights.total - height)
        self.frame.release()
        self.frame.top = min(max(0, top), lowest)
        follows = self.frame.top >= lowest
        if follows != self.follows:
            self.follows = follows
            self.refresh(Region(0, height - 1, self.frame.size[0], 1))
        if follows:
            self.news = 0
        self.settle()

    def scroll_lines(self, lines: int) -> None:
        """Scroll down by some lines (up, if negative)."""
        self.go_to(self.frame.walk(self.column, lines))

    def go_to_top(self) -> None:
        """Go to the beginning."""
        self.go_to(0)

    def go_to_end(self) -> None:
        """Follow the end."""
        self.go_to(self.column.heights.total)
        self.go_to(self.column.heights.total)  # what was painted may be higher than it was thought to be

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Somebody else scrolled: the scrollbar, or the mouse that marks text; a new size is no wish to scroll."""
        if self.frame.size == tuple(self.area) and round(new_value) != self.frame.top:
            self.go_to(round(new_value))

    # --- marking ---

    def selection_updated(self, selection: Selection | None) -> None:
        """Something else is marked."""
        self.marked = selection
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The marked text; only its lines are read."""
        rows = self.frame.rows
        if not rows:
            return None
        visible = tuple(join_line(self.base + row.place, row.line) for row in (rows[0], rows[-1]))
        text = extract(selection, (visible[0], visible[1]), self._read_block)
        return (text, "\n") if text else None

    def _read_block(self, number: int) -> list[Strip] | None:
        place = number - self.base
        return self.column.strips(place) if 0 <= place < len(self.column.blocks) else None


def paint_late(body: Body, look: Look, width: int, *, expanded: bool, now: float) -> list[Strip]:
    """The painter, loaded with the first block that is painted."""
    from aura.ui.tui.paint import paint

    return paint(body, look, width, expanded=expanded, now=now)


def mark_style(look: Look) -> Style:
    """The style of marked text."""
    return look.style("selected") if look.colour else Style(reverse=True)
