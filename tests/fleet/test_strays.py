"""What the logs of runs say, and what the queue makes of it."""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aura import __version__
from aura.app.found_runs import find_change
from aura.app.pursuit import Wish, prepare
from aura.cli import background
from aura.cli.main import main
from aura.config.paths import sessions_dir
from aura.core.events import Checkpointed, RunOrdered, SessionStarted
from aura.core.limits import Limits, Spend
from aura.core.run import Phase
from aura.core.turn import Turn, apply, fold
from aura.fleet.durable import DurableQueue, open_queue
from aura.fleet.queue import Job, JobState
from aura.fleet.site import find_site
from aura.fleet.strays import Waits, find_strays
from aura.store.faults import LOG_NAME
from aura.store.log import SessionLog

LATER = time.time() + 3600


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[DurableQueue]:
    found = open_queue(find_site(str(tmp_path / "runs.sqlite"), "here"))
    yield found
    asyncio.run(found.close())


def make_run(workspace: Path, name: str, wake: float = 0.0) -> Path:
    """A session with a run that has not begun."""
    folder = sessions_dir(workspace) / name
    first = SessionStarted(name, str(workspace), __version__)
    log = SessionLog.create(folder, first, time.time())
    log.close()
    write(folder, *prepare(fold([first]), Wish("do it", Limits(), wake=wake), time.time()))
    return folder


def write(folder: Path, *events: Any) -> None:
    """What somebody recorded who held the session for a moment."""
    log = SessionLog.open(folder, write=True)
    turn: Turn = fold(one.event for one in log.read())
    for event in events:
        log.append(event, time.time())
        turn = apply(turn, event)
    log.close()


def rest(phase: Phase) -> Checkpointed:
    return Checkpointed("run", phase, Spend(), 0)


def test_strays_are_active_and_nobody_has_them(tmp_path: Path) -> None:
    workspace = tmp_path / "work"
    make_run(workspace, "fresh")
    late = make_run(workspace, "late", wake=LATER)
    write(make_run(workspace, "done"), rest(Phase.DONE))
    write(make_run(workspace, "paused"), rest(Phase.PAUSED))
    write(make_run(workspace, "resumed"), rest(Phase.PAUSED), RunOrdered("resume", "human"))
    (sessions_dir(workspace) / "broken").mkdir()
    (sessions_dir(workspace) / "broken" / "log.sqlite").write_text("no log at all")
    held = SessionLog.open(make_run(workspace, "held"), write=True)
    strays = sorted(find_strays(), key=lambda stray: stray[0].run)
    held.close()
    place = str(late.parent)
    assert strays == [
        (Job("fresh", str(workspace), place), 0.0),
        (Job("late", str(workspace), place), LATER),
        (Job("resumed", str(workspace), place), 0.0),
    ]


def find(queue: DurableQueue, run: str) -> JobState:
    found = asyncio.run(queue.find(run))
    assert found is not None
    return found


def test_orders_that_were_given_meanwhile_reach_what_waits(queue: DurableQueue, tmp_path: Path) -> None:
    said: list[str] = []
    waits = Waits(queue.table, said.append)
    names = ("left", "dropped", "woken", "failing", "held")
    folders = {name: make_run(tmp_path / "work", name, wake=LATER) for name in names}
    for name, folder in folders.items():
        job = Job(name, str(tmp_path / "work"), str(folder.parent))
        if name == "failing":
            queue.table.park(job, 1, LATER, 3, "It did not work.")
        else:
            asyncio.run(queue.submit(job, LATER))
    waits.look(time.time())
    assert said == []

    write(folders["dropped"], RunOrdered("cancel", "human"), rest(Phase.CANCELLED))
    for name in ("woken", "failing", "held"):
        write(folders[name], RunOrdered("resume", "human", "look at the tests first"))
    held = SessionLog.open(folders["held"], write=True)
    waits.look(time.time())
    waits.look(time.time())
    held.close()
    assert sorted(said) == ["dropped waits no longer: cancelled", "woken is woken"]
    assert find(queue, "dropped").state == "ended"
    assert find(queue, "woken").wake <= time.time()
    for name in ("left", "failing", "held"):
        assert find(queue, name).wake == pytest.approx(LATER, abs=0.1)


def test_a_run_that_somebody_let_go_of_is_looked_at_again(queue: DurableQueue, tmp_path: Path) -> None:
    said: list[str] = []
    waits = Waits(queue.table, said.append)
    folder = make_run(tmp_path / "work", "held", wake=LATER)
    asyncio.run(queue.submit(Job("held", str(tmp_path / "work"), str(folder.parent)), LATER))
    write(folder, RunOrdered("resume", "human"))
    held = SessionLog.open(folder, write=True)
    waits.look(time.time())
    written = find_change(folder)
    held.close()
    os.utime(folder / LOG_NAME, (written, written))  # as if its process was killed: nothing more was written
    assert said == []
    waits.look(time.time())
    assert said == ["held is woken"]


async def test_a_run_that_is_handed_over_again_keeps_what_it_was_started_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = find_site(str(tmp_path / "runs.sqlite"), "here")
    brought: list[object] = []
    monkeypatch.setattr(background, "find_own_site", lambda _: site)
    monkeypatch.setattr(background, "ensure_worker", brought.append)
    (tmp_path / "work").mkdir()
    folder = make_run(tmp_path / "work", "waits", wake=LATER)
    queue = await asyncio.to_thread(open_queue, site)
    job = Job("waits", str(tmp_path / "work"), str(folder.parent), {"models.window": 9_000})
    await queue.submit(job, LATER)
    await asyncio.to_thread(background.hand_over, folder)
    state = await queue.find("waits")
    assert state is not None
    assert state.wake <= time.time(), "it waits no longer"
    await queue.cancel("waits")
    await asyncio.to_thread(background.hand_over, folder)
    rows = queue.table._client.list_workflows(status="ENQUEUED", load_input=True)
    assert [row.input["args"][0]["flags"] for row in rows if row.input] == [{"models.window": 9_000}]
    assert brought == [site, site]
    await queue.close()


async def test_a_run_that_is_given_up_leaves_the_queue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = find_site(str(tmp_path / "runs.sqlite"), "here")
    monkeypatch.setattr(background, "find_own_site", lambda _: site)
    (tmp_path / "work").mkdir()
    folder = make_run(tmp_path / "work", "waits", wake=LATER)
    await asyncio.to_thread(main, ["cancel", "waits"])
    assert not (tmp_path / "runs.sqlite").exists(), "no database is made for that"
    folder = make_run(tmp_path / "work", "queued", wake=LATER)
    queue = await asyncio.to_thread(open_queue, site)
    await queue.submit(Job("queued", str(tmp_path / "work"), str(folder.parent)), LATER)
    assert await asyncio.to_thread(main, ["cancel", "queued"]) == 0
    state = await queue.find("queued")
    assert state is not None
    assert (state.state, state.detail) == ("ended", "cancelled")
    await queue.close()
