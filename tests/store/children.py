"""What other processes do in the tests of the log: each function runs in one of its own, and talks through a pipe."""

import asyncio
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from aura.core.errors import AuraError
from aura.core.events import SessionStarted, TurnStarted
from aura.core.messages import user
from aura.store.faults import LOG_NAME
from aura.store.log import SessionLog, Writing
from tests.store.calls import count_calls


def prompt(number: int) -> TurnStarted:
    """The event that stands at place `number`; some are larger than a page of the file."""
    return TurnStarted(number, user(f"prompt {number} " + "x" * (number * 37 % 6000)))


def begin(folder: Path) -> None:
    """A log whose first event is there."""
    SessionLog.create(folder, SessionStarted(folder.name, "/w", "0"), 1.0).close()


def write_for_ever(folder: Path, pipe: Connection, batch: int) -> None:
    """Append and flush until killed; the newest durable place goes into the pipe."""

    async def run() -> None:
        log = SessionLog.open(folder, write=True)
        pipe.send(log.last_seq)
        while True:
            for _ in range(batch):
                log.append(prompt(log.last_seq + 1), 2.0)
            await log.flush()
            pipe.send(log.last_seq)

    asyncio.run(run())


def write_until(folder: Path, pipe: Connection, number: int, half: bool) -> None:
    """Begin or open the log, append and flush a few times; killed before system call `number`, or in its middle.

    Says the newest durable place after each, and at the end how many calls there were and whether they can be counted.
    """
    count = 0

    def before(name: str) -> bool:
        nonlocal count
        count += 1
        if name == "half" or (count == number and not (half and name.startswith("pwrite"))):
            os.kill(os.getpid(), signal.SIGKILL)
        return count == number

    async def run() -> None:
        can_count = count_calls(before)
        if (folder / LOG_NAME).exists():
            log = SessionLog.open(folder, write=True)
        else:
            log = SessionLog.create(folder, SessionStarted(folder.name, "/w", "0"), 1.0)
        pipe.send(log.last_seq)
        for _ in range(3):
            log.append(prompt(log.last_seq + 1), 2.0)
            log.append(prompt(log.last_seq + 1), 2.0)
            await log.flush()
            pipe.send(log.last_seq)
        log.close()
        pipe.send((count, can_count))

    asyncio.run(run())


def hold(folder: Path, pipe: Connection) -> None:
    """Open the log, then try to write whenever told to; answers with the place or the error."""

    async def run() -> None:
        log = SessionLog.open(folder, write=True)
        pipe.send("open")
        while pipe.recv() == "write":
            try:
                seq = log.append(prompt(log.last_seq + 1), 2.0)
                await log.flush()
                pipe.send(seq)
            except AuraError as error:
                pipe.send((type(error).__name__, error.sentence))

    asyncio.run(run())


def hold_and_fork(folder: Path, pipe: Connection) -> None:
    """Open the log and fork; the child says what it may do, then outlives its parent until it is told to end."""
    log = SessionLog.open(folder, write=True)
    log.append(prompt(log.last_seq + 1), 2.0)
    if os.fork() == 0:
        try:
            log.append(prompt(0), 2.0)
        except AuraError as error:
            log.close()
            pipe.send((os.getpid(), type(error).__name__))
        pipe.recv()
        os._exit(0)
    while True:
        asyncio.run(log.flush())
        os.wait()


def race(folder: Path, pipe: Connection) -> None:
    """Try once to open the log when told to; says whether it could, and holds it until told to end."""
    pipe.send("ready")
    pipe.recv()
    try:
        log = SessionLog.open(folder, write=True)
    except AuraError as error:
        pipe.send(type(error).__name__)
        return
    pipe.send("open")
    pipe.recv()
    log.close()


async def fill(folder: Path, free: Callable[[], object]) -> dict[str, object]:
    """Write until the disk is full, keep going, let `free` make room, and wait until all is written."""
    told: list[str | None] = []
    log = SessionLog.create(
        folder, SessionStarted("full", "/w", "0"), 1.0, Writing(on_trouble=told.append, retry_seconds=0.02)
    )
    problem = ""
    while not problem:
        log.append(prompt(log.last_seq + 1), 2.0)
        try:
            await log.flush()
        except AuraError as error:
            problem = error.sentence
    was_healthy = log.is_healthy
    refused = log.last_seq
    for _ in range(50):
        log.append(prompt(log.last_seq + 1), 3.0)
    saved = sum(1 for _ in log.read())
    free()
    await log.recover(0.02)
    await asyncio.sleep(0)
    result = {
        "problem": problem,
        "was_healthy": was_healthy,
        "is_healthy": log.is_healthy,
        "refused": refused,
        "saved": saved,
        "last": log.last_seq,
        "told": told,
    }
    log.close()
    read = list(log.read())
    assert all(recorded.event == prompt(recorded.seq) for recorded in read[1:])
    return {**result, "read": len(read)}
