"""How a face comes to an engine: started, found again, or refused with one sentence."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aura.app import opening, sockets
from aura.app.opening import open_remote
from aura.app.options import SessionOptions
from aura.app.wire import EngineFailed
from aura.cli.cmd_demo import demo_folder, demo_prompt, demo_session, find_test_command
from aura.core.errors import ConfigError
from aura.core.events import AutoSwitched
from aura.core.permissions import Mode
from aura.store.index import list_sessions
from tests.e2e.conftest import Program, call
from tests.e2e.engines import Desk, Told, engine_of, happens, is_alive, own_environment, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
async def desk(program: Program, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """Faces on the program's sessions."""
    async with own_environment(program, monkeypatch) as desk:
        yield desk


def speaking(program: Program) -> dict[str, str]:
    """A model that says hello."""
    return {"model": program.script([{"say": "Hello."}, {"say": "Again."}])}


async def spoken(desk: Desk) -> str:
    """A session in which something was said, closed again."""
    session = await desk.open(flags=speaking(desk.program))
    told = Told(session)
    await session.submit("hi")
    await told.until("turn_stopped")
    await session.leave(keep=False)
    return session.id


async def test_a_session_in_which_nobody_spoke_is_not_kept(desk: Desk) -> None:
    session = await desk.open(flags=speaking(desk.program))
    session.record(AutoSwitched(on=True, by="human"))
    await session.query("status")
    await session.leave(keep=False)
    assert not Path(session.facts.folder).exists()
    name = await spoken(desk)
    again = await desk.open(resume=name, flags=speaking(desk.program))
    await again.leave(keep=False)
    assert Path(again.facts.folder).exists()


async def test_a_living_engine_is_attached_to_and_does_what_this_start_asks_for(desk: Desk) -> None:
    model = speaking(desk.program)
    first = await desk.open(flags=model)
    told = Told(first)
    await first.submit("hi")
    await happens(lambda: "turn_stopped" in told.types and not first.is_running, "the turn is over and kept")
    other = desk.program.script([{"say": "I am the other."}], "other.yaml")
    flags = {"model": other, "auto.max_steps": 7, "ui.theme": "dark"}
    second = await desk.open(latest=True, auto=True, mode=Mode.PLAN, checks=("true",), flags=flags)
    assert (second.id, engine_of(second)) == (first.id, engine_of(first))
    await told.until("facts_changed")
    await happens(lambda: first.facts.model == "script:other.yaml", "the model is switched")
    turn = first.turn
    assert (turn.auto, turn.switches.mode, turn.switches.checks) == (True, Mode.PLAN, ("true",))
    assert turn.limits.steps == 7
    notices = [one.event.text for one in told.recorded if one.event.type == "notice_shown"]
    assert notices == ["This session is live: ui.theme hold when it is opened again."]
    copy = await desk.open(resume=first.id[:10], fork=True, flags=model)
    assert copy.id != first.id
    assert copy.turn.number == 1
    for session in (copy, second, first):
        await session.leave(keep=False)


async def test_a_session_that_something_else_has_open_is_refused_with_its_name(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 0.2)
    program = desk.program
    waits = program.script([{"call": [call("Bash", command="touch begun; sleep 600")]}])
    running = program.start("run", "--mode", "yolo", "--model", waits, "go")
    try:
        await happens((program.workspace / "begun").exists, "the command begins")
        with pytest.raises(EngineFailed, match=f"number {running.pid}"):
            await desk.open(latest=True, flags=speaking(program))
        running.terminate()
        await asyncio.to_thread(running.communicate)
    finally:
        running.kill()
    session = await desk.open(latest=True, flags=speaking(program))
    assert session.turn.number == 1
    await session.leave(keep=False)


async def test_two_faces_that_open_one_session_at_once_share_its_engine(desk: Desk) -> None:
    name = await spoken(desk)
    one, two = await asyncio.gather(*(desk.open(resume=name, flags=speaking(desk.program)) for _ in range(2)))
    assert engine_of(one) == engine_of(two)
    await one.leave(keep=False)
    await two.leave(keep=False)


async def test_what_keeps_an_engine_from_starting_is_one_sentence(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="model") as none:
        await desk.open()
    assert none.value.exit_code == 2
    with pytest.raises(EngineFailed, match="max_stepz") as wrong:
        await desk.open(flags={"auto.max_stepz": 1})
    assert wrong.value.exit_code == 2
    with pytest.raises(ConfigError, match="no session 'nonsense'"):
        await desk.open(resume="nonsense")
    with pytest.raises(ConfigError, match="gone: No such file"):
        await desk.open(workspace=tmp_path / "gone", flags=speaking(desk.program))
    (place,) = (desk.program.home / "aura" / "data" / "sessions").iterdir()
    assert list_sessions(place) == [], "what could not be opened leaves nothing behind"


async def test_a_home_that_cannot_be_written_gives_a_session_that_is_not_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURA_HOME", "/proc/nowhere")
    session = await desk.open(flags=speaking(desk.program))
    assert session.facts.folder == ""
    assert any("nothing of this session is kept" in notice for notice in session.facts.notices)
    told = Told(session)
    await session.submit("hi")
    await told.until("turn_stopped")
    assert next(one.seq for one in told.recorded if one.seq) == session.hello.last_seq + 1
    await session.leave(keep=False)


async def test_nothing_of_the_workspace_is_imported(desk: Desk) -> None:
    for name in ("json.py", "aura.py", "sitecustomize.py"):
        (desk.program.workspace / name).write_text("raise SystemExit(99)\n", encoding="utf-8")
    session = await desk.open(flags=speaking(desk.program))
    await session.leave(keep=False)


async def test_a_face_that_gives_up_leaves_no_engine(desk: Desk) -> None:
    starting = open_remote(SessionOptions(desk.program.workspace, flags=speaking(desk.program)))
    place = desk.program.home / "aura" / "data" / "sessions"
    starting.abandon()
    await happens(lambda: list(place.glob("*/*/log.sqlite")), "the engine opens the session")
    await happens(lambda: not list(place.glob("*/*/lease.json")), "and closes it again")


async def test_the_socket_of_an_engine_that_was_killed_is_no_hindrance(desk: Desk) -> None:
    session = await desk.open(flags=speaking(desk.program))
    told = Told(session)
    folder, pid = Path(session.facts.folder), engine_of(session)
    os.kill(pid, 9)
    await happens(lambda: told.lost, "the face notices")
    assert (folder / sockets.SOCKET_NAME).exists()
    again = await desk.open(resume=session.id, flags=speaking(desk.program))
    assert engine_of(again) != pid
    await again.leave(keep=False)
    assert not (folder / sockets.SOCKET_NAME).exists()


async def test_an_engine_that_ends_at_this_very_moment_is_replaced(desk: Desk) -> None:
    name = await spoken(desk)
    (folder,) = (desk.program.home / "aura" / "data" / "sessions").glob(f"*/{name}")
    ending = sockets.listen(folder)
    opened = asyncio.create_task(desk.open(resume=name, flags=speaking(desk.program)))
    connection, _ = await asyncio.get_running_loop().sock_accept(ending)
    connection.close()
    ending.close()
    again = await opened
    assert again.id == name
    await again.leave(keep=False)


async def test_an_engine_that_hangs_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "HELLO_SECONDS", 0.3)
    session = await desk.open(flags=speaking(desk.program))
    pid = engine_of(session)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(EngineFailed, match=rf"\(process {pid}\) does not answer"):
        await desk.open(resume=session.id, flags=speaking(desk.program))
    os.kill(pid, signal.SIGCONT)
    await session.leave(keep=False)


def test_an_engine_that_is_told_nothing_says_so(program: Program) -> None:
    ran = program("engine", stdin="nonsense")
    assert ran.code == 2
    assert "`aura` starts it" in ran.err


def test_an_engine_without_standard_streams(program: Program) -> None:
    command = f"{sys.executable} -m aura engine <&- >&- 2>&-"
    done = subprocess.run(
        command, shell=True, cwd=program.workspace, env=program.environ, check=False, timeout=60
    )
    assert done.returncode == 2


def test_an_engine_alone_ends_by_itself(program: Program) -> None:
    options = f'{{"workspace": "{program.workspace}", "flags": {{"model": "{speaking(program)["model"]}"}}}}'
    began = time.monotonic()
    ran = program("engine", "--linger", "0.2", stdin=options)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert time.monotonic() - began < 30
    assert not list((program.home / "aura" / "data" / "sessions").glob("*/*/engine.sock"))


async def test_the_demo_is_played_in_the_engine(desk: Desk, tmp_path: Path) -> None:
    project = tmp_path / "invoicing"
    shutil.copytree(demo_folder() / "project", project)
    tests = find_test_command()
    starting = opening.Starting(demo_session(project, tests), extra=("--demo", "--pace", "0"))
    session = await starting.finish()
    session.listen()
    assert session.facts.model == "openai/demo"
    told = Told(session)
    await session.submit(demo_prompt(tests))
    stopped = await told.until("turn_stopped")
    assert stopped.reason == "done"
    pid = engine_of(session)
    await session.leave(keep=False)
    wait_until(lambda: not is_alive(pid), "the engine ends")
