"""Ctrl+R: older entries searched while one types, in a line below the prompt and on the shelf above it."""

from aura.core.text import shorten
from aura.ui.history import History
from aura.ui.tui.entry import Entry
from aura.ui.tui.shelf import Choice, Shelf

MOST = 50
WIDTH = 300  # characters of an entry that are shown


class HistorySearch:
    """A search; its keys come from the prompt."""

    def __init__(self, entry: Entry, shelf: Shelf) -> None:
        self.is_open = False
        self._entry = entry
        self._shelf = shelf
        self._history: History | None = None

    def open(self, history: History, query: str) -> None:
        """Begin; `query` is what was typed already."""
        self._history = history
        self.is_open = True
        self._entry.display = True
        self._entry.set_text(query if "\n" not in query else "")
        self._find()

    def close(self) -> None:
        """End."""
        self.is_open = False
        self._entry.display = False
        self._shelf.show(())

    def take_key(self, key: str, character: str | None) -> str | None:
        """Take a key; the entry when one was taken, None while it goes on or when it was given up."""
        match key:
            case "escape" | "ctrl+g":
                self.close()
            case "enter" | "tab":
                chosen = self._shelf.chosen
                self.close()
                return chosen.insert if chosen is not None else None
            case "up" | "ctrl+p":
                self._shelf.move(-1)
            case "down" | "ctrl+n" | "ctrl+r":
                self._shelf.move(1)
            case _:
                if self._entry.press(key, character):
                    self._find()
        return None

    def paste(self, text: str) -> None:
        """Take a pasted text."""
        self._entry.paste(text)
        self._find()

    def _find(self) -> None:
        assert self._history is not None
        found = self._history.find(self._entry.text, MOST)
        self._entry.say(f"{len(found)}{'+' if len(found) == MOST else ''} found")
        choices = []
        for one in found:
            label = shorten(one.text[:WIDTH], WIDTH)
            choices.append(Choice(one.text, label, places=one.places if label == one.text else ()))
        self._shelf.show(choices)
