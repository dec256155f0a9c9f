"""One line of text being typed, painted with its caret; the keys come from the dock that has the focus."""

import re
from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from aura.core.text import clean
from aura.ui.look import Look

LONGEST = 10_000  # characters


@dataclass(frozen=True, slots=True)
class Typed:
    """A text and where its caret stands (0 to its length)."""

    text: str = ""
    caret: int = 0

    def insert(self, more: str) -> "Typed":
        """The text with more at the caret, on one line."""
        line = " ".join(clean(more).split("\n")).replace("\t", " ")
        text = (self.text[: self.caret] + line + self.text[self.caret :])[:LONGEST]
        return Typed(text, min(self.caret + len(line), len(text)))


def edit(typed: Typed, key: str, character: str | None = None) -> Typed | None:
    """What a key makes of a text; None when the key is not one of editing."""
    text, caret = typed.text, typed.caret
    match key:
        case "left" | "ctrl+b":
            return replace(typed, caret=max(0, caret - 1))
        case "right" | "ctrl+f":
            return replace(typed, caret=min(len(text), caret + 1))
        case "home":
            return replace(typed, caret=0)
        case "end" | "ctrl+e":
            return replace(typed, caret=len(text))
        case "backspace" | "ctrl+h":
            return Typed(text[: max(0, caret - 1)] + text[caret:], max(0, caret - 1))
        case "delete":
            return Typed(text[:caret] + text[caret + 1 :], caret)
        case "ctrl+w" | "ctrl+backspace" | "alt+backspace":
            left = re.sub(r"\S+\s*$|\s+$", "", text[:caret])
            return Typed(left + text[caret:], len(left))
        case "ctrl+u":
            return Typed(text[caret:], 0)
        case "ctrl+k":
            return Typed(text[:caret], caret)
        case _ if character is not None and character.isprintable():
            return typed.insert(character)
        case _:
            return None


def mask(text: str) -> str:
    """A secret as it may be shown: stars, and its last four characters once it is long enough."""
    shown = text[-4:] if len(text) >= 16 else ""
    return f"{'*' * min(len(text) - len(shown), 24)}{shown}"


class Entry(Widget):
    """A line with a label, what was typed, a caret, and a note at its right end.

    While it is `secret` it shows stars and the last characters only.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = "Entry { height: 1; width: 100%; }"

    def __init__(self, label: str = "", *, placeholder: str = "") -> None:
        super().__init__()
        self.look = Look()
        self.label = label
        self.placeholder = placeholder
        self.note = ""
        self.is_active = True
        self.secret = False
        self._typed = Typed()

    @property
    def text(self) -> str:
        """What was typed."""
        return self._typed.text

    def set_text(self, text: str) -> None:
        """Another text, with the caret at its end."""
        self._typed = Typed().insert(text)
        self.refresh()

    def say(self, note: str) -> None:
        """What stands at the right end."""
        if note != self.note:
            self.note = note
            self.refresh()

    def press(self, key: str, character: str | None = None) -> bool:
        """Take one key; whether it was one of editing."""
        after = edit(self._typed, key, character)
        if after is None:
            return False
        self._typed = after
        self.refresh()
        return True

    def paste(self, text: str) -> None:
        """Take a pasted text; line ends become blanks."""
        self._typed = self._typed.insert(text.strip() if self.secret else text)
        self.refresh()

    def render(self) -> Text:
        """The line; of a text that is too long, the part around the caret."""
        look = self.look
        line = Text(no_wrap=True, overflow="crop", end="")
        if self.label:
            line.append(f"{self.label} ", look.style("muted"))
        note = f"  {self.note}" if self.note else ""
        room = max(4, self.size.width - line.cell_len - cell_len(note) - 1)
        shown, caret = self.text, self._typed.caret
        if self.secret:
            shown = mask(shown)
            caret = len(shown)
        start = max(0, caret - room + 1)
        shown, caret = shown[start : start + room], caret - start
        on = look.style("text") + Style(reverse=True) if self.is_active else look.style("text")
        line.append(shown[:caret], look.style("text"))
        if self.text or not self.placeholder:
            line.append(shown[caret : caret + 1] or " ", on)
            line.append(shown[caret + 1 :], look.style("text"))
        else:
            line.append(self.placeholder[:1], look.style("muted") + (on if self.is_active else Style()))
            line.append(self.placeholder[1:room], look.style("muted"))
        if note:
            line.append(" " * max(0, self.size.width - line.cell_len - cell_len(note)))
            line.append(note, look.style("muted"))
        return line
