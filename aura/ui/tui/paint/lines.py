"""What all painters share: the indent, the guide beside what belongs to a line, and the step from lines to strips."""

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from aura.ui.cells import Line, chop, crop, cut, tidy_line, wrap_text
from aura.ui.look import Look, Role

INDENT = 2  # cells left of everything
EDGE = 100  # lines shown of the beginning and of the end of a long output
LONGEST = 4_000  # characters shown of one row of output
MARGIN = Segment(" " * INDENT)


def to_strips(lines: Iterable[Line], width: int) -> list[Strip]:
    """The lines as strips, none wider than `width` cells."""
    strips = []
    for line in lines:
        strip = Strip(line)
        strips.append(strip if strip.cell_length <= width else Strip(crop(line, width)))
    return strips


def indent(lines: Iterable[Line], cells: int = INDENT) -> list[Line]:
    """The lines with so many spaces before each that is not empty."""
    margin = Segment(" " * cells)
    return [[margin, *line] if line else line for line in lines]


def hang(lines: Sequence[Line], first: Line, cells: int) -> list[Line]:
    """The lines behind a mark: `first` before the first of them, so many spaces before the others."""
    margin = Segment(" " * cells)
    return [[*first, *line] if not number else [margin, *line] for number, line in enumerate(lines)]


def guide(lines: Iterable[Line], look: Look) -> list[Line]:
    """The lines behind the guide that says that they belong to the line above."""
    mark = Segment(f"    {look.signs.guide} ", look.style("faint"))
    return [[mark, *line] for line in lines]


def room_behind_guide(width: int) -> int:
    """Cells that are left behind the guide."""
    return max(width - 6, 1)


def quote(text: str, look: Look, width: int, role: Role = "muted") -> list[Line]:
    """Text behind the guide, wrapped."""
    return guide(wrap_text(text, look.style(role), room_behind_guide(width)), look)


def quote_rows(rows: Iterable[str], look: Look, width: int, role: Role = "muted") -> list[Line]:
    """Rows of a program's output behind the guide, one line each, cut where they are too long."""
    style, room, ellipsis = look.style(role), room_behind_guide(width), look.signs.ellipsis
    return guide(([Segment(cut(row, room, ellipsis), style)] for row in rows), look)


def name_more(count: int, what: str, look: Look) -> str:
    """`… 12 more lines`."""
    return f"{look.signs.ellipsis} {count} more {what}{'' if count == 1 else 's'}"


def quote_ends(rows: Sequence[str], look: Look, width: int) -> list[Line]:
    """The beginning and the end of a long output behind the guide, and how much is left out between them.

    Rows that are too long go on in the next line.
    """
    style, room = look.style("muted"), room_behind_guide(width)
    shown = rows
    if len(rows) > 2 * EDGE + 1:
        shown = [*rows[:EDGE], name_more(len(rows) - 2 * EDGE, "line", look), *rows[-EDGE:]]
    return guide((part for row in shown for part in chop([Segment(row[:LONGEST], style)], room)), look)


def first_words(text: str, width: int, look: Look) -> str:
    """How a text begins, on one line of at most `width` cells."""
    return cut(tidy_line(text), width, look.signs.ellipsis)


def joined(*parts: tuple[str, Style]) -> Line:
    """A line of texts with their styles; empty texts are left out."""
    return [Segment(text, style) for text, style in parts if text]
