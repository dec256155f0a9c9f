"""Real worker processes whose segments append lines to a file, so that what is done twice is seen.

Run as a program it is such a worker: `workers.py DATABASE HOST FOLDER`. A job's workspace is a folder with a file
`plan`: one word per step, `work` (append a line, after a while), `wait` (rest for a second), `fail` (raise once),
`done`.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aura.core.errors import AuraError
from aura.core.run import Phase
from aura.fleet.queue import Job, SegmentEnd
from aura.fleet.site import find_site
from aura.fleet.worker import Habits, Worker

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 40.0
STEP = 0.15  # seconds that a step of work takes
DONE, BEGUN = "done", "begun"


async def append(job: Job, seconds: float) -> SegmentEnd:
    """Work on a plan under a lock, step by step; what stands in the file is not done again."""
    folder = Path(job.workspace)
    plan = (folder / "plan").read_text().split()
    with (folder / "lease").open("w") as lease:
        try:
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return SegmentEnd(Phase.WAITING, time.time() + 0.3, "open elsewhere")
        note(folder / BEGUN, str(os.getpid()))
        end = time.monotonic() + seconds
        while (count := len(lines(folder / DONE))) < len(plan):
            if time.monotonic() > end:
                return SegmentEnd(Phase.RUNNING)
            step = plan[count]
            if step == "hold":
                await asyncio.Event().wait()
            if step == "work":
                await asyncio.sleep(STEP)
            note(folder / DONE, f"{step} {count}")
            if step == "wait":
                return SegmentEnd(Phase.WAITING, time.time() + 1.0, "a pause")
            if step == "long":
                return SegmentEnd(Phase.WAITING, time.time() + 3600.0, "a long pause")
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


@contextmanager
def worker(database: str, *arguments: str, host: str = "here") -> Iterator["subprocess.Popen[str]"]:
    """A worker process that takes jobs; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__)), database, host, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()


def hear(process: "subprocess.Popen[str]", text: str) -> str:
    """The next line of a worker with this text in it; fails when it ends without one."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if text in line:
            return line.strip()
    raise AssertionError(f"the worker ended: {''.join(said)}")


def main(database: str, host: str, concurrency: str = "8", segment_seconds: str = "30") -> None:
    """Be a worker until SIGTERM."""
    habits = Habits(int(concurrency), segment_seconds=float(segment_seconds), sweep_seconds=0.3)

    async def run() -> None:
        it = Worker(find_site(database, host), append, habits, lambda line: print(line, flush=True))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, it.leave)
        await it.run()
        sys.stdout.flush()
        os._exit(0)

    asyncio.run(run())


if __name__ == "__main__":
    arguments: list[Any] = sys.argv[1:]
    main(*arguments)
