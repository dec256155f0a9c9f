"""Runs for tests: a model that works until a file lets it go, and a run of it that nobody has open."""

import json
import time
from pathlib import Path
from typing import Any

from aura import __version__
from aura.app.pursuit import Wish, prepare
from aura.config.paths import sessions_dir
from aura.core.events import ModeSwitched, SessionStarted
from aura.core.limits import Limits
from aura.core.run import Run
from aura.core.turn import Turn, apply, fold
from aura.store.index import make_id
from aura.store.log import SessionLog
from aura.store.rows import read_events
from tests.e2e.conftest import Program, call, done
from tests.e2e.engines import happens

UNLIMITED = Limits()
GOAL = "wait for the file and say so"
WAITS = "touch begun; echo x >> began; while [ ! -e go ]; do sleep 0.02; done; echo all ended"


def worker(program: Program, **more: Any) -> str:
    """A model that runs one command until `go` exists, then says that it is done; it can be asked from anywhere."""
    script = {
        "replies": [
            {"when": {"tool": "Bash", "contains": "all ended"}, **done("the file came")},
            {"when": {"history_contains": GOAL}, "call": [call("Bash", command=WAITS, timeout=30)]},
        ],
        **more,
    }
    path = program.home / "worker.yaml"
    path.write_text(json.dumps(script), encoding="utf-8")
    return f"script:{path}"


def begin_run(program: Program, limits: Limits = UNLIMITED, goal: str = GOAL, **more: Any) -> Path:
    """The folder of a session with a run that waits to be taken up."""
    name = make_id(time.time())
    folder = sessions_dir(program.workspace) / name
    now = time.time()
    log = SessionLog.create(folder, SessionStarted(name, str(program.workspace), __version__), now)
    turn = fold(one.event for one in log.read())
    for event in (ModeSwitched("auto", "test"), *prepare(turn, Wish(goal, limits, **more), now)):
        log.append(event, now)  # type: ignore[arg-type]
        turn = apply(turn, event)
    log.close()
    return folder


def turn_of(folder: Path) -> Turn:
    """Where a session stands, by its log."""
    return fold(one.event for one in read_events(folder))


def run_of(folder: Path) -> Run:
    """Where its run stands, by its log."""
    return turn_of(folder).run


def types_of(folder: Path) -> list[str]:
    """The events of a log by name."""
    return [one.event.type for one in read_events(folder)]


def events_of(folder: Path, kind: str) -> list[Any]:
    """The events of one name."""
    return [one.event for one in read_events(folder, types=(kind,))]


async def begun(program: Program, count: int = 1) -> None:
    """Wait until the command of the run is under way, for the `count`th time."""
    began = program.workspace / "began"
    await happens(lambda: began.exists() and began.read_text().count("x") >= count, "the command begins")


def let_go(program: Program) -> None:
    """Let the command of the run end."""
    (program.workspace / "go").touch()
