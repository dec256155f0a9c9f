"""The lean compositor: the same picture as Textual's own, made of fewer lines."""

import re

import pytest
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, Compositor
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from aura.ui.tui.compositor import LeanCompositor, LeanUpdate


class Sheet(Widget):
    """Fills itself with a letter, and counts the lines that it paints."""

    def __init__(self, letter: str, *, id: str) -> None:
        super().__init__(id=id)
        self.letter = letter
        self.painted = 0

    def render_lines(self, crop: Region) -> list[Strip]:
        self.painted += crop.height
        return [self._line(crop.y + y) for y in range(crop.height)]

    def _line(self, y: int) -> Strip:
        width = self.size.width
        text = (f"{self.letter}{y}" * width)[:width]
        return Strip([Segment(text, Style(bold=bool(y % 2)))], width)


class Stage(Screen[None]):
    DEFAULT_CSS = """
    Stage { layers: below above; overflow: hidden; }
    #back { width: 100%; height: 100%; layer: below; }
    #row { width: 100%; height: 6; layer: above; }
    #left { width: 12; height: 6; }
    #right { width: 1fr; height: 6; }
    #low { width: 9; height: 3; layer: above; offset: 4 2; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._compositor = LeanCompositor()

    def compose(self) -> ComposeResult:
        yield Sheet("b", id="back")
        with Horizontal(id="row"):
            yield Sheet("l", id="left")
            yield Sheet("r", id="right")
        yield Sheet("w", id="low")


class Play(App[None]):
    def get_default_screen(self) -> Stage:
        return Stage()

    def sheet(self, name: str) -> Sheet:
        return self.screen.query_one(f"#{name}", Sheet)


CROPS = [
    Region(0, 0, 40, 14),
    Region(0, 0, 12, 6),
    Region(12, 0, 20, 6),
    Region(20, 2, 20, 3),
    Region(3, 7, 12, 5),
    Region(0, 5, 40, 2),
    Region(39, 0, 1, 14),
]


def cells(compositor: Compositor, crop: Region) -> list[str]:
    chops = compositor._render_chops(crop, lambda y: True)
    lines = []
    for y in crop.line_range:
        text = "".join(
            getattr(strip, "text", "").ljust(end - x, "?")
            for end, (x, strip) in zip(compositor.cuts[y][1:], chops[y].items(), strict=True)
        )
        lines.append(text[crop.x : crop.right])
    return lines


@pytest.mark.parametrize("crop", CROPS, ids=str)
async def test_the_picture_is_that_of_textual(crop: Region) -> None:
    app = Play()
    async with app.run_test(size=(40, 14)):
        lean, own = app.screen._compositor, Compositor()
        own.reflow(app.screen, app.size)
        assert isinstance(lean, LeanCompositor)
        assert cells(lean, crop) == cells(own, crop)
        assert not any("?" in line for line in cells(lean, crop))


@pytest.mark.parametrize("crop", CROPS, ids=str)
async def test_an_update_says_what_textual_says(crop: Region) -> None:
    app = Play()
    async with app.run_test(size=(40, 14)):
        compositor = app.screen._compositor
        compositor._dirty_regions = {crop}
        update = compositor.render_partial_update()
        assert isinstance(update, LeanUpdate)
        theirs = ChopsUpdate(update.chops, update.spans, update.chop_ends).render_segments(app.console)
        mine = update.render_segments(app.console)
        assert perform(mine) == perform(theirs)
        assert perform(mine).keys() >= {(y, x) for y in crop.line_range for x in range(crop.x, crop.right)}


def perform(text: str) -> dict[tuple[int, int], str]:
    """What stands in each cell, with its style, after a terminal was told."""
    seen = {}
    y, x, style = 0, 0, ""
    for code, char in re.findall(r"\x1b\[([0-9;]*[Hm])|([^\x1b\n])", text):
        if char:
            seen[y, x] = f"{style}{char}"
            x += 1
        elif code.endswith("H"):
            y, x = (int(number) - 1 for number in code[:-1].split(";"))
        else:
            style = code
    return seen


async def test_what_did_not_change_and_what_is_covered_is_not_painted() -> None:
    app = Play()
    async with app.run_test(size=(40, 14)) as pilot:
        await pilot.pause()
        for name in ("back", "left", "right", "low"):
            app.sheet(name).painted = 0
        app.screen._compositor._dirty_regions = {Region(0, 2, 12, 2)}
        assert app.screen._compositor.render_partial_update() is not None
        assert app.sheet("left").painted == 2
        assert [app.sheet(name).painted for name in ("back", "right", "low")] == [0, 0, 0]


async def test_nothing_is_said_when_nothing_changed() -> None:
    app = Play()
    async with app.run_test(size=(40, 14)) as pilot:
        await pilot.pause()
        app.screen._compositor._dirty_regions.clear()
        assert app.screen._compositor.render_partial_update() is None
