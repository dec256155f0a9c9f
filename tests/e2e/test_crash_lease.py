"""Two processes on one run: a holder keeps it, one that is stopped can be overtaken, and then cannot write any more."""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aura.core.events import ToolFinished
from aura.core.run import Phase
from aura.core.turn import fold
from aura.store.lease import Holder, read_holder
from aura.tools._leftovers import find_marked
from aura.tools.process import mark_session
from tests.e2e.conftest import Ran, call
from tests.e2e.crashed import (
    GOAL,
    Whole,
    check_calls,
    check_checkpoints,
    count_resumes,
    files_of,
    prepare,
    read_history,
    run_whole,
)
from tests.e2e.fixtures.warm import WarmProgram, warm
from tests.e2e.test_crash import wait_until
from tests.e2e.test_crash_runs import SEED
from tests.e2e.test_resume import state_of

pytestmark = pytest.mark.slow
STOPS = 6
WAITS = "echo {name} >> effects.txt; touch {name}; while [ ! -e go-{name} ]; do sleep 0.02; done; echo {name} went by"


class Beside:
    """A program that runs beside the test until it ends; `ran` is None until then."""

    def __init__(self, program: WarmProgram, *arguments: str) -> None:
        self.ran: Ran | None = None
        self._program, self._arguments = program, arguments
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self.ran = self._program(*self._arguments)

    def end(self) -> Ran:
        """Wait for it."""
        self._thread.join(60)
        assert self.ran is not None, "it does not end"
        return self.ran


def find_folder(program: WarmProgram) -> Path | None:
    """The folder of the session with a run."""
    return next((path.parent for path in program.home.rglob("lease.json")), None)


def find_holder(program: WarmProgram) -> Holder:
    """The process that has the session."""
    folder = find_folder(program)
    holder = read_holder(folder) if folder is not None else None
    assert holder is not None
    return holder


@contextmanager
def continued(pid: int) -> Iterator[None]:
    """Whatever happens, the stopped process does not stay behind."""
    try:
        yield
    finally:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pid = 0


def check_overtaken(ran: Ran) -> None:
    """The former holder says in one sentence what happened, and fails."""
    assert ran.code == 1, ran
    assert "was taken over by another process" in ran.err
    assert "Traceback" not in ran.err
    assert ran.err.count("was taken over by another process") == 1, ran.err
    assert ran.result["reason"] == "error", ran.result


def two_commands() -> list[dict[str, Any]]:
    """Who begins runs `old`, who takes over runs `new`; whoever sees one of them end begins another, then is done."""
    waits = [call("Bash", command=WAITS.format(name=name), timeout=60) for name in ("old", "new")]
    after = call("Bash", command="echo after >> effects.txt; echo that was after")
    return [
        {"when": {"contains": "that was after"}, "call": [call("Done", summary="All of it.")]},
        {"when": {"contains": "went by"}, "call": [after]},
        {"when": {"contains": "may have taken effect"}, "call": [waits[1]]},
        {"when": {"tool": "Bash"}, "call": [call("Bash", command="echo wrong >> effects.txt")]},
        {"when": {"seen": 0}, "call": [waits[0]]},
    ]


def test_a_run_that_is_taken_from_a_stopped_process_goes_on_elsewhere_and_only_there(tmp_path: Path) -> None:
    program = warm(tmp_path, soon=True)
    model = program.script(two_commands())
    second = replace(program, second=True)
    old = Beside(program, "run", "--auto", "-o", "json", "--model", model, GOAL)
    wait_until((program.workspace / "old").exists, "the command begins")
    holder = find_holder(program)

    held = second("run", "--auto", "-c", "--model", model)
    assert (held.code, str(holder.pid) in held.err) == (1, True), held
    assert "Traceback" not in held.err

    os.kill(holder.pid, signal.SIGSTOP)
    wait_until(lambda: "T" in state_of(holder.pid), "the holder stops")
    with continued(holder.pid):
        folder = find_folder(program)
        assert folder is not None
        age = time.time() - 100
        os.utime(folder / "lease.json", (age, age))
        stale = second("run", "--auto", "-c", "--model", model)
        assert (stale.code, "has not moved for 1m40s" in stale.err) == (1, True), stale

        new = Beside(second, "resume", "last", "--take-over", "--foreground", "-o", "json", "--model", model)
        wait_until((program.workspace / "new").exists, "the run goes on elsewhere")
        left = [one.command for one in find_marked(mark_session(folder))]
        assert left
        assert not any("go-old" in one for one in left), "what it was running is ended, although it lives"
    check_overtaken(old.end())
    assert new.ran is None, "the end of the former holder leaves it alone"
    assert find_holder(program).pid != holder.pid
    (program.workspace / "go-new").touch()
    ran = new.end()
    assert (ran.code, ran.result["reason"]) == (0, "done"), ran
    assert (program.workspace / "effects.txt").read_text(encoding="utf-8") == "old\nnew\nafter\n"
    history = read_history(program)
    check_checkpoints(history)
    assert fold(one.event for one in history).run.phase is Phase.DONE
    ends = [one.event.outcome for one in history if isinstance(one.event, ToolFinished)]
    assert ends == ["unknown", "ok", "ok", "ok"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return run_whole(tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("number", range(STOPS))
def test_stopped_anywhere_and_overtaken_there_is_one_history(
    tmp_path: Path, whole: Whole, number: int
) -> None:
    """Stopped at a place that chance chooses, overtaken, continued once the run is at its end."""
    chance = random.Random(f"{SEED}-stop-{number}")
    kind = ("before", "after", "statement")[number % 3]
    program, model = prepare(tmp_path)
    place = chance.randint(whole.places[kind] // 4, whole.places[kind] * 9 // 10)
    program.fault = {"kind": kind, "number": place, "stop": True}
    old = Beside(program, "run", "--auto", "-o", "json", "--model", model, GOAL)
    wait_until(lambda: old.ran is not None or is_stopped(program), f"it stops at {kind} {place}")
    if old.ran is not None:
        assert old.ran.code == 0, old.ran
        return
    pid = find_holder(program).pid
    was_active = fold(one.event for one in read_history(program)).run.phase.is_active
    with continued(pid):
        second = replace(program, second=True, fault={})
        ran = second("resume", "last", "--take-over", "--foreground", "-o", "json", "--model", model)
        if "does not let go" in ran.err:  # it holds the file itself, in the middle of a transaction
            os.kill(pid, signal.SIGKILL)
            ran = second("resume", "last", "--take-over", "--foreground", "-o", "json", "--model", model)
        assert ran.code == 0, (ran, program.fault)
        history = read_history(program)
    end = old.end()
    if end.code not in (-signal.SIGKILL, 0):
        check_overtaken(end)
    assert read_history(program) == history, "the former holder wrote nothing"
    assert files_of(program) == whole.files
    unknown = [
        one.event.call.id
        for one in history
        if isinstance(one.event, ToolFinished) and one.event.outcome == "unknown"
    ]
    assert len(unknown) <= 2
    check_calls([one.event for one in history], unknown)
    assert fold(one.event for one in history).run.phase is Phase.DONE
    assert count_resumes(history) >= was_active


def is_stopped(program: WarmProgram) -> bool:
    folder = find_folder(program)
    holder = read_holder(folder) if folder is not None else None
    return holder is not None and "T" in state_of(holder.pid)
