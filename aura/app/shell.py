"""The shell lines of a person (`!git status`): run as they are, shown as they run, told to the model later."""

import asyncio
import time
from collections import deque
from itertools import count
from pathlib import Path

from aura.core.errors import ToolError
from aura.core.events import CommandRan, ShellStarted, ToolOutputDelta
from aura.core.evidence import CommandRun
from aura.core.messages import Message, user
from aura.core.recorder import Recorder
from aura.core.tools import CommandRunner

MARK = "!"
ORIGIN = "shell"
LONGEST = 600.0  # seconds
TAIL = 4_000  # characters of the output that the log and the model get


def is_shell(line: str) -> bool:
    """Whether a line is one for the shell."""
    return line.startswith(MARK) and bool(line[1:].strip())


class ShellLines:
    """Runs them in the workspace."""

    def __init__(self, runner: CommandRunner, workspace: Path, record: Recorder) -> None:
        self._runner = runner
        self._workspace = workspace
        self._record = record
        self._numbers = count(1)

    async def run(self, line: str) -> Message:
        """Run one to its end and record it; what the model is to be told of it.

        Cancelled, it is recorded with what it printed so far; raises `ToolError` when it cannot be started.
        """
        command, name = line[1:].strip(), f"shell-{next(self._numbers)}"
        printed: deque[str] = deque(maxlen=64)  # pieces of some thousand characters at most

        def show(text: str) -> None:
            printed.append(text)
            self._record(ToolOutputDelta(name, text))

        self._record(ShellStarted(name, line))
        began = time.monotonic()
        try:
            result = await self._runner.run(command, cwd=self._workspace, timeout=LONGEST, on_output=show)
        except (asyncio.CancelledError, ToolError):
            run = CommandRun(command, None, "".join(printed)[-TAIL:], time.monotonic() - began)
            self._record(CommandRan(line, run.tail, run))
            raise
        run = CommandRun(command, result.exit_code, result.output[-TAIL:], result.seconds)
        self._record(CommandRan(line, run.tail, run))
        return _describe(run)


def _describe(run: CommandRun) -> Message:
    ended = "was stopped" if run.exit_code is None else f"ended with exit code {run.exit_code}"
    printed = f"printed:\n{run.tail}" if run.tail.strip() else "printed nothing."
    return user(f"The person ran `{run.command}` in the workspace; it {ended} and {printed}", ORIGIN)
