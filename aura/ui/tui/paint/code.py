"""Blocks of code: highlighted, on a background of their own, as wide as there is room."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style

from aura.ui.cells import Line, chop, pad
from aura.ui.highlight import highlight
from aura.ui.look import Look


def render_code(code: str, language: str, look: Look, width: int, *, is_open: bool = False) -> list[Line]:
    """The lines of a program in `width` cells; long ones go on in the next line."""
    return lay_code(highlight(code, language, look, is_open=is_open), look, width)


def lay_code(lines: Sequence[Line], look: Look, width: int) -> list[Line]:
    """Lines on the background of code; where that has no colour a guide stands before them."""
    ground = look.style("code")
    if ground.bgcolor is None:
        mark = Segment(f"{look.signs.guide} ", look.style("faint"))
        return [[mark, *part] for line in lines for part in chop(line, max(width - 2, 1))]
    room = max(width - 2, 1)
    parts = (part for line in lines for part in chop(line, room))
    return [pad([Segment(" ", ground), *_put_on(part, ground)], width, ground) for part in parts]


def _put_on(line: Line, ground: Style) -> Line:
    return [Segment(text, ground + style if style else ground) for text, style, _ in line]
