"""The first frame, drawn before anything heavy is loaded: header and prompt in the terminal's own colours.

Keys that are pressed meanwhile wait in the terminal and are typed into the prompt.
"""

import contextlib
import os
import shutil
from pathlib import Path

from aura.core.text import shorten

ENTER = "\x1b[?1049h\x1b[2J\x1b[H"
LEAVE = "\x1b[?1049l"
BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"


def draw(workspace: Path, size: tuple[int, int], *, unicode: bool) -> str:
    """The sequence that shows it; `size` is columns and rows."""
    columns, rows = size
    corners, line, side, sign = ("╭╮╰╯", "─", "│", "◉") if unicode else ("++++", "-", "|", "@")
    head = f" {BOLD}{sign} aura{PLAIN}  {DIM}{shorten(str(workspace), max(1, columns - 12))}{PLAIN}"
    wide = max(2, columns) - 2
    frame = [
        f"{corners[0]}{line * wide}{corners[1]}",
        f"{side}{' ' * wide}{side}",
        f"{corners[2]}{line * wide}{corners[3]}",
    ]
    body = "".join(f"\x1b[{rows - 3 + place};1H{DIM}{text}{PLAIN}" for place, text in enumerate(frame))
    return f"{ENTER}{head}{body}\x1b[{rows - 2};3H"


def show(workspace: Path, *, unicode: bool, target: int = 1) -> None:
    """Draw it; a terminal that is gone is noticed by whoever comes next."""
    size = shutil.get_terminal_size()
    with contextlib.suppress(OSError):
        os.write(
            target, draw(workspace, (size.columns, size.lines), unicode=unicode).encode(errors="replace")
        )


def hide(target: int = 1) -> None:
    """Take it away again, when nothing came after it."""
    with contextlib.suppress(OSError):
        os.write(target, LEAVE.encode())
