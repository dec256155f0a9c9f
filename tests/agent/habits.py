"""Models that go round in circles, and models that only look as if they did."""

from collections.abc import Callable, Iterator
from itertools import count, cycle
from pathlib import Path
from typing import Any

from aura.config.paths import shipped_plugins
from aura.core import events as ev
from aura.core.evidence import CommandRun, FileChange
from aura.core.limits import Limits
from aura.core.messages import ToolCall
from aura.core.models import Finish, Request
from aura.core.permissions import Facts
from aura.core.todos import Todo, TodoStatus
from aura.core.tools import Access, Effect, Tool, ToolOutput
from aura.plugins import Circumstances, Plugins, Sources
from aura.testing import (
    Act,
    FakeClock,
    FakeModel,
    FakeRunner,
    FakeTool,
    Props,
    QuietHooks,
    Stage,
    call,
    reply,
)
from aura.tools.done import make_done

PLUGINS = Plugins(Sources(shipped=shipped_plugins()), Circumstances(Path("/workspace")))
WARM_UP = 3

World = dict[str, str]
Habit = Callable[[], Iterator[Act]]


class Bench:
    """Tools over files in memory, and a stage for a model with some habit."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.files: World = {}
        self.polls = count(1)

    def tools(self) -> list[Tool]:
        """Read, Edit, Bash, JobPoll, Grep, TodoWrite, Done and one that is refused."""
        return [
            FakeTool("Read", does=self.read),
            FakeTool("Grep", does=lambda pattern: "no matches"),
            FakeTool("Edit", Effect.WRITE, self.edit),
            FakeTool("Bash", Effect.EXECUTE, self.bash),
            FakeTool("JobPoll", Effect.NONE, self.poll),
            FakeTool("TodoWrite", Effect.NONE, self.write_todos),
            FakeTool("Net", Effect.NETWORK),
            make_done(),
        ]

    def read(self, path: str, offset: int = 1) -> ToolOutput:
        text = self.files.get(path, "text")
        return ToolOutput(f"{text} from {offset}" if offset > 1 else text, seen={path: text})

    def edit(self, path: str, old: str, new: str) -> ToolOutput:
        text = self.files.get(path, "a")
        if old not in text:
            return ToolOutput(f"{old!r} is not in {path}; the nearest line is {text!r}", is_error=True)
        self.files[path] = text.replace(old, new)
        return ToolOutput("edited", changes=(FileChange(path, "modified", after=self.files[path]),))

    def bash(self, command: str, code: int = 0, output: str = "") -> ToolOutput:
        self.clock.advance(2.0)
        text = output or f"ran {command} in {self.clock.time:.2f}s"
        return ToolOutput(text, is_error=code != 0, command=CommandRun(command, code, text))

    def poll(self, wait: float = 0.0, grows: bool = False) -> ToolOutput:
        self.clock.advance(wait)
        news = f"line {next(self.polls)}\n" if grows else ""
        return ToolOutput(f"{news}[job-1 is running, {self.clock.time:.0f} s]", waiting=True)

    def write_todos(self, status: TodoStatus, content: str = "write it") -> ToolOutput:
        return ToolOutput("written", todos=(Todo("1", content, status),))

    def stage(self, habit: Habit, *begin: ev.Event, plugins: bool = False) -> Stage:
        """A session in auto mode in which a model follows a habit, after some honest reading."""
        warm_up = (reply("", call("Read", path=f"warm up {number}")) for number in range(WARM_UP))
        acts = iter([*warm_up])
        follow = habit()

        def act(request: Request) -> Act:
            if not request.tools:
                return "That is how far I came."
            return next(acts, None) or next(follow)

        props = Props(
            clock=self.clock,
            runner=FakeRunner({"failing check": (1, "no"), "passing check": 0}),
            hooks=PLUGINS if plugins else QuietHooks(),
            examine=allow_commands,
        )
        limits = ev.LimitsSet(Limits(steps=60))
        return Stage(FakeModel(act, repeat=True), self.tools(), [AUTO, limits, *begin], props=props)


def allow_commands(tool: str, effect: Effect, access: Access) -> Facts:
    """Everything may run but what reaches the network."""
    return Facts(effect, access)


AUTO = ev.AutoSwitched(on=True, by="human")
OPEN = ev.TodosChanged((Todo("1", "write it", "in_progress"),), "human")


def forever(*acts: Act) -> Habit:
    """The same acts again and again."""
    return lambda: cycle(acts)


def each(make: Callable[[int], Act]) -> Habit:
    """Another act each time."""
    return lambda: map(make, count(1))


def read(name: str) -> ToolCall:
    return call("Read", path=name)


def edit(old: str, new: str, path: str = "f") -> ToolCall:
    return call("Edit", path=path, old=old, new=new)


def garbled(number: int) -> ToolCall:
    return ToolCall("", "Read", raw="{" * number, problem="it is not JSON")


def spread(make: Callable[[int], list[Act]], rounds: int, end: str = "Finished.") -> Habit:
    """Rounds of work, each with acts of its own, then the end."""
    return lambda: iter([*[act for number in range(rounds) for act in make(number)], end])


ENDLESS: dict[str, tuple[Habit, list[ev.Event]]] = {
    "the same call": (forever(read("a")), []),
    "two calls in turn": (forever(read("a"), read("b")), []),
    "three calls in turn": (forever(*map(read, "abc")), []),
    "four calls in turn": (forever(*map(read, "abcd")), []),
    "five calls in turn": (forever(*map(read, "abcde")), []),
    "six calls in turn": (forever(*map(read, "abcdef")), []),
    "the same batch": (forever(reply("", *map(read, "abcdefgh"))), []),
    "six batches in turn": (
        forever(*[reply("", *[read(f"{n}{name}") for name in "abcdefghij"]) for n in range(6)]),
        [],
    ),
    "the same with other words": (each(lambda n: reply(f"Try {n}.", read("a"))), []),
    "the same command, timed": (forever(call("Bash", command="make")), []),
    "one refused call": (forever(call("Net", url="http://x")), []),
    "refused calls that differ": (each(lambda n: call("Net", url=f"http://{n}")), []),
    "tools that do not exist": (each(lambda n: call(f"Tool{n}")), []),
    "malformed arguments": (each(garbled), []),
    "malformed, then the same read": (each(lambda n: garbled(n) if n % 2 else read("a")), []),
    "edits that undo each other": (forever(edit("a", "b"), edit("b", "a")), []),
    "three edits in a ring": (forever(edit("a", "b"), edit("b", "c"), edit("c", "a")), []),
    "an edit and its undoing, tested": (
        forever(edit("a", "b"), call("Bash", command="pytest", code=1, output="1 failed"), edit("b", "a")),
        [],
    ),
    "edits that fail, each with another text": (each(lambda n: edit(f"line {n}", "x")), []),
    "edits that fail and a look at the file": (
        each(lambda n: edit(f"line {n}", "x") if n % 2 else read("f")),
        [],
    ),
    "empty replies": (forever(reply("")), []),
    "empty replies and the same read": (forever(reply(""), read("a")), []),
    "text without calls": (each(lambda n: f"I will do it soon ({n})."), [OPEN]),
    "text and the same read": (each(lambda n: f"Hm {n}." if n % 2 else read("a")), [OPEN]),
    "replies cut at the output limit": (forever(reply("and so on", finish=Finish.LENGTH)), []),
    "Done with open todos": (each(lambda n: call("Done", summary=f"Done, take {n}.")), [OPEN]),
    "Done with a failing check": (
        each(lambda n: call("Done", summary=f"{n}") if n % 2 else read("a")),
        [ev.ChecksSet(("failing check",))],
    ),
    "Done refused for two reasons in turn": (
        forever(
            call("TodoWrite", status="in_progress"),
            call("Done", summary="a"),
            call("TodoWrite", status="completed"),
            call("Done", summary="a"),
        ),
        [ev.ChecksSet(("failing check",))],
    ),
    "a todo that is opened and closed": (
        forever(call("TodoWrite", status="in_progress"), call("TodoWrite", status="completed")),
        [],
    ),
    "a job that is asked about without a pause": (forever(call("JobPoll")), []),
    "claims instead of a required Done": (
        each(lambda n: f"All done ({n})!"),
        [ev.DoneSwitched(required=True, by="human")],
    ),
}

FAILS: dict[str, Any] = {"code": 1, "output": "E   assert total == 3\n1 failed"}

HONEST: dict[str, tuple[Habit, list[ev.Event]]] = {
    "fix and test, the failure stays the same": (
        spread(lambda n: [edit("a" * (n + 1), "a" * (n + 2)), call("Bash", command="pytest", **FAILS)], 14),
        [],
    ),
    "read, fix, test": (
        spread(
            lambda n: [
                read("f"),
                edit("a" * (n + 1), "a" * (n + 2)),
                call("Bash", command="pytest", **FAILS),
            ],
            10,
        ),
        [],
    ),
    "thirty files, all alike": (spread(lambda n: [read(f"file {n}")], 30), []),
    "one conversion after the other with the same output": (
        spread(lambda n: [call("Bash", command=f"convert {n}.png", output="converted")], 25),
        [],
    ),
    "a log that grows": (spread(lambda n: [call("JobPoll", grows=True)], 25), []),
    "reading again after each edit": (
        spread(lambda n: [edit("a" * (n + 1), "a" * (n + 2)), read("f")], 14),
        [],
    ),
    "a flaky test, run again": (
        spread(
            lambda n: [call("Bash", command="pytest", code=n % 2, output=f"{n} failed, {30 - n} passed")], 14
        ),
        [],
    ),
    "git status between edits": (
        spread(
            lambda n: [edit("a" * (n + 1), "a" * (n + 2)), call("Bash", command="git status", output="M f")],
            14,
        ),
        [],
    ),
    "paging through one file": (spread(lambda n: [call("Read", path="big", offset=1 + 200 * n)], 25), []),
    "looking for many patterns in vain": (spread(lambda n: [call("Grep", pattern=f"word{n}")], 25), []),
    "a job asked about ten times": (spread(lambda n: [call("JobPoll")], 10), []),
    "a long job, asked patiently": (spread(lambda n: [call("JobPoll", wait=30.0)], 30), []),
    "todos done one by one": (
        spread(lambda n: [read(f"part {n}"), call("TodoWrite", status="completed", content=f"part {n}")], 12),
        [],
    ),
    "the same question after each step of a list": (
        spread(
            lambda n: [call("Bash", command=f"step {n}"), call("Bash", command="git log -1", output="abc")],
            12,
        ),
        [],
    ),
    "some edits that miss": (
        spread(lambda n: [edit("zz", "y"), read(f"near {n}"), edit("a" * (n + 1), "a" * (n + 2))], 8),
        [],
    ),
    "commands that fail one after the other": (
        spread(
            lambda n: [
                call("Bash", command=f"try {n}", code=1, output=f"no {n}"),
                *([read(f"manual {n}")] if n % 4 == 3 else []),
            ],
            20,
        ),
        [],
    ),
}
