"""What runs cost: appends, resuming, opening what is long, a checkpoint a turn; each beside its floor."""

import asyncio
import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from aura.agent.continuation import continue_text
from aura.app.build import Opened, open_session
from aura.app.folders import open_place
from aura.app.options import SessionOptions
from aura.app.pursuit import Pursuit, Wish, prepare
from aura.config.paths import sessions_dir
from aura.core.events import (
    Checkpointed,
    Compacted,
    DurableEvent,
    LimitsSet,
    ModeSwitched,
    Recorded,
    SessionStarted,
    TurnStarted,
    TurnStopped,
    is_durable,
)
from aura.core.limits import Limits, Spend, StopReason
from aura.core.messages import AURA, MODEL, Message, Text, ToolCall
from aura.core.models import Completion, Delta, ModelInfo, Request
from aura.core.permissions import Mode
from aura.core.run import Phase
from aura.core.turn import Turn, fold
from aura.demo.server import serving
from aura.models.script import Call, Reply, Script
from aura.store.faults import LOG_NAME
from aura.store.log import SessionLog, Writing
from tests.bench.store import conversation, time_appends

MIDDLING, LONG = 5_000, 100_000  # events
TURNS = 150
REPEATS = 3
MESSAGES_OF_A_TURN = 31
Say = Callable[[str], None]


def bench_runs(say: Say) -> None:
    """All rows."""
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # nobody who uses aura compiles it at every start
        os.environ |= {"AURA_HOME": str(place / "home"), "PYTHONPYCACHEPREFIX": str(place / "compiled")}
        _bench_appends(place, say)
        _bench_resume(place, say)
        _bench_opening(place, say)
        _bench_driving(place, say)


# --- logs of runs ---


def pursue(count: int, workspace: Path, name: str) -> Iterator[DurableEvent]:
    """The log of a run that was killed in the middle of a turn: a checkpoint a turn, a summary every fourth."""
    yield SessionStarted(name, str(workspace), "0")
    yield ModeSwitched("auto", "settings")
    turn = fold([SessionStarted(name, str(workspace), "0")])
    wish = Wish("go on with the work", Limits())
    begun = [event for event in prepare(turn, wish, time.time()) if is_durable(event)]
    yield from begun
    run = fold(begun, turn).run.name
    made = len(begun) + 2
    for event in conversation(count):
        if isinstance(event, TurnStarted):
            past = event.number - 1
            if past and not past % 4:
                kept = (past - 1) * MESSAGES_OF_A_TURN
                yield Compacted("What was done so far.", "", kept, 20_000, 5_000, "due")
            yield Checkpointed(run, Phase.RUNNING, Spend(turns=past, steps=past * 15), past, prompt="go on")
            made += 1
        elif isinstance(event, TurnStopped):
            event = replace(event, reason=StopReason.MAX_STEPS)  # noqa: PLW2901 - so that the run goes on
        yield event
        made += 1
        if made >= count and not isinstance(event, TurnStopped):
            return


def write_log(folder: Path, count: int, workspace: Path) -> Path:
    """A session of so many events, or a few more; its folder."""

    async def write() -> None:
        events = pursue(count, workspace, folder.name)
        log = SessionLog.create(folder, next(events), time.time())
        with closing(log):
            for event in events:
                log.append(event, time.time())
            await log.flush()

    asyncio.run(write())
    return folder


# --- rows ---


def _bench_appends(place: Path, say: Say) -> None:
    """One event queued, and until it is durable, beside a bare commit."""
    (place / "appends").mkdir()
    figures = asyncio.run(time_appends(place / "appends", 1_000))
    for name, row in {
        "append": "append",
        "until durable": "append_and_flush",
        "floor: commit": "floor_commit",
    }.items():
        p50, p99 = figures[f"{row}_p50_ms"], figures[f"{row}_p99_ms"]
        floor50, floor99 = figures["floor_commit_p50_ms"], figures["floor_commit_p99_ms"]
        say(
            f"  {name:<28} p50 {p50:6.3f} ms ({p50 / floor50:4.2f} x)   p99 {p99:6.3f} ms ({p99 / floor99:4.2f} x)"
        )


def _bench_resume(place: Path, say: Say) -> None:
    """From the start of a process to its first step: with a new session, and with one of 5,000 events."""
    workspace = place / "work"
    workspace.mkdir()
    new, resumed = [], []
    for number in range(REPEATS):
        new.append(_time_first_step(workspace, "a goal"))
        name = f"1resumed{number}"
        folder = write_log(sessions_dir(workspace) / name, MIDDLING, workspace)
        resumed.append(_time_first_step(workspace, "-r", folder.name))
    for name, rows in (("floor: a new run", new), ("resume of 5,000 events", resumed)):
        wall, cpu = (min(row[place] for row in rows) for place in (0, 1))
        floors = [min(row[place] for row in new) for place in (0, 1)]
        say(
            f"  {name:<28} {wall:6.3f} s to its first step ({wall / floors[0]:4.2f} x), "
            f"CPU of the whole {cpu:5.2f} s ({cpu / floors[1]:4.2f} x)"
        )


def _time_first_step(workspace: Path, *what: str) -> tuple[float, float]:
    """Seconds until the first step of `aura run` in a process of its own, and the CPU seconds until its end."""
    done = Script("bench-done", (Reply(calls=(Call("Done", {"summary": "It works."}),)),))
    before = {path.name for path in sessions_dir(workspace).glob("*")}
    with serving(done) as server:
        environ = {**os.environ, "AURA_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": "none"}
        command = [sys.executable, "-m", "aura", "run", *what, "--auto", "-m", "openai/bench", "-q"]
        begun, used = time.time(), _sum_cpu()
        ran = subprocess.run(
            [*command, "-C", str(workspace)], env=environ, capture_output=True, text=True, check=False
        )
    if ran.returncode:
        raise SystemExit(f"aura run {what} ended with {ran.returncode}:\n{ran.stderr[-2000:]}")
    names = {path.name for path in sessions_dir(workspace).glob("*")} - before
    log = sessions_dir(workspace) / (names.pop() if names else what[-1]) / LOG_NAME
    with closing(sqlite3.connect(log)) as reader:
        query = "SELECT min(at) FROM events WHERE type = 'step_started' AND at >= ?"
        return float(reader.execute(query, (begun,)).fetchone()[0]) - begun, _sum_cpu() - used


def _sum_cpu() -> float:
    """CPU seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _bench_opening(place: Path, say: Say) -> None:
    """A session taken for writing, read and folded, in a process of its own; its memory beside that of a short one."""
    workspace = place / "work"
    rows: dict[int, list[dict[str, float]]] = {}
    for count in (100, MIDDLING, LONG):
        folder = write_log(sessions_dir(workspace) / f"1opened{count}", count, workspace)
        rows[count] = [_run_child(kind, folder) for kind in ("open", "plain") * REPEATS]
    base = min(row["rss"] for row in rows[100][::2])
    for count in (MIDDLING, LONG):
        opened, plain = rows[count][::2], rows[count][1::2]
        seconds, cpu, rss = (min(row[name] for row in opened) for name in ("seconds", "cpu", "rss"))
        floor = min(row["cpu"] for row in plain)
        say(
            f"  {f'open {count:,} events':<28} {seconds:6.3f} s, CPU {cpu:6.3f} s "
            f"({cpu / floor:4.2f} x SELECT and json.loads)   "
            f"peak {rss:4.0f} MB ({rss / base:4.2f} x that of 100 events, {opened[0]['mb']:.0f} MB of log)"
        )


def _run_child(kind: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.runs", kind, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _bench_driving(place: Path, say: Say) -> None:
    """A turn of a run, with its checkpoint, beside the same turn without a run."""
    rows: dict[str, list[list[float]]] = {"floor: a turn of two steps": [], "the same turn of a run": []}
    for number in range(REPEATS):
        for name, drive in zip(rows, (_prompt_bare, _drive), strict=True):
            rows[name].append(asyncio.run(_time_turns(place / drive.__name__ / str(number), drive)))
    wall, cpu = ([min(row[at] for row in part) for part in rows.values()] for at in (0, 1))
    for at, name in enumerate(rows):
        say(
            f"  {name:<28} {wall[at] * 1e3:6.2f} ms ({wall[at] / wall[0]:4.2f} x), "
            f"CPU {cpu[at] * 1e3:6.2f} ms ({cpu[at] / cpu[0]:4.2f} x)"
        )


class _Brief:
    """A model that answers at once: a todo, or a text where tools are off."""

    def __init__(self) -> None:
        self._count = 0

    @property
    def info(self) -> ModelInfo:
        """Nothing special."""
        return ModelInfo("bench:brief", 200_000, capabilities=frozenset({"tools"}))

    async def stream(self, request: Request) -> AsyncIterator[Delta | Completion]:
        """The next reply."""
        self._count += 1
        todo = ToolCall(f"c{self._count}", "TodoWrite", {"todos": [{"content": f"part {self._count}"}]})
        part = todo if request.tools else Text("So far.")
        yield Completion(Message("assistant", (part,), MODEL), cost=0.0)


async def _time_turns(place: Path, drive: Callable[[Opened], Any]) -> list[float]:
    """Seconds and CPU seconds from a turn's beginning to that of the next one: medians."""
    (place / "work").mkdir(parents=True)
    options = SessionOptions(
        place / "work", auto=True, mode=Mode.AUTO, model=_Brief(), trusted=False, sessions=place / "sessions"
    )
    begun: list[tuple[float, float]] = []

    def watch(recorded: Recorded) -> None:
        if isinstance(recorded.event, TurnStarted):
            begun.append((time.perf_counter(), time.process_time()))

    opened = await open_session(options)
    opened.session.watchers.append(watch)
    try:
        await drive(opened)
    finally:
        await opened.close()
    columns = zip(*begun[5:], strict=True)
    return [statistics.median(later - sooner for sooner, later in pairwise(times)) for times in columns]


async def _prompt_bare(opened: Opened) -> None:
    session = opened.session
    session.record(LimitsSet(Limits(steps=1)))
    for _ in range(TURNS):
        async for _ in session.prompt(continue_text(session.turn), origin=AURA):
            pass


async def _drive(opened: Opened) -> None:
    pursuit = Pursuit(opened.session)
    pursuit.begin(Wish("go on with the work", Limits(steps=1, turns=TURNS)))
    await pursuit.drive()


# --- what is measured in a process of its own ---


def _open(folder: Path) -> Turn:
    options = SessionOptions(folder.parent, resume=folder.name, sessions=folder.parent)
    place = open_place(options, time.time(), Writing())
    place.log.close()
    return place.turn


def _read_plainly(folder: Path) -> None:
    with closing(sqlite3.connect(folder / LOG_NAME)) as connection:
        for (data,) in connection.execute("SELECT data FROM events ORDER BY seq"):
            json.loads(data)


def read_peak() -> float:
    """The most memory this program has held, in MB; what its parent held at the fork is no part of it."""
    try:
        text = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:  # another system: may count the parent
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmHWM")) / 1024


def main(kind: str, folder: Path) -> None:
    """Open a session, or read its rows; seconds and peak memory go to standard output."""
    begun, used = time.perf_counter(), time.process_time()
    if kind == "open":
        turn = _open(folder)
        assert turn.run.phase is Phase.RUNNING
    else:
        _read_plainly(folder)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - used
    peak = read_peak()
    size = (folder / LOG_NAME).stat().st_size / 1e6
    sys.stdout.write(json.dumps({"seconds": seconds, "cpu": cpu, "rss": peak, "mb": size}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
