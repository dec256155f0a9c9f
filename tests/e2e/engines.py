"""Engines as processes of their own, and faces on them: in the test's process, or killed with theirs."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from aura.app.opening import open_remote
from aura.app.options import SessionOptions
from aura.app.remote import RemoteSession
from aura.core.events import Recorded
from aura.core.permissions import Mode
from aura.store.lease import read_holder
from aura.tools._leftovers import end_all, find_marked
from aura.tools.process import mark_session
from tests.e2e.conftest import Program

SECONDS = 40.0

FACE = """
import asyncio, sys
from pathlib import Path
from aura.app.opening import open_remote
from aura.app.options import SessionOptions
from aura.core.permissions import Mode

async def main(workspace, resume, model, prompt):
    flags = {"model": model} if model else {}
    session = await open_remote(SessionOptions(Path(workspace), resume=resume, flags=flags, mode=Mode.AUTO)).finish()
    session.watchers.append(lambda recorded: print(recorded.event.type, flush=True))
    session.on_lost = lambda sentence: print("lost", sentence, flush=True)
    session.listen()
    print("attached", session.id, flush=True)
    heavy = {"litellm", "pydantic", "httpx", "textual"} & {name.split(".")[0] for name in sys.modules}
    print("heavy", *sorted(heavy), flush=True)
    if prompt:
        await session.submit(prompt)
    await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""


def wait_until(holds: Callable[[], object], what: str) -> None:
    """Poll until something is so; fails after `SECONDS`."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, f"timed out: {what}"
        time.sleep(0.02)


async def happens(holds: Callable[[], object], what: str) -> None:
    """The same inside an event loop."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, f"timed out: {what}"
        await asyncio.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that nobody reaped yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def engine_of(session: RemoteSession) -> int:
    """The number of the process that a session lives in."""
    return engine_in(Path(session.facts.folder))


def engine_in(folder: Path) -> int:
    """The number of the process that holds a session."""
    holder = read_holder(folder)
    assert holder is not None
    return holder.pid


class Desk:
    """Faces of one program in this process, and the engines they started."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.engines: set[int] = set()

    async def open(
        self, *, extra: dict[str, Any] | None = None, demo: bool = False, **options: Any
    ) -> RemoteSession:
        """A session in an engine, in auto mode so that nothing is asked; `extra` are more settings."""
        workspace = options.pop("workspace", self.program.workspace)
        flags = {**options.pop("flags", {}), **(extra or {})}
        mode = options.pop("mode", Mode.AUTO)
        wanted = SessionOptions(workspace, flags=flags, mode=mode, **options)
        session = await open_remote(wanted, demo=demo).finish()
        if session.facts.folder:
            self.engines.add(engine_of(session))
        session.listen()
        return session

    def end(self) -> None:
        """No engine outlives its test, and nothing that it started."""
        for lease in (self.program.home / "aura" / "data").glob("sessions/*/*/lease.json"):
            self.engines.add(engine_in(lease.parent))
        for pid in self.engines - {os.getpid()}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for log in (self.program.home / "aura" / "data").glob("sessions/*/*/log.sqlite"):
            end_all(find_marked(mark_session(log.parent)), grace=0)


class Told:
    """What a face was told, and a way to wait for more."""

    def __init__(self, session: RemoteSession) -> None:
        self.recorded: list[Recorded] = []
        self.lost: list[str] = []
        session.watchers.append(self.recorded.append)
        session.on_lost = self.lost.append

    @property
    def types(self) -> list[str]:
        """The events by name."""
        return [one.event.type for one in self.recorded]

    async def until(self, kind: str, count: int = 1) -> Any:
        """Wait for the event of this name; the `count`th of them."""
        await happens(lambda: self.types.count(kind) >= count, f"{kind}, of {self.types[-10:]}")
        return [one.event for one in self.recorded if one.event.type == kind][count - 1]


@asynccontextmanager
async def own_environment(program: Program, monkeypatch: Any) -> AsyncIterator[Desk]:
    """Faces in this process see the program's home and nothing of the user's."""
    for name, value in program.environ.items():
        monkeypatch.setenv(name, value)
    program._write_settings()
    desk = Desk(program)
    try:
        yield desk
    finally:
        desk.end()


@contextmanager
def face(
    program: Program, *, resume: str = "", model: str = "", prompt: str = "", **more: Any
) -> Iterator["subprocess.Popen[str]"]:
    """A face in a process of its own; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", FACE, str(program.workspace), resume, model, prompt],
        cwd=program.home,
        env=program.environ,
        stdin=more.pop("stdin", subprocess.DEVNULL),
        stdout=more.pop("stdout", subprocess.PIPE),
        stderr=more.pop("stderr", subprocess.PIPE),
        text=True,
        **more,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def hear(process: "subprocess.Popen[str]", start: str) -> str:
    """The next line of a face that begins so; fails when it ends without one."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(start):
            return line.strip()
    raise AssertionError(f"the face ended: {process.stderr.read() if process.stderr else ''}")
