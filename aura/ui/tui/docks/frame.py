"""The frame of a dock: border, title, keys, choices, a line of text; what is done with them stands in `define`."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from aura.core.text import shorten
from aura.ui.cells import tidy_line
from aura.ui.look import ASCII, Look
from aura.ui.tui.docks.choices import Choice, Choices, spell
from aura.ui.tui.entry import Entry

FIELD_KEYS = "Enter sends · Esc back"
APART = " · "  # between two keys
CORNERS = 4  # cells of the lower edge that stay free


class DockFrame(Vertical):
    """A bordered box, its title above and its keys below; `field` is a line of text, open while `is_typing`."""

    DEFAULT_CSS = """
    DockFrame {
        height: auto;
        max-height: 75vh;
        border: round $accent;
        background: $surface;
        padding: 0 1;
        border-title-color: $text;
        border-subtitle-color: $text-muted;
        border-subtitle-align: left;
    }
    DockFrame.-ascii { border: ascii $accent; }
    DockFrame > Entry.-field { display: none; }
    DockFrame.-typing > Entry.-field { display: block; }
    """

    def __init__(self, title: str = "", keys: str = "") -> None:
        super().__init__()
        self.choices: Choices | None = None
        self.field = Entry()
        self.field.add_class("-field")
        self._worn = Look()
        self._title, self._keys, self._field_keys, self._hint = title, keys, "", ""
        self.name_it(title)
        self.show_keys(keys)

    def compose_body(self) -> ComposeResult:
        """The parts of the dock, top to bottom; the field stands below them."""
        yield from ()

    def compose(self) -> ComposeResult:
        yield from self.compose_body()
        yield self.field

    def pick(self, choice: Choice) -> None:
        """A choice was made, by a letter, Enter or a click."""

    def restyle(self) -> None:
        """Paint anew after another look was set."""

    @property
    def look(self) -> Look:
        """How things look."""
        return self._worn

    @look.setter
    def look(self, look: Look) -> None:
        self._worn = look
        self.field.look = look
        if self.choices is not None:
            self.choices.look = look
        self.set_class(look.signs.ellipsis == ASCII.ellipsis, "-ascii")
        self.name_it(self._title)
        self.show_keys(self._keys)
        self.restyle()
        self.refresh()

    @property
    def is_deaf(self) -> bool:
        """Whether clicks do not count now."""
        return False

    def name_it(self, title: str) -> None:
        """Set the title; it is text, never markup."""
        self._title = title
        self.border_title = self._as_title(title)

    def show_keys(self, keys: str) -> None:
        """Set what stands on the lower edge."""
        self._keys = keys
        self.hint("")

    def hint(self, sentence: str) -> None:
        """Say something in place of the keys, until the next key; empty: as many keys as there is room for."""
        self._hint = sentence
        self._show_foot()

    @on(events.Resize)
    def _show_foot(self) -> None:
        keys = self._field_keys if self.is_typing and self._field_keys else self._keys
        self.border_subtitle = self._as_title(self._hint or fit_keys(keys, self.outer_size.width - CORNERS))

    def offer(self, rows: Sequence[Choice], *, inline: bool = False, several: bool = False) -> Choices:
        """The dock's list of choices, to be yielded by `compose_body`."""
        self.choices = Choices(rows, self.pick, inline=inline, several=several)
        self.choices.is_deaf = lambda: self.is_deaf
        self.choices.look = self._worn
        return self.choices

    @property
    def is_typing(self) -> bool:
        """Whether the line of text is open."""
        return self.has_class("-typing")

    def open_field(self, wish: str = "", text: str = "", keys: str = "") -> None:
        """Open the line of text; `wish` says what it is for, `keys` take the place of the dock's while it is open."""
        self._field_keys = keys
        self.field.label = self._worn.signs.prompt
        self.field.placeholder = shorten(wish, 200)
        self.field.set_text(text)
        self.add_class("-typing")
        self.hint("")

    def close_field(self) -> str:
        """Close the line of text; what stood in it."""
        text = self.field.text
        self.field.set_text("")
        self.remove_class("-typing")
        self.hint("")
        return text

    def _as_title(self, text: str) -> Content:
        """One line of text for the border."""
        return Content(spell(tidy_line(text), self._worn.signs))


def fit_keys(keys: str, width: int) -> str:
    """The keys that fit into `width` cells: the first and the last stay longest, as they matter most.

    Before it was laid out a dock has no width (0 or less): then all of them.
    """
    parts = keys.split(APART)
    while len(parts) > 2 and 0 < width < cell_len(APART.join(parts)):
        parts.pop(1)
    return APART.join(parts)
