"""Markdown in pieces: where a reply may be cut so that what is finished never has to be painted again.

A piece is one or several whole top-level blocks, or a part of a long one. However the text arrives, the pieces are the
same, and joined they are the text (but for blank space at its end).
"""

import re
from dataclasses import dataclass

LONGEST = 4_000  # characters of a paragraph, of a line, of a piece of code
LONGEST_ITEM = 16_000  # characters of a list item: cutting it costs its indentation
FENCE_LINES = 40

FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})", re.MULTILINE)
INNER_FENCE = re.compile(r"\s*(`{3,}(?=[^`]*$)|~{3,})", re.MULTILINE)
HEADING = re.compile(r" {0,3}#{1,6}(?:\s|$)")
RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$")
QUOTE = re.compile(r" {0,3}>")
ITEM = re.compile(r"( {0,3})([-*+]|\d{1,9}[.)])([ \t]+|$)")
FIRST_ITEM = re.compile(r" {0,3}(?:[-*+]|1[.)])[ \t]+\S")
DELIMITERS = re.compile(r" {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a Markdown text; `fence` is the opening line of the code block it goes on with (empty: none)."""

    text: str
    fence: str = ""


def split(text: str) -> list[Piece]:
    """The pieces of a whole text."""
    splitter = Splitter()
    return [*splitter.feed(text), *splitter.close()]


class Splitter:
    """Cuts a text that is still growing: `feed` gives what is finished, `rest` is what may still change."""

    def __init__(self) -> None:
        self._line = ""  # the line that has no end yet
        self._is_inside = False  # whether that line's beginning is in the text already
        self._lines: list[str] = []  # of the piece under way
        self._size = 0
        self._kind = ""  # paragraph, table, item, code, quote; empty between blocks
        self._offset = 0  # where the text of a list item begins
        self._has_gap = False  # a blank line inside an item or indented code came last
        self._fence = ""  # the opening line of the open fence
        self._fenced = 0  # lines of it in this piece
        self._continues = ""  # the fence that this piece goes on with
        self._done: list[Piece] = []

    @property
    def rest(self) -> Piece:
        """What is not finished."""
        return Piece("".join(self._lines) + self._line, self._continues)

    def feed(self, text: str) -> list[Piece]:
        """Take more of the text; the pieces that are finished now."""
        text = self._line + text
        start = 0
        while True:
            end = text.find("\n", start)
            stop = end + 1 if end >= 0 else len(text)
            if stop - start > LONGEST:
                space = text.rfind(" ", start, start + LONGEST)
                stop = space + 1 if space > start else start + LONGEST
                self._take(text[start:stop])
                self._is_inside = True
                self._cut()
            elif end < 0:
                break
            else:
                self._take(text[start:stop])
                self._is_inside = False
            start = stop
        self._line = text[start:]
        done, self._done = self._done, []
        return done

    def close(self) -> list[Piece]:
        """The text ends here; the pieces that were left."""
        if self._line:
            self._take(self._line)
            self._line = ""
        self._cut()
        done, self._done = self._done, []
        return done

    def _take(self, line: str) -> None:
        """Take a whole line, or a part of one that is too long."""
        if self._is_inside:
            self._add(line)
        elif self._fence:
            self._take_code(line)
        elif not line.strip():
            self._take_blank(line)
        else:
            self._take_text(line)

    def _add(self, line: str) -> None:
        self._lines.append(line)
        self._size += len(line)
        limit = {"table": 0, "item": LONGEST_ITEM}.get(self._kind, LONGEST)
        if limit and self._size >= limit and self._kind:
            self._cut()

    def _cut(self) -> None:
        """End the piece here; the block may go on in the next one."""
        text = "".join(self._lines)
        if self._lines and (self._continues or text.strip()):
            self._done.append(Piece(text, self._continues))
            self._lines.clear()
            self._size = 0
        self._continues = self._fence
        self._fenced = 0

    def _end(self) -> None:
        """End the piece and the block."""
        self._kind = ""
        self._cut()

    def _take_code(self, line: str) -> None:
        """A line inside a fence."""
        mark = self._fence.strip()
        run = line.strip()
        width = len(mark) - len(mark.lstrip(mark[0]))
        self._lines.append(line)
        self._size += len(line)
        if len(run) >= width and not run.strip(mark[0]):
            self._fence = ""
            if self._kind != "item":
                self._end()
            elif self._continues:
                self._cut()
            return
        self._fenced += 1
        if self._fenced >= FENCE_LINES or self._size >= LONGEST:
            self._cut()

    def _take_blank(self, line: str) -> None:
        self._lines.append(line)
        self._size += len(line)
        if self._kind in ("paragraph", "table", "quote"):
            self._end()
        elif self._kind:
            self._has_gap = True

    def _take_text(self, line: str) -> None:
        """A line with something on it, outside of any fence."""
        if self._kind and not self._goes_on(line):
            self._end()
        self._has_gap = False
        if self._kind == "paragraph" and self._is_delimiter(line):
            self._kind = "table"
        if self._kind:
            if self._kind == "item" and INNER_FENCE.match(line):
                self._open_fence(line)
            self._add(line)
        else:
            self._begin(line)

    def _goes_on(self, line: str) -> bool:
        """Whether the line belongs to the block under way."""
        if self._kind == "item":
            return _indent(line) >= self._offset or not (self._has_gap or _begins_block(line))
        if self._kind == "code":
            return _indent(line) >= 4
        if self._kind == "quote" and QUOTE.match(line):
            return True
        return not _begins_block(line)

    def _is_delimiter(self, line: str) -> bool:
        """Whether the line makes a table of the one before it."""
        before = self._lines[-1] if self._lines else ""
        return "|" in before and ("|" in line or ":" in line) and DELIMITERS.match(line.rstrip()) is not None

    def _begin(self, line: str) -> None:
        """The first line of a block."""
        item = ITEM.match(line)
        if FENCE.match(line):
            self._kind = "fence"
            self._open_fence(line)
            self._lines.append(line)
            self._size += len(line)
        elif HEADING.match(line) or RULE.match(line.rstrip()):
            self._lines.append(line)
            self._end()
        elif item:
            self._kind = "item"
            space = len(item[3].expandtabs(4))
            self._offset = len(item[1]) + len(item[2]) + (space if 1 <= space <= 4 else 1)
            if INNER_FENCE.match(line, item.end()):
                self._open_fence(line[item.end() :])
            self._add(line)
        else:
            self._kind = "quote" if QUOTE.match(line) else "code" if _indent(line) >= 4 else "paragraph"
            self._add(line)

    def _open_fence(self, line: str) -> None:
        self._fence = line.rstrip("\n")
        self._fenced = 0


def _indent(line: str) -> int:
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip(" "))


def _begins_block(line: str) -> bool:
    """Whether the line ends a paragraph without a blank line between."""
    if FENCE.match(line) or HEADING.match(line) or QUOTE.match(line) or FIRST_ITEM.match(line):
        return True
    stripped = line.strip()
    return RULE.match(line.rstrip()) is not None and not stripped.startswith("-")
