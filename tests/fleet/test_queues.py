"""What holds for every queue of runs: in memory, in a file, on a server."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aura.core.errors import AuraError
from aura.fleet.durable import DurableQueue, open_queue
from aura.fleet.memory import MemoryQueue
from aura.fleet.queue import JobState, RunQueue
from aura.fleet.site import find_site
from tests.fleet.workers import SECONDS, Nursery, append, begun, make_job, steps, wanted

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("fleet")]  # one server for all


@pytest.fixture(scope="module", params=["memory", "sqlite", "postgres"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, nursery: Nursery
) -> Iterator[str]:
    """A database with a worker of its own; empty for a queue in this process."""
    if request.param == "memory":
        yield ""
        return
    if request.param == "sqlite":
        database = str(tmp_path_factory.mktemp("queue") / "runs.sqlite")
    else:
        database = f"{request.getfixturevalue('postgres').url}/conformance"
    with nursery.worker(database):
        yield database


@pytest.fixture(scope="module")
def durable(place: str) -> Iterator[DurableQueue | None]:
    """The queue in that database; None in this process."""
    queue = open_queue(find_site(place, "here")) if place else None
    yield queue
    if queue is not None:
        asyncio.run(queue.close())


@dataclass
class Scene:
    queue: RunQueue
    folder: Path

    async def until(self, run: str, holds: Callable[[JobState], bool]) -> JobState:
        """Poll until the state of a run is so."""
        return await until(lambda: self.queue.find(run), holds)


async def until(
    ask: Callable[[], Awaitable[JobState | None]], holds: Callable[[JobState], bool], seconds: float = SECONDS
) -> JobState:
    end = time.monotonic() + seconds
    while True:
        state = await ask()
        if state is not None and holds(state):
            return state
        assert time.monotonic() < end, f"timed out at {state}"
        await asyncio.sleep(0.03)


@pytest.fixture
async def scene(durable: DurableQueue | None, tmp_path: Path) -> AsyncIterator[Scene]:
    if durable is not None:
        yield Scene(durable, tmp_path)
        return
    queue = MemoryQueue(append)
    yield Scene(queue, tmp_path)
    await queue.close()


DATABASES = pytest.mark.parametrize("place", ["sqlite", "postgres"], indirect=True)


def is_over(state: JobState) -> bool:
    return state.state == "ended"


def unique(scene: Scene, name: str) -> str:
    return f"{name}-{scene.folder.name}"


async def test_a_run_is_worked_on_once_however_often_it_is_submitted(scene: Scene) -> None:
    job = make_job(scene.folder, unique(scene, "one"), "work over work wait work")
    assert await scene.queue.find(job.run) is None
    first = await scene.queue.submit(job)
    assert (first.run, first.number) == (job.run, 1)
    await asyncio.gather(*(scene.queue.submit(job) for _ in range(3)))
    seen = await scene.until(job.run, lambda state: state.state == "running")
    assert seen.worker
    waiting = await scene.until(job.run, lambda state: state.state == "waiting")
    assert (waiting.worker, waiting.detail) == ("", "a wait")
    assert waiting.wake > time.time() - 1
    again = await scene.queue.submit(job)
    assert again.is_active
    over = await scene.until(job.run, is_over)
    assert over.detail == "all steps"
    assert steps(job) == wanted(job)
    assert len(begun(job)) == 3  # the time of the first segment was over, then the run waited
    assert [state for state in await scene.queue.jobs() if state.run == job.run] == [over]


async def test_it_begins_no_sooner_than_it_should(scene: Scene) -> None:
    job = make_job(scene.folder, unique(scene, "later"), "work")
    wake = time.time() + 1.2
    state = await scene.queue.submit(job, wake)
    assert state.state == "waiting"
    assert state.wake == pytest.approx(wake, abs=0.1)
    await scene.until(job.run, is_over)
    begun_at = (Path(job.workspace) / "begun").stat().st_mtime
    assert wake - 0.05 <= begun_at <= wake + 10


async def test_what_nobody_works_on_can_be_dropped(scene: Scene) -> None:
    job = make_job(scene.folder, unique(scene, "dropped"), "work")
    await scene.queue.submit(job, time.time() + 3600)
    assert await scene.queue.cancel(job.run)
    over = await scene.until(job.run, is_over)
    assert over.detail == "cancelled"
    assert not await scene.queue.cancel(job.run)
    assert not await scene.queue.cancel("never-heard-of")
    assert not begun(job)


async def test_what_is_worked_on_cannot(scene: Scene) -> None:
    job = make_job(scene.folder, unique(scene, "busy"), "work work work work")
    await scene.queue.submit(job)
    await scene.until(job.run, lambda state: state.state == "running" and bool(begun(job)))
    assert not await scene.queue.cancel(job.run)
    await scene.until(job.run, is_over)
    assert steps(job) == wanted(job)


async def test_an_ended_run_can_be_handed_over_again(scene: Scene) -> None:
    job = make_job(scene.folder, unique(scene, "again"), "work")
    await scene.queue.submit(job)
    await scene.until(job.run, is_over)
    (Path(job.workspace) / "plan").write_text("work work")
    state = await scene.queue.resume(job.run)
    assert (state.number, state.is_active) == (2, True)
    await scene.until(job.run, lambda state: is_over(state) and state.number == 2)
    assert steps(job) == wanted(job)
    with pytest.raises(AuraError, match="knows no run never-heard-of"):
        await scene.queue.resume("never-heard-of")


async def test_a_signal_ends_a_wait(scene: Scene) -> None:
    job = make_job(scene.folder, unique(scene, "signal"), "long work")
    assert not await scene.queue.signal(job.run)
    await scene.queue.submit(job)
    state = await scene.until(job.run, lambda state: state.state == "waiting")
    assert state.wake > time.time() + 3000
    assert await scene.queue.signal(job.run)
    over = await scene.until(job.run, is_over)
    assert over.detail == "all steps"
    assert not await scene.queue.signal(job.run)


async def test_a_wait_can_be_given_up(scene: Scene) -> None:
    job = make_job(scene.folder, unique(scene, "given-up"), "long work")
    await scene.queue.submit(job)
    await scene.until(job.run, lambda state: state.state == "waiting")
    assert await scene.queue.cancel(job.run)
    await scene.until(job.run, is_over)
    assert steps(job) == ["long 0"]


async def test_a_sweep_leaves_the_living_alone(scene: Scene) -> None:
    job = make_job(scene.folder, unique(scene, "alive"), "work work work")
    await scene.queue.submit(job)
    await scene.until(job.run, lambda state: state.state == "running")
    assert await scene.queue.sweep() == ()
    await scene.until(job.run, is_over)
    assert len(begun(job)) == 1


@DATABASES
async def test_a_queue_serves_one_machine_and_shows_all(place: str, scene: Scene) -> None:
    other = await asyncio.to_thread(open_queue, find_site(place, "elsewhere"))
    try:
        job = make_job(scene.folder, unique(scene, "foreign"), "work")
        await other.submit(job)
        mine = make_job(scene.folder, unique(scene, "mine"), "work")
        await scene.queue.submit(mine)
        await scene.until(mine.run, is_over)
        assert not begun(job)
        shown = {state.run: state for state in await scene.queue.jobs()}
        assert (shown[job.run].state, shown[job.run].host) == ("queued", "elsewhere")
        assert await scene.queue.cancel(job.run)
    finally:
        await other.close()


@DATABASES
async def test_what_ended_long_ago_is_forgotten(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(scene.queue, DurableQueue)
    job = make_job(scene.folder, unique(scene, "old"), "work")
    await scene.queue.submit(job)
    await scene.until(job.run, is_over)
    assert await asyncio.to_thread(scene.queue.table.prune) == 0
    monkeypatch.setattr("aura.fleet.table.KEPT_DAYS", -1)
    assert await asyncio.to_thread(scene.queue.table.prune) >= 1
    assert await scene.queue.find(job.run) is None
