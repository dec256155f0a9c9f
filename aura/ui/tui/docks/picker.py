"""A dock to choose from a list by typing: a filter, rows of any number, and a few lines on the one with the cursor."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.widget import Widget

from aura.core.text import clean
from aura.ui.fuzzy import match
from aura.ui.look import Look
from aura.ui.tui.docks.define import Dock
from aura.ui.tui.entry import Entry
from aura.ui.tui.rows import Column, Row, RowList, cut

CHROME = 3  # lines of a picker beside its rows and its preview: two edges and the filter
FEWEST_ROWS = 3
KEEP = 40  # queries whose answers are known until other rows come
SHORT_SCREEN = 20  # rows of a screen below which there is no preview


def rank(query: str, texts: Sequence[str], among: Iterable[int] | None = None) -> list[int]:
    """The places of the texts (in lower case) that answer a query, the best first; equal ones stay in order.

    `among` are the places to look at (None: all): whatever answers a query answers also its beginning.
    """
    places = range(len(texts)) if among is None else among
    wanted = query.lower().strip()
    if not wanted:
        return list(places)
    found: list[tuple[float, int]] = []
    for place in places:
        text = texts[place]
        at = text.find(wanted)
        if at >= 0:  # most texts that fit do so at once, and there may be thousands
            found.append((0.0 if at == 0 else 0.5 if not text[at - 1].isalnum() else 1.0, place))
        elif (one := match(wanted, text)) is not None:
            found.append((one.distance, place))
    return [place for _, place in sorted(found)]


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter does with the row under the cursor: its word for the lower edge.

    `question` is asked first (empty: it acts at once).
    """

    word: str
    question: str = ""


class Preview(Widget):
    """A fixed number of lines; each is cut at the edge."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Preview { width: 100%; }"

    def __init__(self, count: int) -> None:
        super().__init__()
        self.look = Look()
        self.styles.height = count
        self._lines: tuple[Text, ...] = ()

    def show(self, lines: Sequence[Text]) -> None:
        """Show other lines."""
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self.refresh()

    def render(self) -> Text:
        """The lines."""
        lines = [cut(line, self.size.width, self.look.signs.ellipsis) for line in self._lines]
        return Text("\n", no_wrap=True, overflow="crop", end="").join(lines)


class Picker(Dock):
    """Choose one row of many: type to filter, ↑↓ PgUp PgDn to move, Enter or a click on the cursor to choose.

    A subclass gives its rows to `fill`, says in `choose` what Enter does, in `tell` what is shown below the list, in
    `turn` what Tab does, and in `act` what its `letters` do. Letters act while nothing is being typed; what is typed
    right after one that asks first belongs to the filter, so that every word can be typed.
    """

    def __init__(
        self,
        title: str,
        columns: Sequence[Column],
        *,
        keys: str = "Enter choose · Esc close",
        letters: Mapping[str, Letter] | None = None,
        preview: int = 0,
        empty: str = "Nothing fits.",
    ) -> None:
        self.entry = Entry(placeholder="type to filter")
        self.list = RowList(columns, empty=empty)
        self.below = Preview(preview)
        self.all: tuple[Row, ...] = ()
        self._words: tuple[str, ...] = ()
        self._found: dict[str, list[int]] = {}
        self._letters = dict(letters or {})
        self._asked = ""
        self._is_typing_filter = False
        self._preview = preview
        super().__init__(title, keys)

    # --- for subclasses

    def choose(self, row: Row) -> None:
        """Enter was pressed on a row, or it was clicked."""
        self.close(row.key)

    def act(self, letter: str, row: Row) -> None:
        """A letter was pressed on a row, and said yes to if it asks."""

    def turn(self) -> None:
        """Tab was pressed."""

    def tell(self, row: Row | None) -> Sequence[Text]:
        """What is shown below the list of the row with the cursor."""
        return ()

    # --- for everybody

    @property
    def is_dead(self) -> bool:
        """Never: whoever opens a list wants to type at once."""
        return False

    def fill(self, rows: Sequence[Row], key: str = "") -> None:
        """Show these rows, with the cursor on the one of `key`, or where it was."""
        current = self.list.current
        self.all = tuple(rows)
        self._words = tuple(row.haystack.lower() for row in self.all)
        self._found = {}
        self.list.measure(self.all)
        self.on_resize()
        self.sift(key or (current.key if current is not None else ""))

    def find(self, query: str) -> list[Row]:
        """The rows that fit what was typed."""
        if query not in self._found:
            begun = next((known for known in reversed(self._found) if known and query.startswith(known)), "")
            if len(self._found) >= KEEP:
                self._found.clear()
                begun = ""
            self._found[query] = rank(query, self._words, self._found.get(begun))
        return [self.all[place] for place in self._found[query]]

    def sift(self, key: str = "") -> None:
        """Show the rows that fit the filter."""
        query = self.entry.text.strip()
        rows = self.find(query)
        self.list.show(rows, key=key, words=query.split())
        counted = f"{len(rows):,} of {len(self.all):,}" if query else f"{len(rows):,}"
        self.entry.say(counted if self.all else "")

    def restyle(self) -> None:
        """The parts get the look of the dock."""
        for part in (self.entry, self.list, self.below):
            part.look = self.look
            part.refresh()
        self.list.styles.scrollbar_size_vertical = int(
            self.look.colour
        )  # without colour it could not be seen
        self.below.show(self.tell(self.list.current))

    def compose_body(self) -> ComposeResult:
        yield self.entry
        yield self.list
        yield self.below

    def on_resize(self) -> None:
        """Take the height that leaves half of the screen to the conversation."""
        if not self.is_mounted:
            return
        height = self.app.size.height
        is_short = height < SHORT_SCREEN
        self.below.display = bool(self._preview) and not is_short
        room = height // 2 - CHROME - (self._preview if self.below.display else 0)
        wanted = min(max(len(self.all), 1), max(room, FEWEST_ROWS))
        if self.list.styles.height is None or self.list.styles.height.value != wanted:
            self.list.styles.height = wanted

    # --- keys

    def press(self, event: events.Key) -> bool:
        """Take a key."""
        if self._asked:
            return self._settle(event)
        page = self.list.page
        match event.key:
            case "up" | "down" | "pageup" | "pagedown":
                steps = {"up": -1, "down": 1, "pageup": -page, "pagedown": page}
                self._is_typing_filter = False
                self.list.move(steps[event.key])
            case "home" | "end" if not self.entry.text:
                self.list.go(0 if event.key == "home" else len(self.list.rows) - 1)
            case "enter":
                self._pick_current()
            case "tab":
                self.turn()
            case _:
                return self._press_letter(event) or self._type_filter(event.key, event.character)
        return True

    def _press_letter(self, event: events.Key) -> bool:
        letter = self._letters.get(event.character or "")
        row = self.list.current
        if letter is None or row is None or self._is_typing_filter:
            return False
        if letter.question:
            self._asked = event.character or ""
            self.hint(f"{letter.question} Enter yes · Esc no")
        else:
            self.act(event.character or "", row)
        return True

    def _settle(self, event: events.Key) -> bool:
        """The key after a letter that asks first."""
        letter, self._asked = self._asked, ""
        row = self.list.current
        if event.key == "enter" or (event.character == letter and letter == "x"):
            if row is not None:
                self.act(letter, row)
        elif event.is_printable:
            self._type_filter(letter, letter)
            self._type_filter(event.key, event.character)
        return True

    def _type_filter(self, key: str, character: str | None) -> bool:
        before = self.entry.text
        used = self.entry.press(key, character)
        if self.entry.text != before:
            self._is_typing_filter = bool(self.entry.text)
            self.sift("" if self.entry.text else (self.list.current.key if self.list.current else ""))
        return used

    def take_paste(self, text: str) -> None:
        """Pasted text filters."""
        if self.is_typing:
            super().take_paste(text)
            return
        self.entry.paste(clean(text).strip())
        self._is_typing_filter = bool(self.entry.text)
        self.sift()

    def cancel(self) -> None:
        """Esc takes back a question, else closes."""
        if self._asked:
            self._asked = ""
            return
        self.close()

    # --- what the list says

    @on(RowList.Moved)
    def _moved(self, event: RowList.Moved) -> None:
        event.stop()
        self._asked = ""
        self.below.show(self.tell(self.list.current))

    @on(RowList.Picked)
    def _pick_current(self) -> None:
        if self.list.current is not None and not self.is_closed:
            self.choose(self.list.current)
