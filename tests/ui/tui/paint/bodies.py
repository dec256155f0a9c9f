"""One body of each kind, in the states that look different."""

from dataclasses import replace

from aura.core.evidence import Check, CommandRun, FileChange
from aura.core.limits import Spend, StopReason
from aura.core.messages import ToolCall
from aura.core.todos import Todo
from aura.core.tools import Answer, Option, Question
from aura.runs.report import Changed, Report
from aura.ui import blocks as bl

BEGAN = 1_700_000_000.0
NOW = BEGAN + 100

DIFF = """\
--- a/src/queue.py
+++ b/src/queue.py
@@ -41,4 +41,7 @@
     async def close(self):
-        self._closed = True
-        self._q.put_nowait(SENTINEL)
+        async with self._lock:
+            if self._closed:
+                return
+            self._closed = True
+            self._q.put_nowait(SENTINEL)

@@ -60 +63 @@
-    thread.join(timeout=5)
+    thread.join(timeout=30)
"""
PROSE = """\
The failure shows up about once in **60 runs**. I have a trace now, see `src/queue.py`:

```python
async def close(self):
    self._closed = True          # the reader still awaits get()
    self._q.put_nowait(SENTINEL)
```
"""
MARKDOWN = """\
## What *remains*

Three things, in [order](https://example.org/order):
1. guard `close()` with a lock
   - and its twin `abort()`, which nobody calls but which has the same fault
2. a ~~sleep~~ test
- [x] reproduce
- [ ] run the whole suite

> The reader may still
> await `get()`.

| run | outcome | why it failed, in a few words that need some room |
|----:|:-------:|---|
| 1 | ok | |
| 2 | **failed** | the reader still awaited get() when the sentinel had gone |

---

<b>No HTML</b> here & no ![picture](chart.png).
"""
COMMAND = "pytest tests/test_queue.py -q --count 200"
FAILED = CommandRun(COMMAND, 1, "....F..\n\n3 failed, 197 passed in 41.22s\n", 41.2)
EDIT = FileChange("src/queue.py", "modified", 6, 3, DIFF)
QUESTION = Question(
    "Which storage should the run log use?",
    "choice",
    (Option("SQLite", "one file, safe when the power fails"), Option("JSONL", "append only"), Option("both")),
)
REPORT = Report(
    session="20260101-220410-a1b2",
    reason=StopReason.DONE,
    detail="",
    claim="Flaky test fixed: 5,000 stress runs, 0 failures. Cause: close() raced a reader still awaiting get().",
    answer="",
    verified=True,
    checks=(CommandRun("pytest -q", 0), CommandRun("ruff check", 0)),
    tests=None,
    flags=("step 88: timeout 5 s to 30 s", "step 104 skips a test on win32"),
    todos=tuple(Todo(str(number), f"item {number}", "completed") for number in range(5)),
    changed=(Changed("src/queue.py", "modified", 6, 2), Changed("tests/test_close.py", "created", 80, 10)),
    denied=("git push --force (policy: no push)",),
    spend=Spend(141, 1, 1_600_000, 310_000, 1_296_000, 6.12, 0, 27_240),
    title="fix-flaky-queue",
)


def call(name: str, **arguments: object) -> ToolCall:
    return ToolCall("call-1", name, arguments)


def quiet(name: str, **arguments: object) -> bl.ToolCard:
    return bl.ToolCard(call(name, **arguments), BEGAN, "ok", 0.05, "text")


def end(reason: StopReason, detail: str = "") -> bl.Ending:
    short = replace(
        REPORT, reason=reason, detail=detail, claim="", verified=False, checks=(), flags=(), denied=()
    )
    return bl.Ending(replace(short, todos=(Todo("1", "Add a regression test", "in_progress"),)), is_auto=True)


SHELL = bl.ToolCard(
    call("Bash", command=COMMAND), BEGAN, "error", 41.2, "3 failed\n[exit code 1]", command=FAILED
)
RUNNING = bl.ToolCard(
    call("Bash", command=COMMAND, timeout=120),
    BEGAN + 82,
    output="collecting\ntests/test_queue.py ..... [ 20%]\ntests/test_queue.py ..... [ 40%]\n",
)
PASSED = bl.ToolCard(
    call("Bash", command="ruff check src"),
    BEGAN,
    "ok",
    0.4,
    "All checks passed",
    command=CommandRun("ruff check src", 0, "All checks passed", 0.4),
)
EDITED = bl.ToolCard(
    call("Edit", path="src/queue.py", edits=[{"old": "a", "new": "b"}]),
    BEGAN,
    "ok",
    0.1,
    "src/queue.py: 2 places changed",
    changes=(EDIT,),
)
REFUSED = bl.ToolCard(
    call("Bash", command="git push --force"), BEGAN, "denied", 0, "refused", reason='policy: rule "no push"'
)
TODOS = bl.ToolCard(
    call(
        "TodoWrite",
        todos=[
            {"id": "1", "content": "Reproduce the flaky test", "status": "completed"},
            {"id": "2", "content": "Guard close() with a lock", "status": "in_progress"},
            {"id": "3", "content": "Add a regression test", "status": "pending"},
        ],
    ),
    BEGAN,
    "ok",
    0.0,
    "2 of 3 still to do.",
)
READS = bl.CardGroup(
    (quiet("Read", path="src/queue.py"), quiet("Read", path="tests/test_queue.py", offset=40))
)
MIXED = bl.CardGroup(
    (*READS.cards, quiet("Grep", pattern="close\\(", path="src"), quiet("Glob", pattern="*.py"))
)
INJECTED = bl.Injection(
    "budget-90",
    ((35, "You have used 90 % of the cost budget ($4.50 of $5.00). Finish the current todo, then sum up."),),
)
REMINDED = bl.Injection(
    "todo-reminder", ((29, "open"), (33, "open"), (35, "2 todos still open; no test yet"))
)

# what it is, the body, whether it is expanded
BODIES: tuple[tuple[str, bl.Body, bool], ...] = (
    (
        "said",
        bl.Said("Fix the flaky test in tests/test_queue.py\nand make sure it stays fixed", images=2),
        False,
    ),
    ("steered", bl.Said("use a lock, not a flag", "steer"), False),
    (
        "thought",
        bl.Thought("It fails once in sixty runs, so something races with close().", seconds=12),
        False,
    ),
    ("thought, expanded", bl.Thought("It fails once in sixty runs.\nSo something races.", seconds=12), True),
    ("thinking", bl.Thought("one\ntwo\nthree\nfour is the last line so far", open=True), False),
    ("prose with code", bl.Prose(PROSE), False),
    ("prose with all of Markdown", bl.Prose(MARKDOWN), False),
    ("prose, growing", bl.Prose("It is **almost** certain that `close", open=True), False),
    ("prose, a growing table", bl.Prose("| a | b |\n|---|---|\n| 1 | **2** |\n| 3", open=True), False),
    ("prose, interrupted", bl.Prose("I was about to", interrupted=True), False),
    ("code that goes on", bl.Prose("    return 1\n", fence="```python"), False),
    ("step", bl.StepRule(35, BEGAN, 0.04), False),
    ("step without a price", bl.StepRule(36, BEGAN, None), False),
    ("step under way", bl.StepRule(37, BEGAN, None, open=True), False),
    ("shell, failed", SHELL, False),
    ("shell, failed, expanded", SHELL, True),
    ("shell, running", RUNNING, False),
    ("shell, passed", PASSED, False),
    ("shell, passed, expanded", PASSED, True),
    ("edit", EDITED, False),
    ("edit, expanded", EDITED, True),
    ("refused", REFUSED, False),
    (
        "error",
        bl.ToolCard(call("Read", path="nowhere.py"), BEGAN, "error", 0, "There is no such file."),
        False,
    ),
    (
        "stopped",
        bl.ToolCard(call("Bash", command="sleep 9"), BEGAN, "cancelled", 3, "Stopped by a person."),
        False,
    ),
    (
        "unreadable",
        bl.ToolCard(ToolCall("1", "Edit", raw="{", problem="no JSON"), BEGAN, "invalid", 0, "no"),
        False,
    ),
    (
        "unknown tool",
        bl.ToolCard(call("mcp__forge__open", title="Flaky", number=4), BEGAN, "ok", 1.2, "#4"),
        False,
    ),
    ("todos, expanded", TODOS, True),
    ("reads", READS, False),
    ("reads, expanded", READS, True),
    ("reads and searches", MIXED, False),
    ("injector", bl.Injection("todo-reminder", ((35, "2 todos still open"),)), False),
    ("injector, three times", REMINDED, False),
    ("injector, expanded", INJECTED, True),
    ("note", bl.Note("auto mode is on"), False),
    (
        "warning",
        bl.Note("model is now backup/large: fallback, the first one is overloaded", "warning"),
        False,
    ),
    ("error of a plugin", bl.Note("cannot reach the board", "error", "kanban"), False),
    ("command", bl.CommandLog("/status", ("model large\n", "context 62 % of 200k\n")), False),
    ("shell line", bl.CommandLog("!ls", ("a.py\nb.py\n",), CommandRun("ls", 0, "a.py\nb.py\n", 0.02)), False),
    ("shell line, running", bl.CommandLog("!make", ("cc -c a.c\n",), open=True), False),
    ("check, passed", bl.CheckLine(Check(CommandRun("ruff check", 0, "fine", 0.4), 36)), False),
    ("check, failed", bl.CheckLine(Check(FAILED, 36)), False),
    ("question", bl.Inquiry(QUESTION), False),
    ("answer", bl.Inquiry(QUESTION, Answer("", ("JSONL",)), "human"), False),
    ("no answer", bl.Inquiry(QUESTION, Answer("go on", answered=False), "timeout"), False),
    ("failure", bl.Failure("rate_limit", "Too many requests; wait.", "large", 2, NOW + 8), False),
    (
        "last failure",
        bl.Failure("auth", "The key was rejected; set another with aura auth.", "large", 1),
        False,
    ),
    ("shortened", bl.Shortened("what happened", "keep this", 124_000, 31_000, "nearly full"), False),
    ("shortened, expanded", bl.Shortened("what happened", "keep this", 124_000, 31_000, "nearly full"), True),
    ("done", bl.Ending(REPORT, is_auto=True), False),
    ("done?", end(StopReason.NOT_VERIFIED, "pytest -q: exit code 1"), False),
    ("budget", end(StopReason.MAX_COST, "$5.00 of $5.00"), False),
    ("provider", end(StopReason.PROVIDER, "401: the key was rejected; set another with aura auth."), False),
    ("told briefly", bl.Ending(REPORT.ending(StopReason.CANCELLED, ""), context={"brief": True}), False),
)
