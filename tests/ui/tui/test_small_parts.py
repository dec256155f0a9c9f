"""The small parts on the screen: as drawn, at every size, without colour, in ASCII; they answer clicks and keep still.

The screens are in `screens/`. When one changes on purpose, run this file with `WRITE_SCREENS=1` and read the diff.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aura.core.limits import StopReason
from aura.core.todos import Todo, TodoStatus
from aura.core.turn import Turn
from aura.ui.look import ASCII, PALETTES, Look
from aura.ui.tui.snapshot import Snapshot
from tests.ui.tui.moments import FACTS, NOON, Stage, make_snapshot, make_turn

SCREENS = Path(__file__).parent / "screens"
PLAIN = Look(signs=ASCII, colour=False)


def idle() -> Snapshot:
    return Snapshot(
        facts=replace(FACTS, priced=False, sandbox="no sandbox"), turn=Turn(), state="idle", now=NOON
    )


def crowded() -> Snapshot:
    """Everything at once, and nearly used up."""
    statuses: list[TodoStatus] = ["completed", "cancelled", "blocked", "in_progress", "pending"]
    todos = tuple(
        Todo(str(number), f"Item {number} with a title that is rather long", status)
        for number, status in enumerate(
            status for status, many in zip(statuses, (6, 1, 1, 1, 8), strict=True) for _ in range(many)
        )
    )
    turn = make_turn(steps=290, cost=0.0145, tokens=3_000)
    turn = replace(turn, todos=todos, counters=replace(turn.counters, context_tokens=196_000))
    return make_snapshot(
        turn,
        status=("changelog due", "ci red"),
        title="Bring the whole test suite to Python 3.14 and keep it green",
        hint="",
        checks=tuple((f"check {number}", number % 3, number) for number in range(12)),
        fired=tuple((f"injector-{number}", number) for number in range(10)),
    )


MOMENTS: dict[str, Callable[[], Snapshot]] = {
    "working": make_snapshot,
    "idle": idle,
    "crowded": crowded,
    "asking": lambda: make_snapshot(state="asking"),
    "hint": lambda: make_snapshot(hint="AUTO on · Ctrl+A to undo"),
}
SIZES = ((120, 40), (100, 30), (80, 24), (60, 16), (50, 14))


@pytest.mark.parametrize(
    ("moment", "size", "look"),
    [
        *(("working", size, Look()) for size in SIZES),
        *(("crowded", size, Look()) for size in SIZES),
        ("idle", (120, 40), Look()),
        ("idle", (80, 24), Look()),
        ("asking", (80, 24), Look()),
        ("hint", (80, 24), Look()),
        ("working", (120, 40), PLAIN),
        ("working", (80, 24), PLAIN),
        ("crowded", (100, 30), PLAIN),
    ],
)
async def test_the_screen_is_as_drawn(moment: str, size: tuple[int, int], look: Look) -> None:
    stage = Stage(look)
    async with stage.run_test(size=size) as pilot:
        stage.show(MOMENTS[moment]())
        await pilot.pause()
        await pilot.pause()
        screen = f"{stage.dump()}\n"
    assert all(len(line) <= size[0] for line in screen.splitlines())
    file = SCREENS / f"{moment}-{size[0]}x{size[1]}{'' if look.colour else '-ascii'}.txt"
    if os.environ.get("WRITE_SCREENS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(screen, encoding="utf-8")
    assert screen == file.read_text(encoding="utf-8")
    assert screen.isascii() or look.colour
    assert "\t" not in screen


@pytest.mark.parametrize("size", SIZES)
async def test_without_colour_there_is_none(size: tuple[int, int]) -> None:
    look = Look(colour=False)
    stage = Stage(look)
    async with stage.run_test(size=size) as pilot:
        stage.show(crowded())
        await pilot.pause()
        await pilot.pause()
        segments = [
            segment
            for part in stage.parts
            for y in range(part.size.height)
            for segment in part.render_line(y)
        ]
    styles = [style for segment in segments if (style := segment.style) is not None]
    assert styles
    assert not [style for style in styles if style.color is not None or style.bgcolor is not None]


@pytest.mark.parametrize("palette", PALETTES.values(), ids=list(PALETTES))
async def test_every_palette_shows_the_same_text(palette: Any) -> None:
    stage = Stage(Look(palette=palette))
    async with stage.run_test(size=(120, 40)) as pilot:
        stage.show(make_snapshot())
        await pilot.pause()
        await pilot.pause()
        lines = stage.dump().splitlines()
    drawn = (SCREENS / "working-120x40.txt").read_text(encoding="utf-8").splitlines()
    bars = {"█", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "·", " "}
    assert ["".join(sign for sign in line if sign not in bars) for line in lines] == [
        "".join(sign for sign in line if sign not in bars) for line in drawn
    ]


async def test_another_look_is_worn_at_once() -> None:
    stage = Stage()
    async with stage.run_test(size=(120, 40)) as pilot:
        stage.show(make_snapshot())
        await pilot.pause()
        for part in stage.parts:
            part.look = PLAIN
        await pilot.pause()
        assert stage.dump().isascii()


async def test_a_click_on_the_mode_word_is_told_and_one_beside_it_is_not() -> None:
    stage = Stage()
    async with stage.run_test(size=(120, 40)) as pilot:
        stage.show(make_snapshot())
        await pilot.pause()
        column = stage.dump().splitlines()[0].index("AUTO")
        await pilot.click(stage.header, offset=(column + 1, 0))
        await pilot.click(stage.header, offset=(5, 0))
        await pilot.click(stage.header, offset=(column + 12, 0))
        assert stage.said == ["auto"]


async def test_a_click_on_a_gauge_asks_for_more_of_its_limit() -> None:
    stage = Stage()
    async with stage.run_test(size=(120, 40)) as pilot:
        stage.show(make_snapshot())
        await pilot.pause()
        rows = stage.dump().splitlines()
        for label in ("steps ", "tokens", "cost  ", "time  ", "ctx ", "Todo", "Injectors"):
            row = next(
                number for number, line in enumerate(rows) if line.partition("│ ")[2].startswith(label)
            )
            await pilot.click(stage.panel, offset=(6, row - 1))
        assert stage.said == ["steps", "tokens", "cost", "seconds"]


async def test_what_is_too_long_scrolls_and_clicks_follow() -> None:
    stage = Stage()
    async with stage.run_test(size=(120, 20)) as pilot:
        stage.show(make_snapshot())
        await pilot.pause()
        assert "Changelog" not in stage.dump()
        stage.panel.scroll_page(1)
        await pilot.pause()
        assert "Changelog" in stage.dump()
        stage.panel.scroll_page(-1)
        stage.panel.scroll_relative(y=2, animate=False)
        await pilot.pause()
        row = next(number for number, line in enumerate(stage.dump().splitlines()) if "cost  " in line)
        await pilot.click(stage.panel, offset=(6, row - 1))
        assert stage.said == ["cost"]


async def test_the_screen_is_touched_only_when_something_differs() -> None:
    stage = Stage()
    async with stage.run_test(size=(120, 40)) as pilot:
        stage.show(make_snapshot())
        await pilot.pause()
        await pilot.pause()
        stage.touched.clear()
        stage.show(make_snapshot())
        assert stage.touched == []
        stage.show(make_snapshot(now=NOON + 1))
        assert stage.touched == ["Header"]
        stage.show(make_snapshot(now=NOON + 61))
        assert sorted(set(stage.touched)) == ["Header", "SidePanel", "Strips"]


async def test_sizes_follow_the_window() -> None:
    stage = Stage()
    async with stage.run_test(size=(120, 40)) as pilot:
        stage.show(make_snapshot())
        for size in ((80, 24), (60, 16), (50, 14), (120, 40)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            await pilot.pause()
            drawn = (SCREENS / f"working-{size[0]}x{size[1]}.txt").read_text(encoding="utf-8")
            assert f"{stage.dump()}\n" == drawn


async def test_the_strips_take_no_room_before_there_is_something_in_them() -> None:
    stage = Stage()
    async with stage.run_test(size=(80, 24)) as pilot:
        stage.show(idle())
        await pilot.pause()
        assert stage.strips.size.height == 0
        stage.show(make_snapshot())
        await pilot.pause()
        assert stage.strips.size.height == 2
        stage.show(make_snapshot(replace(make_turn(), todos=())))
        await pilot.pause()
        assert stage.strips.size.height == 1


async def test_after_the_end_the_clock_and_the_forecast_stand_still() -> None:
    turn = make_turn()
    over = replace(turn, rest=replace(turn.rest, stop=StopReason.DONE))
    stage = Stage()
    async with stage.run_test(size=(120, 40)) as pilot:
        stage.show(make_snapshot(over, state="idle", since=0.0))
        await pilot.pause()
        first = stage.dump()
        stage.show(make_snapshot(over, state="idle", since=0.0, now=NOON + 1_000))
        await pilot.pause()
        assert stage.dump() == first
        assert "left at this pace" not in first
        assert "02:13:49" in first  # the steps' own time
