"""A box of lines that scrolls: a diff, a whole command, the arguments of a call."""

from collections.abc import Callable, Sequence

from rich.segment import Segment
from textual import events
from textual.containers import VerticalScroll
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from aura.ui.cells import Line, measure, wrap
from aura.ui.look import Look

Make = Callable[[Look, int], Sequence[Line]]

SHARE = 0.34  # of the rows of the screen
LIST_SHARE = 0.3
FEWEST = 3
LOW, LOW_SHARE = 20, 0.6  # a dock gets this share of a screen with fewer rows, as `Chat` says
AROUND = 5  # rows that a dock needs for its border and its choices


def bound(viewport: Size, share: float = SHARE) -> int:
    """How many rows a part of a dock may take; a limit in CSS does not count inside what grows with its content."""
    rows = int(viewport.height * share)
    if viewport.height < LOW:
        rows = min(rows, int(viewport.height * LOW_SHARE) - AROUND)
    return max(FEWEST, rows)


class Viewer(ScrollView, can_focus=False):
    """Lines that `make` gives for a look and a width; it says by `Moved` which of them are seen.

    It takes at most `share` of the screen's rows.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Viewer { height: auto; width: 100%; overflow-x: hidden; overflow-y: auto;
             scrollbar-gutter: stable; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0; }
    """

    class Moved(Message):
        """Other lines are seen than before."""

    def __init__(self, make: Make, share: float = SHARE) -> None:
        super().__init__()
        self._make = make
        self._share = share
        self._worn = Look()
        self._lines: tuple[int, list[Strip]] | None = None

    @property
    def look(self) -> Look:
        """How things look."""
        return self._worn

    @look.setter
    def look(self, look: Look) -> None:
        self._worn = look
        self.renew()

    @property
    def seen(self) -> tuple[int, int, int]:
        """The first and the last line that are seen, from 1, and how many there are."""
        total = len(self._lay_out(self._room))
        first = round(self.scroll_y)
        return min(first + 1, total), min(first + max(self.size.height, 1), total), total

    @property
    def is_whole(self) -> bool:
        """Whether all lines are seen at once."""
        first, last, total = self.seen
        return first <= 1 and last >= total

    def renew(self, make: Make | None = None) -> None:
        """Show something else, or the same anew."""
        self._make = make or self._make
        self._lines = None
        self.scroll_to(y=0, animate=False, immediate=True)
        self._measure()
        self.refresh(layout=True)

    def press(self, key: str) -> bool:
        """Scroll by a key: `j` and `k` a line, Space and `b` a page, `g` and `G` to the ends; whether it was one."""
        page = max(self.size.height - 1, 1)
        by = {"j": 1, "k": -1, "space": page, "b": -page, "pagedown": page, "pageup": -page}.get(key)
        if by is not None:
            self.scroll_relative(y=by, animate=False, immediate=True)
        elif key in ("g", "home"):
            self.scroll_home(animate=False, immediate=True)
        elif key in ("G", "upper_g", "end"):
            self.scroll_end(animate=False, immediate=True)
        else:
            return False
        return True

    @property
    def _room(self) -> int:
        return max(self.scrollable_content_region.width, 1)

    def _measure(self) -> None:
        if self.is_attached and self.size.width:
            self.virtual_size = Size(self._room, len(self._lay_out(self._room)))
            self.post_message(self.Moved())

    def on_resize(self, event: events.Resize) -> None:
        self._measure()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.post_message(self.Moved())

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        total = len(self._lay_out(max(width - self.scrollbar_gutter.width, 1)))
        return min(total, bound(viewport, self._share))

    def _lay_out(self, width: int) -> list[Strip]:
        if self._lines is None or self._lines[0] != width:
            self._lines = (width, [Strip(line) for line in self._make(self._worn, width)])
        return self._lines[1]

    def render_line(self, y: int) -> Strip:
        strips = self._lay_out(self._room)
        place = y + round(self.scroll_y)
        strip = strips[place] if place < len(strips) else Strip.blank(self._room)
        return strip.adjust_cell_length(self._room).apply_style(self.rich_style)


class Bounded(VerticalScroll, can_focus=False):
    """Holds what may be taller than its share of the screen, and scrolls then."""

    DEFAULT_CSS = "Bounded { height: auto; width: 100%; scrollbar-size-vertical: 1; }"

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return min(super().get_content_height(container, viewport, width), bound(viewport, LIST_SHARE))


class Words(Widget):
    """A few words on the left, wrapped when they must be, and others at the right end or on a line of their own."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Words { height: auto; width: 100%; }"

    def __init__(self) -> None:
        super().__init__()
        self._said: tuple[Line, Line] = ([], [])

    def say(self, left: Sequence[Segment], right: Sequence[Segment] = ()) -> None:
        """Set the words; they are safe to show already."""
        said = (list(left), list(right))
        if self._said != said:
            self._said = said
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lay_out(width))

    def render_line(self, y: int) -> Strip:
        lines = self._lay_out(self.size.width)
        line = lines[y] if y < len(lines) else []
        return Strip(line).adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def _lay_out(self, width: int) -> list[Line]:
        left, right = self._said
        width = max(width, 1)
        gap = width - measure(left) - measure(right)
        if right and gap >= 2:
            return [[*left, Segment(" " * gap), *right]]
        return [*(wrap(left, width) if left else []), *(wrap(right, width) if right else [])]
