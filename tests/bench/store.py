"""What the log of a session costs, beside the same work done by a plain loop over SQLite and JSON (the floor)."""

import asyncio
import gc
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pydantic_core  # noqa: F401 - every session has it loaded, and the codec then reads faster

from aura.core.events import (
    DurableEvent,
    ModelReplied,
    SessionStarted,
    StepEnded,
    StepStarted,
    ToolFinished,
    ToolJudged,
    ToolStarted,
    TurnStarted,
    TurnStopped,
)
from aura.core.evidence import CommandRun
from aura.core.limits import StopReason
from aura.core.messages import Message, Text, ToolCall, ToolResult, user
from aura.core.models import Completion, Usage
from aura.core.turn import fold
from aura.store import codec
from aura.store.faults import LOG_NAME
from aura.store.index import summarise
from aura.store.layout import connect_writer
from aura.store.log import SessionLog

Result = TypeVar("Result")


def conversation(count: int) -> Iterator[DurableEvent]:
    """Events as an unattended session makes them: turns of 15 steps, each with a command."""
    made = 0
    for turn in range(1, count + 1):
        yield TurnStarted(turn, user("please go on with the next part of the work " * 3))
        for step in range(1, 16):
            call = ToolCall(f"c{turn}-{step}", "Bash", {"command": "pytest -q tests/unit", "timeout": 30})
            said = Message("assistant", (Text("I will look at this part now. " * 8), call), "model")
            yield StepStarted(step, "provider/model")
            yield ModelReplied(Completion(said, Usage(1000 + step, 200, 500), cost=0.01), 1.5)
            yield ToolJudged(call.id, "allow", "auto mode")
            yield ToolStarted(call)
            result = ToolResult(call.id, "a line of output\n" * 40)
            yield ToolFinished(call, result, "ok", 1.5, command=CommandRun("pytest -q", 0, "tail " * 20, 0.1))
            yield StepEnded(step, 1.6)
            made += 6
        yield TurnStopped(StopReason.END_TURN)
        made += 2
        if made >= count:
            return


def run(appends: int = 1_000, events: int = 100_000) -> dict[str, float]:
    """Times in milliseconds (`_ms`) or seconds (`_s`), and ratios to the floor (`_ratio`)."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        figures |= asyncio.run(time_appends(place, appends))
        figures |= asyncio.run(_time_opening(place, events))
    return {name: round(value, 4) for name, value in figures.items()}


async def time_appends(place: Path, count: int) -> dict[str, float]:
    """One event at a time: queued, and queued until durable; the floor commits the same JSON from the same thread.

    Both take turns, so that they share what else the machine does.
    """
    some = [event for event, _ in zip(conversation(count), range(count), strict=False)]
    queued, durable, plain = [], [], []
    SessionLog.create(place / "floor", SessionStarted("floor", "/w", "0"), 1.0).close()
    with (
        closing(SessionLog.create(place / "log", SessionStarted("log", "/w", "0"), 1.0)) as log,
        closing(connect_writer(place / "floor" / LOG_NAME)) as floor,
    ):
        for number, event in enumerate(some, 2):
            began = time.perf_counter()
            log.append(event, 2.0)
            queued.append(time.perf_counter() - began)
            await log.flush()
            durable.append(time.perf_counter() - began)
            began = time.perf_counter()
            floor.execute("BEGIN IMMEDIATE")
            values = (1, number, 2.0, event.type, 0, codec.encode(event))
            floor.execute(
                "INSERT INTO events (epoch, seq, at, type, turn, data) VALUES (?, ?, ?, ?, ?, ?)", values
            )
            floor.execute("COMMIT")
            plain.append(time.perf_counter() - began)
    return {
        **_spread("append", queued),
        **_spread("append_and_flush", durable),
        **_spread("floor_commit", plain),
        "append_ratio": statistics.median(queued) / statistics.median(plain),
        "append_and_flush_ratio": statistics.median(durable) / statistics.median(plain),
    }


async def _time_opening(place: Path, count: int) -> dict[str, float]:
    """A long session: written, opened, read, folded, summarised; the floor selects and parses the same rows."""
    folder = place / "long"
    log = SessionLog.create(folder, SessionStarted("long", "/w", "0"), 1.0)
    began = time.perf_counter()
    for event in conversation(count):
        log.append(event, 2.0)
    await log.flush()
    written = time.perf_counter() - began
    log.close()

    opened, log = _timed(lambda: SessionLog.open(folder, write=True))
    with closing(log):
        read, some = _timed(lambda: [recorded.event for recorded in log.read()])
        folded, _ = _timed(lambda: fold(some))
        plain, _ = _timed(lambda: read_plainly(folder / LOG_NAME))
        first, _ = _timed(lambda: summarise(folder))
        again, _ = _timed(lambda: summarise(folder))
    return {
        "events": float(len(some)),
        "file_mb": (folder / LOG_NAME).stat().st_size / 1e6,
        "write_all_s": written,
        "open_s": opened,
        "read_s": read,
        "fold_s": folded,
        "open_read_fold_s": opened + read + folded,
        "floor_read_s": plain,
        "read_ratio": read / plain,
        "first_summary_s": first,
        "next_summary_s": again,
    }


def read_plainly(path: Path) -> list[object]:
    with closing(sqlite3.connect(path)) as connection:
        return [json.loads(data) for (data,) in connection.execute("SELECT data FROM events ORDER BY seq")]


def _timed(work: Callable[[], Result]) -> tuple[float, Result]:
    gc.collect()
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def _spread(name: str, times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100)
    return {f"{name}_p50_ms": cuts[49] * 1e3, f"{name}_p99_ms": cuts[98] * 1e3}


if __name__ == "__main__":
    json.dump(run(), sys.stdout, indent=1)
    print()
