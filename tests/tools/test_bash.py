"""Bash, JobPoll and JobKill as the model sees them."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aura.core.errors import ToolError
from aura.core.tools import Access, CommandResult, OutputSink, Tool, ToolContext, ToolOutput
from aura.tools._leftovers import start_of
from aura.tools.bash import make_bash
from aura.tools.jobs import UNREAD, Job, Jobs
from aura.tools.process import LocalRunner
from tests.tools.fakes import make_context


class Shell:
    """The three tools over a real runner."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.session = folder.parent / f"{folder.name}-session"
        self.runner = LocalRunner(self.session, grace=0.3)
        self.jobs = Jobs(self.session, self.runner)
        self.tools: dict[str, Tool] = {tool.spec.name: tool for tool in make_bash(self.jobs, {})}
        self.log: list[Any] = []

    async def call(self, name: str, **arguments: Any) -> ToolOutput:
        context: ToolContext = make_context(self.folder, runner=self.runner, asked=self.log)
        tool = self.tools[name]
        return await tool(context, tool.validate(arguments))


@pytest.fixture
async def shell(tmp_path: Path) -> AsyncIterator[Shell]:
    folder = tmp_path / "work"
    folder.mkdir()
    made = Shell(folder)
    yield made
    await made.jobs.close()
    await made.runner.close()


async def test_output_and_evidence(shell: Shell) -> None:
    output = await shell.call("Bash", command="pwd")
    assert output.content == str(shell.folder) and not output.is_error
    assert output.command and output.command.command == "pwd" and output.command.exit_code == 0
    assert output.command.tail == f"{shell.folder}\n"
    assert "".join(shell.log) == f"{shell.folder}\n"


async def test_a_failure_is_an_error_with_its_code(shell: Shell) -> None:
    output = await shell.call("Bash", command="echo no; exit 7")
    assert output.content == "no\n[exit code 7]" and output.is_error
    assert output.command and output.command.exit_code == 7


async def test_silence_is_said(shell: Shell) -> None:
    assert (await shell.call("Bash", command="true")).content == "(no output)"


async def test_time_is_up(shell: Shell) -> None:
    output = await shell.call("Bash", command="echo begun; sleep 60", timeout=1.0)
    assert output.is_error and output.content.startswith("begun\n[ended after 1 s")
    assert "background=true" in output.content
    assert output.command and output.command.exit_code is None


async def test_milliseconds_are_understood(tmp_path: Path) -> None:
    asked: list[float] = []

    class Runner:
        async def run(
            self, command: str, *, cwd: Path, timeout: float, on_output: OutputSink | None = None
        ) -> CommandResult:
            asked.append(timeout)
            return CommandResult(0, "", 0.0)

    runner = Runner()
    bash = make_bash(Jobs(tmp_path / "s", runner), {"bash_timeout": 30, "bash_longest": 600})[0]
    for timeout in (None, 5, 120_000, 5000, "60"):
        await bash(make_context(tmp_path, runner=runner), bash.validate({"command": "x", "timeout": timeout}))
    assert asked == [30, 5, 120, 600, 60]


@pytest.mark.parametrize(
    "complaint",
    ["the input device is not a TTY", "Continue? [y/N]: ", "sudo: a terminal is required to read"],
)
async def test_a_command_that_wants_a_terminal_gets_a_hint(shell: Shell, complaint: str) -> None:
    output = await shell.call("Bash", command=f"echo '{complaint}'; exit 1")
    assert "there is no terminal" in output.content
    assert "there is no terminal" not in (await shell.call("Bash", command="echo failed; exit 1")).content


async def test_workdir(shell: Shell) -> None:
    (shell.folder / "sub").mkdir()
    assert (await shell.call("Bash", command="pwd", workdir="sub")).content.endswith("/work/sub")
    with pytest.raises(ToolError, match="does not exist"):
        await shell.call("Bash", command="pwd", workdir="nowhere")
    bash = shell.tools["Bash"]
    assert bash.access(bash.validate({"command": "ls"})) == Access(command="ls")
    assert bash.access(bash.validate({"command": "ls", "workdir": "/x"})) == Access(
        command="ls", reads=("/x",)
    )


async def test_an_empty_command_is_refused(shell: Shell) -> None:
    with pytest.raises(ToolError, match="empty"):
        await shell.call("Bash", command="  ")


# --- jobs ---------------------------------------------------------------------------------------------------


async def poll_until(shell: Shell, word: str) -> str:
    """What a job says until a word of it is there."""
    said = ""
    async with asyncio.timeout(20):
        while word not in said:
            said += (await shell.call("JobPoll", job="job-1", wait=0.05)).content
    return said


async def test_a_job_runs_while_other_things_happen(shell: Shell) -> None:
    started = await shell.call(
        "Bash", command="echo one; while ! test -f go; do sleep 0.02; done; echo two; exit 4", background=True
    )
    assert "job-1" in started.content
    await poll_until(shell, "one")
    waiting = await shell.call("JobPoll", job="job-1", wait=0)
    assert waiting.waiting and "one" not in waiting.content and "is running" in waiting.content
    assert "running  echo one" in (await shell.call("JobPoll")).content
    (shell.folder / "go").touch()
    ended = await shell.call("JobPoll", job="job-1", wait=60)
    assert "two" in ended.content and "exit code 4" in ended.content
    assert ended.is_error and not ended.waiting and ended.command and ended.command.exit_code == 4
    again = await shell.call("JobPoll", job="job-1")
    assert "two" not in again.content and again.command is None
    assert "exit code 4" in (await shell.call("JobPoll")).content


async def test_a_job_lasts_as_long_as_what_it_started(shell: Shell) -> None:
    await shell.call(
        "Bash", command="(while ! test -f go; do sleep 0.02; done; echo late) &", background=True
    )
    assert (await shell.call("JobPoll", job="job-1", wait=0.3)).waiting
    (shell.folder / "go").touch()
    ended = await shell.call("JobPoll", job="job-1", wait=60)
    assert "late" in ended.content and "exit code 0" in ended.content


async def test_a_job_can_be_killed(shell: Shell) -> None:
    await shell.call("Bash", command="echo pid $$ ready; sleep 60", background=True)
    pid = int((await poll_until(shell, "ready")).partition("pid ")[2].split()[0])
    assert "was ended" in (await shell.call("JobKill", job="job-1")).content
    assert start_of(pid) == ""
    assert "was ended" in (await shell.call("JobPoll", job="job-1")).content
    assert list((shell.session / "jobs").iterdir()) == []


async def test_unknown_jobs_and_none(shell: Shell) -> None:
    assert (await shell.call("JobPoll")).content == "There are no jobs."
    with pytest.raises(ToolError, match="There is no job job-9; jobs: there is none"):
        await shell.call("JobPoll", job="job-9")


async def test_a_job_that_cannot_start_says_why(shell: Shell) -> None:
    await shell.call("Bash", command="true", workdir="nowhere", background=True)
    with pytest.raises(ToolError, match="does not exist"):
        await shell.call("JobPoll", job="job-1")


async def test_close_ends_jobs(shell: Shell) -> None:
    await shell.call("Bash", command="echo pid $$ ready; sleep 60", background=True)
    pid = int((await poll_until(shell, "ready")).partition("pid ")[2].split()[0])
    await shell.jobs.close()
    assert start_of(pid) == ""


def test_unread_output_is_bounded() -> None:
    job = Job("job-1", "x", 0.0)
    for number in range(100):
        job.add(f"{number:05}" * 200)
    text = job.take()
    assert len(text) < UNREAD + 100 and text.endswith("00099") and "70000 characters left out" in text
    assert job.take() == ""


async def test_jobs_of_a_crashed_process_are_told_and_those_of_a_living_one_left(tmp_path: Path) -> None:
    folder = tmp_path / "session" / "jobs"
    folder.mkdir(parents=True)
    living = {"command": "alive", "pid": os.getpid(), "started": start_of(os.getpid()), "at": 0}
    (folder / "job-1.json").write_text(
        json.dumps({"command": "npm run dev", "pid": 1 << 22, "started": "1", "at": 0})
    )
    (folder / "job-2.json").write_text(json.dumps(living))
    (folder / "job-3.json").write_text("{torn")
    jobs = Jobs(tmp_path / "session", LocalRunner(tmp_path / "session"))
    assert jobs.lost == {"job-1": "npm run dev", "job-3": "unreadable record"}
    assert [path.name for path in folder.iterdir()] == ["job-2.json"]
    with pytest.raises(ToolError, match=r"npm run dev.*start it again"):
        jobs.find("job-1")
