"""A list of choices: a letter answers at once, ↑↓ and Enter too, and so does a click."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from aura.ui.cells import tidy, tidy_line
from aura.ui.look import Look, Signs

GAP = 3  # cells between a choice and what explains it
APART = 1  # cells between choices on one line, before the place of the cursor
NARROWEST_DETAIL = 24  # cells; with less beside it, what explains a choice stands below it


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer: the key that gives it, its words, fewer words for narrow windows, and what explains it.

    `name` is what the dock knows it by.
    """

    name: str
    key: str
    label: str
    short: str = ""
    detail: str = ""
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a choice stands: its number, line, first and last column (exclusive)."""

    number: int
    line: int
    left: int
    right: int


def spell(text: str, signs: Signs) -> str:
    """The text with aura's own signs as the terminal can show them."""
    if signs.dot == "·":
        return text
    own = {"·": signs.dot, "…": signs.ellipsis, "↑": signs.arrow_up, "↓": signs.arrow_down, "−": "-"}
    return text.translate({ord(sign): plain for sign, plain in own.items()})


class Choices(Widget):
    """Choices below each other or, `inline`, beside each other while each fits; `pick` is called with what is chosen.

    With `several`, Space and the keys mark instead, and Enter is left to the dock; `marked` are the names, and a
    choice without a mark (`is_plain`) is chosen at once. While `is_deaf` says so, clicks do nothing.
    """

    DEFAULT_CSS = "Choices { height: auto; }"

    def __init__(
        self,
        rows: Sequence[Choice],
        pick: Callable[[Choice], None],
        *,
        inline: bool = False,
        several: bool = False,
    ) -> None:
        super().__init__()
        self.rows = tuple(rows)
        self.cursor = 0
        self.marked: frozenset[str] = frozenset()
        self.is_deaf: Callable[[], bool] = lambda: False
        self._pick = pick
        self._inline = inline
        self._several = several
        self._look = Look()
        self._made: tuple[int, list[Strip], list[_Spot]] | None = None

    @property
    def look(self) -> Look:
        """How things look."""
        return self._look

    @look.setter
    def look(self, look: Look) -> None:
        self._look = look
        self._repaint()

    @property
    def current(self) -> Choice | None:
        """The choice with the cursor."""
        return self.rows[self.cursor] if self.rows else None

    def replace(self, rows: Sequence[Choice], *, several: bool = False, cursor: int = 0) -> None:
        """Offer other choices."""
        self.rows = tuple(rows)
        self.cursor, self.marked = cursor, frozenset()
        self._several = several
        self._repaint()
        self.refresh(layout=True)

    def press(self, key: str, character: str) -> bool:
        """Take a key; whether it meant something here."""
        match key:
            case "up" | "shift+tab":
                self.move(-1)
            case "down":
                self.move(1)
            case "left" | "right" if self._inline:
                self.move(-1 if key == "left" else 1)
            case "space" if self._several:
                self._choose(self.cursor)
            case "enter" if not self._several and self.rows:
                self._choose(self.cursor)
            case _:
                return self._press_letter(character)
        return True

    def _press_letter(self, character: str) -> bool:
        for number, row in enumerate(self.rows):
            if character and row.key == character:
                self.cursor = number
                self._choose(number)
                return True
        return False

    def move(self, by: int) -> None:
        """Move the cursor, round the ends."""
        if self.rows:
            self.cursor = (self.cursor + by) % len(self.rows)
            self._repaint()
            self._reveal()

    def _choose(self, number: int) -> None:
        self.cursor = number
        row = self.rows[number]
        if self._several and not row.is_plain:
            self.marked ^= {row.name}
        self._repaint()
        self._pick(row)

    def _reveal(self) -> None:
        for spot in self._lay_out()[1]:
            if spot.number == self.cursor and self.parent is not None:
                self.scroll_visible(animate=False)
                region = Region(0, spot.line, 1, 1).translate(self.virtual_region.offset)
                if isinstance(self.parent, Widget):
                    self.parent.scroll_to_region(region, animate=False)
                return

    def on_click(self, event: events.Click) -> None:
        """Choose what was clicked; a click too early does nothing."""
        event.stop()
        if self.is_deaf():
            return
        for spot in self._lay_out()[1]:
            if spot.line == event.y and spot.left <= event.x < spot.right:
                self._choose(spot.number)
                return

    # --- painting

    def _repaint(self) -> None:
        self._made = None
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lay_out(width)[0])

    def render_line(self, y: int) -> Strip:
        strips = self._lay_out()[0]
        strip = strips[y] if y < len(strips) else Strip.blank(self.size.width)
        return strip.adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def _lay_out(self, width: int | None = None) -> tuple[list[Strip], list[_Spot]]:
        wanted = max(width if width is not None else self.size.width, 8)
        if self._made is None or self._made[0] != wanted:
            made = self._line_up(wanted) if self._inline else None
            strips, spots = made or self._list(wanted)
            self._made = (wanted, strips, spots)
        return self._made[1], self._made[2]

    def _line_up(self, width: int) -> tuple[list[Strip], list[_Spot]] | None:
        """All in one line with the longer or the shorter words, else in several; None when one fits no line."""
        texts = [self._word(number, long=True) for number in range(len(self.rows))]
        if sum(text.cell_len + APART for text in texts) - APART > width:
            texts = [self._word(number, long=False) for number in range(len(self.rows))]
        if any(text.cell_len > width for text in texts):
            return None
        lines: list[list[Segment]] = [[]]
        spots: list[_Spot] = []
        left = 0
        for number, text in enumerate(texts):
            if left and left + text.cell_len > width:
                lines.append([])
                left = 0
            lines[-1] += [*_segments(text), Segment(" " * APART)]
            spots.append(_Spot(number, len(lines) - 1, left, left + text.cell_len))
            left += text.cell_len + APART
        return [Strip(line) for line in lines], spots

    def _word(self, number: int, *, long: bool) -> Text:
        row, look = self.rows[number], self._look
        is_current = number == self.cursor
        sign = look.signs.prompt if is_current else " "
        words = row.label if long or not row.short else row.short
        return Text.assemble(
            (f"{sign} " if is_current else "  ", look.style("accent")),
            (row.key, look.style("accent")),
            (" ", ""),
            (spell(tidy_line(words), look.signs), look.style("strong" if is_current else "text")),
        )

    def _list(self, width: int) -> tuple[list[Strip], list[_Spot]]:
        """Each below the other, its words and what explains it side by side when there is room."""
        strips: list[Strip] = []
        spots: list[_Spot] = []
        head = 3 + max((cell_len(row.key) for row in self.rows), default=1) + 4 * self._several
        widest = max((cell_len(tidy_line(row.label)) for row in self.rows), default=1)
        column = min(widest, max(width - head, 8))
        if any(row.detail for row in self.rows) and width - head - widest - GAP < NARROWEST_DETAIL:
            column = max(width - head, 8)
        for number, row in enumerate(self.rows):
            for line in self._row(number, row, (head, column, width)):
                spots.append(_Spot(number, len(strips), 0, width))
                strips.append(line)
        return strips, spots

    def _row(self, number: int, row: Choice, columns: tuple[int, int, int]) -> list[Strip]:
        head, column, width = columns
        look, is_current = self._look, number == self.cursor
        mark = ("[x] " if row.name in self.marked else "[ ] ") if self._several and not row.is_plain else ""
        sign = look.signs.prompt if is_current else " "
        first = Text.assemble((f"{sign} ", look.style("accent")), (f"{row.key} {mark}", look.style("accent")))
        first.pad_right(max(head - first.cell_len, 0))
        words = self._wrap(row.label, column, look.style("strong" if is_current else "text"))
        room = width - head - column - GAP
        beside = room >= NARROWEST_DETAIL
        details = (
            self._wrap(row.detail, room if beside else column, look.style("muted")) if row.detail else []
        )
        if not beside:
            words, details = [*words, *details], []
        lines = []
        for index in range(max(len(words), len(details))):
            line = first.copy() if index == 0 else Text(" " * head)
            if index < len(words):
                line.append_text(words[index])
            if index < len(details):
                line.pad_right(max(head + column + GAP - line.cell_len, 0))
                line.append_text(details[index])
            lines.append(Strip(_segments(line)))
        return lines

    def _wrap(self, text: str, width: int, style: Style) -> list[Text]:
        return list(
            Text(spell(tidy(text), self._look.signs), style=style).wrap(self.app.console, max(width, 1))
        )


def _segments(text: Text) -> list[Segment]:
    """The segments of one line."""
    pieces: list[Segment] = []
    plain = text.plain
    cuts = sorted({0, len(plain), *(edge for span in text.spans for edge in (span.start, span.end))})
    for start, end in itertools.pairwise(cuts):
        style = text.style if isinstance(text.style, Style) else Style.null()
        for span in text.spans:
            if span.start <= start and end <= span.end and isinstance(span.style, Style):
                style += span.style
        if end > start:
            pieces.append(Segment(plain[start:end], style))
    return pieces
