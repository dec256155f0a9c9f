"""Engines and faces that die, hang and vanish, as real processes."""

import asyncio
import os
import pty
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aura.app import sockets
from aura.app.line import LOST
from aura.core.events import ToolOutputDelta
from aura.store.index import list_sessions
from aura.store.rows import read_events
from aura.tools._leftovers import find_marked
from aura.tools.process import mark_session
from tests.e2e.conftest import Program, call
from tests.e2e.engines import (
    Desk,
    Told,
    engine_in,
    engine_of,
    face,
    happens,
    hear,
    is_alive,
    own_environment,
    wait_until,
)

WAITS = "echo so far; touch begun; while [ ! -e go ]; do sleep 0.02; done; touch ended"

pytestmark = pytest.mark.slow


@pytest.fixture
async def desk(program: Program, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """Faces on the program's sessions."""
    async with own_environment(program, monkeypatch) as desk:
        yield desk


def working(program: Program) -> str:
    """A model whose command has to be let go, and that ends then."""
    return program.script([{"say": "Starting.", "call": [call("Bash", command=WAITS)]}, {"say": "Ended."}])


def only_session(program: Program) -> Path:
    """The folder of the one session there is."""
    (place,) = (program.home / "aura" / "data" / "sessions").iterdir()
    (summary,) = list_sessions(place)
    return place / summary.id


def log_of(folder: Path) -> list[str]:
    """The events of a log by name."""
    return [recorded.event.type for recorded in read_events(folder)]


async def test_an_engine_that_is_killed_is_told_and_its_session_goes_on_in_another(desk: Desk) -> None:
    model = working(desk.program)
    session = await desk.open(flags={"model": model})
    told = Told(session)
    await session.submit("go")
    await happens((desk.program.workspace / "begun").exists, "the command begins")
    killed = engine_of(session)
    os.kill(killed, signal.SIGKILL)
    await happens(lambda: told.lost, "the face notices")
    assert told.lost == [LOST]
    assert not session.is_running
    again = await desk.open(resume=session.id, flags={"model": model})
    assert engine_of(again) != killed
    assert again.turn.stop == "cancelled"
    finished = [one.event for one in read_events(Path(again.facts.folder), types=("tool_finished",))]
    assert [event.outcome for event in finished if event.type == "tool_finished"] == ["unknown"]
    assert find_marked(mark_session(Path(again.facts.folder))) == [], "what it left running was ended"
    await again.leave(keep=False)
    await happens(lambda: not is_alive(engine_of_lease(again.facts.folder)), "the engine ends")


def engine_of_lease(folder: str) -> int:
    """The process that holds a session; 0: nobody does."""
    try:
        return engine_in(Path(folder))
    except AssertionError:
        return 0


def test_a_killed_face_takes_its_work_with_it(desk: Desk) -> None:
    program = desk.program
    with face(program, model=working(program), prompt="go") as process:
        wait_until((program.workspace / "begun").exists, "the command begins")
        folder = only_session(program)
        engine = engine_in(folder)
        process.kill()
        wait_until(lambda: not is_alive(engine), "the engine ends")
    assert log_of(folder)[-1] == "turn_stopped"
    assert not (folder / sockets.SOCKET_NAME).exists()
    assert not (folder / "lease.json").exists()
    assert not (program.workspace / "ended").exists()
    assert find_marked(mark_session(folder)) == []


async def test_a_closed_terminal_leaves_work_that_is_to_be_kept(desk: Desk) -> None:
    desk.program.settings = {"ui": {"on_close": "keep"}}
    desk.program._write_settings()
    ours, theirs = pty.openpty()
    with face(
        desk.program,
        model=working(desk.program),
        prompt="go",
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_take_terminal,
    ) as process:
        os.close(theirs)
        await happens((desk.program.workspace / "begun").exists, "the command begins")
        shown = os.read(ours, 1 << 16).decode()
        os.close(ours)
        await happens(lambda: process.poll() is not None, "the face ends with its terminal")
    assert "Traceback" not in shown
    assert {line.split()[0] for line in shown.splitlines()} <= TOLD
    folder = only_session(desk.program)
    engine = engine_in(folder)
    session = await desk.open(resume=folder.name[:9])
    assert engine_of(session) == engine, "the same one"
    assert session.is_running
    (name,) = session.turn.rest.pending.calls
    told = Told(session)

    def printed() -> str:
        """What the running command printed, before this face came and since."""
        events = [one.event for one in (*session.hello.shown, *told.recorded)]
        return "".join(one.text for one in events if isinstance(one, ToolOutputDelta) and one.call_id == name)

    await happens(lambda: printed() == "so far\n", "what it said so far is told")
    (desk.program.workspace / "go").touch()
    await told.until("turn_stopped")
    await session.leave(keep=False)
    await happens(lambda: not is_alive(engine), "the engine ends")
    assert log_of(folder)[-1] == "turn_stopped"


TOLD = {
    "attached",
    "heavy",
    "work_changed",
    "facts_changed",
    "panels_shown",
    "turn_started",
    "step_started",
    "text_delta",
    "model_replied",
    "tool_call_delta",
    "tool_started",
    "tool_judged",
    "tool_output",
    "snapshot_taken",
}


def _take_terminal() -> None:
    """Make standard input the controlling terminal."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


async def test_a_face_that_is_stopped_does_not_hold_up_the_others(desk: Desk) -> None:
    session = await desk.open(flags={"model": working(desk.program)})
    told = Told(session)
    pid = engine_of(session)
    with face(desk.program, resume=session.id) as slow:
        assert hear(slow, "attached").split()[1] == session.id
        assert hear(slow, "heavy") == "heavy", "a face loads none of them"
        os.kill(slow.pid, signal.SIGSTOP)
        before = _memory(pid)
        for number in range(1, 4):
            await session.submit("!seq 1 1000000")
            await told.until("command_ran", number)
        assert _memory(pid) - before < 40_000, "KB"
        os.kill(slow.pid, signal.SIGCONT)
        for _ in range(3):
            hear(slow, "command_ran")
    await session.leave(keep=False)


def _memory(pid: int) -> int:
    """The resident memory of a process in KB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


async def test_an_engine_that_is_terminated_closes_its_session(desk: Desk) -> None:
    session = await desk.open(flags={"model": working(desk.program)})
    told = Told(session)
    await session.submit("go")
    await happens((desk.program.workspace / "begun").exists, "the command begins")
    os.kill(engine_of(session), signal.SIGTERM)
    await happens(lambda: told.lost, "the face is told")
    assert "told to end from outside" in told.lost[0]
    assert told.types[-2:] == ["turn_stopped", "work_changed"]
    folder = Path(session.facts.folder)
    await happens(lambda: not (folder / "lease.json").exists(), "the lease is given back")
    assert log_of(folder)[-1] == "turn_stopped"


BOOM = """
from aura.api import hookimpl
from aura.core.models import ModelInfo
from aura.hookspecs import ModelFamily

class Model:
    info = ModelInfo("boom:1")

    async def stream(self, request):
        raise ZeroDivisionError("the secret is sk-ant-api03-" + "x" * 40)
        yield

class Plugin:
    @hookimpl
    def register_models(self):
        return [ModelFamily("boom:", lambda name: Model())]
"""


async def test_a_crash_is_kept_in_a_file_and_told_in_a_sentence(desk: Desk) -> None:
    folder = desk.program.home / "aura" / "config" / "plugins" / "boom"
    folder.mkdir(parents=True)
    (folder / "plugin.yaml").write_text("description: Bursts.\n", encoding="utf-8")
    (folder / "plugin.py").write_text(BOOM, encoding="utf-8")
    session = await desk.open(flags={"model": "boom:1"})
    told = Told(session)
    await session.submit("go")
    notice = await told.until("notice_shown")
    (crash,) = (desk.program.home / "aura" / "state" / "crashes").iterdir()
    assert str(crash) in notice.text
    assert "ZeroDivisionError" in crash.read_text()
    assert "sk-ant-api03-xxx" not in crash.read_text() + notice.text
    assert not told.lost
    await session.submit("/status")
    await told.until("command_said")
    await session.leave(keep=False)


async def test_a_session_is_left_and_found_again_from_another_process(desk: Desk) -> None:
    session = await desk.open(flags={"model": working(desk.program)})
    await session.submit("go")
    await happens((desk.program.workspace / "begun").exists, "the command begins")
    last = session.turn.number
    await session.leave(keep=True)
    listed = await asyncio.to_thread(desk.program, "sessions")
    assert "live" in listed.out
    with face(desk.program, resume="last") as other:
        assert hear(other, "attached").split()[1] == session.id
        (desk.program.workspace / "go").touch()
        hear(other, "turn_stopped")
    await happens(lambda: not (Path(session.facts.folder) / "lease.json").exists(), "the engine ends")
    assert last == 1
