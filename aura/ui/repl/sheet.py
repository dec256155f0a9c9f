"""Text as a plain terminal takes it: styled lines and Markdown, down to no escape sequence at all."""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

from aura.core.text import clean
from aura.ui.look import ASCII, Look, Role

if TYPE_CHECKING:
    from rich.markdown import Markdown

Depth = Literal["none", "standard", "256", "truecolor"]
Span = tuple[str, Role]
FILLING = re.compile(r"(?: |\x1b\[[\d;]*m)+$")
RESET = "\x1b[0m"
PLAIN_SIGNS = str.maketrans({"·": "-", "…": "...", "→": "->", "×": "x", "−": "-", "“": '"', "”": '"'})
WIDEST = 120  # columns of running text: longer lines are hard to read


@dataclass(frozen=True, slots=True)
class Sheet:
    """How text is written: its look, the colours that the terminal has, its width in cells.

    `bare` writes no escape sequence at all, `spoken` is for somebody who listens: words instead of signs, and
    Markdown as it was written.
    """

    look: Look = Look()
    depth: Depth = "256"
    width: int = 80
    bare: bool = False
    spoken: bool = False

    def resized(self, width: int) -> "Sheet":
        """The same on a terminal of another width."""
        return replace(self, width=width)

    def write(self, lines: Iterable[Text]) -> str:
        """The lines as the terminal takes them, each ended by a line feed."""
        if self.bare:
            return self.fit("".join(f"{line.plain}\n" for line in lines))
        console = self._open()
        for line in lines:
            console.print(line, soft_wrap=True)
        return self.fit(_take(console))

    def line(self, *spans: Span) -> str:
        """One line of pieces with their roles."""
        return self.write([self.text(*spans)])

    def text(self, *spans: Span) -> Text:
        """Pieces with their roles, cleaned."""
        text = Text()
        for piece, role in spans:
            text.append(clean(piece), self.look.style(role))
        return text

    def fit(self, text: str) -> str:
        """The text with the signs that this terminal has."""
        return text.translate(PLAIN_SIGNS) if self.look.signs == ASCII else text

    def prose(self, source: str) -> str:
        """A piece of Markdown; as it was written where nothing can be styled."""
        said = clean(source).strip("\n")
        if not said.strip():
            return ""
        if self.bare or self.spoken or self.look.signs == ASCII:  # tables and bullets are drawn in Unicode
            return f"{said}\n"
        console = self._open()
        console.print(_read_markdown(said, self.look))
        return _take(console)

    def _open(self) -> Console:
        """A console that writes into memory."""
        colours = self.look.colour and self.depth != "none"
        depth = "standard" if self.depth == "none" else self.depth
        return Console(
            file=io.StringIO(),
            force_terminal=True,
            color_system=depth,
            no_color=not colours,
            width=max(20, min(self.width - 1, WIDEST)),
            legacy_windows=False,
            markup=False,
            emoji=False,
            highlight=False,
            theme=Theme({"markdown.code": "bold cyan", "markdown.block_quote": "italic"}),
        )


def _take(console: Console) -> str:
    """What was written, without the blanks that fill lines up, and with no empty line at either end."""
    assert isinstance(console.file, io.StringIO)
    lines = [FILLING.sub("", line) for line in console.file.getvalue().split("\n")]
    lines = [f"{line}{RESET}" if "\x1b" in line else line for line in lines]
    return "\n".join(lines).strip("\n") + "\n"


def _read_markdown(said: str, look: Look) -> "Markdown":
    from aura.ui.repl.markdown import PlainMarkdown

    theme = "ansi_dark" if look.palette.is_dark else "ansi_light"
    return PlainMarkdown(said, code_theme=theme, hyperlinks=False)
