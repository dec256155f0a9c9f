"""Markdown as lines: headings, lists, quotes, tables, code; a reply that still grows is painted piece by piece."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from aura.ui.blocks import Prose
from aura.ui.cells import Line, wrap
from aura.ui.look import Look
from aura.ui.tui.paint.code import render_code
from aura.ui.tui.paint.inline import block_parser, render_inline
from aura.ui.tui.paint.lines import INDENT, indent
from aura.ui.tui.paint.pieces import Piece, settle, split_pieces
from aura.ui.tui.paint.tables import render_raw, render_source, render_table

if TYPE_CHECKING:
    from markdown_it.token import Token

LONGEST = 200_000  # characters of one piece that are parsed; more is shown as it is
FEWEST = 12  # cells that nested lists and quotes leave for the text
CUT = 4_000  # characters; a paragraph or line as long as this is cut in its middle
HALF_FENCE = re.compile(r"(?:^|\n)(?:`{1,2}|~{1,2})\Z")
TRAILING = re.compile(r"\n[ \t]*\n[ \t\n]*\Z")
BLOCKS = "#>-+*=_~`|0123456789 \t<["  # what a line may begin with that is more than text


def paint_prose(body: Prose, look: Look, width: int) -> list[Line]:
    """A piece of a reply; an empty line follows unless the next piece goes on with it."""
    pieces = split_pieces(body.text, body.fence)
    lines = indent(render_pieces(pieces, look, max(width - INDENT, 1), is_open=body.open))
    if body.interrupted:
        lines.append([Segment(f"  {look.signs.paused} interrupted", look.style("warn"))])
    return lines if lines and _goes_on(body, pieces) else [*lines, []]


def _goes_on(body: Prose, pieces: Sequence[Piece]) -> bool:
    """Whether another piece follows without an empty line between: the text ends within a block, or right behind it."""
    if body.open or body.interrupted:
        return False
    if pieces and (not pieces[-1].closed or pieces[-1].stands_apart):
        return not pieces[-1].closed
    is_cut = body.text.endswith(("\n", " ")) or len(body.text) >= CUT
    return is_cut and not TRAILING.search(body.text)


def render_markdown(text: str, look: Look, width: int) -> list[Line]:
    """A whole text of Markdown as lines of at most `width` cells."""
    return render_pieces(split_pieces(text), look, width, is_open=False)


def render_pieces(pieces: Sequence[Piece], look: Look, width: int, *, is_open: bool) -> list[Line]:
    """The pieces below each other, empty lines between them where the source has them and around what stands apart.

    With `is_open` the last one is still being written.
    """
    lines: list[Line] = []
    for number, piece in enumerate(pieces, 1):
        before = pieces[number - 2] if number > 1 else piece
        if lines and (piece.apart or before.stands_apart or piece.is_heading):
            lines.append([])
        if is_open and number == len(pieces):
            lines += _render_growing(piece, look, width)
        else:
            lines += _render(piece, look, width)
    while lines and not lines[-1]:
        lines.pop()
    return lines


@lru_cache(maxsize=256)
def _render(piece: Piece, look: Look, width: int) -> tuple[Line, ...]:
    """One piece that is whole."""
    if piece.kind == "code":
        return tuple(render_code(piece.text, piece.language, look, width))
    if piece.kind == "table":
        return tuple(render_source(piece.lines, look, width))
    return tuple(_render_text(piece.text, look, width))


def _render_growing(piece: Piece, look: Look, width: int) -> Sequence[Line]:
    """The piece at the end of a reply that is still being written."""
    if piece.kind == "code":
        code = piece.text if piece.closed else HALF_FENCE.sub("", piece.text)
        return render_code(code, piece.language, look, width, is_open=not piece.closed)
    if piece.kind == "table" or all(line.startswith("|") for line in piece.lines):
        return render_raw(piece.lines, look, width)
    return _render_text(settle(piece.text), look, width)


def _render_text(text: str, look: Look, width: int) -> list[Line]:
    plain = look.style("text")
    if not text.strip():
        return []
    if text[0] not in BLOCKS and "\n" not in text:
        return wrap(render_inline(text, look, plain), width)
    if len(text) > LONGEST:
        return wrap([Segment(text, plain)], width)
    return _Writer(look, width).write(block_parser().parse(text))


@dataclass(slots=True)
class _Frame:
    """What stands before the lines of an item or a quote: `first` once (None: used up), `rest` after that."""

    first: Line | None
    rest: Line
    cells: int


class _Writer:
    """Writes blocks below each other; lists and quotes put their marks before them."""

    def __init__(self, look: Look, width: int) -> None:
        self.look = look
        self.width = width
        self.lines: list[Line] = []
        self.frames: list[_Frame] = []
        self.end = 0  # the line of the source behind the last block
        self.style = look.style("text")
        self.ordered: list[bool] = []

    @property
    def room(self) -> int:
        """Cells for the text of the block at hand."""
        return max(self.width - sum(frame.cells for frame in self.frames), 1)

    def write(self, tokens: "Sequence[Token]") -> list[Line]:
        """The lines of the tokens of a block parser."""
        index = 0
        while index < len(tokens):
            token = tokens[index]
            if token.type == "table_open":
                index = self._write_table(tokens, index)
            else:
                self._take(token)
            index += 1
        return self.lines

    def _take(self, token: "Token") -> None:
        match token.type:
            case "heading_open":
                self._begin(token, always=True)
                self.style = _heading_style(token.tag, self.look)
            case "heading_close":
                self.style = self.look.style("text")
            case "paragraph_open":
                self._begin(token)
            case "inline":
                self._emit(self._render_inline(token.content))
            case "fence" | "code_block":
                self._begin(token)
                code = token.content.removesuffix("\n")
                self._emit(render_code(code, token.info.strip(), self.look, self.room))
            case "hr":
                self._begin(token)
                self._emit([[Segment(self.look.signs.rule * self.room, self.look.style("faint"))]])
            case "bullet_list_open" | "ordered_list_open":
                self.ordered.append(token.type.startswith("ordered"))
            case "bullet_list_close" | "ordered_list_close":
                self.ordered.pop()
            case "list_item_open":
                self._open_item(token)
            case "blockquote_open":
                self._begin(token)
                bar = [Segment(f"{self.look.signs.guide} ", self.look.style("faint"))]
                self._push(_Frame(bar, bar, 2))
            case "list_item_close" | "blockquote_close":
                self._close_frame()
            case _:
                pass

    def _render_inline(self, text: str) -> list[Line]:
        frame = self.frames[-1] if self.frames else None
        if frame and frame.first and text[:4] in ("[ ] ", "[x] ", "[X] "):
            signs = self.look.signs
            mark = Segment(f"{signs.waiting} ", self.look.style("muted"))
            if text[1] != " ":
                mark = Segment(f"{signs.ok} ", self.look.style("good"))
            frame.first = [mark] if frame.cells == 2 else [*frame.first, mark]
            text = text[4:]
        return wrap(render_inline(text, self.look, self.style), self.room)

    def _begin(self, token: "Token", *, always: bool = False) -> None:
        """An empty line before a block if there is one in the source, and before a heading."""
        begin, end = token.map or (self.end, self.end)
        if self.lines and (begin > self.end or always) and self.lines[-1]:
            prefix = [piece for frame in self.frames if frame.first is None for piece in frame.rest]
            self.lines.append(prefix if any(piece.text.strip() for piece in prefix) else [])
        self.end = max(end, self.end) if token.type != "blockquote_open" else begin

    def _open_item(self, token: "Token") -> None:
        number = (
            f"{token.info}{token.markup}" if self.ordered and self.ordered[-1] else self.look.signs.bullet
        )
        mark = [Segment(f"{number} ", self.look.style("muted"))]
        cells = cell_len(number) + 1
        self._push(_Frame(mark, [Segment(" " * cells)], cells))

    def _push(self, frame: _Frame) -> None:
        if self.room - frame.cells < FEWEST:
            frame = _Frame(None if frame.first is frame.rest else frame.first, [], 0)
        self.frames.append(frame)

    def _close_frame(self) -> None:
        if self.frames and self.frames[-1].first is not None and self.frames[-1].cells:
            self._emit([[]])  # an item without text still has its mark
        if self.frames:
            self.frames.pop()

    def _emit(self, lines: Iterable[Line]) -> None:
        for line in lines:
            prefix: Line = []
            for frame in self.frames:
                prefix += frame.rest if frame.first is None else frame.first
                frame.first = None
            self.lines.append([*prefix, *line])

    def _write_table(self, tokens: "Sequence[Token]", index: int) -> int:
        """Write a table within a list or quote; the index of its last token."""
        self._begin(tokens[index])
        rows: list[list[str]] = []
        sides: list[str] = []
        while tokens[index].type != "table_close":
            token = tokens[index]
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(token.content)
            elif token.type == "th_open":
                sides.append(str(token.attrGet("style") or "").removeprefix("text-align:"))
            index += 1
        sides = [side if side in ("right", "center") else "left" for side in sides]
        self._emit(render_table(rows[0], sides, rows[1:], self.look, self.room))
        return index


def _heading_style(tag: str, look: Look) -> Style:
    """A heading is bold; the first level is underlined too, those from the third on are in italics."""
    strong = look.style("strong")
    extra = {"h1": Style(bold=True, underline=True), "h2": Style(bold=True)}
    return strong + extra.get(tag, Style(bold=True, italic=True))
