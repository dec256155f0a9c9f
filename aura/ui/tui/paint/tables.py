"""Tables of Markdown, fitted to the width: cells wrap, and where even that does not help rows become records."""

import re
from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment

from aura.ui.cells import Line, cut, measure, pad, tidy_line, wrap
from aura.ui.look import Look
from aura.ui.tui.paint.inline import render_inline

NARROWEST = 6  # cells of a column; with less a row becomes a record
DELIMITER = re.compile(r"^\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
PIPE = re.compile(r"(?<!\\)\|")

Row = Sequence[str]


def is_table(first: str, second: str) -> bool:
    """Whether these two lines begin a table."""
    return (
        "|" in first and "-" in second and ("|" in second or ":" in second) and bool(DELIMITER.match(second))
    )


def split_row(line: str) -> list[str]:
    """The cells of a row."""
    line = line.strip()
    line = line.removeprefix("|")
    line = line[:-1] if line.endswith("|") and not line.endswith("\\|") else line
    return [cell.strip().replace("\\|", "|") for cell in PIPE.split(line)]


def render_source(lines: Sequence[str], look: Look, width: int) -> list[Line]:
    """A table from its lines of Markdown."""
    head = split_row(lines[0])
    sides = [_read_side(cell) for cell in split_row(lines[1])]
    rows = [split_row(line) for line in lines[2:]]
    return render_table(head, sides, rows, look, width)


def render_raw(lines: Sequence[str], look: Look, width: int) -> list[Line]:
    """A table that is still being written, row by row as it comes: nothing moves until it is whole."""
    style = look.style("text")
    return [[Segment(cut(tidy_line(line), width, look.signs.ellipsis), style)] for line in lines]


def _read_side(cell: str) -> str:
    if cell.endswith(":"):
        return "center" if cell.startswith(":") else "right"
    return "left"


def render_table(head: Row, sides: Sequence[str], rows: Sequence[Row], look: Look, width: int) -> list[Line]:
    """Head and rows with a rule between them; `sides` says how each column is aligned: left, right, center."""
    count = max(len(head), 1)
    strong, text = look.style("strong"), look.style("text")
    top = [render_inline(cell, look, strong) for cell in head]
    body = [[render_inline(cell, look, text) for cell in _fill(row, count)] for row in rows]
    wanted = [_widest(top, body, at) for at in range(count)]
    widths = share(wanted, width - 3 * (count - 1))
    is_cramped = any(given < min(full, NARROWEST) for given, full in zip(widths, wanted, strict=True))
    if is_cramped or sum(widths) + 3 * (count - 1) > width:
        return _render_records(top, body, look, width)
    faint = look.style("faint")
    corner = f"{look.signs.rule}{look.signs.cross}{look.signs.rule}"
    rule: Line = [Segment(corner.join(look.signs.rule * each for each in widths), faint)]
    grid = _Grid(widths, [*sides, *["left"] * count][:count], look)
    laid = [grid.lay(row) for row in body]
    is_tall = any(len(lines) > 1 for lines in laid)
    lines = [*grid.lay(top), rule]
    for number, row in enumerate(laid):
        lines += [rule, *row] if is_tall and number else row
    return lines


def _fill(row: Row, count: int) -> list[str]:
    return [*row[:count], *[""] * (count - len(row))]


def _widest(top: Sequence[Line], body: Sequence[Sequence[Line]], at: int) -> int:
    return max(measure(top[at]) if at < len(top) else 0, *(measure(row[at]) for row in body), 1)


def share(wanted: Sequence[int], width: int) -> list[int]:
    """What each column gets of the width: all it wants if that fits, else the widest ones give way to the others."""
    if sum(wanted) <= width:
        return list(wanted)
    given = [0] * len(wanted)
    left = width
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    for place, at in enumerate(order):
        given[at] = min(wanted[at], max(left // (len(wanted) - place), 1))
        left -= given[at]
    return given


class _Grid:
    """Puts cells side by side."""

    def __init__(self, widths: Sequence[int], sides: Sequence[str], look: Look) -> None:
        self.widths = widths
        self.sides = sides
        self.bar = Segment(f" {look.signs.guide} ", look.style("faint"))

    def lay(self, cells: Sequence[Line]) -> list[Line]:
        """The lines of one row."""
        wrapped = [wrap(cell, width) for cell, width in zip(cells, self.widths, strict=True)]
        lines: list[Line] = []
        for number in range(max(map(len, wrapped))):
            line: Line = []
            for at, cell in enumerate(wrapped):
                part = cell[number] if number < len(cell) else []
                line += [self.bar, *self._align(part, at)] if at else self._align(part, at)
            lines.append(line)
        return lines

    def _align(self, part: Line, at: int) -> Line:
        width, side = self.widths[at], self.sides[at]
        if side == "left":
            return pad(part, width)
        before = width - measure(part) if side == "right" else (width - measure(part)) // 2
        return pad([Segment(" " * max(before, 0)), *part], width)


def _render_records(
    top: Sequence[Line], body: Sequence[Sequence[Line]], look: Look, width: int
) -> list[Line]:
    """Each row as lines of `column: cell`, with a rule between rows."""
    rule: Line = [Segment(look.signs.rule * min(width, 20), look.style("faint"))]
    lines: list[Line] = []
    for number, row in enumerate(body):
        if number:
            lines.append(rule)
        for name, cell in zip(top, row, strict=True):
            if cell_len("".join(piece.text for piece in cell)):
                lines += wrap([*name, Segment(": ", look.style("strong")), *cell], width)
    return lines or wrap([piece for name in top for piece in (*name, Segment(" "))], width)
