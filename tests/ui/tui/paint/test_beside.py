"""A diff in two columns: all of it, each line beside its counterpart, never wider than the screen."""

import difflib

from hypothesis import given
from hypothesis import strategies as st

from aura.ui.cells import measure
from aura.ui.look import Look
from aura.ui.tui.paint.changes import render_beside

LINES = st.lists(st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=60), max_size=12)


def beside(old: list[str], new: list[str], width: int = 120) -> list[str]:
    text = "".join(f"{line.rstrip()}\n" for line in difflib.unified_diff(old, new, "a/q", "b/q", lineterm=""))
    lines = render_beside(text, Look(), width)
    assert all(measure(line) <= width for line in lines)
    return ["".join(segment.text for segment in line) for line in lines]


@given(LINES, LINES, st.integers(20, 200))
def test_nothing_is_lost_and_nothing_is_too_wide(old: list[str], new: list[str], width: int) -> None:
    lines = beside(old, new, width)
    if width < 160:  # a line may go on in the next one
        return
    column = (width - 3) // 2
    left = "\n".join(line[:column] for line in lines)
    right = "\n".join(line[column + 3 :] for line in lines)
    assert all(line in left for line in old if line not in new)
    assert all(line in right for line in new if line not in old)


def test_each_line_stands_beside_its_counterpart() -> None:
    lines = beside(["one", "two", "three", "four"], ["one", "2", "3", "more", "four"], 60)
    assert [line.rstrip() for line in lines] == [
        "   1   one                   │    1   one",
        "   2 - two                   │    2 + 2",
        "   3 - three                 │    3 + 3",
        "                             │    4 + more",
        "   4   four                  │    5   four",
    ]
