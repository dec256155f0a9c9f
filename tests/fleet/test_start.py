"""The real program: runs that are started in the background, with engines and workers that die meanwhile."""

import contextlib
import datetime as dt
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aura.cli.start import read_wake
from aura.config.paths import sessions_dir
from aura.core.errors import ConfigError
from aura.core.run import Phase
from aura.store.rows import read_events
from tests.e2e.conftest import Program, done
from tests.e2e.engines import engine_in, is_alive, wait_until
from tests.e2e.runs import events_of, run_of, types_of, worker
from tests.fleet.workers import lines

pytestmark = pytest.mark.slow
NOW = dt.datetime(2030, 1, 31, 22, 0, tzinfo=dt.UTC)


class Background:
    """The program, and the workers and engines that it brought up."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.log = program.home / "aura" / "state" / "worker.log"

    def start(self, *arguments: str) -> Path:
        """Start a run; the folder of its session."""
        ran = self.program("start", *arguments)
        assert ran.code == 0, ran.err
        (found,) = (self.program.home / "aura" / "data" / "sessions").glob(f"*/{ran.out.strip()}")
        return found

    @property
    def workers(self) -> list[int]:
        """The numbers of the workers that were brought up, dead ones too."""
        found = (re.search(r"worker \S+-(\d+)-\w+ takes", line) for line in lines(self.log))
        return [int(match[1]) for match in found if match]

    def says(self, text: str) -> bool:
        """Whether a worker wrote that into its log."""
        return any(text in line for line in lines(self.log))

    def kill(self, pid: int) -> None:
        """Kill a process that is not ours to wait for."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not is_alive(pid), "its end")

    def end(self) -> None:
        """Nothing outlives its test."""
        for pid in self.workers:
            self.kill(pid)
        for lease in (self.program.home / "aura" / "data").glob("sessions/*/*/lease.json"):
            with contextlib.suppress(AssertionError):
                self.kill(engine_in(lease.parent))


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program with an empty workspace and an empty home."""
    workspace, home = tmp_path / "work", tmp_path / "home"
    workspace.mkdir()
    home.mkdir()
    return Program(workspace, home)


@pytest.fixture
def background(program: Program, monkeypatch: pytest.MonkeyPatch) -> Iterator[Background]:
    for name, value in program.environ.items():
        monkeypatch.setenv(name, value)
    found = Background(program)
    try:
        yield found
    finally:
        found.end()


def began(program: Program) -> int:
    return len(lines(program.workspace / "began"))


def test_a_run_survives_its_worker_and_its_engine(background: Background) -> None:
    program = background.program
    folder = background.start("wait for the file and say so", "-m", worker(program))
    wait_until(lambda: began(program), "the command is under way")
    first = background.workers
    assert len(first) == 1
    engine = engine_in(folder)
    background.kill(first[0])
    assert is_alive(engine), "it goes on without a worker"
    background.kill(engine)
    assert run_of(folder).phase is Phase.RUNNING

    resumed = program("start", "--resume-all")
    assert (resumed.code, resumed.out) == (0, ""), "it is queued already: only a worker was missing"
    assert resumed.err == "1 in the queue already: a worker goes on with it\n"
    wait_until(lambda: began(program) == 2, "the command is under way again")
    (program.workspace / "go").touch()
    wait_until(lambda: background.says(f"{folder.name} rests: done: the file came"), "the run is done")
    run = run_of(folder)
    assert (run.phase, run.detail) == (Phase.DONE, "the file came")
    assert types_of(folder).count("run_started") == 1
    assert len(background.workers) == 2


def test_what_was_asked_of_the_sandbox_holds_in_the_engines_of_the_run(background: Background) -> None:
    program = background.program
    folder = background.start("say so", "-m", program.script([done("said")]), "--no-sandbox")
    wait_until(lambda: run_of(folder).phase is Phase.DONE, "the run is done")
    chosen = events_of(folder, "sandbox_chosen")
    assert [event.requested for event in chosen] == ["off"] * len(chosen)
    assert "asked for: off" in program("logs", folder.name).out


def test_a_run_that_nobody_has_is_taken_up(background: Background) -> None:
    program = background.program
    foreground = subprocess.Popen(
        program.command("run", "--auto", "wait for the file and say so", "-m", worker(program)),
        cwd=program.workspace,
        env=program.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until(lambda: began(program), "the command is under way")
    busy = program("start", "--resume-all", "-q")
    assert (busy.code, busy.out, busy.err) == (0, "", ""), "somebody has it"
    foreground.kill()
    foreground.wait()
    (program.workspace / "go").touch()
    program.settings = {"model": worker(program)}  # the dead process alone knew which it was
    taken = program("start", "--resume-all")
    assert taken.code == 0, taken.err
    (folder,) = sessions_dir(program.workspace).glob(f"{taken.out.strip()}")
    wait_until(lambda: run_of(folder).phase is Phase.DONE, "the run is done")


def test_a_run_begins_when_it_should_and_the_worker_ends_when_told(background: Background) -> None:
    program = background.program
    (program.workspace / "go").touch()
    before = time.time()
    later = background.start("wait for the file and say so", "-m", worker(program), "--in", "6s")
    assert run_of(later).wake == pytest.approx(before + 6, abs=3)
    now = background.start("wait for the file and say so", "-m", worker(program))
    wait_until(lambda: run_of(now).phase is Phase.DONE, "one is done at once")
    assert run_of(later).phase is Phase.QUEUED or time.time() > run_of(later).wake
    wait_until(lambda: run_of(later).phase is Phase.DONE, "the other one later")
    (begun,) = read_events(later, types=("turn_started",))
    assert begun.at >= run_of(later).since.begun + 5
    (pid,) = background.workers
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not is_alive(pid), "the worker ends")
    assert background.says("is gone")


def test_what_cannot_be_started_leaves_nothing_behind(background: Background) -> None:
    program = background.program
    wrong_model = program("start", "do it", "-m", "no-such-model")
    assert wrong_model.code == 2
    wrong_database = Program(
        program.workspace, program.home, extra={"AURA_DATABASE": "postgresql://nobody@127.0.0.1:1/runs"}
    )("start", "do it", "-m", worker(program))
    assert wrong_database.code == 1
    assert "127.0.0.1:1/runs) does not work" in wrong_database.err
    assert wrong_database.err.count("\n") == 1
    assert not list((program.home / "aura" / "data").glob("sessions/*/*/log.sqlite"))
    assert not background.workers


def test_a_worker_in_a_terminal_says_what_happens_and_leaves_at_ctrl_c(background: Background) -> None:
    process = background.program.start("worker", "--concurrency", "3")
    assert process.stdout is not None
    line = process.stdout.readline()
    assert re.search(r"^\d\d:\d\d:\d\d worker \S+ takes 3 at once from .*runs\.sqlite$", line)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert "is gone" in out


@pytest.mark.parametrize(
    ("wait", "moment", "expected"),
    [
        (None, None, None),
        ("2h", None, 7200),
        ("90", None, 90),
        (None, "22:30", 1800),
        (None, "21:30", 84_600),
        (None, "2030-02-01T22:00", 86_400),
        (None, "2030-01-31 22:00:01", 1),
        (None, "2030-01-31T22:30:00+00:00", 1800),
    ],
)
def test_when_a_run_begins(wait: str | None, moment: str | None, expected: float | None) -> None:
    wake = read_wake(wait, moment, NOW)
    assert wake == (0.0 if expected is None else NOW.timestamp() + expected)


@pytest.mark.parametrize(
    ("wait", "moment", "sentence"),
    [
        ("2h", "22:30", "exclude each other"),
        ("soon", None, "is not a time"),
        (None, "noon", "is not a time"),
        (None, "2029-01-01T00:00", "is over"),
    ],
)
def test_times_that_are_none(wait: str | None, moment: str | None, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        read_wake(wait, moment, NOW)
