"""What painting costs: imports that come late, and times far below a frame (bounds are loose: machines are shared)."""

import subprocess
import sys
import time
from collections.abc import Callable

from aura.core.evidence import CommandRun, FileChange
from aura.ui import highlight
from aura.ui.blocks import Prose, Thought, ToolCard
from aura.ui.look import Look
from aura.ui.tui.paint import estimate, markdown, paint
from tests.ui.tui.paint.bodies import BEGAN, BODIES, NOW, call

LATE = "import sys, aura.ui.tui.paint, aura.ui.ending\nprint([name for name in {names!r} if name in sys.modules])"
NAMES = (
    "pygments",
    "markdown_it",
    "rich.markdown",
    "rich.syntax",
    "pydantic",
    "litellm",
    "httpx",
    "aura.app.build",
)


def best(paint_once: Callable[[], object], times: int = 7) -> float:
    """Seconds of the fastest of several runs."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        paint_once()
        taken.append(time.perf_counter() - began)
    return min(taken)


def show(body: Prose | ToolCard | Thought, *, expanded: bool = False) -> None:
    paint(body, Look(), 118, expanded=expanded, now=NOW)


def test_heavy_things_are_imported_when_they_are_needed() -> None:
    result = subprocess.run(
        [sys.executable, "-c", LATE.format(names=NAMES)], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_a_typical_block_is_painted_in_a_moment() -> None:
    def paint_all() -> None:
        markdown._render.cache_clear()
        for _, body, expanded in BODIES:
            paint(body, Look(), 118, expanded=expanded, now=NOW)

    assert best(paint_all) / len(BODIES) < 0.002  # measured: 0.00006


def test_a_block_of_code_is_painted_in_a_few_milliseconds() -> None:
    code = "".join(f"    value_{n} = compute(alpha={n}, beta='{n}')  # note {n}\n" for n in range(40))

    def paint_code() -> None:
        highlight._highlight.cache_clear()
        markdown._render.cache_clear()
        show(Prose(f"```python\n{code}```"))

    assert best(paint_code) < 0.05  # measured: 0.004


def test_a_growing_table_costs_no_layout() -> None:
    rows = "| name | value |\n|---|---|\n" + "| some text | **more** text |\n" * 300
    growing, whole = Prose(rows, open=True), Prose(f"{rows}\n")

    def paint_whole() -> None:
        markdown._render.cache_clear()
        show(whole)

    assert best(lambda: show(growing)) < 0.6 * best(paint_whole)


def test_folded_blocks_do_not_cost_what_they_hide() -> None:
    long = "\n".join(f"row {number} of what a tool printed" for number in range(20_000))
    short = long[:2_000]
    cards = [
        ToolCard(
            call("Bash", command="x"), BEGAN, "error", 1, text, command=CommandRun("x", 1, text[-4_000:])
        )
        for text in (long, short)
    ]
    thoughts = [Thought(text * 2, open=True) for text in (long, short)]
    for large, small in (cards, thoughts):
        assert best(lambda body=large: show(body)) < 20 * best(lambda body=small: show(body)) + 0.002  # type: ignore[misc]
    changes = (FileChange("x", "created", 20_000, 0, "@@ -0,0 +1,400 @@\n" + "+line\n" * 400),)
    card = ToolCard(call("Write", path="x"), BEGAN, "ok", 1, changes=changes)
    show(card)
    assert best(lambda: show(card)) < 0.02


def test_an_estimate_costs_next_to_nothing() -> None:
    assert best(lambda: [estimate(body, 118) for _, body, _ in BODIES]) / len(BODIES) < 0.0005
