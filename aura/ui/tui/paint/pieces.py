"""Markdown cut into pieces that can be painted alone, so that a growing reply is only painted anew at its end."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aura.ui.tui.paint.tables import is_table

FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)\Z", re.DOTALL)
INNER_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})(.*)\Z", re.DOTALL)
HEADING = re.compile(r" {0,3}#{1,6}(?:\s|\Z)")
RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})\Z")
ITEM = re.compile(r"([-+*]|\d{1,9}[.)])[ \t]+\S")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some lines of Markdown: a block of code, a table, or anything else; `apart` says that an empty line precedes.

    Of code the lines are what is between the fences, `language` what the fence names, `closed` whether it ends here.
    """

    kind: Literal["code", "table", "other"]
    lines: tuple[str, ...]
    apart: bool = False
    language: str = ""
    closed: bool = True

    @property
    def text(self) -> str:
        """The lines in one text."""
        return "\n".join(self.lines)

    @property
    def is_heading(self) -> bool:
        """Whether it begins with a heading."""
        return self.kind == "other" and bool(self.lines) and HEADING.match(self.lines[0]) is not None

    @property
    def stands_apart(self) -> bool:
        """Whether an empty line follows even where the source has none: after code, tables, headings and rules."""
        is_single = len(self.lines) == 1 and (self.is_heading or RULE.match(self.lines[0]) is not None)
        return self.kind != "other" or is_single


def split_pieces(text: str, fence: str = "") -> list[Piece]:
    """The pieces of a text; `fence` is the opening line of a block of code that it goes on with (empty: none)."""
    lines = text.split("\n")
    pieces: list[Piece] = []
    index = 0
    if fence:
        opened = FENCE.match(fence.strip()) or FENCE.match("```")
        assert opened
        index, piece = _take_code(lines, 0, opened, apart=False)
        pieces.append(piece)
    apart = False
    while index < len(lines):
        line = lines[index]
        if not line.strip():
            apart, index = True, index + 1
            continue
        opened = find_fence(line)
        if opened:
            index, piece = _take_code(lines, index + 1, opened, apart=apart)
        elif index + 1 < len(lines) and is_table(line, lines[index + 1]):
            index, piece = _take_table(lines, index, apart=apart)
        else:
            index, piece = _take_other(lines, index, apart=apart)
        pieces.append(piece)
        apart = False
    return pieces


def find_fence(line: str) -> re.Match[str] | None:
    """The match of a line that opens a block of code; backticks may not stand in its name."""
    if "```" not in line and "~~~" not in line:
        return None
    match = FENCE.match(line)
    return match if match and not (match[1][0] == "`" and "`" in match[2]) else None


def closes(line: str, opened: re.Match[str]) -> bool:
    """Whether a line closes the block of code that another line opened."""
    stripped = line.strip()
    return len(stripped) >= len(opened[1]) and not stripped.strip(opened[1][0])


def _take_code(lines: Sequence[str], begin: int, opened: re.Match[str], *, apart: bool) -> tuple[int, Piece]:
    end = begin
    while end < len(lines) and not closes(lines[end], opened):
        end += 1
    closed = end < len(lines)
    body = list(lines[begin:end])
    if not closed and body and not body[-1]:
        body.pop()  # the line feed at the end of the text begins no line
    margin = len(opened[0]) - len(opened[0].lstrip(" "))
    if margin:
        body = [line.removeprefix(" " * min(margin, len(line) - len(line.lstrip(" ")))) for line in body]
    return end + closed, Piece("code", tuple(body), apart, opened[2].strip(), closed)


def _take_table(lines: Sequence[str], begin: int, *, apart: bool) -> tuple[int, Piece]:
    end = begin + 2
    while end < len(lines) and lines[end].strip() and "|" in lines[end]:
        end += 1
    return end, Piece("table", tuple(lines[begin:end]), apart)


def _take_other(lines: Sequence[str], begin: int, *, apart: bool) -> tuple[int, Piece]:
    """Lines up to where something begins that can be painted alone."""
    if HEADING.match(lines[begin]) or RULE.match(lines[begin]):
        return begin + 1, Piece("other", (lines[begin],), apart)
    is_list = bool(ITEM.match(lines[begin]))
    end = begin + 1
    inner: re.Match[str] | None = None  # the fence of code inside a list item
    for end in range(begin + 1, len(lines) + 1):
        if end == len(lines):
            break
        line = lines[end]
        if inner:
            inner = None if closes(line, inner) else inner
            continue
        if _begins_anew(lines, end, is_list=is_list):
            break
        inner = INNER_FENCE.match(line) if line[:1] in (" ", "\t") and is_list else None
    kept = list(lines[begin:end])
    while kept and not kept[-1].strip():
        kept.pop()
        end -= 1
    return end, Piece("other", tuple(kept), apart)


def _begins_anew(lines: Sequence[str], at: int, *, is_list: bool) -> bool:
    """Whether a new piece begins with this line: nothing before it changes how it is read, or it how they are."""
    line = lines[at]
    if not line.strip():
        return not is_list and not _continues(lines, at)
    if line[0] in " \t":
        return False
    if HEADING.match(line) or (RULE.match(line) and (is_list or line[0] != "-")):
        return True
    if find_fence(line) or (at + 1 < len(lines) and is_table(line, lines[at + 1])):
        return True
    is_after_gap = not lines[at - 1].strip()
    return is_after_gap or bool(ITEM.match(line))


def _continues(lines: Sequence[str], at: int) -> bool:
    """Whether what follows the empty lines is indented, as the next paragraph of an item or of indented code is."""
    following = next((line for line in lines[at:] if line.strip()), "")
    return following[:1] in (" ", "\t")


FRAGMENT = re.compile(r"(?:^|\n)[ \t]*(?:[-+*_]{1,3}|=+|`{1,2}|~{1,2}|#{1,6}|\d{1,9}[.)]|>|\|)[ \t]*\Z")
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
HALF_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\s]*\Z")
LONE = {
    mark: re.compile(rf"(?<![\w{re.escape(mark)}]){re.escape(mark)}(?=[^\s{re.escape(mark)}])")
    for mark in "*_"
}


def settle(text: str) -> str:
    """The end of a text that is still being written, as it will most likely be read: what is open is closed.

    A line of nothing but marks is left out: with the next character it may be something else.
    """
    text = FRAGMENT.sub("", text)
    text = HALF_LINK.sub(r"\1", text)
    begin = text.rfind("\n\n") + 1
    bare = CODE.sub("", text[begin:])
    open_code = re.search(r"`+", bare)
    if open_code:
        return _close(text, open_code[0]) if len(open_code[0]) < 3 else text
    closers = [mark for mark in ("**", "~~") if bare.count(mark) % 2]
    single = bare.replace("**", "")
    closers += [mark for mark, lone in LONE.items() if single.count(mark) % 2 and lone.search(single)]
    for mark in reversed(closers):
        text = _close(text, mark)
    return text


def _close(text: str, mark: str) -> str:
    """The text with what the mark opened closed again; nothing is opened at the very end."""
    bare = text.rstrip()
    return bare[: -len(mark)].rstrip() if bare.endswith(mark) else bare + mark
