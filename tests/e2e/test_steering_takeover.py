"""A run whose process is stopped: it is named, can be taken over, and cannot write any more then."""

import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aura.app.orders import send_order
from aura.core.errors import AuraError
from aura.core.run import Phase
from aura.runs.orders import Wanted
from tests.e2e.conftest import Program
from tests.e2e.engines import Desk, happens, own_environment
from tests.e2e.runs import GOAL, begun, let_go, types_of, worker

pytestmark = pytest.mark.slow


@pytest.fixture
async def desk(program: Program, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """Faces on the program's sessions."""
    async with own_environment(program, monkeypatch) as desk:
        yield desk


@contextmanager
def running(program: Program) -> "Iterator[subprocess.Popen[str]]":
    """A run in the foreground of a process; killed at the end."""
    process = program.start("run", GOAL, "--auto", "-m", worker(program))
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def folder_of(program: Program) -> Path:
    """The folder of the one session there is."""
    (log,) = (program.home / "aura" / "data" / "sessions").glob("*/*/log.sqlite")
    return log.parent


async def end(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """How it ended: its exit code and what it said on stderr."""
    await happens(lambda: process.poll() is not None, "the process ends")
    return process.returncode, process.communicate()[1]


async def test_a_stopped_holder_is_named_and_can_be_overtaken_and_cannot_write_then(desk: Desk) -> None:
    with running(desk.program) as process:
        await begun(desk.program)
        folder = folder_of(desk.program)
        os.kill(process.pid, signal.SIGSTOP)
        try:
            with pytest.raises(AuraError, match=f"process {process.pid} .*--take-over"):
                await send_order(folder, Wanted("pause"))
            sent = await send_order(folder, Wanted("pause"), take_over=True)
            assert (sent.was_live, sent.run.phase) == (False, Phase.PAUSED)
            before = types_of(folder)
        finally:
            os.kill(process.pid, signal.SIGCONT)
        let_go(desk.program)
        code, said = await end(process)
    assert code == 1
    assert "taken over" in said or "took" in said
    assert types_of(folder) == before, "the one that was overtaken wrote nothing"
