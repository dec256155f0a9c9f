"""Orders to runs from elsewhere: to a living engine, and to a run that nobody has open."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aura.app.orders import send_order
from aura.app.segments import SegmentEnd, run_segment
from aura.core.errors import AuraError
from aura.core.limits import Limits
from aura.core.run import Phase
from aura.runs.orders import Wanted
from tests.e2e.conftest import Program
from tests.e2e.engines import Desk, happens, own_environment
from tests.e2e.runs import begin_run, begun, events_of, let_go, run_of, turn_of, worker

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


WORKER = """
import asyncio, sys
from pathlib import Path
from aura.app.segments import run_segment

workspace, session, model = sys.argv[1:]
asyncio.run(run_segment(Path(workspace), session, None, {"model": model}, 60.0))
"""


@contextmanager
def killed(program: Program, command: list[str]) -> Iterator[None]:
    """A process that is killed at the end, and gets no chance to say goodbye."""
    process = subprocess.Popen(command, env=program.environ, cwd=program.home)
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def test_a_killed_worker_does_not_stop_the_run_and_words_reach_it(desk: Desk) -> None:
    program = desk.program
    folder = begin_run(program)
    arguments = [str(program.workspace), folder.name, worker(program)]
    with killed(program, [sys.executable, "-c", WORKER, *arguments]):
        await begun(program)
    sent = await send_order(folder, Wanted("steer", text="hurry up"))
    assert (sent.was_live, sent.run.phase) == (True, Phase.RUNNING)
    let_go(program)
    await happens(lambda: run_of(folder).phase is Phase.DONE, "the run is done")
    assert [event.message.text for event in events_of(folder, "steered")] == ["hurry up"]
