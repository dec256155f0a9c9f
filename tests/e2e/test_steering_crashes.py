"""Engines of runs that are killed, or told to end: the next one goes on where they were."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aura.app.segments import SegmentEnd, run_segment
from aura.core.run import Phase
from tests.e2e.conftest import Program, call, done
from tests.e2e.engines import Desk, engine_in, happens, is_alive, own_environment
from tests.e2e.runs import begin_run, begun, events_of, let_go, run_of, types_of, worker

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


async def test_jobs_that_ended_with_an_engine_are_told_to_the_model(desk: Desk) -> None:
    folder = begin_run(desk.program, goal="serve it")
    server = call("Bash", command="echo listening; touch began; sleep 60", background=True)
    wait = call("Bash", command="until [ -e go ]; do sleep 0.02; done; echo all ended")
    again = {"when": {"history_contains": "These background jobs ended"}, **done("told")}
    model = desk.program.script([again, {"say": "I serve.", "call": [server]}, {"call": [wait]}])
    first = segment(desk.program, folder, model=model)
    await happens(lambda: said_in(folder) == "listening\n", "the job prints")
    os.kill(engine_in(folder), signal.SIGKILL)
    assert (await first).phase is Phase.RUNNING
    assert await segment(desk.program, folder, model=model) == SegmentEnd(Phase.DONE, 0.0, "told")
    (told,) = [event.message.text for event in events_of(folder, "injected") if "job-1" in event.message.text]
    assert f"what it had printed is in {folder}/jobs/job-1.txt" in told


def said_in(folder: Path) -> str:
    """What the first job of a session printed."""
    file = folder / "jobs" / "job-1.txt"
    return file.read_text() if file.exists() else ""
