"""Endless loops end within twelve steps and say so; honest repetitive work is left alone. Real tools, real files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Ran, call, done, todo
from tests.e2e.fixtures.warm import WarmProgram, warm

Reply = dict[str, Any]

WRAPPED = "Nothing came of it; here is where it stands."
TWELVE = 12
SUMMARY: Reply = {"when": {"tools_off": True}, "say": WRAPPED}


@pytest.fixture
def program(tmp_path: Path) -> WarmProgram:
    made = warm(tmp_path)
    for name in "abcdef":
        (made.workspace / f"{name}.txt").write_text(f"this is {name}\n", encoding="utf-8")
    (made.workspace / "same.txt").write_text("same\n" * 3000, encoding="utf-8")
    (made.workspace / "same").mkdir()
    for number in range(40):
        (made.workspace / "same" / f"{number}.txt").write_text("same\n", encoding="utf-8")
    return made


def one(tool: str, **arguments: Any) -> Reply:
    """A reply of one call."""
    return {"call": [call(tool, **arguments)]}


def bash(command: str, **more: Any) -> Reply:
    return one("Bash", command=command, **more)


def read(path: str, **more: Any) -> Reply:
    return one("Read", path=path, **more)


def edit(path: str, old: str, new: str) -> Reply:
    return one("Edit", path=path, edits=[{"old": old, "new": new}])


def todos(status: str) -> Reply:
    items = [
        {"id": "1", "content": "first", "status": status},
        {"id": "2", "content": "second", "status": "pending"},
    ]
    return one("TodoWrite", todos=items)


def run_auto(program: WarmProgram, replies: Sequence[Reply], *more: str) -> Ran:
    model = program.script([SUMMARY, *replies])
    return program("run", "--auto", "-o", "stream-json", "--model", model, *more, "go")


def count_steps(ran: Ran) -> int:
    """The steps in which tools were offered: the wrap-up is not among them."""
    return sum(event["type"] == "step_started" and event["tools"] for event in ran.events)


@dataclass(frozen=True)
class Cycle:
    """Replies that repeat for ever after `before`, and how the turn has to end."""

    replies: tuple[Reply, ...]
    before: tuple[Reply, ...] = ()
    reason: str = "stalled"
    steps: int = TWELVE
    answer: str = WRAPPED


TOOLS = (
    read("a.txt"),
    one("Grep", pattern="this", path="."),
    one("Glob", pattern="*.txt"),
    bash("cat b.txt"),
    read("c.txt"),
    bash("ls"),
)
BROKEN = {"call": [{"tool": "Read", "raw": '{"path": "a.tx'}]}

CYCLES = {
    "the same call": Cycle((read("a.txt"),)),
    **{f"a cycle of {size}": Cycle(TOOLS[:size]) for size in range(2, 7)},
    "a cycle of 5 after honest work": Cycle(TOOLS[1:], tuple(bash(f"echo {n}") for n in range(5))),
    "the same failing command": Cycle((bash("cat missing.txt"),)),
    "different failing commands": Cycle(tuple(bash(f"cat missing-{n}.txt") for n in range(40))),
    "the same refused call": Cycle((bash("rm -rf ~ /"),), reason="blocked"),
    "different refused calls": Cycle(
        tuple(bash(f"rm -rf {place}") for place in ("/", "~", "$HOME", "/*", "~/", "/usr", "/etc", "/var")),
        reason="blocked",
    ),
    "an unknown tool": Cycle((one("Teleport", to="the end"),)),
    "arguments that are not JSON": Cycle((BROKEN,), steps=3, answer=""),
    "arguments of a wrong shape": Cycle((one("Read", path=["a.txt", 3]),)),
    "a toggled edit": Cycle((edit("a.txt", "this", "that"), edit("a.txt", "that", "this")), (read("a.txt"),)),
    "a toggled edit with a test": Cycle(
        (
            edit("a.txt", "this", "that"),
            bash("grep -q neither a.txt"),
            edit("a.txt", "that", "this"),
            bash("grep -q neither a.txt"),
        ),
        (read("a.txt"),),
    ),
    "a toggled file by the shell": Cycle((bash("echo one > x.txt"), bash("echo two > x.txt"))),
    "the same file written again": Cycle((one("Write", path="new.txt", content="x\n"),)),
    "todos that flip": Cycle((todos("in_progress"), todos("pending"))),
    "parallel calls": Cycle(({"call": [call("Read", path=f"{name}.txt") for name in "abc"]},)),
    "the same call with other words": Cycle((read("a.txt"), {**read("a.txt"), "say": "Let me look again."})),
    "text and a call by turns": Cycle(
        ({"say": "I go on."}, read("a.txt")), (todo("in_progress"),), answer="I go on."
    ),
    "an edit that never fits": Cycle((edit("a.txt", "not in there", "x"),)),
    "edits that never fit": Cycle(tuple(edit("a.txt", f"not in there {n}", "x") for n in range(40))),
    "a cycle with a failure": Cycle((read("a.txt"), bash("cat missing.txt"), bash("ls"))),
    "a file made and deleted": Cycle((bash("touch x.txt"), bash("rm x.txt"))),
    "a job that never ends": Cycle(
        (one("JobPoll", job="job-1", wait=0),), (bash("sleep 300", background=True),), steps=TWELVE
    ),
    "sleeping and looking": Cycle((bash("sleep 0.05; cat a.txt"),)),
    "a clock that ticks": Cycle((bash("date +%H:%M:%S"),)),
}


@pytest.mark.parametrize("name", CYCLES)
def test_a_cycle_ends_within_twelve_steps_and_with_a_summary(program: WarmProgram, name: str) -> None:
    cycle = CYCLES[name]
    ran = run_auto(program, [*cycle.before, *(cycle.replies * 60)], "--max-steps", "50")
    assert ran.result["reason"] == cycle.reason, ran.result["detail"]
    assert count_steps(ran) - len(cycle.before) <= cycle.steps
    assert ran.result["answer"] == cycle.answer


@pytest.mark.parametrize(
    ("replies", "detail"),
    [
        ([{"say": " "}] * 20, "the model answers with nothing"),
        ([todo("in_progress"), *[{"say": "I am working on it."}] * 20], "asked 3 times to go on"),
        ([{"say": "All is well."}] * 20, "asked 3 times to go on"),
    ],
    ids=["empty replies", "text with open todos", "text without Done"],
)
def test_a_model_that_only_talks_is_asked_and_then_stopped(
    program: WarmProgram, replies: list[Reply], detail: str
) -> None:
    ran = run_auto(program, replies)
    assert (ran.code, ran.result["reason"]) == (6, "stalled")
    assert detail in ran.result["detail"]
    assert count_steps(ran) <= TWELVE


def test_done_refused_for_ever_is_said_plainly(program: WarmProgram) -> None:
    """Refused for the same reason each time, whatever is read in between."""
    replies = [reply for n in range(20) for reply in (read("abcdef"[n % 6] + ".txt"), done("Ready."))]
    ran = run_auto(program, replies, "--check", "test -f missing.txt")
    assert (ran.code, ran.result["reason"]) == (3, "not_verified")
    assert count_steps(ran) <= TWELVE


def test_done_refused_by_turns_for_two_reasons_ends_too(program: WarmProgram) -> None:
    """Open todos, a failing check, open todos, …: neither three times in a row."""
    replies = [todo("completed"), done("Ready."), todo("in_progress"), done("Ready.")] * 12
    ran = run_auto(program, replies, "--check", "test -f missing.txt")
    assert ran.result["reason"] in ("not_verified", "stalled")
    assert count_steps(ran) <= TWELVE


def fix_and_test() -> list[Reply]:
    """The tests print the very same failure after each edit."""
    steps: list[Reply] = [read("a.txt")]
    for n in range(12):
        old, new = ("this is a", "value 0") if n == 0 else (f"value {n - 1}", f"value {n}")
        steps += [edit("a.txt", old, new), bash("grep -q right a.txt || { echo FAILED; exit 1; }")]
    return steps


def status_between_edits() -> list[Reply]:
    """`git status` says the same after each edit of a file that is modified already."""
    steps: list[Reply] = [
        bash("git init -q . && git add . && git -c user.name=a -c user.email=a@b commit -qm a")
    ]
    steps += [read("a.txt"), edit("a.txt", "this is a", "value 0")]
    for n in range(1, 12):
        steps += [bash("git status --short"), edit("a.txt", f"value {n - 1}", f"value {n}")]
    return steps


CHECK_JOB = "sleep 0.1; cat finished.txt 2>/dev/null || echo not yet"
FLAKY = "n=$(($(cat n 2>/dev/null || echo 0) + 1))\necho $n > n\necho seed $n\nexit $((n % 2))\n"
HONEST: dict[str, list[Reply]] = {
    "fix, test, fix": fix_and_test(),
    "forty files": [read(f"same/{n}.txt") for n in range(40)],
    "a command for each of thirty files": [bash(f"cp a.txt copy-{n}.txt && echo ok") for n in range(30)],
    "a log that grows": [
        bash("for n in $(seq 40); do echo line $n; sleep 0.05; done", background=True),
        *(one("JobPoll", job="job-1", wait=0.06) for _ in range(15)),
    ],
    "looking until a job has finished": [
        bash("sleep 0.6; echo finished > finished.txt", background=True),
        *[bash(CHECK_JOB)] * 8,
        bash("cat finished.txt"),
    ],
    "a flaky test": [one("Write", path="flaky.sh", content=FLAKY), *[bash("sh flaky.sh")] * 15],
    "git status between edits": status_between_edits(),
    "one large file in pages": [
        bash("seq 5000 > big.txt"),
        *(read("big.txt", offset=start, limit=150) for start in range(1, 5000, 150)),
    ],
    "the same page of equal lines": [
        bash(f"sed -n {start},{start + 99}p same.txt") for start in range(1, 3000, 100)
    ],
    "shell edits and the same test": [
        reply
        for n in range(12)
        for reply in (
            bash(f"echo {n} >> values.txt"),
            bash("grep -q right values.txt || { echo FAILED; exit 1; }"),
        )
    ],
    "todos ticked off": [
        one(
            "TodoWrite",
            todos=[
                {"id": str(k), "content": f"part {k}", "status": "completed" if k <= n else "pending"}
                for k in range(1, 11)
            ],
        )
        for n in range(11)
    ],
    "searches that find nothing": [one("Grep", pattern=f"word{n}", path=".") for n in range(25)],
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_repetition_is_not_stopped(program: WarmProgram, name: str) -> None:
    replies = [*HONEST[name], done("All of it.")]
    ran = run_auto(program, replies, "--max-steps", "100")
    assert ran.result["reason"] == "done", ran.result["detail"]
    assert count_steps(ran) == len(replies)
