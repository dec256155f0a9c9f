"""Diffs as lines: number, sign, text; what changed within a line stands out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile, zip_longest

from rich.segment import Segment
from rich.style import Style

from aura.ui.cells import Line, chop, crop, pad
from aura.ui.diffs import Row, read_diff, split_spans
from aura.ui.look import Look, Role
from aura.ui.tui.paint.lines import name_more

FOLDED = 6  # rows of a folded diff
BETWEEN = " | "  # two columns
SIGNS = {"added": "+", "removed": "-", "same": " "}


def render_diff(text: str, look: Look, width: int, *, rows: int | None = None) -> list[Line]:
    """A unified diff in `width` cells: at most so many rows (None: all), and how many more there are.

    Long lines are cut where rows are left out, and go on in the next line where all are wanted.
    """
    every = read_diff(text)
    shown = _choose(every, rows)
    digits = max([4, *(len(str(row.number)) for row in shown)])
    lines: list[Line] = []
    for row in shown:
        lines += render_row(row, look, width, digits=digits, whole=rows is None)
    more = sum(row.kind in SIGNS for row in every) - sum(row.kind in SIGNS for row in shown)
    if more:
        told = " " * (digits + 3) + name_more(more, "line", look)
        lines.append([Segment(told, look.style("muted"))])
    return lines


def render_beside(text: str, look: Look, width: int) -> list[Line]:
    """A unified diff in two columns: what was on the left, what is on the right, each line beside its counterpart."""
    rows = read_diff(text)
    digits = max([4, *(len(str(max(row.old, row.new))) for row in rows)])
    column = max((width - len(BETWEEN)) // 2, 1)
    edge = Segment(BETWEEN.replace("|", look.signs.guide), look.style("faint"))
    lines: list[Line] = []
    for left, right in _face(rows):
        if left is not None and left.kind not in SIGNS:
            lines += render_row(left, look, width, digits=digits)
            continue
        sides = [
            render_row(row, look, column, digits=digits, whole=True) if row is not None else []
            for row in (left, right)
        ]
        for one, other in zip_longest(*sides, fillvalue=list[Segment]()):
            lines.append([*pad(list(one), column), edge, *other])
    return lines


def _face(rows: Sequence[Row]) -> Iterator[tuple[Row | None, Row | None]]:
    """The rows in pairs: what went beside what came; what is in both files twice, each with its own number."""
    at = 0
    while at < len(rows):
        if rows[at].kind not in ("removed", "added"):
            yield replace(rows[at], new=rows[at].old), rows[at]
            at += 1
            continue
        gone = list(takewhile(lambda row: row.kind == "removed", rows[at:]))
        come = list(takewhile(lambda row: row.kind == "added", rows[at + len(gone) :]))
        yield from zip_longest(gone, come)
        at += len(gone) + len(come)


def _choose(rows: Sequence[Row], count: int | None) -> Sequence[Row]:
    """The rows to show of a folded diff: from one line before the first change on."""
    if count is None or len(rows) <= count + 1:
        return rows
    first = next((at for at, row in enumerate(rows) if row.kind in ("added", "removed")), 0)
    begin = max(first - 1, 0)
    return rows[begin : begin + count]


def render_row(row: Row, look: Look, width: int, *, digits: int = 4, whole: bool = False) -> list[Line]:
    """One row of a diff, its colour over the whole width; `whole` lets a long one go on in the next line."""
    muted = look.style("muted")
    if row.kind == "gap":
        return [[Segment(f"{' ' * (digits - 1)}{look.signs.ellipsis}", muted)]]
    if row.kind in ("file", "note"):
        style = look.style("strong") if row.kind == "file" else muted
        return [crop([Segment(f"{' ' * (digits + 3)}{row.text}", style)], width, look.signs.ellipsis)]
    ground = _ground(row, look)
    gutter = Segment(f"{row.number or '':>{digits}} ", ground + muted if row.kind == "same" else ground)
    sign = Segment(f"{SIGNS[row.kind]} ", ground)
    room = max(width - digits - 3, 1)
    parts = (
        chop(_mark(row, look, ground), room)
        if whole
        else [crop(_mark(row, look, ground), room, look.signs.ellipsis)]
    )
    empty = Segment(" " * (digits + 3), ground)
    lines = [[gutter, sign, *parts[0]], *([empty, *part] for part in parts[1:])]
    return [pad(line, width, ground) for line in lines] if ground.bgcolor is not None else lines


def _ground(row: Row, look: Look) -> Style:
    if row.kind == "same":
        return look.style("muted")
    role: Role = "added" if row.kind == "added" else "removed"
    return look.style("text") + look.style(role)


def _mark(row: Row, look: Look, ground: Style) -> Line:
    """The text of a row with its changed words marked."""
    role: Role = "added_word" if row.kind == "added" else "removed_word"
    word = ground + look.style(role)
    return [Segment(text, word if changed else ground) for text, changed in split_spans(row)] or [
        Segment("", ground)
    ]
