"""A short list above the prompt to choose from; the keys come from the prompt, which keeps the focus."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from aura.core.text import shorten
from aura.ui.fuzzy import mark
from aura.ui.look import Look
from aura.ui.tui.spans import Span, cut, cut_left, line

MOST_ROWS = 8
WIDEST = 300  # characters of a label that are painted


@dataclass(frozen=True, slots=True)
class Choice:
    """One row: what it inserts, what it is called, what stands beside it, which letters of it were asked for.

    `is_open` means that it may go on after it (a folder); a label that is a `path` is cut at its left.
    """

    insert: str
    label: str
    detail: str = ""
    places: tuple[int, ...] = ()
    is_open: bool = False
    is_path: bool = False


class Shelf(Widget):
    """Rows with one chosen; as high as what it shows, and not there without."""

    @dataclass
    class Clicked(Message):
        """A row was clicked; its place among the choices."""

        place: int

    ALLOW_SELECT = False
    DEFAULT_CSS = "Shelf { display: none; height: auto; background: $surface; }"

    def __init__(self) -> None:
        super().__init__()
        self.look = Look()
        self.choices: tuple[Choice, ...] = ()
        self.place = 0
        self._first = 0

    @property
    def is_open(self) -> bool:
        """Whether there is anything to choose."""
        return bool(self.choices)

    @property
    def chosen(self) -> Choice | None:
        """The row that is chosen now."""
        return self.choices[self.place] if self.choices else None

    def show(self, choices: Sequence[Choice], place: int = 0) -> None:
        """Show other rows; none closes the list."""
        if tuple(choices) == self.choices and place == self.place:
            return
        self.choices = tuple(choices)
        self.place, self._first = place, 0
        rows = min(len(choices), self.rows)
        self.display = bool(choices)
        self.styles.height = max(1, rows)
        self._follow()
        self.refresh()

    @property
    def rows(self) -> int:
        """How many rows there is room for."""
        return max(3, min(MOST_ROWS, self.screen.size.height // 4))

    def move(self, by: int) -> None:
        """Choose another row, round the end."""
        if self.choices:
            self.place = (self.place + by) % len(self.choices)
            self._follow()
            self.refresh()

    def _follow(self) -> None:
        rows = min(len(self.choices), self.rows)
        self._first = max(min(self._first, self.place), self.place - rows + 1, 0)

    def on_click(self, event: events.Click) -> None:
        """Choose with the mouse."""
        event.stop()
        place = self._first + event.y
        if place < len(self.choices):
            self.post_message(self.Clicked(place))

    def render_line(self, y: int) -> Strip:
        """One row."""
        place = self._first + y
        width = self.size.width
        if place >= len(self.choices):
            return Strip.blank(width)
        return paint_row(self.choices[place], self.look, width, is_chosen=place == self.place)


def paint_row(choice: Choice, look: Look, width: int, *, is_chosen: bool) -> Strip:
    """A row of `width` cells: a sign if it is chosen, its label, and at the right its detail as far as it fits."""
    text = look.style("text")
    base = look.style("selected") + Style(bold=True) if is_chosen else Style()
    sign = f"  {look.signs.prompt} " if is_chosen else "    "
    detail = shorten(choice.detail, WIDEST)
    label = choice.label[:WIDEST]
    room = width - cell_len(sign) - 2
    widest = max(room - 3 - cell_len(detail), room // 2)
    shown = cut_left(label, widest, look) if choice.is_path else cut(label, widest, look)
    spans: list[Span] = [(sign, look.style("accent"))]
    if shown == label and choice.places:
        spans += _emphasise(label, choice.places, text, look.style("accent") + Style(underline=True))
    else:
        spans.append((shown, text))
    left = max(0, room - cell_len(shown) - 3)
    right: list[Span] = [(cut(detail, left, look) + "  ", look.style("muted"))] if detail and left > 4 else []
    return line(spans, width, base, right)


def _emphasise(label: str, places: Sequence[int], usual: Style, marked: Style) -> list[Span]:
    spans: list[Span] = []
    at = 0
    for start, end in mark(places):
        spans += [(label[at:start], usual), (label[start:end], marked)]
        at = end
    return [*spans, (label[at:], usual)]
