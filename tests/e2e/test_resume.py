"""kill -9 at many points of one run, then resume: the same files as without it, and nothing is done twice."""

import os
import random
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aura.core.events import Event, ModelReplied, ToolFinished, TurnStarted
from aura.store.faults import LOG_NAME
from aura.store.log import SessionLog
from tests.e2e.conftest import Program, Ran, call, todo
from tests.e2e.fixtures.warm import WarmProgram, warm
from tests.e2e.test_crash import SECONDS, start_long_command, wait_until

SEED = 20_260
ROUNDS = 4  # each: an edit, a command that counts
FEW, MANY = 16, 24
LOOK = "sh state.sh"
STATE = """\
edits=$(grep -c '^value' a.txt)
runs=$(wc -l < ran.txt)
echo "state=$edits-$runs."
"""


def script() -> list[dict[str, Any]]:
    """A model that goes by what it is shown: after any doubt it looks, and it does what the state says is next."""
    replies: list[dict[str, Any]] = [
        {"when": {"user_contains": "the work", "seen": 0}, "call": [todo("in_progress")["call"][0], look()]},
        {"when": {"contains": "may have taken effect"}, "say": "Interrupted; I look.", "call": [look()]},
        {"when": {"contains": "Not run"}, "say": "Not begun; I look.", "call": [look()]},
        {"when": {"tool": "Edit"}, "call": [look()]},
    ]
    for number in range(ROUNDS):
        old, new = f"line {number}\n", f"value {number}\n"
        edit = call("Edit", path="a.txt", edits=[{"old": old, "new": new}])
        run = f"echo {number} >> ran.txt; {LOOK}"
        replies += [
            {"when": {"contains": f"state={number}-{number}."}, "say": f"Line {number}.", "call": [edit]},
            {"when": {"contains": f"state={number + 1}-{number}."}, "call": [call("Bash", command=run)]},
        ]
    finish = [todo("completed")["call"][0], call("Done", summary="All of it.")]
    replies += [
        {"when": {"contains": f"state={ROUNDS}-{ROUNDS}."}, "call": finish},
        {"when": {"user_contains": "go on"}, "call": [look()]},
    ]
    return replies


def look() -> dict[str, Any]:
    return call("Bash", command=f"{LOOK}; echo")


def prepare(program: Program) -> str:
    """The files before the run, and its model."""
    lines = [f"line {number}\n" for number in range(ROUNDS)]
    (program.workspace / "a.txt").write_text("top\n" + "".join(lines) + "end", encoding="utf-8")
    (program.workspace / "state.sh").write_text(STATE, encoding="utf-8")
    (program.workspace / "ran.txt").write_text("", encoding="utf-8")
    return program.script(script())


def files(program: Program) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in program.workspace.iterdir()}


@dataclass(frozen=True)
class Undisturbed:
    """How the run ends when nothing happens to it."""

    events: int
    files: dict[str, bytes]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    program = warm(tmp_path_factory.mktemp("undisturbed"))
    ran = run(program, prepare(program))
    assert ran.result["reason"] == "done", ran.result["detail"]
    made = files(program)
    assert made["ran.txt"] == b"0\n1\n2\n3\n"
    assert made["a.txt"] == b"top\nvalue 0\nvalue 1\nvalue 2\nvalue 3\nend"
    return Undisturbed(len(ran.events), made)


def run(program: WarmProgram, model: str, *more: str, prompt: str = "do the work") -> Ran:
    return program("run", "--auto", "-o", "stream-json", "--model", model, *more, prompt)


def points(count: int, events: int) -> list[int]:
    """Events after which to kill: spread over the run, each at a random place of its part."""
    dice = random.Random(SEED + count)
    part = events / count
    return [max(1, int(part * (place + dice.random()))) for place in range(count)]


def kill_and_resume(folder: Path, number: int, undisturbed: Undisturbed) -> None:
    program = warm(folder)
    model = prepare(program)
    program.kill_at, program.pause = number, 0.03 if number % 2 else 0.0
    killed = run(program, model)
    program.kill_at = 0
    if killed.code != -signal.SIGKILL:
        assert killed.result["reason"] == "done", (
            "the run ended before its event came, which is legal late in it"
        )
        return
    ran = run(program, model, *(["--continue"] if read_logs(program) else []), prompt="go on with the work")
    assert ran.result["reason"] == "done", (number, ran.result)
    assert files(program) == undisturbed.files, number
    check_log(program, number)


def read_logs(program: Program) -> list[list[Event]]:
    """What is in the logs of the sessions in which something was said."""
    logs = []
    for path in program.home.rglob(LOG_NAME):
        recorded = list(SessionLog.open(path.parent, write=False).read())
        assert [one.seq for one in recorded] == list(range(1, len(recorded) + 1))
        logs.append([one.event for one in recorded])
    return [events for events in logs if any(isinstance(event, TurnStarted) for event in events)]


def read_log(program: Program) -> list[Event]:
    [events] = read_logs(program)
    return events


def read_calls(program: Program) -> list[ToolFinished]:
    return [event for event in read_log(program) if isinstance(event, ToolFinished)]


def check_log(program: Program, number: int) -> None:
    """Every call is answered once, at most one as unknown, and no command that ended was run again."""
    finished = read_calls(program)
    replies = [event for event in read_log(program) if isinstance(event, ModelReplied)]
    asked = [call.id for reply in replies for call in reply.completion.message.tool_calls]
    assert sorted(one.call.id for one in finished) == sorted(asked), number
    assert sum(one.outcome == "unknown" for one in finished) <= 1, number
    ended = [one.command.command for one in finished if one.command is not None]
    counted = [command for command in ended if "ran.txt" in command]
    assert len(counted) == len(set(counted)), number


@pytest.mark.parametrize("place", range(FEW))
def test_killed_anywhere_and_resumed_it_ends_the_same(
    tmp_path: Path, place: int, undisturbed: Undisturbed
) -> None:
    kill_and_resume(tmp_path, points(FEW, undisturbed.events)[place], undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("place", range(MANY))
def test_killed_at_many_points_and_resumed_it_ends_the_same(
    tmp_path: Path, place: int, undisturbed: Undisturbed
) -> None:
    kill_and_resume(tmp_path, points(MANY, undisturbed.events)[place], undisturbed)


def test_killed_again_and_again_it_still_gets_there(tmp_path: Path, undisturbed: Undisturbed) -> None:
    """Each process dies a few events after it began; the marks of all that was interrupted add up."""
    program = warm(tmp_path)
    model = prepare(program)
    ran, attempt = Ran(-1, "", ""), 0
    for attempt in range(30):
        program.kill_at, program.pause = 40 + attempt, 0.03
        more = ["--continue"] if attempt else []
        ran = run(program, model, *more, prompt="go on with the work" if attempt else "do the work")
        if ran.code != -signal.SIGKILL:
            break
    assert ran.code == 0, ran.err
    assert attempt > 1, "it was killed more than once"
    assert files(program) == undisturbed.files


def test_killed_inside_a_command_its_call_is_unknown_and_the_rest_of_it_never_runs(tmp_path: Path) -> None:
    """The command prints before it counts; the process dies when that output is shown."""
    program = warm(tmp_path)
    command = "echo before; sleep 30; echo after > after.txt"
    model = program.script(
        [
            {"when": {"seen": 0}, "call": [call("Bash", command=command)]},
            {"when": {"contains": "may have taken effect"}, "call": [call("Bash", command="ls -A")]},
            {"when": {"contains": "(no output)"}, "call": [call("Done", summary="Nothing was made.")]},
        ]
    )
    program.kill_at, program.pause = "tool_output", 0.03
    assert run(program, model).code == -signal.SIGKILL
    program.kill_at = 0
    ran = run(program, model, "--continue", prompt="go on")
    assert ran.result["claim"] == "Nothing was made.", ran.result
    assert [one.outcome for one in read_calls(program)].count("unknown") == 1
    assert not (program.workspace / "after.txt").exists()


def test_a_holder_that_is_stopped_still_holds_the_session(tmp_path: Path) -> None:
    made = warm(tmp_path)
    program = Program(made.workspace, made.home)
    process = start_long_command(program)
    os.kill(process.pid, signal.SIGSTOP)
    try:
        wait_until(lambda: "T" in state_of(process.pid), "the holder stops")
        model = program.script([{"say": "never"}], "two.yaml")
        ran = program("run", "--continue", "--no-auto", "--mode", "plan", "--model", model, "me too")
        assert ran.code == 1
        assert str(process.pid) in ran.err
        assert "Traceback" not in ran.err
    finally:
        os.kill(process.pid, signal.SIGCONT)
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=SECONDS)


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
