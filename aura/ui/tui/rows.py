"""A list of rows with columns that fit the width, of any length: only the lines on the screen are painted."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aura.core.text import shorten
from aura.ui.look import Look, Role

GAP = 2  # cells between two columns
LEAST = 14  # cells that the column which takes the rest should have, before others are left out for it
LONGEST_CELL = 400  # characters


@dataclass(frozen=True, slots=True)
class Cell:
    """One text of a row, already cleaned, and its role."""

    text: str = ""
    role: Role = "text"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `key` tells it apart, `words` is what a filter looks at (empty: the texts of all cells)."""

    key: str
    cells: tuple[Cell, ...]
    words: str = ""

    @property
    def haystack(self) -> str:
        """What a filter looks at."""
        return self.words or " ".join(cell.text for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Column:
    """How wide a column may be: as its widest text and at most `most` cells, or, with 0, what the others leave.

    A column with a lower `weight` is left out first when there is no room; `right` puts its texts to the right.
    """

    most: int = 0
    weight: int = 1
    right: bool = False


def make_cell(text: str, role: Role = "text") -> Cell:
    """A cell of a text from anywhere: cleaned, on one line."""
    return Cell(shorten(text, LONGEST_CELL), role)


def lay_out(columns: Sequence[Column], natural: Sequence[int], width: int) -> tuple[int, ...]:
    """The cells that each column gets (0: it is left out), given the widest text of each; never more than `width`.

    Between two columns that are shown stand `GAP` cells.
    """
    wanted = [
        min(size, column.most) if column.most else 0 for column, size in zip(columns, natural, strict=True)
    ]
    rests = [place for place, column in enumerate(columns) if not column.most and natural[place]]
    shown = [place for place, size in enumerate(wanted) if size]
    while shown:
        left = width - sum(wanted[place] + GAP for place in shown)
        least = min(LEAST, max((natural[place] for place in rests), default=-GAP))
        if left >= (least if rests else -GAP):
            break
        shown.remove(min(shown, key=lambda place: (columns[place].weight, -place)))
    sizes = [wanted[place] if place in shown else 0 for place in range(len(columns))]
    left = width - sum(sizes[place] + GAP for place in shown)
    for number, place in enumerate(rests):
        share = (left - GAP * (len(rests) - number - 1)) // (len(rests) - number)
        sizes[place] = max(0, share)
        left -= sizes[place] + GAP
    if not rests and not shown and columns:
        heaviest = max(range(len(columns)), key=lambda place: columns[place].weight)
        sizes[heaviest] = max(0, min(width, wanted[heaviest]))
    return tuple(sizes)


class RowList(ScrollView, can_focus=False):
    """Rows with a cursor. It takes no keys: the dock around it moves the cursor; a click does as well."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    RowList { height: auto; width: 100%; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; }
    """

    class Moved(Message):
        """The cursor is on another row."""

    class Picked(Message):
        """The row under the cursor was clicked."""

    def __init__(self, columns: Sequence[Column], *, empty: str = "Nothing here.") -> None:
        super().__init__()
        self.look = Look()
        self.empty = empty
        self.cursor = 0
        self.query_words: tuple[str, ...] = ()
        self._columns = tuple(columns)
        self._rows: Sequence[Row] = ()
        self._natural: tuple[int, ...] = (0,) * len(self._columns)
        self._sizes: tuple[int, tuple[int, ...]] = (-1, ())

    @property
    def rows(self) -> Sequence[Row]:
        """What is listed."""
        return self._rows

    @property
    def current(self) -> Row | None:
        """The row with the cursor."""
        return self._rows[self.cursor] if 0 <= self.cursor < len(self._rows) else None

    def measure(self, rows: Sequence[Row]) -> None:
        """Take the widest text of each column from these rows, so that filtering does not move columns."""
        widest = [0] * len(self._columns)
        for row in rows:
            for place, cell in enumerate(row.cells):
                size = cell_len(cell.text) if not cell.text.isascii() else len(cell.text)
                widest[place] = max(widest[place], size)
        self._natural = tuple(widest)
        self._sizes = (-1, ())

    def show(self, rows: Sequence[Row], *, key: str = "", words: Sequence[str] = ()) -> None:
        """List other rows, with the cursor on the one of `key`, or on the first; `words` are marked in them."""
        if not any(self._natural):
            self.measure(rows)
        self._rows = rows
        self.query_words = tuple(words)
        self.cursor = next((place for place, row in enumerate(rows) if row.key == key), 0) if key else 0
        self.virtual_size = Size(max(1, self.size.width), max(1, len(rows)))
        self._reveal()
        self.refresh()
        self.post_message(self.Moved())

    def move(self, by: int) -> None:
        """Move the cursor; a step beyond an end goes round to the other."""
        count = len(self._rows)
        if not count:
            return
        if abs(by) == 1:
            self.go((self.cursor + by) % count)
        else:
            self.go(min(max(self.cursor + by, 0), count - 1))

    def go(self, place: int) -> None:
        """Put the cursor on a row."""
        if not self._rows:
            return
        before, self.cursor = self.cursor, min(max(place, 0), len(self._rows) - 1)
        self._reveal()
        self.refresh_line(before)
        self.refresh_line(self.cursor)
        if before != self.cursor:
            self.post_message(self.Moved())

    @property
    def page(self) -> int:
        """How many rows PgUp and PgDn move."""
        return max(2, self.size.height - 1)

    def _reveal(self) -> None:
        """Scroll as little as shows the cursor."""
        height, top = max(1, self.size.height), round(self.scroll_y)
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False)

    def on_resize(self, event: Resize) -> None:
        """The cursor stays to be seen."""
        self.virtual_size = Size(max(1, event.size.width), max(1, len(self._rows)))
        self._reveal()

    def on_click(self, event: Click) -> None:
        """A click moves the cursor; one on the cursor picks."""
        event.stop()
        place = int(event.y) + round(self.scroll_y)
        if not 0 <= place < len(self._rows):
            return
        if place == self.cursor:
            self.post_message(self.Picked())
        else:
            self.go(place)

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        return self._write(y + round(self.scroll_y), self.size.width).apply_style(self.rich_style)

    def _write(self, place: int, width: int) -> Strip:
        if not self._rows:
            said = self.empty.replace("…", self.look.signs.ellipsis) if place == 0 else ""
            return Strip([Segment(f"  {said}", self.look.style("muted"))]).adjust_cell_length(width)
        if place >= len(self._rows):
            return Strip.blank(width)
        return self._paint(self._rows[place], width, is_current=place == self.cursor)

    def _paint(self, row: Row, width: int, *, is_current: bool) -> Strip:
        look = self.look
        if self._sizes[0] != width:
            self._sizes = (width, lay_out(self._columns, self._natural, width - 3))
        back = look.style("selected") if is_current else Style()
        if is_current:
            back += Style(bold=True)
        sign = look.signs.prompt if is_current else " "
        segments = [Segment(f"{sign} ", look.style("accent") + back)]
        shown = [place for place, size in enumerate(self._sizes[1]) if size]
        last = max((place for place in shown if row.cells[place].text), default=-1)
        left = width - 3
        for place in shown:
            column = self._columns[place]
            is_over = place == last and not column.right  # what is right of it is empty: it may go on there
            size = max(0, left) if is_over else self._sizes[1][place]
            segments += self._paint_cell(row.cells[place], size, back, right=column.right)
            if is_over:
                break
            segments.append(Segment(" " * GAP, back))
            left -= size + GAP
        return Strip(segments).adjust_cell_length(width, back)

    def _paint_cell(self, cell: Cell, size: int, back: Style, *, right: bool) -> list[Segment]:
        style = self.look.style(cell.role) + back
        text = fit(cell.text, size, self.look.signs.ellipsis, right=right)
        found = find_words(text, self.query_words)
        if not found:
            return [Segment(text, style)]
        marked = style + self.look.style("accent") + Style(underline=True, bgcolor=back.bgcolor)
        segments, at = [], 0
        for start, end in found:
            segments += [Segment(text[at:start], style), Segment(text[start:end], marked)]
            at = end
        return [*(one for one in segments if one.text), Segment(text[at:], style)]


def fit(text: str, size: int, ellipsis: str, *, right: bool = False) -> str:
    """The text in exactly `size` cells."""
    length = cell_len(text)
    if length > size:
        mark = ellipsis if size > len(ellipsis) else ""
        return set_cell_size(text, size - len(mark)) + mark
    return " " * (size - length) + text if right else text + " " * (size - length)


def cut(line: Text, width: int, ellipsis: str) -> Text:
    """The line in at most `width` cells."""
    if line.cell_len <= width:
        return line
    line = line.copy()
    line.truncate(max(0, width - len(ellipsis)), overflow="crop")
    return line.append(ellipsis)


def find_words(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Where words stand in a text, in any case, without overlaps, in order."""
    if not words:
        return []
    low = text.lower()
    if len(low) != len(text):
        return []  # a letter that grows in lower case would shift all behind it
    spans = sorted((at, at + len(word)) for word in words if word and (at := low.find(word.lower())) >= 0)
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if not found or start >= found[-1][1]:
            found.append((start, end))
    return found
