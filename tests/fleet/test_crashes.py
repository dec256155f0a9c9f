"""Workers that are killed, stopped, told to leave and started again: what finished is never done again."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from aura.core.errors import AuraError
from aura.fleet.durable import DurableQueue, open_queue
from aura.fleet.liveness import PostgresLiveness, _key, open_liveness
from aura.fleet.queue import Job, JobState
from aura.fleet.site import find_site
from tests.fleet.conftest import Server
from tests.fleet.workers import FENCED, Nursery, begun, lines, make_job, steps, wait_until, wanted

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("fleet")]  # one server for all


@pytest.fixture
def queue(database: str) -> Iterator[DurableQueue]:
    found = open_queue(find_site(database, "here"))
    yield found
    asyncio.run(found.close())


def do(call: Awaitable[Any]) -> Any:
    """The result of a call on a queue."""

    async def run() -> Any:
        return await call

    return asyncio.run(run())


def state(queue: DurableQueue, job: Job) -> JobState:
    found: JobState | None = do(queue.find(job.run))
    assert found is not None
    return found


def all_over(queue: DurableQueue) -> Callable[[], bool]:
    """Whether nothing is active; asked for at most ten times a second."""

    def ask() -> bool:
        time.sleep(0.1)
        return not any(one.is_active for one in do(queue.jobs()))

    return ask


def submit(queue: DurableQueue, folder: Path, count: int, plan: str) -> list[Job]:
    jobs = [make_job(folder, f"run{number}", plan) for number in range(count)]
    for job in jobs:
        do(queue.submit(job))
    return jobs


def test_the_runs_of_a_killed_worker_finish_on_the_other(
    database: str, queue: DurableQueue, nursery: Nursery, tmp_path: Path
) -> None:
    with nursery.worker(database, 3) as first, nursery.worker(database, 3) as second:
        first.hear("takes")
        second.hear("takes")
        jobs = submit(queue, tmp_path, 6, "work " * 12)
        wait_until(lambda: all(len(steps(job)) >= 2 for job in jobs), "both work")
        had = [job for job in jobs if begun(job) == [str(first.pid)]]
        assert 0 < len(had) < 6, "each worker has its share"
        before = {job.run: steps(job) for job in jobs}
        first.kill()
        killed = time.monotonic()
        wait_until(lambda: all(len(begun(job)) == 2 for job in had), "taken over")
        print(f"taken over {time.monotonic() - killed:.1f} s after kill -9")
        wait_until(all_over(queue), "all over")
    for job in jobs:
        assert steps(job) == wanted(job), "each step once, in order"
        assert steps(job)[: len(before[job.run])] == before[job.run]
        expected = [str(first.pid), str(second.pid)] if job in had else [str(second.pid)]
        assert begun(job) == expected


def test_a_stopped_worker_that_was_overtaken_cannot_write_any_more(
    database: str, queue: DurableQueue, nursery: Nursery, tmp_path: Path
) -> None:
    (job,) = submit(queue, tmp_path, 1, "work " * 8)
    with nursery.worker(database) as zombie:
        wait_until(lambda: len(steps(job)) >= 2, "it works")
        zombie.kill(signal.SIGSTOP)
        stopped = steps(job)
        owner = state(queue, job)
        assert owner.state == "running"
        with nursery.worker(database) as heir:
            heir.hear("takes")
            assert state(queue, job) == owner, "stopped is not dead"
            declare_dead(queue, owner.worker)
            wait_until(lambda: len(begun(job)) == 2, "taken over")
            zombie.kill(signal.SIGCONT)
            wait_until(all_over(queue), "over")
            wait_until(lambda: lines(Path(job.workspace) / FENCED), "the zombie notices")
            assert steps(job) == wanted(job)
            assert steps(job)[: len(stopped)] == stopped
            assert begun(job) == [str(zombie.pid), str(heir.pid)]
            over = state(queue, job)
            assert (over.detail, over.number) == ("all steps", 1)
            assert [one for one in do(queue.jobs()) if one.is_active] == []


def declare_dead(queue: DurableQueue, name: str) -> None:
    """What a broken connection, or a person who is sure, does: the lock of a worker is gone while it lives."""
    file = queue.site.file
    if file is not None:
        (file.with_name(f"{file.name}.workers") / f"{name}.lock").unlink()
        return
    key = _key(name) % 2**64
    with psycopg.connect(queue.site.database, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = %s"
            " AND objid::bigint = %s",
            (key >> 32, key % 2**32),
        ).fetchall()
    assert ended == [(True,)]


def test_twenty_runs_survive_the_only_worker(nursery: Nursery, tmp_path: Path) -> None:
    database = str(tmp_path / "runs.sqlite")
    queue = open_queue(find_site(database, "here"))
    jobs = submit(queue, tmp_path, 20, "work work wait work")
    with nursery.worker(database, 20) as first:
        wait_until(lambda: all(steps(job) for job in jobs), "all work at once")
        first.kill()
        first.end()
    wait_until(lambda: {one.state for one in do(queue.jobs())} <= {"queued", "waiting"}, "nobody has them")
    with nursery.worker(database, 20):
        wait_until(all_over(queue), "all over")
    for job in jobs:
        assert steps(job) == wanted(job)
    do(queue.close())


def test_a_worker_that_is_told_to_leave_leaves_its_runs_to_the_next(
    database: str, queue: DurableQueue, nursery: Nursery, tmp_path: Path
) -> None:
    jobs = submit(queue, tmp_path, 2, "work hold")
    with nursery.worker(database) as first:
        wait_until(lambda: all(len(steps(job)) == 1 for job in jobs), "both hold")
        first.kill(signal.SIGTERM)
        first.end()
    assert [(state(queue, job).state, state(queue, job).detail) for job in jobs] == [("queued", "")] * 2


def test_a_server_that_goes_away_comes_back(postgres: Server, nursery: Nursery, tmp_path: Path) -> None:
    queue = open_queue(find_site(f"{postgres.url}/outage", "here"))
    jobs = submit(queue, tmp_path, 4, "work work wait work")
    with nursery.worker(queue.site.database, 4) as only:
        wait_until(lambda: all(steps(job) for job in jobs), "all work")
        postgres.stop()
        with pytest.raises(AuraError, match="does not work"):
            do(queue.jobs())
        wait_until(lambda: all(len(steps(job)) >= 2 for job in jobs), "they go on without it")
        time.sleep(1.5)  # the waits that could not be queued are over by now
        postgres.start()
        wait_until(all_over(queue), "all over")
        assert only.is_alive
    for job in jobs:
        assert steps(job) == wanted(job)
    do(queue.close())


def test_an_idle_worker_ends_but_not_while_something_is_to_be_woken(nursery: Nursery, tmp_path: Path) -> None:
    database = str(tmp_path / "runs.sqlite")
    queue = open_queue(find_site(database, "here"))
    job = make_job(tmp_path, "later", "work")
    do(queue.submit(job, time.time() + 3))
    with nursery.worker(database, idle=0.5) as lonely:
        wait_until(lambda: steps(job) == wanted(job), "it was waited for")
        lonely.end()
        assert "nothing to do" in lonely.log.read_text()
    do(queue.close())


def test_a_lock_lasts_as_long_as_its_holder(database: str, queue: DurableQueue) -> None:
    mine, theirs = open_liveness(queue.site), open_liveness(queue.site)
    assert not theirs.is_alive("one")
    mine.hold("one")
    mine.hold("one")
    assert theirs.is_alive("one")
    assert not theirs.is_alive("two")
    if isinstance(mine, PostgresLiveness):
        declare_dead(queue, "one")
        wait_until(lambda: not theirs.is_alive("one"), "the server lets go")
        mine.hold("one")
        assert theirs.is_alive("one"), "a broken connection is mended"
    mine.release()
    wait_until(lambda: not theirs.is_alive("one"), "let go")
