"""Real processes for the tests of the log, started quickly from one that has all imported already."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload(["tests.store.children"])


@dataclass(frozen=True)
class Child:
    process: ForkServerProcess
    pipe: Connection

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def hear(self) -> Any:
        """What the child says next; fails when it says nothing for long."""
        assert self.pipe.poll(30), "the child is silent"
        return self.pipe.recv()

    def hear_out(self) -> list[Any]:
        """All that a dead child had said."""
        heard = []
        try:
            while self.pipe.poll(30):
                heard.append(self.pipe.recv())
        except (EOFError, OSError):  # its end is closed, perhaps in the middle of a message
            return heard
        raise AssertionError("the child lives")

    def kill(self) -> None:
        self.process.kill()
        self.process.join(30)
        assert self.process.exitcode == -signal.SIGKILL


@contextmanager
def start(work: Callable[..., None], folder: Path, *more: object) -> Iterator[Child]:
    """A process that runs `work(folder, pipe, *more)`; killed at the end."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=work, args=(folder, theirs, *more), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Child(process, ours)
    finally:
        process.kill()
        process.join(30)
        ours.close()
