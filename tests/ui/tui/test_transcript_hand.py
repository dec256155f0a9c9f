"""What a person does in the transcript: mark text, move the cursor, expand, copy, open."""

from typing import Any

import pytest
from rich.segment import Segment
from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip

from aura.core import events as ev
from aura.core.messages import ToolCall, ToolResult, user
from aura.core.models import TextDelta
from aura.ui.blocks import ToolCard
from aura.ui.look import Look
from aura.ui.tui.pager import Pager
from aura.ui.tui.selection import extract, join_line, part_line
from aura.ui.tui.transcript import Transcript
from tests.ui.tui.stages import Painter, Stage, settled, staged


async def drag(pilot: Any, start: tuple[int, int], end: tuple[int, int], target: Any = Transcript) -> None:
    await pilot.mouse_down(Transcript, offset=start)
    await pilot.hover(target, offset=end)
    await pilot.mouse_up(target, offset=end)
    await settled(pilot)


async def test_marking_across_three_blocks_copies_what_is_shown() -> None:
    async with staged((40, 23), Painter()) as (app, pilot):
        app.say("alpha beta gamma", "delta " * 12, "epsilon zeta eta")
        await settled(pilot)
        shown = app.shown
        await drag(pilot, (6, 0), (11, 3))
        assert app.copied == ["\n".join([shown[0][6:], shown[1], shown[2], shown[3][:12]])]
        assert app.copied[0].startswith("beta gamma\ndelta")
        assert app.copied[0].endswith("\nepsilon zeta")


async def test_marking_upwards_is_the_same() -> None:
    async with staged((40, 23), Painter()) as (app, pilot):
        app.say("alpha beta gamma", "delta")
        await settled(pilot)
        await drag(pilot, (2, 1), (6, 0))
        assert app.copied == ["beta gamma\ndel"]


async def test_wide_characters_are_marked_whole() -> None:
    async with staged((40, 23), Painter()) as (app, pilot):
        app.say("日本語 text")
        await settled(pilot)
        await drag(pilot, (2, 0), (8, 0))
        assert app.copied == ["本語 te"]


async def test_what_is_marked_is_seen() -> None:
    async with staged((40, 23), Painter()) as (app, pilot):
        app.say("alpha beta gamma")
        await settled(pilot)
        await drag(pilot, (6, 0), (9, 0))
        colour = Look().style("selected").bgcolor
        marked = [one.text for one in app.transcript.draw(0) if one.style and one.style.bgcolor == colour]
        assert "".join(marked) == "beta"
        await pilot.click(Transcript, offset=(3, 5))
        await settled(pilot, lambda: app.transcript.marked is None)
        assert app.copied == ["beta"], "a click copies nothing"


async def test_what_is_marked_stays_marked_when_blocks_come_and_heights_change() -> None:
    async with staged((40, 13), Painter()) as (app, pilot):
        app.say(*(f"block {number}" for number in range(30)))
        await settled(pilot)
        app.transcript.scroll_lines(-3)
        row = app.transcript.frame.rows[4]
        text = row.strip.text
        await pilot.mouse_down(Transcript, offset=(0, 4))
        await pilot.hover(Transcript, offset=(20, 4))
        app.say("more", "and more")
        other = Stage()
        other.say(*("older " * 40,) * 5)
        app.transcript.base -= 5
        app.transcript.frame.shift(app.transcript.column.prepend(other.transcript.column.blocks))
        app.transcript.settle()
        await pilot.mouse_up(Transcript, offset=(20, 4))
        await settled(pilot)
        assert app.copied == [text]


async def test_marking_that_ends_elsewhere_takes_the_visible_lines() -> None:
    async with staged((40, 13), Painter()) as (app, pilot):
        app.say(*(f"block {number}" for number in range(300)))
        await settled(pilot)
        app.transcript.scroll_lines(-100)
        first = app.shown[7]
        await drag(pilot, (0, 7), (5, 1), "Input")
        (copied,) = app.copied
        assert copied.split("\n")[0] == first
        assert len(copied.split("\n")) == 3


async def test_only_marked_lines_are_read() -> None:
    paint = Painter()
    async with staged((40, 13), paint) as (app, pilot):
        app.say(*(f"block {number}" for number in range(3_000)))
        await settled(pilot, lambda: app.transcript.pulse.timers == 0)
        calls = paint.calls
        base = app.transcript.base
        chosen = Selection(Offset(0, join_line(base + 2_990, 0)), Offset(5, join_line(base + 2_992, 0)))
        assert app.transcript.get_selection(chosen) == ("block 2990\nblock 2991\nblock", "\n")
        assert paint.calls == calls


def test_the_margin_is_not_copied() -> None:
    lines = ["  ❯ a prompt", "    that goes on", "", "  def f():", "      return 1", "no margin"]
    chosen = Selection(Offset(0, join_line(7, 0)), Offset(-1, join_line(7, 5)))
    strips = [Strip([Segment(line)]) for line in lines]
    copied = extract(chosen, (0, 0), lambda number: strips)
    assert copied.split("\n") == ["❯ a prompt", "  that goes on", "", "def f():", "    return 1", "no margin"]
    within = Selection(Offset(4, join_line(7, 0)), Offset(6, join_line(7, 1)))
    assert extract(within, (0, 0), lambda number: strips) == "a prompt\n  th"


@pytest.mark.parametrize("pair", [(0, 0), (1, 2), (1 << 40, 1_000_000)])
def test_a_line_is_a_block_and_a_line_of_it(pair: tuple[int, int]) -> None:
    assert part_line(join_line(*pair)) == pair


async def test_the_cursor_moves_from_block_to_block_and_stays_in_view() -> None:
    async with staged(paint=Painter()) as (app, pilot):
        app.say(*("word " * 25 + str(number) for number in range(20)))
        await settled(pilot)
        transcript = app.transcript
        transcript.move_cursor(-1)
        assert transcript.cursor is transcript.column.blocks[-1]
        transcript.focus()
        for _ in range(25):
            await pilot.press("up")
        assert transcript.cursor is transcript.column.blocks[0]
        assert transcript.frame.top == 0
        await pilot.press("down")
        assert transcript.cursor is transcript.column.blocks[1]
        cursor = Look().style("cursor").bgcolor
        rows = [
            any(one.style and one.style.bgcolor == cursor for one in transcript.draw(y)) for y in range(10)
        ]
        assert rows == [row.block is transcript.cursor for row in transcript.frame.rows]


async def test_a_cursor_whose_block_went_is_no_cursor() -> None:
    async with staged(paint=Painter()) as (app, pilot):
        app.say("one")
        app.take(TextDelta("half"))
        await settled(pilot)
        app.transcript.move_cursor(1)
        app.take(ev.StepStarted(2, "m"))
        await settled(pilot)
        app.transcript.focus()
        await pilot.press("enter", "y", "o")
        assert app.copied == []


def happen(app: Stage, name: str = "Bash", content: str = "out", **arguments: Any) -> None:
    call = ToolCall(f"c{app.seq}", name, arguments)
    app.take(ev.ToolStarted(call))
    app.take(ev.ToolFinished(call, ToolResult(call.id, content), "error", 1.0))


async def test_enter_expands_and_folds_with_the_head_in_view() -> None:
    async with staged((60, 17)) as (app, pilot):
        app.say("hello")
        happen(app, command="make", content="\n".join(f"line {number}" for number in range(60)))
        await settled(pilot)
        app.transcript.move_cursor(1)
        app.transcript.focus()
        before = app.shown
        await pilot.press("enter")
        assert "make" in app.shown[0]
        assert app.shown[1].endswith("line 0")
        await pilot.press("enter")
        await pilot.press("end")
        assert app.shown == before


async def test_a_click_on_a_head_expands_and_one_below_does_not() -> None:
    async with staged((60, 17)) as (app, pilot):
        happen(app, command="make", content="\n".join(f"line {number}" for number in range(9)))
        await settled(pilot)
        await pilot.click(Transcript, offset=(5, 1))
        assert not app.transcript.column.blocks[0].expanded
        await pilot.click(Transcript, offset=(5, 0))
        assert app.transcript.column.blocks[0].expanded


async def test_ctrl_o_expands_the_last_card_then_opens_all_of_it() -> None:
    async with staged((60, 17)) as (app, pilot):
        happen(app, command="make", content="the whole output")
        app.say("and so on")
        await settled(pilot)
        app.transcript.expand_last()
        card = app.transcript.column.blocks[0]
        assert isinstance(card.body, ToolCard)
        assert card.expanded
        app.transcript.expand_last()
        await pilot.pause()
        assert isinstance(app.screen, Pager)
        await pilot.press("q")
        await pilot.pause()
        assert not isinstance(app.screen, Pager)


async def test_a_block_and_a_whole_reply_are_copied_as_they_were_written() -> None:
    async with staged((60, 17)) as (app, pilot):
        app.say("# Head\n\nSome *words*.\n\n- one\n- two")
        await settled(pilot)
        app.transcript.move_cursor(1)
        app.transcript.focus()
        await pilot.press("up", "up", "y", "Y")
        assert app.copied == ["Some *words*.", "# Head\n\nSome *words*.\n\n- one\n- two"]


async def test_what_the_model_was_told_can_be_opened() -> None:
    async with staged((60, 17)) as (app, pilot):
        app.take(ev.Injected(user("Two todos are still open.", "injector:todo")))
        await settled(pilot)
        app.transcript.move_cursor(1)
        app.transcript.focus()
        await pilot.press("o")
        await pilot.pause()
        assert isinstance(app.screen, Pager)
        assert "Two todos are still open." in app.screen.page.lines
