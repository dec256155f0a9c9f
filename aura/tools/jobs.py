"""Background jobs: commands that go on while the model does other things, and what is left of them after a crash."""

import asyncio
import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from aura.core.errors import AuraError, ToolError
from aura.core.text import shorten
from aura.core.tools import CommandResult, CommandRunner
from aura.tools._leftovers import end_all, is_same_alive, start_of
from aura.tools.process import find_orphans

SAID = ".txt"  # beside the file of a job: what it printed
LARGEST_SAID = 1_000_000  # characters of that
LONGEST_TOLD = 200  # characters of a command
UNREAD = 30_000  # characters of output kept for the next poll
LONGEST_WAIT = 600.0  # seconds that one poll may wait

# The shell stays until what it started in the background has ended, and ends with its own exit code.
STAY = "trap wait EXIT\n"


@dataclass(slots=True)
class Job:
    """One command in the background; `result` is None while it runs, `error` says why it could not."""

    id: str
    command: str
    started: float
    unread: str = ""
    skipped: int = 0
    polled: bool = False
    killed: bool = False
    result: CommandResult | None = None
    error: str = ""
    task: "asyncio.Task[None] | None" = field(default=None, repr=False)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.task is not None and not self.task.done()

    def take(self) -> str:
        """The output since the last time; it is given once."""
        text, self.unread = self.unread, ""
        if self.skipped:
            text = f"… [{self.skipped} characters left out]\n{text}"
        self.skipped = 0
        self.polled = True
        return text

    def add(self, text: str) -> None:
        """More output; the oldest of it goes when there is too much."""
        self.unread += text
        extra = len(self.unread) - UNREAD
        if extra > 0:
            self.skipped += extra
            self.unread = self.unread[extra:]


class _Said:
    """What a job prints, in a file that is made with the first of it and stays open; it can be read at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None
        self._room = LARGEST_SAID

    def add(self, text: str) -> None:
        """More of it, as long as there is room; what cannot be written is left out."""
        if self._room <= 0:
            return
        self._room -= len(text)
        with contextlib.suppress(OSError):
            if self._file is None:
                self._file = self._path.open("a", encoding="utf-8", errors="replace")
            self._file.write(text)
            self._file.flush()

    def close(self) -> None:
        """No more comes."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()


class Jobs:
    """The background jobs of a session in this process.

    Each running job has a file in `session_dir`/jobs, so that the next process finds what a crash left behind:
    those processes are ended when the table is made, and `lost` holds their commands by id. Beside it lies what the
    job printed, as long as it runs.
    """

    def __init__(self, session_dir: Path, runner: CommandRunner) -> None:
        self.lost: dict[str, str] = {}
        self._folder = session_dir / "jobs"
        self._runner = runner
        self._jobs: dict[str, Job] = {}
        self._recover(session_dir)

    def __iter__(self) -> Iterator[Job]:
        return iter(tuple(self._jobs.values()))

    def start(self, command: str, cwd: Path) -> Job:
        """Start a command in the background."""
        job = Job(self._register(command), command, time.monotonic())
        self._jobs[job.id] = job
        job.task = asyncio.create_task(self._run(job, cwd))
        return job

    def find(self, id: str) -> Job:
        """The job with this id; raises `ToolError` with those there are."""
        if id in self._jobs:
            return self._jobs[id]
        if id in self.lost:
            raise ToolError(
                f"{id} ({self.lost[id]}) was ended when aura stopped; start it again if it is needed."
            )
        known = ", ".join(self._jobs) or "there is none"
        raise ToolError(f"There is no job {id}; jobs: {known}.")

    async def wait(self, job: Job, seconds: float) -> None:
        """Wait until the job has ended, at most this long."""
        if job.task and seconds > 0:
            await asyncio.wait([job.task], timeout=min(seconds, LONGEST_WAIT))

    async def kill(self, job: Job) -> None:
        """End a job and everything it started."""
        if job.task and not job.task.done():
            job.killed = True
            job.task.cancel()
            await asyncio.wait([job.task])
            self._forget(job)

    async def close(self) -> None:
        """End all jobs."""
        await asyncio.gather(*(self.kill(job) for job in self))

    async def _run(self, job: Job, cwd: Path) -> None:
        said = _Said(self._folder / f"{job.id}{SAID}")

        def take(text: str) -> None:
            job.add(text)
            said.add(text)

        try:
            job.result = await self._runner.run(STAY + job.command, cwd=cwd, timeout=0, on_output=take)
        except AuraError as error:
            job.error = error.sentence
        finally:
            said.close()
        if job.error or job.killed or (job.result is not None and job.result.exit_code is not None):
            self._forget(job)  # one that ends with aura is found by the next process

    def _forget(self, job: Job) -> None:
        for suffix in (".json", SAID):
            (self._folder / f"{job.id}{suffix}").unlink(missing_ok=True)

    def _register(self, command: str) -> str:
        """A file for a new job; its id is the first that is free."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        pid = os.getpid()
        record = {"command": command, "pid": pid, "started": start_of(pid), "at": time.time()}
        number = len(self._jobs) + len(self.lost)
        while True:
            number += 1
            path = self._folder / f"job-{number}.json"
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            except FileExistsError:
                continue
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(record, file)
            return path.stem

    def _recover(self, session_dir: Path) -> None:
        """End what a crashed process of this session left running, and remember its jobs as lost."""
        if not session_dir.is_dir():
            return
        end_all(find_orphans(session_dir), grace=0.2)
        self.lost = find_lost(session_dir)
        for name in self.lost:
            (self._folder / f"{name}.json").unlink(missing_ok=True)


def find_lost(session_dir: Path) -> dict[str, str]:
    """The commands of the jobs, by id, that ended with a process of the session and were not settled since."""
    lost: dict[str, str] = {}
    for path in sorted((session_dir / "jobs").glob("job-*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            pid, started, command = int(record["pid"]), str(record["started"]), str(record["command"])
        except (OSError, ValueError, KeyError, TypeError):
            pid, started, command = 0, "", "unreadable record"
        if not is_same_alive(pid, started):
            lost[path.stem] = command
    return lost


def tell_lost(session_dir: Path) -> str:
    """What the model is told of jobs that ended with a process of the session; empty when there are none."""
    lines = []
    for name, command in find_lost(session_dir).items():
        said = session_dir / "jobs" / f"{name}{SAID}"
        where = f"what it had printed is in {said}" if said.exists() else "it had printed nothing"
        lines.append(f"- {name}: `{shorten(command, LONGEST_TOLD)}`; {where}")
    if not lines:
        return ""
    return "\n".join(
        (
            "[aura] These background jobs ended with the process that ran them; start again what is needed:",
            *lines,
        )
    )
