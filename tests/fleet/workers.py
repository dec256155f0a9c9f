"""Real worker processes whose segments append lines to a file, so that what is done twice is seen.

A job's workspace is a folder with a file `plan`, one word per step: `work` (takes a while), `over` (the segment's time
is over), `wait` and `long` (rest for a second, or an hour), `fail` (raises), `hold` (never ends).
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aura.app.segments import SegmentEnd
from aura.core.errors import AuraError
from aura.core.run import Phase
from aura.fleet.queue import Job
from aura.fleet.site import Site, find_site
from aura.fleet.worker import Habits, Worker

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 40.0
STEP = 0.15  # seconds that a step of work takes
DONE, BEGUN, FENCED = "done", "begun", "fenced"
PAUSES = {"wait": 1.0, "long": 3600.0}  # seconds


async def append(job: Job, seconds: float) -> SegmentEnd:
    """Work on a plan step by step; what stands in the file is not done again, and a newer segment fences this one."""
    folder = Path(job.workspace)
    plan = (folder / "plan").read_text().split()
    token = f"{os.getpid()} {time.monotonic_ns()}"
    (folder / "holder").write_text(token)
    note(folder / BEGUN, str(os.getpid()))
    while (count := len(lines(folder / DONE))) < len(plan):
        step = plan[count]
        if step == "hold":
            await asyncio.Event().wait()
        await asyncio.sleep(STEP if step == "work" else 0)
        if (folder / "holder").read_text() != token:
            note(folder / FENCED, token)
            raise AuraError("The lease was lost.")
        note(folder / DONE, f"{step} {count}")
        if step in PAUSES:
            return SegmentEnd(Phase.WAITING, time.time() + PAUSES[step], f"a {step}")
        if step == "over":
            return SegmentEnd(Phase.RUNNING)
        if step == "fail":
            raise AuraError("It did not work this time.")
    return SegmentEnd(Phase.DONE, detail="all steps")


def note(path: Path, line: str) -> None:
    """Append a line in one write."""
    with path.open("ab", buffering=0) as file:
        file.write(f"{line}\n".encode())


def lines(path: Path) -> list[str]:
    """The lines of a file that may not be there yet."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_text().splitlines()
    return []


def make_job(folder: Path, name: str, plan: str) -> Job:
    """A job with a plan, in a folder of its own."""
    place = folder / name
    place.mkdir(parents=True)
    (place / "plan").write_text(plan)
    return Job(name, str(place))


def steps(job: Job) -> list[str]:
    """What was done of a job."""
    return lines(Path(job.workspace) / DONE)


def begun(job: Job) -> list[str]:
    """The numbers of the processes that began a segment of it."""
    return lines(Path(job.workspace) / BEGUN)


def wanted(job: Job) -> list[str]:
    """What is done of a job when each step was done once."""
    plan = (Path(job.workspace) / "plan").read_text().split()
    return [f"{step} {number}" for number, step in enumerate(plan)]


def wait_until(holds: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
    """Poll until something is so; fails after some seconds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"timed out: {what}"
        time.sleep(0.02)


@dataclass(frozen=True)
class Started:
    """A worker process; what it says is appended to a file."""

    pid: int
    log: Path

    @property
    def is_alive(self) -> bool:
        """Whether it runs, or is stopped."""
        try:
            state = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        return state not in "ZX"

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def hear(self, text: str) -> None:
        """Wait until it says something with this text in it."""
        wait_until(lambda: any(text in line for line in lines(self.log)), f"{text!r}, of {lines(self.log)}")

    def end(self) -> None:
        """Wait until it is gone."""
        wait_until(lambda: not self.is_alive, "the end of a worker")


class Nursery:
    """Starts workers as forks of a process that has imported all they need: that takes 2 s for each otherwise."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__))],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._count = 0

    @contextmanager
    def worker(
        self, database: str, concurrency: int = 8, host: str = "here", idle: float = 0.0
    ) -> Iterator[Started]:
        """A worker process that takes jobs; killed at the end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._count += 1
        log = self._folder / f"worker{self._count}.log"
        print(json.dumps([database, host, concurrency, idle, str(log)]), file=self._process.stdin, flush=True)
        started = Started(int(self._process.stdout.readline()), log)
        try:
            yield started
        finally:
            with contextlib.suppress(ProcessLookupError):
                started.kill()
            started.end()

    def close(self) -> None:
        """Start no more."""
        self._process.communicate()


def serve() -> None:
    """Fork a worker for each line on standard input."""
    import dbos  # noqa: F401
    import psycopg  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        database, host, concurrency, idle, log = json.loads(line)
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            be_worker(
                find_site(database, host), Habits(concurrency, 30.0, 0.3, idle, poll_seconds=0.2), Path(log)
            )
        print(pid, flush=True)


def be_worker(site: Site, habits: Habits, log: Path) -> None:
    """Be a worker until SIGTERM."""
    sys.stdin.close()
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
    os.dup2(1, 2)

    async def run() -> None:
        it = Worker(site, append, habits, print_line)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, it.leave)
        await it.run()
        os._exit(0)

    try:
        asyncio.run(run())
    except BaseException:  # noqa: BLE001 - a test reads it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(0)


def print_line(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    serve()
