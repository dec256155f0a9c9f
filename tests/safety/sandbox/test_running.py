"""The runner of commands with the fallback around them: what it promises holds there too."""

import asyncio
import time
from pathlib import Path

import pytest

from aura.core.sandbox import SandboxSpec, Wall
from aura.safety.sandbox.landlock import LandlockSandbox
from aura.safety.sandbox.rulesets import ask_version
from aura.tools.process import LocalRunner

pytestmark = pytest.mark.skipif(ask_version() < 1, reason="no Landlock here")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


def make_runner(tmp_path: Path, workspace: Path) -> LocalRunner:
    wall = Wall(LandlockSandbox(), SandboxSpec(workspace, aside=tmp_path / "aside"))
    return LocalRunner(tmp_path / "session", wall=wall, grace=0.5)


async def test_a_command_runs_and_what_it_may_not_do_is_told(tmp_path: Path, workspace: Path) -> None:
    runner = make_runner(tmp_path, workspace)
    (tmp_path / "outside").write_text("whole")
    result = await runner.run(
        "pwd; echo x > ../outside; echo '{}' > .mcp.json; exit 4", cwd=workspace, timeout=30
    )
    assert result.exit_code == 4
    lines = result.output.splitlines()
    assert lines[0] == str(workspace)
    assert "Permission denied" in lines[1]
    assert lines[-1].startswith("[.mcp.json is protected and was made by the command")
    assert (tmp_path / "outside").read_text() == "whole"
    assert not (workspace / ".mcp.json").exists()
    assert [path.read_text() for path in (tmp_path / "aside").iterdir()] == ["{}\n"]


async def test_a_timeout_leaves_the_output_and_nothing_running(tmp_path: Path, workspace: Path) -> None:
    runner = make_runner(tmp_path, workspace)
    script = "echo begun; setsid sh -c 'echo $$ > ../workspace/pid; exec sleep 300' & wait; sleep 300"
    result = await runner.run(script, cwd=workspace, timeout=2)
    assert result.timed_out and result.exit_code is None
    assert result.output.startswith("begun")
    pid = (workspace / "pid").read_text().strip()
    stat = Path("/proc", pid, "stat")
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


async def test_a_background_child_does_not_hold_the_pipe(tmp_path: Path, workspace: Path) -> None:
    runner = make_runner(tmp_path, workspace)
    started = time.monotonic()
    result = await runner.run("sleep 300 & echo done", cwd=workspace, timeout=100)
    assert (result.exit_code, result.output.splitlines()[0]) == (0, "done")
    assert time.monotonic() - started < 60


async def test_cancelling_ends_it(tmp_path: Path, workspace: Path) -> None:
    runner = make_runner(tmp_path, workspace)
    task = asyncio.ensure_future(runner.run("echo $$ > pid; exec sleep 300", cwd=workspace, timeout=0))
    while not (workspace / "pid").exists() or not (workspace / "pid").read_text():  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(0.01)  # the file comes from another process
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    stat = Path("/proc", (workspace / "pid").read_text().strip(), "stat")
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"
    assert await runner.close() == []


async def test_many_commands_at_once(tmp_path: Path, workspace: Path) -> None:
    runner = make_runner(tmp_path, workspace)
    results = await asyncio.gather(
        *(runner.run(f"echo {number}", cwd=workspace, timeout=60) for number in range(8))
    )
    assert [result.output.strip() for result in results] == [str(number) for number in range(8)]


async def test_commands_that_overlap_do_not_pass_off_each_other_s_changes(
    tmp_path: Path, workspace: Path
) -> None:
    """The second begins when the first has changed a protected file, and ends after it has been put back."""
    runner = make_runner(tmp_path, workspace)
    settings = workspace / ".mcp.json"
    settings.write_text("mine")
    first = asyncio.ensure_future(
        runner.run("echo theirs > .mcp.json; until [ -e go ]; do :; done", cwd=workspace, timeout=60)
    )
    while settings.read_text() == "mine":  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(0.01)
    second = asyncio.ensure_future(
        runner.run("echo > go; until [ -e over ]; do :; done", cwd=workspace, timeout=60)
    )
    assert "put back" in (await first).output
    (workspace / "over").touch()
    assert "protected" not in (await second).output
    assert settings.read_text() == "mine"
    settings.write_text("changed by me")
    assert "protected" not in (await runner.run("true", cwd=workspace, timeout=60)).output
    assert settings.read_text() == "changed by me"
