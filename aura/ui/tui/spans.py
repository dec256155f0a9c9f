"""Pieces of text with a style, put together to lines that fit; hostile text is cleaned on its way in."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from aura.core.text import shorten
from aura.ui.look import Look

LONGEST = 400  # characters of a foreign text that are looked at

Span = tuple[str, Style]


def tidy(text: str) -> str:
    """A foreign text on one line, without anything that a terminal would obey."""
    return shorten(text[:LONGEST], LONGEST)


def cut(text: str, width: int, look: Look) -> str:
    """The text in at most `width` cells; an ellipsis says that there was more."""
    if cell_len(text) <= width:
        return text
    sign = look.signs.ellipsis
    if width <= cell_len(sign):
        return set_cell_size(text, max(0, width)).rstrip()
    return set_cell_size(text, width - cell_len(sign)).rstrip() + sign


def cut_left(text: str, width: int, look: Look) -> str:
    """The end of the text in at most `width` cells: of a path, the last part says most."""
    sign = look.signs.ellipsis
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > width - cell_len(sign):
        text = text[1:]
    return cut(sign + text, width, look)


def is_plain(look: Look) -> bool:
    """Whether only ASCII signs are wanted."""
    return look.signs.ellipsis.isascii()


def ground_of(look: Look) -> Style:
    """The background of what stands beside the transcript."""
    return Style.parse(f"on {look.palette.surface}") if look.colour else Style.null()


def measure(spans: Iterable[Span]) -> int:
    """Cells that the pieces take."""
    return sum(cell_len(text) for text, _ in spans)


def join(parts: Sequence[Sequence[Span]], between: Span) -> list[Span]:
    """The parts in a row with a separator between them."""
    joined: list[Span] = []
    for number, part in enumerate(parts):
        joined += [between, *part] if number else part
    return joined


def line(left: Sequence[Span], width: int, base: Style, right: Sequence[Span] = ()) -> Strip:
    """One line, exactly `width` cells: pieces at its left and right; the left ones are cut if they meet."""
    end = [Segment(text, base + style) for text, style in right]
    begin = Strip([Segment(text, base + style) for text, style in left])
    room = max(0, width - measure(right))
    begin = begin.crop(0, room)
    gap = Segment(" " * (room - begin.cell_length), base)
    return Strip([*begin, gap, *end]).crop(0, width).simplify()
