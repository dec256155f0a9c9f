"""Old blocks from the log: pages that join without a seam, and bodies that are made again."""

from pathlib import Path
from random import Random

import pytest

from aura.core import events as ev
from aura.core.turn import Turn, apply
from aura.runs.report import make_report
from aura.ui.archive import LOST, Archive, find_auto, fold, is_unreported
from aura.ui.blocks import Block, Ending, Note, StepRule
from tests.ui.logs import session, step, whole, write_log


def outline(blocks: list[Block]) -> list[tuple[object, ...]]:
    return [(block.first, block.last, block.part, block.body) for block in blocks]


@pytest.mark.parametrize("auto", [True, False])
@pytest.mark.parametrize("size", [7, 30, 1_000])
def test_pages_from_the_last_to_the_first_are_the_whole(tmp_path: Path, size: int, auto: bool) -> None:
    events = session(40, auto=auto)
    archive = write_log(tmp_path / "s", events)
    blocks: list[Block] = []
    last, is_auto = len(events), auto
    while last > 0:
        page = archive.read_page(last, size)
        is_auto = find_auto(page, after=is_auto)
        blocks[:0] = fold(page, auto=is_auto)
        last = page[0].seq - 1
    assert not is_auto
    assert outline(blocks) == outline(whole(events))


@pytest.mark.parametrize("auto", [True, False])
@pytest.mark.parametrize("many", [1, 2, 9, 99])
def test_a_body_that_was_let_go_comes_back_the_same(tmp_path: Path, many: int, auto: bool) -> None:
    events = session(12, auto=auto)
    archive = write_log(tmp_path / "s", events)
    expected = outline(whole(events))
    for first in range(0, len(expected), 1 + many // 4):
        blocks = whole(events)
        gone = [
            place
            for place, block in enumerate(blocks)
            if first <= place < first + many and not isinstance(block.body, StepRule | Note | Ending)
        ]
        for place in gone:
            blocks[place].body = None
        for place in Random(first).sample(gone, len(gone)):
            if blocks[place].body is None:
                archive.restore(blocks, place)
            assert outline(blocks)[place] == expected[place]


def test_only_what_is_near_is_made_again(tmp_path: Path) -> None:
    events = session(200)
    archive = write_log(tmp_path / "s", events)
    blocks = whole(events)
    for block in blocks:
        block.body = None
    archive.restore(blocks, 300)
    made = [place for place, block in enumerate(blocks) if block.body is not None]
    assert 300 in made
    assert 200 < made[0] < made[-1] < 400


def test_a_log_that_is_gone_is_told_in_the_block(tmp_path: Path) -> None:
    blocks = [Block(3, 4, final=True)]
    archive = Archive(tmp_path / "nothing")
    archive.restore(blocks, 0)
    assert blocks[0].body == Note(LOST, "warning")
    assert archive.read_page(100) == []
    assert archive.make_reports() == {}


def test_reports_of_earlier_turns_are_those_that_were_shown_then(tmp_path: Path) -> None:
    events = session(15)
    archive = write_log(tmp_path / "s", events)
    turn, expected = Turn(), {}
    for seq, event in enumerate(events, 1):
        turn = apply(turn, event)
        if isinstance(event, ev.TurnStopped):
            expected[seq] = make_report(turn)
    waits: list[int] = []
    assert archive.make_reports(lambda: waits.append(1)) == expected
    assert waits, "keys get their turn"
    endings = [block for block in whole(events) if isinstance(block.body, Ending)]
    assert [block.first for block in endings] == list(expected)
    assert all(is_unreported(block) for block in endings)


def test_a_page_begins_with_a_step_even_if_that_is_far_away(tmp_path: Path) -> None:
    notes: list[ev.Event] = [ev.NoticeShown(f"note {number}") for number in range(90)]
    events = [*session(5), *step(6), *notes]
    archive = write_log(tmp_path / "s", events)
    page = archive.read_page(len(events), 20)
    assert isinstance(page[0].event, ev.StepStarted)
    assert page[-1].seq == len(events)


def test_a_page_without_any_step_is_cut_somewhere(tmp_path: Path) -> None:
    notes: list[ev.Event] = [ev.NoticeShown("note") for _ in range(5_000)]
    page = write_log(tmp_path / "s", notes).read_page(5_000, 256)
    assert 256 < len(page) < 3_000
    assert (page[-1].seq, len(page)) == (5_000, 5_001 - page[0].seq)
