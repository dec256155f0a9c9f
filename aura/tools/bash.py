"""Bash, JobPoll and JobKill: shell commands, at once or in the background."""

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from aura.core.errors import ToolError
from aura.core.evidence import CommandRun
from aura.core.tools import Access, CommandResult, Effect, Tool, ToolContext, ToolOutput
from aura.tools.define import tool
from aura.tools.jobs import Job, Jobs
from aura.tools.workspace import find_place

TIMEOUT = 120  # seconds, when the model names none
LONGEST = 3600  # seconds
MILLISECONDS = 10_000  # a larger number of seconds was meant as milliseconds
KEPT_TAIL = 2000  # characters in the evidence ledger
NOTICE_SILENCE = 20.0  # seconds without output that are worth a word when time is up

NO_TERMINAL = re.compile(
    r"not a (?:tty|terminal)|no tty present|/dev/tty|a terminal is required|must be run (?:from|in) a terminal"
    r"|inappropriate ioctl|EOF when reading a line|EOFError|terminal prompts disabled|Terminal is dumb"
    r"|could not read (?:Username|Password)|stdin is not a|requires an interactive|TERM environment variable"
    r"|Aborting commit due to empty|[\[(]y(?:es)?/n(?:o)?[\])][ :?]*\s*\Z",
    re.IGNORECASE,
)


def make_bash(jobs: Jobs, config: Mapping[str, Any]) -> tuple[Tool, ...]:
    """Bash with its jobs; `config` may set `bash_timeout` and `bash_longest` (seconds)."""
    usual = float(config.get("bash_timeout", TIMEOUT))
    longest = float(config.get("bash_longest", LONGEST))

    @tool(name="Bash", effect=Effect.EXECUTE, access=_access, aliases={"cmd": "command", "cwd": "workdir"})
    async def bash(
        context: ToolContext,
        command: Annotated[str, "The command, as for bash -c."],
        timeout: Annotated[
            float | None, f"Seconds until it is ended (default {usual:g}, at most {longest:g})."
        ] = None,
        workdir: Annotated[str, "Folder to run in (default: the workspace)."] = "",
        *,
        background: Annotated[
            bool, "Go on at once and leave it running as a job (servers, watchers)."
        ] = False,
    ) -> ToolOutput:
        """Run a shell command in the workspace and return its output (stdout and stderr together) and exit code.

        Each call is a new bash: cd and variables do not last. There is no terminal and no input: pass answers as
        options or through a pipe; pagers and editors are off. Long output is cut in the middle, the whole is in a
        file. Use background=true for what does not end by itself, then JobPoll. Prefer Read, Grep, Glob and Edit to
        cat, grep, find and sed.
        """
        if not command.strip():
            raise ToolError("The command is empty.")
        folder = find_place(context.workspace, workdir).path if workdir else context.workspace
        if background:
            return _report_start(jobs.start(command, folder))
        seconds = timeout if timeout and timeout > 0 else usual
        seconds = min(seconds / 1000 if seconds >= MILLISECONDS else seconds, longest)
        return await _run(context, command, folder, seconds)

    @tool(name="JobPoll", effect=Effect.NONE, aliases={"id": "job", "job_id": "job", "timeout": "wait"})
    async def poll(
        context: ToolContext,
        job: Annotated[str, "The job's id; leave it out to list all jobs."] = "",
        wait: Annotated[float, "Seconds to wait for its end, at most 600."] = 10,
    ) -> ToolOutput:
        """Return what a background job has printed since the last poll, and whether it still runs."""
        if not job:
            return ToolOutput(_list_jobs(jobs))
        found = jobs.find(job)
        await jobs.wait(found, wait)
        return _report(found)

    @tool(name="JobKill", effect=Effect.NONE, aliases={"id": "job", "job_id": "job"})
    async def kill(context: ToolContext, job: Annotated[str, "The job's id."]) -> ToolOutput:
        """End a background job and everything it started."""
        found = jobs.find(job)
        if not found.is_running:
            return _report(found)
        await jobs.kill(found)
        return ToolOutput(f"{found.take()}\n[{found.id} was ended]".lstrip())

    return bash, poll, kill


def _access(arguments: Mapping[str, Any]) -> Access:
    workdir = arguments["workdir"]
    return Access(command=arguments["command"], reads=(workdir,) if workdir else ())


async def _run(context: ToolContext, command: str, folder: Path, seconds: float) -> ToolOutput:
    """Run a command to its end and say how it ended."""
    last = time.monotonic()

    def show(text: str) -> None:
        nonlocal last
        last = time.monotonic()
        context.output(text)

    result = await context.runner.run(command, cwd=folder, timeout=seconds, on_output=show)
    silent = time.monotonic() - last
    output = result.output.rstrip("\n")
    content = f"{output}\n{_describe_end(result, seconds, silent)}".strip("\n")
    return ToolOutput(
        content or "(no output)",
        is_error=result.exit_code != 0,
        command=_evidence(command, result),
    )


def _describe_end(result: CommandResult, limit: float, silent: float) -> str:
    """How a command ended, in brackets; nothing to say when all went well."""
    if result.timed_out:
        quiet = f"; it printed nothing in the last {silent:.0f} s" if silent > NOTICE_SILENCE else ""
        advice = "give a longer timeout, or background=true if it does not end by itself"
        return f"[ended after {limit:g} s{quiet}: {advice}]"
    if result.exit_code is None:
        return "[it was ended]"
    if result.exit_code == 0:
        return ""
    hint = ""
    if NO_TERMINAL.search(result.output[-4000:]):
        hint = (
            "; there is no terminal and no input here: use options such as --yes or -m, or pipe the answer in"
        )
    return f"[exit code {result.exit_code}{_name_signal(result.exit_code)}{hint}]"


def _name_signal(code: int) -> str:
    known = {
        134: "aborted",
        136: "arithmetic error",
        137: "killed, perhaps out of memory",
        139: "segmentation fault",
    }
    return f", {known[code]}" if code in known else ""


def _evidence(command: str, result: CommandResult) -> CommandRun:
    return CommandRun(command, result.exit_code, result.output[-KEPT_TAIL:], round(result.seconds, 3))


def _report_start(job: Job) -> ToolOutput:
    return ToolOutput(f"Started {job.id} in the background; see its output with JobPoll(job={job.id!r}).")


def _report(job: Job) -> ToolOutput:
    """What is new of a job."""
    first = not job.polled
    news = job.take()
    if job.is_running:
        seconds = time.monotonic() - job.started
        return ToolOutput(f"{news}\n[{job.id} is running, {seconds:.0f} s]".lstrip("\n"), waiting=True)
    if job.error:
        raise ToolError(job.error)
    if job.result is None:
        return ToolOutput(f"{news}\n[{job.id} was ended]".lstrip("\n"))
    if first:
        news = job.result.output
    log = f"; all output is in {job.result.log}" if job.result.log else ""
    code = job.result.exit_code
    ending = "was ended" if code is None else f"ended with exit code {code}"
    return ToolOutput(
        f"{news.rstrip()}\n[{job.id} {ending}{log}]".lstrip("\n"),
        is_error=code != 0,
        command=_evidence(job.command, job.result) if first or news else None,
    )


def _list_jobs(jobs: Jobs) -> str:
    """All jobs, one a line."""
    lines = []
    for job in jobs:
        state = "running" if job.is_running else "ended"
        if job.result and job.result.exit_code is not None:
            state = f"exit code {job.result.exit_code}"
        lines.append(f"{job.id}  {state}  {job.command}")
    lines += [f"{name}  ended when aura stopped  {command}" for name, command in jobs.lost.items()]
    return "\n".join(lines) or "There are no jobs."
