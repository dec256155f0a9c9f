"""The report on a terminal: every line fits, and nothing but words and signs carries what it says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura.core import events as ev
from aura.core.evidence import FileChange
from aura.core.messages import ToolCall, ToolResult, user
from aura.runs.run_report import make_run_report
from aura.ui.cells import measure
from aura.ui.look import ASCII, Look
from aura.ui.run_reports import SHOWN_ROWS, print_lines, render_run_report
from tests.runs.tales import record, tale
from tests.store.samples import DURABLE, events

PLAIN = Look(colour=False)


def show(
    happened: list[ev.Recorded], look: Look = PLAIN, width: int = 80, *, diffs: bool | None = None
) -> list[str]:
    """The report as printed lines."""
    lines = render_run_report(make_run_report(happened), look, width, diffs=diffs)
    assert all(measure(line) <= width for line in lines)
    return list(print_lines(lines, look, width))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_night_on_a_terminal(width: int) -> None:
    shown = show(tale(), width=width)
    text = " ".join(" ".join(shown).split())
    assert shown[0].startswith("◉ DONE")
    for said in ("✓ todo completed: lock the queue", "✗ todo blocked: ask about the API", "price unknown"):
        assert said in text
    assert any(line.strip() == "+        return list(self.items)" for line in shown)


def test_without_colour_not_a_single_code_is_printed() -> None:
    assert not any("\x1b" in line for line in show(tale()))
    assert any("\x1b[" in line for line in show(tale(), Look()))


def test_signs_give_way_where_there_is_only_ascii() -> None:
    lines = show(tale(), Look(signs=ASCII, colour=False))
    assert all(line.isascii() for line in lines)


def edits(rows: int) -> list[ev.Recorded]:
    """A session that made a file of so many lines."""
    body = "".join(f"+line {number}\n" for number in range(rows))
    diff = f"--- /dev/null\n+++ b/f\n@@ -0,0 +1,{rows} @@\n{body}"
    change = FileChange("f", "created", rows, 0, diff)
    call = ToolCall("c", "Write", {"path": "f"})
    return record(
        [ev.TurnStarted(1, user("go")), ev.ToolFinished(call, ToolResult("c", ""), "ok", 1.0, (change,))]
    )


def test_long_diffs_are_begun_and_shown_whole_on_demand() -> None:
    log = edits(500)
    begun, whole, none = show(log), show(log, diffs=True), show(log, diffs=False)
    assert sum("+line" in line for line in begun) == SHOWN_ROWS - 3
    assert any("463 more lines (--diff shows all)" in line for line in begun)
    assert sum("+line" in line for line in whole) == 500
    assert not any("+line" in line for line in none)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.one_of([events(kind) for kind in DURABLE]), max_size=10), st.integers(10, 130))
def test_whatever_a_log_holds_its_report_fits(happened: list[ev.DurableEvent], width: int) -> None:
    lines = render_run_report(make_run_report(record(happened)), PLAIN, width)
    assert all(measure(line) <= max(width, 20) for line in lines)
    assert not any("\x1b" in line for line in print_lines(lines, PLAIN, width))
