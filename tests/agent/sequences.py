"""Labelled sequences of calls: those that go nowhere, and those that only look like it.

A call is told as a model would make it and a tool would answer it; the rules see it as they would see the real one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any

from aura.core import events as ev
from aura.core.attempts import Outcome
from aura.core.evidence import CommandRun, FileChange
from aura.core.messages import AURA, HUMAN, ToolCall, ToolResult, user
from aura.core.todos import Todo
from aura.core.turn import Turn, fold

LENGTH = 24


@dataclass(frozen=True)
class Call:
    """One call and what became of it."""

    name: str
    arguments: dict[str, Any]
    result: str = "ok"
    outcome: Outcome = "ok"
    changes: tuple[FileChange, ...] = ()
    code: int | None = None
    waiting: bool = False
    seconds: float = 0.1
    todos: tuple[Todo, ...] | None = None


@dataclass(frozen=True)
class Break:
    """A new turn begins, or what the model sees is summarised."""

    event: ev.Event


Step = Call | list[Call] | Break


@dataclass(frozen=True)
class Loop:
    """Steps that go nowhere after `before`; an alert has to come within so many of them."""

    steps: Sequence[Step]
    before: Sequence[Step] = ()
    within: int = 12


@dataclass
class Story:
    """A turn that steps are told to one after the other."""

    turn: Turn = field(
        default_factory=lambda: fold([ev.AutoSwitched(on=True, by=HUMAN), ev.TurnStarted(1, user("Do it."))])
    )
    calls: int = 0

    def tell(self, step: Step) -> None:
        """One step more."""
        if isinstance(step, Break):
            self.turn = fold([step.event], self.turn)
            return
        events: list[ev.Event] = [ev.StepStarted(self.turn.steps + 1, "m")]
        for call in step if isinstance(step, list) else [step]:
            self.calls += 1
            made = ToolCall(f"c{self.calls}", call.name, call.arguments)
            result = ToolResult(made.id, call.result, is_error=call.outcome != "ok")
            command = None
            if call.code is not None:
                command = CommandRun(call.arguments["command"], call.code, call.result)
            if call.todos is not None:
                events.append(ev.TodosChanged(call.todos, "model"))
            events.append(
                ev.ToolFinished(
                    made,
                    result,
                    call.outcome,
                    call.seconds,
                    changes=call.changes,
                    command=command,
                    waiting=call.waiting,
                )
            )
        self.turn = fold(events, self.turn)


def read(path: str, result: str = "", **more: Any) -> Call:
    return Call("Read", {"path": path, **more}, result or f"text of {path}")


def grep(pattern: str, result: str = "no matches") -> Call:
    return Call("Grep", {"pattern": pattern}, result)


def bash(command: str, result: str = "", code: int = 0, **more: Any) -> Call:
    outcome: Outcome = "error" if code else "ok"
    return Call("Bash", {"command": command}, result or f"ran {command}", outcome, code=code, **more)


def refused(command: str, reason: str = "it deletes what is not yours") -> Call:
    return Call("Bash", {"command": command}, f"Refused: {reason}.", "denied")


def edit(path: str, before: str, after: str) -> Call:
    change = FileChange(path, "modified", after=f"sha of {after}")
    return Call("Edit", {"path": path, "old": before, "new": after}, f"edited {path}", changes=(change,))


def write(path: str, text: str) -> Call:
    change = FileChange(path, "created", after=f"sha of {text}")
    return Call("Write", {"path": path, "content": text}, f"wrote {path}", changes=(change,))


def missed(path: str, old: str) -> Call:
    text = f"The text to replace was not found in the file {path}."
    return Call("Edit", {"path": path, "old": old, "new": "x"}, text, "error")


def poll(seconds: float = 0.0, result: str = "job-1 is running") -> Call:
    return Call("JobPoll", {"job": "job-1"}, result, waiting=True, seconds=seconds)


def todo(*statuses: Any) -> Call:
    items = tuple(Todo(str(n), f"part {n}", status) for n, status in enumerate(statuses))
    return Call("TodoWrite", {"todos": [list(statuses)]}, f"{statuses}", todos=items)


def turn(number: int, origin: str = AURA) -> Break:
    return Break(ev.TurnStarted(number, user("Go on.", origin)))


def forever(*steps: Step, start: int = 0) -> list[Step]:
    """The same steps again and again, from any of them."""
    return list(islice(cycle(steps), start, start + LENGTH))


def each(make: Callable[[int], Step], count: int = LENGTH) -> list[Step]:
    return [make(number) for number in range(count)]


def rounds(make: Callable[[int], Iterable[Step]], count: int) -> list[Step]:
    return [step for number in range(count) for step in make(number)]


A, B, C, D = read("a.py"), grep("total"), bash("ls"), read("b.py")
WORK = [read(f"warm-{n}.py") for n in range(5)]
FAIL = bash("pytest -q", "E   assert total == 3\n1 failed in 0.12s", 1)
TO_B, TO_A = edit("f.py", "a", "b"), edit("f.py", "b", "a")
DOWN = "curl: could not connect to the proxy, connection refused"
BLANKS = ("ls -la", "ls  -la", " ls -la", "ls -la ", "ls -la\n", "ls\t-la")
PLACES = ("a.py", "./a.py", "src/../a.py", "a.py/", ".//a.py")

LOOPS: dict[str, Loop] = {
    "one read": Loop(forever(A)),
    "one read after work": Loop(forever(A), WORK),
    "one search in vain": Loop(forever(grep("nothing"))),
    "one command that fails": Loop(forever(bash("make", "no rule to make target", 2))),
    "one call that is refused": Loop(forever(refused("rm -rf ~"))),
    "one call that is refused, after work": Loop(forever(refused("rm -rf ~")), WORK),
    "one tool that is not there": Loop(
        forever(Call("Teleport", {}, "There is no tool Teleport.", "invalid"))
    ),
    "one command, spaced otherwise": Loop(each(lambda n: bash(BLANKS[n % 6], "total 0"))),
    "one path, written otherwise": Loop(each(lambda n: read(PLACES[n % 5], "text"))),
    "one call, arguments in another order": Loop(
        each(lambda n: Call("Read", dict(sorted({"path": "a", "limit": 5}.items(), reverse=n % 2 == 0))))
    ),
    "one command, timed": Loop(each(lambda n: bash("make", f"done in {n}.{n} s"))),
    "one command with clock times": Loop(each(lambda n: bash("date", f"12:00:{n:02} on day one"))),
    "one command with process numbers": Loop(each(lambda n: bash("run", f"pid {n} wrote /tmp/x{n}/out"))),
    "one command with blanks at the ends of lines": Loop(each(lambda n: bash("ls", "a" + " " * n + "\nb\n"))),
    "one batch": Loop(forever([A, B, C])),
    "one batch in another order": Loop(each(lambda n: [A, B, C] if n % 2 else [C, A, B])),
    "one call, twice in each step": Loop(forever([A, A])),
    "one page": Loop(forever(read("big", offset=200))),
    "two in turn": Loop(forever(A, B)),
    "two in turn, rotated": Loop(forever(A, B, start=1), WORK),
    "two in turn, one fails": Loop(forever(A, FAIL)),
    "two in turn, one is refused": Loop(forever(A, refused("rm -rf /")), WORK),
    "two in turn, both are refused": Loop(forever(refused("rm -rf /"), refused("sudo ls"))),
    "three in turn": Loop(forever(A, B, C)),
    "three in turn, rotated once": Loop(forever(A, B, C, start=1), WORK),
    "three in turn, rotated twice": Loop(forever(A, B, C, start=2), WORK),
    "three in turn, all fail": Loop(forever(FAIL, missed("f.py", "zzz"), bash("make", "no such target", 2))),
    "four in turn": Loop(forever(A, B, C, D)),
    "four in turn, rotated": Loop(forever(A, B, C, D, start=3), WORK),
    "four in turn, spaced otherwise": Loop(
        each(lambda n: (A, B, bash(BLANKS[n % 6], "total 0"), read(PLACES[n % 5], "text"))[n % 4])
    ),
    "four in turn, two of them refused": Loop(forever(A, refused("rm -rf /"), B, refused("sudo ls"))),
    "five in turn": Loop(forever(A, B, C, D, FAIL)),
    "six in turn": Loop(forever(A, B, C, D, FAIL, read("c.py"))),
    "edits that undo each other": Loop(forever(TO_B, TO_A)),
    "edits that undo each other, tested": Loop(forever(TO_B, FAIL, TO_A, FAIL)),
    "edits that undo each other between new reads": Loop(
        rounds(lambda n: (TO_B, read(f"x{n}"), TO_A, read(f"y{n}")), 6)
    ),
    "three edits in a ring": Loop(forever(TO_B, edit("f.py", "b", "c"), edit("f.py", "c", "a"))),
    "a file written in two ways by turns": Loop(forever(write("f", "one"), write("f", "two"))),
    "a file toggled by the shell": Loop(forever(bash("echo one > x"), bash("echo two > x"))),
    "mostly one call": Loop(rounds(lambda n: (A, A, read(f"new {n}")), 8)),
    "mostly one search": Loop(rounds(lambda n: (B, read(f"new {n}"), B, B), 8)),
    "mostly one refused call": Loop(
        rounds(lambda n: (refused("sudo ls"), refused("sudo ls"), read(f"{n}")), 8)
    ),
    "one error from different programs": Loop(
        [
            bash(f"{program} http://x/y", DOWN, 7)
            for program in ("curl", "wget", "http", "lynx", "fetch", "aria2c")
        ]
    ),
    "one error from different programs between new reads": Loop(
        rounds(lambda n: (bash(f"prog{n} http://x", DOWN, 7), read(f"manual {n}")), 8)
    ),
    "edits that never fit, each another text": Loop(each(lambda n: missed("f.py", f"line number {n}"))),
    "edits that never fit, between new looks": Loop(
        rounds(lambda n: (missed("f.py", f"line number {n}"), read("f.py", f"page {n}", offset=n)), 8)
    ),
    "refused calls that differ": Loop(each(lambda n: refused(f"rm -rf /home/{n}"))),
    "tools that are not there": Loop(
        each(lambda n: Call(f"Tool{n}", {}, "There is no tool of that name.", "invalid"))
    ),
    "commands that fail, each in its own way": Loop(
        each(lambda n: bash(f"try {n}", f"way {n} does not work either", 1)), within=14
    ),
    "todos that flip": Loop(forever(todo("pending"), todo("in_progress"))),
    "a job asked about without a pause": Loop(forever(poll())),
    "wandering among known files": Loop(each(lambda n: read(f"{'abcabdacbdca'[n % 12]}.py"))),
    "wandering with something new now and then": Loop(
        rounds(lambda n: (read(f"new {n}"), A, B, C), 12), within=28
    ),
    "one read in every turn of a run": Loop(rounds(lambda n: (A, turn(n + 2)), 12), within=12),
    "two in turn, a turn for each round": Loop(rounds(lambda n: (A, B, turn(n + 2)), 8), within=12),
    "edits that undo each other, a turn for each": Loop(
        rounds(lambda n: (TO_B, TO_A, turn(n + 2)), 8), within=12
    ),
}

HONEST: dict[str, Sequence[Step]] = {
    "fix and test, the same failure": rounds(lambda n: (edit("f.py", f"v{n}", f"v{n + 1}"), FAIL), 14),
    "fix and test, other failures": rounds(
        lambda n: (edit("f.py", f"v{n}", f"v{n + 1}"), bash("pytest -q", f"test_{n} failed\n1 failed", 1)), 14
    ),
    "fix and test, as many failures as before, others": rounds(
        lambda n: (edit("f.py", f"v{n}", f"v{n + 1}"), bash("pytest -q", f"E  {n} is not 3\n7 failed", 1)), 14
    ),
    "read, fix, test": rounds(
        lambda n: (read("f.py", f"v{n}"), edit("f.py", f"v{n}", f"v{n + 1}"), FAIL), 10
    ),
    "fix, format, lint, test": rounds(
        lambda n: (
            edit("f.py", f"v{n}", f"v{n + 1}"),
            bash("ruff format .", "1 file left unchanged"),
            bash("ruff check .", "All checks passed!"),
            FAIL,
        ),
        8,
    ),
    "fix one of two files by turns": rounds(
        lambda n: (edit("f.py", f"v{n}", f"v{n + 1}"), edit("g.py", f"v{n}", f"v{n + 1}"), FAIL), 8
    ),
    "a test first, then the code": rounds(
        lambda n: (
            write(f"test_{n}.py", "t"),
            FAIL,
            edit("f.py", f"v{n}", f"v{n + 1}"),
            bash("pytest", f"{n} passed"),
        ),
        8,
    ),
    "the file read after each edit": rounds(
        lambda n: (edit("f.py", f"v{n}", f"v{n + 1}"), read("f.py", f"text v{n + 1}")), 12
    ),
    "git status between edits": rounds(
        lambda n: (edit("f.py", f"v{n}", f"v{n + 1}"), bash("git status --short", " M f.py")), 12
    ),
    "edit, test, look at the difference, commit": rounds(
        lambda n: (
            edit("f.py", f"v{n}", f"v{n + 1}"),
            FAIL,
            bash("git diff", f"+v{n}"),
            bash("git commit -m x", f"[{n}]"),
        ),
        6,
    ),
    "forty files": each(lambda n: read(f"src/{n}.py"), 40),
    "forty files, all alike": each(lambda n: read(f"src/{n}.py", "same"), 40),
    "forty files in batches of eight": each(lambda n: [read(f"src/{n}-{k}.py", "same") for k in range(8)], 5),
    "one command on forty inputs": each(lambda n: bash(f"convert {n}.png {n}.jpg", "converted"), 40),
    "one edit in forty files": each(lambda n: edit(f"src/{n}.py", "colour", "color"), 40),
    "one command on forty inputs, every third fails alike": each(
        lambda n: (
            bash(f"convert {n}.png x", "the header of the picture is corrupt", 1)
            if n % 3 == 0
            else bash(f"convert {n}.png x", "converted")
        ),
        40,
    ),
    "one edit in forty files, some do not have it": each(
        lambda n: missed(f"src/{n}.py", "colour") if n % 4 == 1 else edit(f"src/{n}.py", "colour", "color"),
        40,
    ),
    "paging through a file": each(lambda n: read("big", f"lines {n}", offset=n * 200), 25),
    "paging through equal lines": each(lambda n: bash(f"sed -n {n * 9},{n * 9 + 8}p big", "same\nsame"), 25),
    "searching in vain": each(lambda n: grep(f"word{n}"), 25),
    "addresses on the web": each(lambda n: Call("WebFetch", {"url": f"http://x/{n}"}, "an empty page"), 25),
    "exploring": rounds(
        lambda n: (bash(f"ls d{n}"), grep(f"def f{n}", f"d{n}/x.py:3"), read(f"d{n}/x.py")), 9
    ),
    "snippets that print nothing": each(lambda n: bash(f"python -c 'import m{n}'", "(no output)"), 20),
    "which programs are there": each(lambda n: bash(f"command -v prog{n}", "", 1, seconds=0.0), 8),
    "a file looked for in three places": [
        *(
            Call("Read", {"path": f"{place}/conf.py"}, f"There is no file {place}/conf.py.", "error")
            for place in "abc"
        ),
        bash("find . -name conf.py", "d/conf.py"),
        read("d/conf.py"),
    ],
    "a job whose log grows": each(lambda n: poll(1.0, f"line {n}"), 25),
    "a job asked about with patience": each(lambda n: poll(30.0), 15),
    "sleeping until it is there": [
        *each(lambda n: bash("sleep 30; cat status", "not yet", seconds=30.0), 12),
        bash("sleep 30; cat status", "ready", seconds=30.0),
    ],
    "a build watched from two sides": rounds(
        lambda n: (
            bash("sleep 60; gh run view", "in progress", seconds=60.0),
            bash("sleep 5; tail log", "…", seconds=6.0),
        ),
        6,
    ),
    "a queue that empties": each(lambda n: bash("queue length", f"{90 - n} left"), 20),
    "a flaky test, run three times after each edit": rounds(
        lambda n: (
            edit("f.py", f"v{n}", f"v{n + 1}"),
            *(bash("pytest -q", f"seed {n}{k}: {k} failed", k % 2) for k in range(3)),
        ),
        6,
    ),
    "the same failure seen twice after each edit": rounds(
        lambda n: (edit("f.py", f"v{n}", f"v{n + 1}"), FAIL, FAIL), 6
    ),
    "the network tried again, twice": [
        bash("pip install x", "connection reset", 1),
        bash("pip install x", "connection reset", 1),
        bash("pip install x", "installed"),
    ],
    "bisecting": rounds(
        lambda n: (
            bash("git bisect good" if n % 2 else "git bisect bad", f"{2**n} revisions left, at r{n}"),
            bash("sh t.sh", "bad", 1),
        ),
        7,
    ),
    "a value tried out, measured, and put back": rounds(
        lambda n: (
            edit("f.py", "a", f"try{n}"),
            bash("bench", f"{100 + n} req"),
            edit("f.py", f"try{n}", "a"),
        ),
        8,
    ),
    "two versions measured by turns": rounds(
        lambda n: (TO_B, bash("bench", f"{100 + n} req"), TO_A, bash("bench", f"{200 - n} req")), 5
    ),
    "prints put in and taken out": rounds(
        lambda n: (
            edit("f.py", "a", f"print{n}"),
            bash("run", f"x is {n}"),
            edit("f.py", f"print{n}", "a"),
            read(f"{n}"),
        ),
        6,
    ),
    "an edit taken back once": [
        TO_B,
        FAIL,
        TO_A,
        read("f.py"),
        edit("f.py", "a", "c"),
        FAIL,
        bash("pytest", "1 passed"),
    ],
    "packages until it builds": rounds(
        lambda n: (
            bash(f"pip install p{n}", f"installed p{n}"),
            bash("make", f"error: needs module p{n + 1}", 1),
        ),
        10,
    ),
    "packages, and the same failure each time": rounds(
        lambda n: (bash(f"pip install p{n}", f"installed p{n}"), bash("make", "error: needs a compiler", 1)),
        10,
    ),
    "shell edits and the same failure": rounds(
        lambda n: (bash(f"sed -i s/{n}/{n + 1}/ f.py", "(no output)"), FAIL), 10
    ),
    "commands that fail in other ways, and the manual": rounds(
        lambda n: (
            bash(f"try {n}", f"option {n} is unknown", 2),
            bash(f"try -v {n}", f"level {n} is odd", 2),
            read(f"man {n}"),
        ),
        8,
    ),
    "todos ticked off": each(lambda n: todo(*["completed"] * n, *["pending"] * (12 - n)), 12),
    "parts done and ticked off": rounds(
        lambda n: (edit(f"{n}.py", "a", "b"), todo(*["completed"] * n, *["pending"] * (9 - n))), 9
    ),
    "the same question after each of many steps": rounds(
        lambda n: (bash(f"step {n}"), bash("git log -1", "abc")), 12
    ),
    "some refused calls, and other ways": rounds(
        lambda n: (refused(f"sudo apt install p{n}", "it needs the network"), bash(f"pip install p{n}")), 5
    ),
    "subagents with the same answer": each(
        lambda n: Call("Task", {"prompt": f"look at part {n}"}, "nothing found"), 15
    ),
    "one program on ten machines": each(lambda n: bash(f"ssh host{n} uptime", "up"), 10),
    "every turn of a run begins with the same look": rounds(
        lambda n: (bash("git status --short", " M f.py"), bash(f"step {n}"), read(f"{n}.py"), turn(n + 2)), 10
    ),
    "a person asks for the same again": rounds(lambda n: (A, turn(n + 2, HUMAN)), 10),
    "the same look at each wake of a timer": rounds(lambda n: (C, turn(n + 2, "timer")), 10),
    "files read again after a summary": [
        *each(lambda n: read(f"{n}.py"), 8),
        Break(ev.Compacted("s", "p", 0, 9, 1, "full")),
        *each(lambda n: read(f"{n}.py"), 8),
    ],
}
