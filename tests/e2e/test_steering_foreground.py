"""Runs of `aura run --auto` in the foreground: others may join them, signals leave them as they should be."""

import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aura.app.orders import send_order
from aura.core.run import Phase
from aura.runs.orders import Wanted
from tests.e2e.conftest import Program, call
from tests.e2e.engines import Desk, Told, happens, own_environment
from tests.e2e.runs import GOAL, begun, let_go, run_of, types_of, worker
from tests.e2e.test_crash import wait_until

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


async def test_a_run_in_the_foreground_is_joined_paused_and_resumed_from_elsewhere(desk: Desk) -> None:
    with running(desk.program) as process:
        await begun(desk.program)
        folder = folder_of(desk.program)
        window = await desk.open(resume=folder.name)
        told = Told(window)
        assert (await send_order(folder, Wanted("pause"))).was_live
        let_go(desk.program)
        await happens(lambda: window.turn.run.phase is Phase.PAUSED, "the run is paused")
        assert process.poll() is None, "it stays and waits"
        await window.leave(keep=False)
        assert process.poll() is None, "no window's end is its end"
        assert (await send_order(folder, Wanted("resume"))).was_live
        code, said = await end(process)
    assert (code, told.lost) == (0, [])
    assert f"the run is paused (paused by a person). `aura resume {folder.name}`" in said
    assert run_of(folder).phase is Phase.DONE


async def test_a_terminated_process_leaves_the_run_to_go_on(desk: Desk) -> None:
    with running(desk.program) as process:
        await begun(desk.program)
        os.kill(process.pid, signal.SIGTERM)
        code, said = await end(process)
    folder = folder_of(desk.program)
    assert code == 130
    assert f"the run is to go on: `aura resume {folder.name}`" in said
    assert run_of(folder).phase is Phase.RUNNING
    let_go(desk.program)
    again = desk.program("resume", folder.name, "-f", "-m", worker(desk.program))
    assert (again.code, again.out.strip()) == (0, "")
    assert run_of(folder).phase is Phase.DONE
    before = types_of(folder)
    stored = desk.program("resume", folder.name)
    assert (stored.code, stored.out.strip()) == (0, "the file came")
    assert types_of(folder) == before, "the stored result needs no model, and nothing is written"


async def test_ctrl_c_pauses_the_run(desk: Desk) -> None:
    with running(desk.program) as process:
        await begun(desk.program)
        os.kill(process.pid, signal.SIGINT)
        code, said = await end(process)
    assert code == 130
    assert "the run rests (paused)" in said
    assert run_of(folder_of(desk.program)).phase is Phase.PAUSED


async def test_a_run_in_the_foreground_that_is_given_up_elsewhere_ends_its_process(desk: Desk) -> None:
    with running(desk.program) as process:
        await begun(desk.program)
        sent = await send_order(folder_of(desk.program), Wanted("cancel"))
        assert (sent.was_live, sent.run.phase) == (True, Phase.CANCELLED)
        code, said = await end(process)
    assert code == 130
    assert "goes on with it" not in said


def test_a_model_that_was_named_is_kept_for_the_next_process(program: Program) -> None:
    model = program.script([{"call": [call("Bash", command="sleep 60")]}])
    process = program.start("run", "--auto", "--model", model, "go")
    wait_until(lambda: "sleep" in program("logs", "last").out, "the command begins")
    process.kill()
    process.communicate()
    Path(model.removeprefix("script:")).write_text(
        '- call: [{tool: Done, with: {summary: "Found it again."}}]\n', encoding="utf-8"
    )
    resumed = program("resume", "last", "--foreground")
    assert resumed.code == 0, resumed.err
    assert "Found it again." in resumed.err
