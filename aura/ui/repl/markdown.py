"""Markdown for lines that are printed once: headings at the left, code without a background, nothing in boxes."""

from typing import ClassVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement
from rich.padding import Padding
from rich.syntax import Syntax
from rich.text import Text


class PlainHeading(Heading):
    """A heading: bold, at the left."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        text = self.text.copy()
        text.justify = "left"
        text.stylize("bold")
        yield text


class PlainCode(CodeBlock):
    """Code, a little to the right, with the terminal's own background."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = str(self.text).rstrip()
        if console.no_color:
            yield Padding(Text(code), (0, 0, 0, 2))
            return
        yield Padding(
            Syntax(code, self.lexer_name, theme=self.theme, background_color="default", word_wrap=True),
            (0, 0, 0, 2),
        )


class PlainMarkdown(Markdown):
    """Markdown with plain headings and code."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": PlainHeading,
        "fence": PlainCode,
        "code_block": PlainCode,
    }
