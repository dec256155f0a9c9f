"""Blocks as plain lines."""

from typing import Any

import pytest

from aura.core.evidence import Check, CommandRun, FileChange
from aura.core.limits import StopReason
from aura.core.tools import Answer, Question
from aura.runs.report import make_silence
from aura.testing import call
from aura.ui import blocks as bl
from aura.ui.repl.sheet import Sheet
from aura.ui.repl.telling import tell, tell_briefly, tell_change

EYE, EAR = Sheet(bare=True), Sheet(bare=True, spoken=True)


def card(
    name: str = "Bash", outcome: Any = "ok", *, changes: Any = (), command: Any = None, **given: Any
) -> bl.ToolCard:
    """A call that is over."""
    made = call(name, **given)
    return bl.ToolCard(made, outcome=outcome, result="it was so", changes=changes, command=command)


FAILED = CommandRun("pytest -q", 1, "...\n3 failed, 197 passed\n", 41.2)
PASSED = CommandRun("ruff check", 0, "fine\n", 0.4)
TODOS = [
    {"id": "1", "content": "Find it", "status": "completed"},
    {"id": "2", "content": "Guard close()", "status": "in_progress"},
    {"id": "3", "content": "Test it", "status": "pending"},
]
CHANGES = tuple(FileChange(f"{name}.py", "modified", 6, 2) for name in "abcd")

LINES: list[tuple[bl.Body, str]] = [
    (bl.Said("fix it"), "you> fix it\n"),
    (bl.Said("two\nlines"), "you> two\n    lines\n"),
    (bl.Said("see", images=2), "you> see (2 pictures)\n"),
    (bl.Prose("It is done."), "It is done.\n"),
    (bl.Prose("One.\n\n"), "One.\n"),
    (bl.Prose("\nTwo."), "Two.\n"),
    (bl.Prose("half", interrupted=True), "half\n(stopped here)\n"),
    (bl.Prose("    return x\n```\n", fence="```python"), "```python\n    return x\n```\n"),
    (bl.Prose("  \n"), ""),
    (bl.Thought("hm"), ""),
    (bl.StepRule(3, 0.0), ""),
    (
        card(command=FAILED, outcome="error", x=1),
        "[35] shell ... exit 1 in 41.2s: 3 failed, 197 passed\n",
    ),
    (card("Read", path="src/a.py"), "[35] read src/a.py\n"),
    (card("Edit", path="a.py", changes=CHANGES[:1]), "[35] edit a.py +6 -2\n"),
    (
        card("ApplyPatch", changes=CHANGES),
        "[35] patch a.py +6 -2 b.py +6 -2 c.py +6 -2 and 1 more files\n",
    ),
    (card("TodoWrite", todos=TODOS), "[35] plan 1/3 closed, now: Guard close()\n"),
    (card("TodoWrite", todos="what"), "[35] plan 0/0 closed\n"),
    (card("Write", "denied", path="x"), "[35] write x ... refused: it was so\n"),
    (
        card("mcp__web__fetch", "error", url="http://x"),
        "[35] mcp__web__fetch http://x ... failed: it was so\n",
    ),
    (card("Bash", "unknown", x=1), "[35] shell ... unknown: it was so\n"),
    (
        bl.CardGroup((card("Read", path="a"), card("Read", path="b"), card("Grep", pattern="x"))),
        "[35] read x2, grep a, b, x\n",
    ),
    (
        bl.CardGroup(tuple(card("Read", path=str(number)) for number in range(6))),
        "[35] read x6 0, 1, 2, 3 and 2 more\n",
    ),
    (
        bl.Injection("todo-reminder", ((35, "[aura: todo-reminder] 2 todos are open\nnow"),)),
        "[35] note todo-reminder: 2 todos are open now\n",
    ),
    (bl.Injection("loop", ((33, "one"), (35, "two"))), "[35] note loop x2: two\n"),
    (bl.Note("auto mode is on"), "[35] auto mode is on\n"),
    (bl.Note("The disk is full.", "warning"), "[35] warning: The disk is full.\n"),
    (bl.Note("one\n[36] shell rm"), "[35] one\n    [36] shell rm\n"),
    (bl.CheckLine(Check(FAILED, 35)), "[35] check by aura: pytest -q exit 1 in 41.2s\n"),
    (bl.Inquiry(Question("Which?")), ""),
    (bl.Inquiry(Question("Which?"), Answer("SQLite"), "human"), "[35] asked: Which? you: SQLite\n"),
    (
        bl.Inquiry(Question("Which?"), Answer("Go on.", answered=False), "nobody"),
        "[35] asked: Which? nobody: (no answer)\n",
    ),
    (
        bl.Failure("auth", "The key is wrong.", "m", 1),
        "[35] model m failed (auth, try 1): The key is wrong.\n",
    ),
    (
        bl.Shortened("s", "p", 120_000, 8_000, "80% is used"),
        "[35] context shortened from 120k to 8k tokens: 80% is used\n",
    ),
    (
        bl.CommandLog("/status", ("auto off\nmode ask", "3 of 5")),
        "you> /status\nauto off\n    mode ask\n3 of 5\n",
    ),
    (bl.CommandLog("", ("more",)), "more\n"),
    (
        bl.CommandLog("!ls", ("a\n",), CommandRun("ls", 0, "a\nb\n", 0.04)),
        "you> !ls\n  a\n  b\nexit 0 in 0.0s\n",
    ),
    (bl.CommandLog("!x", (), CommandRun("x", None, "", 9.0)), "you> !x\nkilled in 9.0s\n"),
    (bl.CommandLog("!x", ("so far",), open=True), ""),
]


@pytest.mark.parametrize(("body", "lines"), LINES)
def test_a_block_for_the_eye(body: bl.Body, lines: str) -> None:
    assert tell(body, EYE, 35) == lines


SPOKEN: list[tuple[bl.Body, str]] = [
    (bl.Said("fix it"), "you: fix it\n"),
    (bl.Prose("It is done."), "aura: It is done.\n"),
    (card("Read", path="a"), "tool: step 35: read a\n"),
    (bl.Injection("loop", ((33, "one"),)), "note: loop: one\n"),
    (bl.Note("auto mode is on"), "note: auto mode is on\n"),
    (bl.CommandLog("/x", ("done",)), "you: /x\nnote: done\n"),
]


@pytest.mark.parametrize(("body", "lines"), SPOKEN)
def test_a_block_for_the_ear_says_who_speaks(body: bl.Body, lines: str) -> None:
    assert tell(body, EAR, 35) == lines


def test_the_end_of_long_output_is_shown_and_the_rest_counted() -> None:
    output = "".join(f"line {number}\n" for number in range(100))
    told = tell(bl.CommandLog("!x", (), CommandRun("x", 0, output, 1.0)), EYE, 0)
    assert "(60 lines before are not shown)\n  line 60\n" in told
    assert told.endswith("  line 99\nexit 0 in 1.0s\n")


def test_the_card_at_the_end_is_the_report() -> None:
    report = make_silence("s").ending(StopReason.MAX_COST, "cost: 5 of 5")
    told = tell(bl.Ending(report, is_auto=True), EYE, 0)
    assert told.lstrip().startswith("‖ PAUSED budget: cost")
    assert "cost: 5 of 5\n" in told
    assert max(map(len, told.splitlines())) < EYE.width
    spoken = tell(bl.Ending(report), EAR, 0).splitlines()
    assert spoken[0].startswith("note: PAUSED")
    assert spoken[1] == "note: why cost: 5 of 5"


def test_outside_a_turn_lines_have_no_number() -> None:
    assert tell(bl.Note("auto mode is on"), EYE, 0) == "auto mode is on\n"


def test_brief_words_for_work_and_none_for_talk() -> None:
    assert tell_briefly(card("Edit", path="a.py", changes=CHANGES[:1])) == ["edit a.py +6 -2"]
    assert tell_briefly(bl.CardGroup((card("Read", path="a"), card("Read", path="b")))) == ["read x2 a, b"]
    assert tell_briefly(bl.Injection("injector:loop", ((1, "x"),))) == ["note loop"]
    assert tell_briefly(bl.CheckLine(Check(PASSED, 1))) == ["check ruff check exit 0 in 0.4s"]
    assert tell_briefly(bl.Prose("x")) == []


def test_a_change_is_shown_with_its_diff_and_a_word_about_the_rest() -> None:
    diff = "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\x1b[2J\n same\n"
    change = FileChange("src/a.py", "modified", 1, 1, diff)
    assert tell_change(change, EYE) == "change src/a.py +1 -1\n  @@ -1 +1 @@\n  -old\n  +new\n   same\n"
    long = FileChange("a", "created", 99, 0, "\n".join(f"+{number}" for number in range(99)))
    assert tell_change(long, EYE).startswith("new file a +99 -0\n  +0\n")
    assert tell_change(long, EYE).endswith("  +59\n  (39 more lines)\n")
