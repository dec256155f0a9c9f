"""A run as its log tells it, with everything that a report has to tell; its times are fixed, to be compared."""

from collections.abc import Iterable

from aura.core import events as ev
from aura.core.evidence import Check, CommandRun, FileChange
from aura.core.limits import PROCESS_ENDED, Spend, StopReason
from aura.core.messages import Message, Text, ToolCall, ToolResult, user
from aura.core.models import Completion, Usage
from aura.core.run import Phase
from aura.core.todos import Todo
from aura.core.tools import Answer, Claim, Question

BEGUN = 1_760_000_000.0
NIGHT = 8 * 3600.0
DIFF = (
    "--- a/src/queue.py\n+++ b/src/queue.py\n@@ -8,4 +8,5 @@\n def get(self):\n"
    "-    return self.items\n{}     # end\n \n"
)
FIRST = DIFF.format("+    with self.lock:\n+        return self.items\n")
SECOND = (
    "--- a/src/queue.py\n+++ b/src/queue.py\n@@ -9,3 +9,3 @@\n     with self.lock:\n"
    "-        return self.items\n+        return list(self.items)\n     # end\n"
)
NEW = "--- /dev/null\n+++ b/tests/new.py\n@@ -0,0 +1,1 @@\n+def test_it(): ...\n"


def reply(text: str, *calls: ToolCall, cost: float | None = 0.25, model: str = "big") -> ev.ModelReplied:
    """A reply of 1,000 tokens in (600 of them cached) and 50 out."""
    message = Message("assistant", (Text(text), *calls), "model")
    return ev.ModelReplied(Completion(message, Usage(1000, 50, 600), cost=cost, model=model), 2.0)


def call(name: str, number: int, **arguments: str) -> ToolCall:
    """A call."""
    return ToolCall(f"c{number}", name, arguments)


def answer(asked: ToolCall, text: str = "fine", outcome: str = "ok", **more: object) -> ev.ToolFinished:
    """What a call was answered with."""
    result = ToolResult(asked.id, text, is_error=outcome != "ok")
    return ev.ToolFinished(asked, result, outcome, 1.5, **more)  # type: ignore[arg-type]


def changed(diff: str, kind: str, path: str, added: int, removed: int) -> tuple[FileChange, ...]:
    """One change of a file."""
    return (FileChange(path, kind, added, removed, diff, "sha"),)  # type: ignore[arg-type]


def step(number: int, *events: ev.DurableEvent, tools: bool = True) -> list[ev.DurableEvent]:
    """A step of four seconds."""
    return [ev.StepStarted(number, "big", tools), *events, ev.StepEnded(number, 4.0)]


EDIT, AGAIN, WRITE = (
    call("Edit", 1, path="src/queue.py"),
    call("Edit", 2, path="src/queue.py"),
    call("Write", 3, path="tests/new.py"),
)
PUSH, TEST, LOST = (
    call("Bash", 4, command="git push --force"),
    call("Bash", 5, command="pytest -q"),
    call("Bash", 6, command="make release"),
)
TODOS = (
    Todo("1", "find the race", "completed"),
    Todo("2", "lock the queue", "in_progress"),
    Todo("3", "ask about the API", "blocked", "nobody answers"),
)
DONE = (Todo("1", "find the race", "completed"), Todo("2", "lock the queue", "completed"), TODOS[2])
REFUSED = ToolResult("c4", "Refused: it rewrites history.", is_error=True)


def first_turn() -> list[ev.DurableEvent]:
    """Edits, a refusal, tests that fail; the process dies in a command."""
    return [
        ev.SessionStarted("1m7zqueue000", "/home/ann/queue", "0.3"),
        ev.AutoSwitched(True, "settings"),
        ev.RunStarted("1m7zqueue000-0", "Fix the flaky test.\nAll of it.", BEGUN + 2),
        ev.Checkpointed("1m7zqueue000-0", Phase.RUNNING, Spend(), 0, "Fix the flaky test.", "human"),
        ev.TurnStarted(1, user("Fix the flaky test.\nAll of it.")),
        *step(1, reply("I plan.", EDIT), ev.TodosChanged(TODOS, "model")),
        *step(
            2,
            ev.ToolStarted(EDIT),
            answer(EDIT, changes=changed(FIRST, "modified", "src/queue.py", 2, 1)),
            reply("Once more."),
        ),
        *step(
            3,
            ev.ToolJudged("c4", "deny", "hard floor", "it rewrites history"),
            ev.ToolFinished(PUSH, REFUSED, "denied"),
            ev.ToolJudged("c4", "deny", "hard floor", "it rewrites history"),
            ev.ToolFinished(PUSH, REFUSED, "denied"),
            reply("So I test."),
            ev.ToolStarted(TEST),
            answer(TEST, "1 failed", "error", command=CommandRun("pytest -q", 1, "1 failed", 9.0)),
        ),
        ev.StepStarted(4, "big"),
        reply("I release.", LOST, cost=None, model="small"),
        ev.ToolStarted(LOST),
    ]


def second_turn() -> list[ev.DurableEvent]:
    """What follows the crash: an outage, a compaction, a claim that is refused and one that holds."""
    test = CommandRun("pytest -q", 0, "9 passed", 8.0)
    return [
        ev.SessionResumed("host/2/x", "0.3"),
        ev.ToolFinished(LOST, ToolResult("c6", "unknown", is_error=True), "unknown"),
        ev.TurnStopped(StopReason.CANCELLED, PROCESS_ENDED),
        ev.TurnStarted(2, user("Go on.", "aura")),
        ev.StepStarted(1, "big"),
        ev.ModelFailed("overloaded", "The provider is busy.", 1, "big", 30.0),
        ev.ModelFailed("overloaded", "The provider is busy.", 2, "big", 60.0),
        reply("Back.", AGAIN, WRITE),
        answer(AGAIN, changes=changed(SECOND, "modified", "src/queue.py", 1, 1)),
        answer(WRITE, changes=changed(NEW, "created", "tests/new.py", 1, 0)),
        ev.StepEnded(1, 90.0),
        ev.Compacted("So far.", "goal", 3, 90_000, 9_000, "80 % full", Spend(0, 0, 500, 40, 0, 0.05)),
        *step(2, reply("Done?"), ev.DoneRefused(Claim("All is well."), "a todo is open", "lock the queue")),
        *step(
            3,
            reply("Now it is."),
            answer(TEST, "9 passed", command=test),
            ev.TodosChanged(DONE, "model"),
            ev.CheckFinished(Check(CommandRun("pytest -q", 0, "9 passed", 8.0), 3)),
            ev.CheckFinished(Check(CommandRun("ruff check", 1, "E501", 1.0), 3)),
            ev.CheckFinished(Check(CommandRun("ruff check", 0, "", 1.0), 3)),
            ev.DoneAccepted(Claim("The race is *fixed*.\n# Really."), True, ("step 88 raised a timeout",)),
        ),
        ev.TurnStopped(StopReason.DONE, "The race is *fixed*. # Really.", 1.0),
        ev.Checkpointed("1m7zqueue000-0", Phase.DONE, Spend(), 2, reason=StopReason.DONE),
    ]


def record(events: Iterable[ev.DurableEvent], begun: float = BEGUN, first: int = 1) -> list[ev.Recorded]:
    """The events, a second apart."""
    return [ev.Recorded(first + index, begun + index, event) for index, event in enumerate(events)]


def tale() -> list[ev.Recorded]:
    """The whole run: a first turn, a night without a process, a second turn."""
    before = first_turn()
    return [
        *record(before),
        *record(second_turn(), BEGUN + len(before) + NIGHT, len(before) + 1),
    ]


def asking() -> list[ev.Recorded]:
    """A run in the middle of a turn, with a question that nobody answered and one that somebody did."""
    begin = [event for event in first_turn() if not isinstance(event, ev.ToolStarted)]
    return record(
        [
            *begin,
            ev.QuestionAsked("q1", Question("Which one?")),
            ev.QuestionAnswered("q1", Answer("left"), "human"),
            ev.QuestionAsked("q2", Question("And now?")),
        ]
    )
