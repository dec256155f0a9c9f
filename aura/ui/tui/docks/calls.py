"""What a call would do, as lines: the diff of an edit, the whole of a command, the arguments of anything else."""

import json
from collections.abc import Iterator, Sequence

from rich.segment import Segment

from aura.core.evidence import FileChange
from aura.core.messages import ToolCall
from aura.ui.cells import Line, chop, cut, fit, tidy, tidy_line
from aura.ui.look import Look
from aura.ui.tui.paint.changes import render_beside, render_diff

LETTERS = {"created": "A", "modified": "M", "deleted": "D", "renamed": "R"}
WORDS = {"created": "new file", "modified": "edit", "deleted": "delete", "renamed": "rename"}
WIDE = 120  # cells of a screen on which two columns are offered
INDENT = 2  # cells before a wrapped line of a command


def paint_changes(
    changes: Sequence[FileChange], look: Look, width: int, *, beside: bool = False
) -> list[Line]:
    """The diffs of some files below each other, each named when there are several; `beside` in two columns."""
    render = render_beside if beside else render_diff
    lines: list[Line] = []
    for change in changes:
        if len(changes) > 1:
            name = f"{LETTERS[change.kind]} {tidy_line(change.path)} {count(change)}"
            lines.append([Segment(cut(name, width, look.signs.ellipsis), look.style("strong"))])
        diff = render(change.diff, look, width) if change.diff else []
        lines += diff or [[Segment("no line changes", look.style("muted"))]]
    return lines


def count(change: FileChange) -> str:
    """The size of a change, as in `+6 −2`."""
    return f"+{change.added} −{change.removed}"


def paint_command(command: str, look: Look, width: int) -> list[Line]:
    """The whole text of a command; a line that is too long goes on below, indented, and not a blank of it is lost."""
    lines: list[Line] = []
    for number, text in enumerate(tidy(command).split("\n")):
        for index, piece in enumerate(_break(text, max(width - INDENT, 1))):
            sign = "$ " if number == 0 and index == 0 else " " * INDENT
            lines.append([Segment(sign, look.style("accent")), Segment(piece, look.style("text"))])
    return lines


def _break(text: str, width: int) -> Iterator[str]:
    """Parts of at most `width` cells, broken behind a blank where there is one in their later half."""
    while True:
        part, rest = fit(text, width)
        if not rest:
            yield part
            return
        behind = part.rfind(" ") + 1
        part = part[:behind] if behind > len(part) // 2 else part or text[:1]
        yield part
        text = text[len(part) :]


def paint_arguments(call: ToolCall, look: Look, width: int) -> list[Line]:
    """Every argument by its name, whole."""
    lines: list[Line] = []
    for name, value in call.arguments.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        head = [Segment(f"{tidy_line(name)}: ", look.style("muted"))]
        shown = tidy(text).split("\n")
        for index, line in enumerate(shown):
            pieces = chop([*(head if index == 0 else []), Segment(line, look.style("text"))], width)
            lines += pieces
    return lines or [[Segment("no arguments", look.style("muted"))]]
