"""Markdown within a paragraph: emphasis, code, links; the parser is only called where there is something to parse."""

import re
from functools import cache
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style

from aura.ui.cells import Line, tidy
from aura.ui.look import Look

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MARKUP = re.compile(r"[*`]|(?<!\w)_|_(?!\w)|~~|\]\(|!\[|<\w+[:@]|&[#\w]|\\[^\w\s]|\\\n|  \n")
ADDRESS = re.compile(r"https?://[^\s<>\"'`]+[^\s<>\"'`.,;:!?)\]}]")
PLAIN_ADDRESS = re.compile(r"https?://[!-~]+\Z")
LONGEST = 12_000  # characters of a paragraph that are parsed; brackets without end take quadratic time

BOLD, ITALIC, STRUCK = Style(bold=True), Style(italic=True), Style(strike=True)
MARKS = {
    "strong_open": BOLD,
    "em_open": ITALIC,
    "s_open": STRUCK,
}


@cache
def parser() -> "MarkdownIt":
    """The parser: CommonMark with tables and strikethrough; HTML is text like any other."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


@cache
def block_parser() -> "MarkdownIt":
    """The same, but it leaves the text of paragraphs alone: most of them need no parser."""
    from markdown_it import MarkdownIt

    with_tables = MarkdownIt("commonmark", {"html": False}).enable(["table"])
    return with_tables.disable(["inline", "text_join"])


def render_inline(text: str, look: Look, base: Style) -> Line:
    """The text of a paragraph as segments; a line feed in one is a break that is wanted."""
    if len(text) > LONGEST or not MARKUP.search(text):
        return _find_addresses(tidy(text).replace("\n", " "), look, base)
    tokens = parser().parseInline(text)
    children = tokens[0].children if tokens else None
    return _Inline(look, base).render(children or []) or [Segment("", base)]


def _find_addresses(text: str, look: Look, base: Style) -> Line:
    """The text with bare web addresses as links."""
    if "://" not in text:
        return [Segment(text, base)]
    pieces: Line = []
    begin = 0
    for match in ADDRESS.finditer(text):
        if match.start() > begin:
            pieces.append(Segment(text[begin : match.start()], base))
        pieces.append(Segment(match[0], base + link_style(match[0], look)))
        begin = match.end()
    if begin < len(text) or not pieces:
        pieces.append(Segment(text[begin:], base))
    return pieces


def link_style(target: str, look: Look) -> Style:
    """The style of a link; the terminal is told the target only of web pages."""
    style = look.style("link")
    return style + Style(link=target) if PLAIN_ADDRESS.match(target) else style


def code_style(look: Look, base: Style) -> tuple[Style, str]:
    """The style of code within text, and the quote that stands around it where no background tells it apart."""
    style = look.style("code")
    return base + style, "" if style.bgcolor is not None else "`"


class _Inline:
    """Turns the tokens of one paragraph into segments."""

    def __init__(self, look: Look, base: Style) -> None:
        self.look = look
        self.styles = [base]
        self.pieces: Line = []
        self.links: list[tuple[str, int]] = []  # target, and where the text of the link begins

    def render(self, tokens: "list[Token]") -> Line:
        for token in tokens:
            self._take(token)
        return self.pieces

    def _take(self, token: "Token") -> None:
        style = self.styles[-1]
        match token.type:
            case "text":
                self._add_text(tidy(token.content))
            case "softbreak":
                self.pieces.append(Segment(" ", style))
            case "hardbreak":
                self.pieces.append(Segment("\n", style))
            case "code_inline":
                code, quote = code_style(self.look, style)
                self.pieces.append(Segment(f"{quote}{tidy(token.content)}{quote}", code))
            case "link_open":
                target = str(token.attrGet("href") or "")
                self.links.append((target, len(self.pieces)))
                self.styles.append(style + link_style(target, self.look))
            case "link_close":
                self._close_link()
            case "image":
                self._add_image(token)
            case _ if token.nesting == 1:
                self.styles.append(style + MARKS.get(token.type, Style.null()))
            case _ if token.nesting == -1 and len(self.styles) > 1:
                self.styles.pop()
            case _:
                self._add_text(tidy(token.content))

    def _add_text(self, text: str) -> None:
        if not text:
            return
        if not self.links:
            self.pieces += _find_addresses(text, self.look, self.styles[-1])
        else:
            self.pieces.append(Segment(text, self.styles[-1]))

    def _close_link(self) -> None:
        if len(self.styles) > 1:
            self.styles.pop()
        if not self.links:
            return
        target, begin = self.links.pop()
        shown = "".join(piece.text for piece in self.pieces[begin:])
        if not _is_same(shown, target):
            muted = self.styles[-1] + self.look.style("muted")
            self.pieces.append(Segment(f" ({tidy(target)})", muted))

    def _add_image(self, token: "Token") -> None:
        style = self.styles[-1] + self.look.style("muted")
        name = tidy(token.content) or "without a name"
        self.pieces.append(Segment(f"[image: {name}] ({tidy(str(token.attrGet('src') or ''))})", style))


def _is_same(shown: str, target: str) -> bool:
    """Whether a link's text already says where it leads."""
    bare = re.compile(r"^(https?://|mailto:)|/$")
    return bare.sub("", shown) == bare.sub("", target)
