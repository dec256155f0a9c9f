"""Runs that live in engines: workers that look after them come and go, people give orders from elsewhere."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aura.app.orders import send_order
from aura.app.segments import SegmentEnd, run_segment
from aura.core.errors import AuraError
from aura.core.limits import Limits
from aura.core.run import Phase
from aura.runs.orders import Wanted
from tests.e2e.conftest import Program
from tests.e2e.engines import Desk, engine_in, happens, is_alive, own_environment
from tests.e2e.runs import begin_run, begun, events_of, let_go, run_of, turn_of, types_of, worker

pytestmark = pytest.mark.slow


@pytest.fixture
async def desk(program: Program, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """Faces on the program's sessions."""
    async with own_environment(program, monkeypatch) as desk:
        yield desk


def segment(program: Program, folder: Path, seconds: float = 30.0) -> "asyncio.Task[SegmentEnd]":
    """A worker that looks after the run for a while."""
    flags = {"model": worker(program)}
    return asyncio.create_task(run_segment(program.workspace, folder.name, None, flags, seconds))


async def test_a_run_outlives_its_segments_and_a_later_one_joins_it(desk: Desk) -> None:
    folder = begin_run(desk.program)
    end = await segment(desk.program, folder, seconds=1.5)
    assert end.phase is Phase.RUNNING
    await begun(desk.program)
    engine = engine_in(folder)
    assert is_alive(engine)
    later = segment(desk.program, folder)
    let_go(desk.program)
    assert await later == SegmentEnd(Phase.DONE, 0.0, "the file came")
    assert engine_in(folder) == engine
    assert types_of(folder).count("turn_started") == 1


async def test_an_engine_that_is_killed_is_replaced_by_the_next_segment(desk: Desk) -> None:
    folder = begin_run(desk.program)
    first = segment(desk.program, folder)
    await begun(desk.program)
    os.kill(engine_in(folder), signal.SIGKILL)
    end = await first
    assert end.phase is Phase.RUNNING
    assert run_of(folder).phase is Phase.RUNNING
    let_go(desk.program)
    assert (await segment(desk.program, folder)).phase is Phase.DONE
    assert "unknown" in [event.outcome for event in events_of(folder, "tool_finished")], (
        "the call that was running is marked"
    )


async def test_an_engine_that_is_told_to_end_leaves_its_run_to_the_next(desk: Desk) -> None:
    folder = begin_run(desk.program)
    first = segment(desk.program, folder)
    await begun(desk.program)
    engine = engine_in(folder)
    os.kill(engine, signal.SIGTERM)
    assert (await first).phase is Phase.RUNNING
    await happens(lambda: not is_alive(engine), "the engine ends")
    assert run_of(folder).phase is Phase.RUNNING
    assert types_of(folder)[-1] == "turn_stopped"
    let_go(desk.program)
    assert (await segment(desk.program, folder)).phase is Phase.DONE


async def test_a_pause_stops_between_two_steps_and_a_resume_goes_on(desk: Desk) -> None:
    folder = begin_run(desk.program)
    working = segment(desk.program, folder)
    await begun(desk.program)
    sent = await send_order(folder, Wanted("pause"))
    assert (sent.was_live, sent.run.order) == (True, "pause")
    let_go(desk.program)
    assert (await working).phase is Phase.PAUSED
    turn = turn_of(folder)
    assert (turn.steps, turn.run.detail) == (1, "paused by a person")
    assert (await segment(desk.program, folder)).phase is Phase.PAUSED, "a run at rest is left so"
    sent = await send_order(folder, Wanted("resume", text="go on, but hurry"))
    assert sent.was_live
    assert (await segment(desk.program, folder)).phase is Phase.DONE
    assert "go on, but hurry" in [event.message.text for event in events_of(folder, "turn_started")]


async def test_a_cancel_ends_the_command_that_runs(desk: Desk) -> None:
    folder = begin_run(desk.program)
    working = segment(desk.program, folder)
    await begun(desk.program)
    sent = await send_order(folder, Wanted("cancel"))
    assert sent.run.phase is Phase.CANCELLED
    assert (await working).phase is Phase.CANCELLED
    with pytest.raises(AuraError, match="nothing to resume"):
        await send_order(folder, Wanted("resume"))


async def test_orders_to_a_run_that_nobody_has_open_are_written_under_its_lease(desk: Desk) -> None:
    folder = begin_run(desk.program, Limits(cost=2.0))
    sent = await send_order(folder, Wanted("pause"))
    assert (sent.was_live, sent.run.phase) == (False, Phase.PAUSED)
    assert run_of(folder).phase is Phase.PAUSED
    await send_order(folder, Wanted("steer", text="be careful"))
    assert run_of(folder).phase is Phase.PAUSED, "it is kept for when it goes on"
    await send_order(folder, Wanted("grant", more={"cost": 5.0}))
    turn = turn_of(folder)
    assert (turn.limits.cost, turn.run.phase) == (7.0, Phase.RUNNING)
    await send_order(folder, Wanted("cancel"))
    assert run_of(folder).phase is Phase.CANCELLED
    with pytest.raises(AuraError, match="nothing to pause"):
        await send_order(folder, Wanted("pause"))


async def test_a_run_that_cannot_be_opened_is_marked_as_failed(desk: Desk) -> None:
    folder = begin_run(desk.program)
    flags = {"model": f"script:{desk.program.home}/missing.yaml"}
    end = await run_segment(desk.program.workspace, folder.name, None, flags, 20.0)
    assert end.phase is Phase.FAILED
    assert "missing.yaml" in end.detail
    assert run_of(folder).phase is Phase.FAILED


async def test_several_runs_are_looked_after_by_one_process(desk: Desk) -> None:
    folders = [begin_run(desk.program) for _ in range(2)]
    let_go(desk.program)
    ends = await asyncio.gather(*(segment(desk.program, folder) for folder in folders))
    assert [end.phase for end in ends] == [Phase.DONE] * 2
