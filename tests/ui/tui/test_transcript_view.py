"""The transcript on a screen: it follows, it holds still, it keeps its place."""

import time

import pytest
from textual.events import MouseScrollUp

from aura.core import events as ev
from aura.core.messages import ToolCall
from aura.core.models import TextDelta
from aura.ui.blocks import Block, Note
from aura.ui.look import Look
from aura.ui.tui.frames import name_pill
from aura.ui.tui.transcript import Transcript
from tests.ui.tui.stages import Painter, settled, staged


def words(number: int, count: int) -> str:
    return " ".join(f"{number}.{word}" for word in range(count))


async def test_the_end_stays_in_view_while_blocks_come() -> None:
    async with staged(paint=Painter()) as (app, pilot):
        for number in range(100):
            app.say(words(number, 9))
        await settled(pilot)
        assert app.shown[-1].endswith("99.8")
        assert app.transcript.follows
        app.say("the last one")
        await settled(pilot)
        assert app.shown[-1] == "the last one"
        assert app.transcript.scroll_y == app.transcript.max_scroll_y


async def test_few_blocks_stand_at_the_top() -> None:
    async with staged(paint=Painter()) as (app, pilot):
        app.say("one", "two")
        await settled(pilot)
        assert app.shown == ["one", "two"] + [""] * 8


async def test_a_reader_who_scrolled_up_is_never_moved() -> None:
    async with staged(paint=Painter()) as (app, pilot):
        for number in range(50):
            app.say(words(number, 30))
        await settled(pilot)
        app.transcript.scroll_lines(-17)
        await settled(pilot)
        before = app.shown[:-1]
        for number in range(1_000):
            app.say(words(number, 30))
        await settled(pilot)
        assert app.shown[:-1] == before
        assert app.shown[-1].endswith("↓ 1,000 new · End")
        app.transcript.focus()
        await pilot.press("end")
        await settled(pilot)
        assert app.shown[-1].endswith("999.29")
        app.say("and on")
        await settled(pilot)
        assert app.shown[-1] == "and on"


async def test_a_click_on_the_hint_goes_to_the_end() -> None:
    async with staged(paint=Painter()) as (app, pilot):
        app.say(*(f"block {number}" for number in range(40)))
        await settled(pilot)
        await pilot.press("tab")
        app.transcript.scroll_lines(-5)
        assert app.shown[-1].endswith(name_pill(0, Look()).rstrip())
        width, height = app.transcript.frame.size
        await pilot.click("Transcript", offset=(width - 2, height - 1))
        await settled(pilot)
        assert app.transcript.follows
        assert app.shown[-1] == "block 39"


@pytest.mark.parametrize("scale", [1, 3, 7])
async def test_paging_through_wrong_guesses_misses_no_line(scale: int) -> None:
    """Blocks are higher than they were thought to be: what was at the edge of one page is at that of the next."""
    async with staged(paint=Painter(scale)) as (app, pilot):
        app.say(*(words(number, 1 + number % 12) for number in range(120)))
        await settled(pilot)
        height = app.transcript.frame.size[1]
        while True:
            first = app.shown[0]
            app.transcript.scroll_lines(1 - height)
            if app.transcript.frame.top == 0:
                break
            assert app.shown[-1].startswith(first[: 40 - 20]), "the first line is the last one now"
        while app.transcript.frame.top < app.transcript.column.heights.total - height:
            rows = app.transcript.frame.rows
            last = (rows[-1].block, rows[-1].line)
            app.transcript.scroll_lines(height - 1)
            rows = app.transcript.frame.rows
            assert last in [(row.block, row.line) for row in rows]


@pytest.mark.parametrize("follows", [True, False])
async def test_another_width_and_back_keeps_the_first_line(follows: bool) -> None:
    async with staged((120, 33), Painter()) as (app, pilot):
        app.say(*(words(number, 60) for number in range(200)))
        await settled(pilot)
        if not follows:
            app.transcript.scroll_lines(-301)
        await settled(pilot)
        before, first = app.shown, app.transcript.frame.rows[0].block
        await pilot.resize_terminal(80, 33)
        await settled(pilot)
        if not follows:
            assert app.transcript.frame.rows[0].block is first
        assert app.shown != before
        await pilot.resize_terminal(120, 33)
        await settled(pilot)
        assert app.shown == before


async def test_a_growing_block_does_not_push_what_is_read() -> None:
    async with staged(paint=Painter()) as (app, pilot):
        app.take(TextDelta(words(0, 400)))
        await settled(pilot)
        app.transcript.scroll_lines(-20)
        before = app.shown[:-1]
        app.take(TextDelta(" " + words(1, 90)))
        await settled(pilot)
        assert app.shown[:-1] == before


async def test_deltas_are_painted_together() -> None:
    paint = Painter()
    async with staged(paint=paint) as (app, pilot):
        app.say("begin")
        await settled(pilot)
        calls = paint.calls
        for number in range(500):
            app.take(TextDelta(f"w{number} "))
        await settled(pilot)
        assert paint.calls - calls <= 3
        assert app.shown[-1].endswith("w499")


async def test_only_rows_that_changed_are_painted_again() -> None:
    async with staged(paint=Painter()) as (app, pilot):
        app.say(*(f"block {number}" for number in range(5)))
        app.take(TextDelta("some"))
        await settled(pilot)
        app.take(TextDelta(" more"))
        app.transcript.catch_up()
        changes = app.transcript.frame.fill(app.transcript.column, app.transcript.frame.size[1])
        assert changes == range(5, 6)


async def test_nothing_ticks_when_nothing_happens() -> None:
    paint = Painter()
    async with staged(paint=paint) as (app, pilot):
        app.say(*(words(number, 30) for number in range(60)))
        await settled(pilot, lambda: app.transcript.pulse.timers == 0)
        assert paint.calls < 60
        app.take(ev.ToolStarted(ToolCall("c1", "Bash")))
        await settled(pilot, lambda: app.transcript.pulse.timers == 1)
        before = paint.calls
        await settled(pilot, lambda: paint.calls > before)
        app.transcript.scroll_lines(-30)
        await settled(pilot, lambda: app.transcript.pulse.timers == 0)


async def test_the_next_page_is_painted_ahead() -> None:
    paint = Painter()
    async with staged(paint=paint) as (app, pilot):
        app.say(*(words(number, 10) for number in range(60)))
        await settled(pilot, lambda: app.transcript.pulse.timers == 0)
        calls = paint.calls
        app.transcript.action_page_up()
        assert paint.calls == calls


async def test_the_wheel_scrolls_three_lines() -> None:
    async with staged(paint=Painter()) as (app, pilot):
        app.say(*(f"block {number}" for number in range(40)))
        await settled(pilot)
        first = app.shown[0]
        app.transcript.post_message(
            MouseScrollUp(app.transcript, 2, 2, 0, -1, 0, shift=False, meta=False, ctrl=False)
        )
        await settled(pilot)
        assert app.shown[3] == first


async def test_without_colour_there_is_none() -> None:
    async with staged((80, 24)) as (app, pilot):
        app.transcript.look = Look(colour=False)
        app.say("# Head\n\n*some* `code`\n\n```py\nx = 1\n```")
        app.take(ev.ToolStarted(ToolCall("c1", "Bash", {"command": "ls"})))
        await settled(pilot)
        app.transcript.move_cursor(1)
        styles = [segment.style for y in range(20) for segment in app.transcript.draw(y)]
        assert not any(style and (style.color or style.bgcolor) for style in styles)
        assert any("▶" in line for line in app.shown), "the cursor is a sign, too"


async def test_nothing_is_left_when_it_is_cleared() -> None:
    async with staged(paint=Painter()) as (app, pilot):
        assert app.transcript.is_empty
        app.say("x")
        blocks = app.transcript.column.blocks
        assert len(blocks) == 1
        app.transcript.clear()
        await settled(pilot)
        assert app.shown == [""] * 10
        assert app.transcript.is_empty


async def test_a_frame_costs_the_same_however_long_the_session_is() -> None:
    paint = Painter()
    async with staged(paint=paint) as (app, pilot):
        app.transcript.column.prepend(
            [
                Block(0, 0, part=number - 60_000, body=Note(f"note {number}"), final=True)
                for number in range(50_000)
            ]
        )
        app.transcript.settle()
        await settled(pilot, lambda: app.transcript.pulse.timers == 0)
        calls = paint.calls
        assert calls < 60, "what is visible, and a page more"

        def cost() -> float:
            started = time.process_time()
            for _ in range(200):
                app.take(TextDelta("word "))
                app.transcript.settle()
            return time.process_time() - started

        long = cost()
        assert paint.calls - calls <= 201
        app.transcript.clear()
        app.say("one")
        await settled(pilot)
        assert long < 5 * cost()


@pytest.mark.parametrize(("connection", "least"), [("", 1 / 20), ("10.0.0.1 50000 10.0.0.2 22", 1 / 8)])
def test_a_slow_line_gets_fewer_frames(
    monkeypatch: pytest.MonkeyPatch, connection: str, least: float
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", connection)
    assert Transcript().pulse._least == least


async def test_slow_painting_leaves_time_for_keys() -> None:
    async with staged(paint=Painter()) as (app, pilot):
        app.say("x")
        await settled(pilot)
        app.transcript.pulse._draw()
        assert app.transcript.pulse._pause == 1 / 20
        real = app.transcript.settle

        def slow() -> None:
            real()
            app.transcript.column.slowest = 0.1

        app.transcript.settle = slow  # type: ignore[method-assign] # as if the open block were huge
        app.transcript.pulse._draw()
        assert app.transcript.pulse._pause == pytest.approx(0.4)
