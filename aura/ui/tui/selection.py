"""Text that is marked with the mouse: where its ends are, how it is painted, what is copied.

Textual thinks of an end as a column and a line of the widget. Here the line is a number that stays the same when blocks
above change their height or more of them come: the block's number and the line within it.
"""

from collections.abc import Callable

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip

MARGIN = 2  # cells left of every block
LINE_BITS = 20  # a painted block has fewer than 2**20 lines
FIRST_NUMBER = 1 << 40  # the number of the block that was the first when nothing older had come


def join_line(number: int, line: int) -> int:
    """The line of a widget, from a block's number and a line of that block."""
    return (number << LINE_BITS) | line


def part_line(joined: int) -> tuple[int, int]:
    """A block's number and a line of it, from what `join_line` made of them."""
    return joined >> LINE_BITS, joined & ((1 << LINE_BITS) - 1)


def mark(strip: Strip, start: int, end: int, style: Style) -> Strip:
    """The strip with the characters from `start` to `end` (-1: all that follow) painted as marked."""
    text = strip.text
    first = cell_len(text[:start])
    last = cell_len(text if end < 0 else text[:end])
    if first >= last:
        return strip
    pieces = (
        strip.divide([first, last, strip.cell_length]) if first else strip.divide([last, strip.cell_length])
    )
    marked = 1 if first else 0
    segments: list[Segment] = []
    for number, piece in enumerate(pieces):
        segments += Segment.apply_style(piece, post_style=style) if number == marked else piece
    return Strip(segments, strip.cell_length)


def extract(
    selection: Selection, visible: tuple[int, int], read_block: Callable[[int], list[Strip] | None]
) -> str:
    """The text of the marked lines as it is shown, without the margin at their left and blank space at their ends.

    `read_block` gives the lines of a block by its number (None: there is no such block). Where the mark has no end of
    its own, because it begins or ends in another widget, it ends with the `visible` lines.
    """
    start = selection.start if selection.start is not None else Offset(0, visible[0])
    end = selection.end if selection.end is not None else Offset(-1, visible[1])
    (first, top), (last, bottom) = part_line(start.y), part_line(end.y)
    lines: list[str] = []
    for number in range(first, last + 1):
        strips = read_block(number)
        if strips is None:
            continue
        upper = top if number == first else 0
        lower = min(bottom, len(strips) - 1) if number == last else len(strips) - 1
        for place in range(upper, lower + 1):
            text = strips[place].text
            left = max(start.x if (number, place) == (first, top) else 0, _margin(text))
            right = end.x if (number, place) == (last, bottom) and end.x >= 0 else len(text)
            lines.append(text[left:right].rstrip())
    return "\n".join(lines)


def _margin(text: str) -> int:
    """How many characters of a line are the margin that every block has."""
    return min(len(text) - len(text.lstrip(" ")), MARGIN)
