"""A session that is opened: its newest part at once, the rest without moving what is read."""

import gc
from pathlib import Path
from typing import Any

import pytest

from aura.core import events as ev
from aura.core.turn import Turn, fold
from aura.ui.blocks import Ending, Prose, Said
from aura.ui.tui import column as columns
from aura.ui.tui import transcript as transcripts
from aura.ui.tui.transcript import Transcript
from tests.ui.logs import session, whole, write_log
from tests.ui.tui.stages import Painter, Stage, settled, staged


def open_session(app: Stage, folder: Path, events: list[ev.Event]) -> Transcript:
    write_log(folder, events)
    turn = fold(events)
    app.seq = len(events)
    app.transcript.open(str(folder), len(events), lambda: turn)
    return app.transcript


def outline(transcript: Transcript) -> list[tuple[Any, ...]]:
    return [(block.first, block.last, block.part) for block in transcript.column.blocks]


def is_loaded(transcript: Transcript) -> bool:
    return transcript._older is not None and transcript._older.is_done


async def test_the_newest_part_is_there_at_once_and_the_rest_follows_by_itself(tmp_path: Path) -> None:
    events = session(160)
    async with staged(paint=Painter()) as (app, pilot):
        transcript = open_session(app, tmp_path / "s", events)
        transcript.settle()
        newest = app.shown
        assert 100 < len(transcript.column.blocks) < len(whole(events))
        assert not is_loaded(transcript)
        await settled(pilot, lambda: is_loaded(transcript))
        assert app.shown == newest
        assert outline(transcript) == [(one.first, one.last, one.part) for one in whole(events)]


async def test_what_comes_above_does_not_move_a_reader(tmp_path: Path) -> None:
    async with staged(paint=Painter()) as (app, pilot):
        transcript = open_session(app, tmp_path / "s", session(160))
        transcript.settle()
        transcript.scroll_lines(-60)
        before, blocks = app.shown, len(transcript.column.blocks)
        await settled(pilot, lambda: len(transcript.column.blocks) > blocks)
        assert app.shown == before
        await settled(pilot, lambda: is_loaded(transcript))
        assert app.shown == before


async def test_reading_on_is_no_disturbance_that_it_waits_for(tmp_path: Path) -> None:
    async with staged(paint=Painter()) as (app, pilot):
        transcript = open_session(app, tmp_path / "s", session(800))
        transcript.settle()
        await settled(pilot, lambda: transcript.pulse.is_quiet)
        drawn, sizes = transcript.pulse._drawn, {len(transcript.column.blocks)}
        while not is_loaded(transcript):
            assert transcript.pulse._drawn == drawn
            sizes.add(len(transcript.column.blocks))
            await pilot.pause(0.01)
        assert len(sizes) > 2  # several pages, and not one pause of the pulse between them


async def test_ctrl_home_goes_to_the_very_beginning_and_says_that_it_reads(tmp_path: Path) -> None:
    async with staged(paint=Painter()) as (app, pilot):
        transcript = open_session(app, tmp_path / "s", session(180))
        transcript.settle()
        transcript.go_to_top()
        assert "reading what is older" in app.shown[0]
        await settled(pilot, lambda: is_loaded(transcript))
        assert transcript.frame.top == 0
        assert isinstance(transcript.column.blocks[1].body, Said)
        assert "do part 1" in "\n".join(app.shown)


async def test_scrolling_away_ends_the_way_to_the_beginning(tmp_path: Path) -> None:
    async with staged(paint=Painter()) as (app, pilot):
        transcript = open_session(app, tmp_path / "s", session(180))
        transcript.settle()
        transcript.go_to_top()
        transcript.go_to_end()
        before = app.shown
        await settled(pilot, lambda: is_loaded(transcript))
        assert app.shown == before


async def test_bodies_of_old_blocks_are_let_go_and_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "KEPT_BLOCKS", 40)
    monkeypatch.setattr(columns, "REMADE_BLOCKS", 60)
    events = session(150)
    expected = [block.body for block in whole(events)]
    column = columns.Column(Painter())
    app = Stage(column)
    async with app.run_test(size=(40, 13)) as pilot:
        transcript = open_session(app, tmp_path / "s", events)
        await settled(pilot, lambda: is_loaded(transcript))
        held = [body for block in column.blocks if isinstance(body := block.body, Prose | Said)]
        assert len(held) < 150 < len(column.blocks)
        for place, body in enumerate(expected):
            assert isinstance(body, Ending) or column.body(place) == body
        held = [body for block in column.blocks if isinstance(body := block.body, Prose | Said)]
        assert len(held) < 150


async def test_a_session_without_a_log_keeps_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "KEPT_BLOCKS", 5)
    column = columns.Column(Painter())
    app = Stage(column)
    async with app.run_test(size=(40, 13)) as pilot:
        app.transcript.open("", 0)
        app.say(*(f"block {number}" for number in range(50)))
        await settled(pilot)
        assert all(block.body is not None for block in column.blocks)


async def test_events_that_were_read_already_are_not_shown_twice(tmp_path: Path) -> None:
    events = session(10)
    async with staged(paint=Painter()) as (app, pilot):
        transcript = open_session(app, tmp_path / "s", events)
        await settled(pilot, lambda: is_loaded(transcript))
        before = outline(transcript)
        for seq in range(len(events) - 5, len(events) + 1):
            transcript.take(ev.Recorded(seq, 1.0, events[seq - 1]))
        assert outline(transcript) == before
        app.say("new")
        assert outline(transcript)[:-1] == before


async def test_the_last_turn_s_card_is_whole_and_those_of_older_ones_become_it(tmp_path: Path) -> None:
    events = session(15)
    turns, turn = [], Turn()
    for event in events:
        turn = fold([event], turn)
        if isinstance(event, ev.TurnStopped):
            turns.append(turn)
    async with staged((40, 43), paint=Painter()) as (app, pilot):
        transcript = open_session(app, tmp_path / "s", events)

        def spent() -> list[int]:
            bodies = [block.body for block in transcript.column.blocks]
            return [body.report.total.steps for body in bodies if isinstance(body, Ending)]

        assert spent() == [0, 0, 15]
        await settled(pilot, lambda: spent() == [one.window.steps for one in turns])


async def test_a_session_can_be_left_for_another_while_it_is_read(tmp_path: Path) -> None:
    async with staged(paint=Painter()) as (app, pilot):
        open_session(app, tmp_path / "one", session(300))
        await pilot.pause()
        second = session(20, auto=False)
        transcript = open_session(app, tmp_path / "two", second)
        await settled(pilot, lambda: is_loaded(transcript))
        assert outline(transcript) == [(one.first, one.last, one.part) for one in whole(second)]


async def test_a_log_that_cannot_be_read_leaves_a_transcript_that_works(tmp_path: Path) -> None:
    async with staged(paint=Painter()) as (app, pilot):
        app.transcript.open(str(tmp_path / "nothing"), 100)
        app.seq = 100
        app.say("hello")
        await settled(pilot)
        assert app.shown[0] == "hello"


async def test_what_was_read_is_set_aside_without_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcripts, "FROZEN_PAGES", 1)
    monkeypatch.setattr(gc, "freeze", gc.collect)  # what is frozen would stay so for all other tests
    events = session(160)
    async with staged(paint=Painter()) as (app, pilot):
        transcript = open_session(app, tmp_path / "s", events)
        transcript.settle()
        newest = app.shown
        await settled(pilot, lambda: is_loaded(transcript))
        assert app.shown == newest
        assert outline(transcript) == [(one.first, one.last, one.part) for one in whole(events)]
