"""Runs that live in engines: workers that look after them come and go, the run goes on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aura.app.segments import SegmentEnd, run_segment
from aura.core.run import Phase
from tests.e2e.conftest import Program
from tests.e2e.engines import Desk, engine_in, is_alive, own_environment
from tests.e2e.runs import begin_run, begun, let_go, run_of, types_of, worker

pytestmark = pytest.mark.slow


@pytest.fixture
async def desk(program: Program, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """Faces on the program's sessions."""
    async with own_environment(program, monkeypatch) as desk:
        yield desk


def segment(
    program: Program, folder: Path, seconds: float = 30.0, model: str = ""
) -> "asyncio.Task[SegmentEnd]":
    """A worker that looks after the run for a while."""
    flags = {"model": model or worker(program)}
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


async def test_several_runs_are_looked_after_by_one_process(desk: Desk) -> None:
    folders = [begin_run(desk.program) for _ in range(2)]
    let_go(desk.program)
    ends = await asyncio.gather(*(segment(desk.program, folder) for folder in folders))
    assert [end.phase for end in ends] == [Phase.DONE] * 2


async def test_a_run_that_cannot_be_opened_is_marked_as_failed(desk: Desk) -> None:
    folder = begin_run(desk.program)
    flags = {"model": f"script:{desk.program.home}/missing.yaml"}
    end = await run_segment(desk.program.workspace, folder.name, None, flags, 20.0)
    assert end.phase is Phase.FAILED
    assert "missing.yaml" in end.detail
    assert run_of(folder).phase is Phase.FAILED
