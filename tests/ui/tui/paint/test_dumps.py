"""Every kind of block as plain text in three widths, as `golden/WIDTH.txt` says.

To accept what has changed: `UPDATE_GOLDEN=1 pytest tests/ui/tui/paint/test_dumps.py`, then read the difference.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aura.ui.look import ASCII, PALETTES, Look
from aura.ui.tui.paint import estimate, paint, source_of
from tests.ui.tui.paint.bodies import BODIES, NOW

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def dump(look: Look, width: int) -> str:
    parts = []
    for name, body, expanded in BODIES:
        strips = paint(body, look, width, expanded=expanded, now=NOW)
        rows = [strip.text.rstrip() or "." for strip in strips]
        parts.append("\n".join([f"== {name}", *rows]))
    return "\n".join(parts) + "\n"


@pytest.mark.parametrize("width", [118, 78, 40])
def test_blocks_look_as_they_should(width: int) -> None:
    found = dump(Look(), width)
    golden = GOLDEN / f"{width}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(found, encoding="utf-8", newline="\n")
    assert found == golden.read_text(encoding="utf-8")


def test_palettes_differ_in_colours_only() -> None:
    assert {dump(Look(PALETTES[name]), 78) for name in ("dark", "light", "contrast")} == {dump(Look(), 78)}


@pytest.mark.parametrize("width", [118, 40])
def test_plain_signs_are_ascii(width: int) -> None:
    assert dump(Look(signs=ASCII), width).isascii()


@pytest.mark.parametrize("palette", list(PALETTES))
def test_without_colour_there_is_none(palette: str) -> None:
    look = Look(PALETTES[palette], colour=False)
    for _, body, expanded in BODIES:
        for strip in paint(body, look, 78, expanded=expanded, now=NOW):
            for segment in strip:
                style = segment.style
                assert style is None or (style.color is None and style.bgcolor is None), segment


@pytest.mark.parametrize("palette", list(PALETTES))
def test_the_terminals_own_colours_are_the_only_ones_of_ansi(palette: str) -> None:
    kinds = set()
    for _, body, expanded in BODIES:
        for strip in paint(body, Look(PALETTES[palette]), 78, expanded=expanded, now=NOW):
            for segment in strip:
                colours = (segment.style.color, segment.style.bgcolor) if segment.style else ()
                kinds |= {colour.type.name for colour in colours if colour is not None}
    assert kinds <= ({"STANDARD", "DEFAULT"} if palette == "ansi" else {"TRUECOLOR"})


def test_painting_again_gives_the_same() -> None:
    for _, body, expanded in BODIES:
        first = paint(body, Look(), 78, expanded=expanded, now=NOW)
        assert paint(body, Look(), 78, expanded=expanded, now=NOW) == first


@pytest.mark.parametrize("width", [118, 40])
def test_the_estimate_is_near(width: int) -> None:
    told = [(estimate(body, width), body) for _, body, expanded in BODIES if not expanded]
    real = [len(paint(body, Look(), width, expanded=False, now=NOW)) for _, body in told]
    assert all(guess >= 1 for guess, _ in told)
    assert 0.6 < sum(guess for guess, _ in told) / sum(real) < 1.5


def test_the_source_is_what_was_written() -> None:
    sources = {name: source_of(body) for name, body, _ in BODIES}
    assert sources["prose with code"].startswith("The failure shows up about once in **60 runs**.")
    assert sources["shell, failed"] == "$ pytest tests/test_queue.py -q --count 200\n3 failed\n[exit code 1]"
    assert sources["edit"].startswith("edit src/queue.py\n--- a/src/queue.py\n")
    assert sources["answer"].endswith("3. both\n> JSONL")
    assert all(sources.values())
