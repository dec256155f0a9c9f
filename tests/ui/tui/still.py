"""A session that stands still at a moment of its life, for pictures: nothing runs, the clock is stopped."""

import io
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style

from aura.app.approvals import Grant
from aura.app.options import SessionOptions
from aura.app.session import Others
from aura.core import events as ev
from aura.core.attempts import Outcome
from aura.core.events import Event, Recorded
from aura.core.evidence import Check, CommandRun, FileChange
from aura.core.facts import CommandFact, Facts
from aura.core.limits import Limits, StopReason
from aura.core.messages import MODEL, Image, Message, Part, Text, ToolCall, ToolResult, user
from aura.core.models import Completion, Usage
from aura.core.permissions import Allow, Deny
from aura.core.todos import Todo
from aura.core.tools import Answer, Claim
from aura.core.turn import Turn, fold
from aura.ui.joining import Joined
from aura.ui.look import Look
from aura.ui.manners import Preferences
from aura.ui.tui.app import AuraApp
from aura.ui.tui.window import Begin

NOON = 1_767_225_600.0  # 2026-01-01 00:00 UTC
FACTS = Facts(
    session="1m7zj0relay",
    workspace="/srv/relay",
    version="0.1.0",
    model="anthropic/sonnet-4.5",
    window=200_000,
    priced=True,
    sandbox="no sandbox",
    commands=(
        CommandFact("todo", "See and edit the todo list.", "/todo [add TEXT | done ID | drop ID | clear]"),
        CommandFact("check", "See and set the checks.", "/check [add COMMAND | drop N]"),
    ),
)
GOAL = "Fix the flaky test in tests/test_queue.py and make sure it stays fixed"
FOUND = """The failure shows up about once in 60 runs. I reproduced it and I now have a trace:

```python
async def close(self):
    self._closed = True          # ← reader still awaits get()
    self._q.put_nowait(SENTINEL)
```
"""
DIFF = """--- a/src/queue.py
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
"""
CHANGE = FileChange("src/queue.py", "modified", 5, 2, DIFF)
STRESS = "pytest tests/test_queue.py -q --count 200"


def todos(done: int) -> tuple[Todo, ...]:
    """The plan, with its first items done and the next one under way."""
    texts = (
        "Reproduce the flaky test",
        "Find the race in Queue.close()",
        "Guard close() with a lock",
        "Add regression test (200 runs)",
        "Run full suite, update CHANGELOG",
    )
    return tuple(
        Todo(str(n), text, "completed" if n <= done else "in_progress" if n == done + 1 else "pending")
        for n, text in enumerate(texts, start=1)
    )


def step(number: int, text: str, *calls: tuple[ToolCall, ToolResult, dict[str, Any]]) -> list[Event]:
    """One step: a reply, its calls and their results."""
    parts: tuple[Part, ...] = tuple(one for one, _, _ in calls)
    if text:
        parts = (Text(text), *parts)
    events: list[Event] = [
        ev.StepStarted(number, FACTS.model),
        ev.ModelReplied(Completion(Message("assistant", parts, MODEL), Usage(11_000, 300), cost=0.05), 3.0),
    ]
    for one, result, more in calls:
        outcome: Outcome = "error" if result.is_error else "ok"
        events += [ev.ToolStarted(one), ev.ToolFinished(one, result, outcome, **more)]
    return [*events, ev.StepEnded(number, 217.0)]


def shell(
    name: str, command: str, tail: str, code: int, seconds: float
) -> tuple[ToolCall, ToolResult, dict[str, Any]]:
    """A shell command that ended."""
    run = CommandRun(command, code, tail, seconds)
    call = ToolCall(name, "Bash", {"command": command, "timeout": 120})
    return call, ToolResult(name, tail, is_error=code != 0), {"seconds": seconds, "command": run}


def working() -> list[Event]:
    """An unattended run in its third step."""
    read = ToolCall("c2", "Read", {"path": "src/queue.py"})
    edit = ToolCall("c3", "Edit", {"path": "src/queue.py", "old": "x", "new": "y"})
    injected = "2 todos are still open, and the last edit has no test yet. Go on with them."
    return [
        ev.LimitsSet(Limits(steps=300, tokens=1_000_000, cost=5.0, seconds=8 * 3600)),
        ev.AutoSwitched(on=True, by="human"),
        ev.TurnStarted(1, user(GOAL)),
        ev.TodosChanged(todos(2), "model"),
        *step(1, FOUND, shell("c1", STRESS, "3 failed, 197 passed in 41.22s", 1, 41.2)),
        ev.Injected(user(injected, "injector:todo-reminder"), nudge=True),
        *step(
            2,
            "",
            (read, ToolResult("c2", "…"), {"seconds": 0.01}),
            (edit, ToolResult("c3", "The edit was applied."), {"seconds": 0.02, "changes": (CHANGE,)}),
        ),
        ev.StepStarted(3, FACTS.model),
        ev.ModelReplied(
            Completion(
                Message(
                    "assistant",
                    (
                        Text("The lock closes the window. Running the stress test again to confirm."),
                        ToolCall("c4", "Bash", {"command": STRESS, "timeout": 120}),
                    ),
                    MODEL,
                ),
                Usage(124_000, 300),
                cost=0.06,
            ),
            2.0,
        ),
        ev.ToolStarted(ToolCall("c4", "Bash", {"command": STRESS, "timeout": 120})),
        ev.ToolOutputDelta("c4", "tests/test_queue.py ........................ [ 20%]\n"),
        ev.ToolOutputDelta("c4", "tests/test_queue.py ........................ [ 40%]\n"),
    ]


def done() -> list[Event]:
    """The same run, finished and checked."""
    call, result, more = shell("c4", STRESS, "200 passed in 40.81s", 0, 40.8)
    claim = Claim(
        "Flaky test fixed: 5,000 stress runs, 0 failures. close() raced a reader still awaiting get()."
    )
    check = Check(CommandRun("pytest -q", 0, "412 passed", 18.0), 3)
    return [
        *working(),
        ev.ToolFinished(call, result, "ok", **more),
        ev.StepEnded(3, 60.0),
        ev.TodosChanged(todos(5), "model"),
        ev.CheckFinished(check),
        ev.DoneAccepted(claim, verified=True, flags=("step 88 raises a timeout from 5s to 30s",)),
        ev.TurnStopped(StopReason.DONE, "", 12.0),
    ]


def chat() -> list[Event]:
    """A question of a person, answered."""
    return [ev.TurnStarted(1, user("why is it flaky?")), *step(1, FOUND), ev.TurnStopped(StopReason.END_TURN)]


PLACES = [
    {
        "to": 1,
        "at": NOON,
        "kind": "prompt",
        "text": "Fix the flaky test",
        "changed": 2,
        "added": 8,
        "removed": 3,
    },
    {
        "to": 9,
        "at": NOON,
        "kind": "step",
        "text": "edit src/queue.py",
        "changed": 1,
        "added": 6,
        "removed": 2,
    },
]


class StillSession:
    """A session of given events that takes everything and does nothing; `done` keeps what it was asked to do."""

    def __init__(self, events: Sequence[Event], facts: Facts = FACTS) -> None:
        self.id = facts.session
        self.facts = facts
        self.turn: Turn = fold([ev.SessionStarted(facts.session, facts.workspace, "0.1.0")])
        self.is_running = False
        self.is_over = False
        self.watchers: list[Callable[[Recorded], None]] = []
        self.asked: list[tuple[str, Any]] = []
        self._events = events

    def play(self) -> None:
        """Hand out the events, a second apart."""
        for number, event in enumerate(self._events, start=2):
            self.is_running = not isinstance(event, ev.TurnStopped) and (
                self.is_running or isinstance(event, ev.TurnStarted)
            )
            self.turn = fold([event], self.turn)
            seq = number if ev.is_durable(event) else 0
            for watch in tuple(self.watchers):
                watch(Recorded(seq, NOON - len(self._events) + number, event))
        self.is_over = True

    async def submit(self, line: str, images: Sequence[Image] = ()) -> None:
        """Take a line."""
        self.asked.append(("submit", line))

    def steer(self, text: str) -> None:
        """Take a word."""
        self.asked.append(("steer", text))

    def enqueue(self, text: str) -> None:
        """Take a line for later."""
        self.asked.append(("enqueue", text))

    def unqueue(self, name: str) -> None:
        """Take one back."""
        self.asked.append(("unqueue", name))

    async def interrupt(self, *, kill: bool = False) -> None:
        """Stop nothing."""
        self.asked.append(("interrupt", kill))

    async def decide(self, name: str, verdict: Allow | Deny, scope: Grant = "") -> None:
        """Take a verdict."""
        self.asked.append(("decide", verdict))

    async def answer(self, name: str, answer: Answer) -> None:
        """Take an answer."""
        self.asked.append(("answer", answer))

    async def rewind(
        self, to: int, *, files: bool = False, conversation: bool = True, others: Others = "mine"
    ) -> str:
        """Go back nowhere."""
        self.asked.append(("rewind", (to, files, conversation, others)))
        return "what was said there"

    def record(self, event: Event) -> None:
        """Take what a person did."""
        self.asked.append(("record", event))

    async def query(self, name: str, **arguments: Any) -> Any:
        """Know some places to go back to, and nothing else."""
        if name == "rewind_preview":
            changes = [asdict(CHANGE)] if arguments["to"] == 9 else []
            return {"changes": changes, "conflicts": ["tests/helpers.py"] if changes else []}
        return PLACES if name == "points" else []

    async def leave(self, *, keep: bool) -> None:
        """Go."""


def stop_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is always noon (UTC)."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(time, "time", lambda: NOON + 2)


class StillApp(AuraApp):
    """The application, whose pictures depend on what is seen alone: not on the pieces that it was painted in."""

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        """The screen as SVG, its cells put together anew."""
        width, height = self.size
        console = Console(
            width=width,
            height=height,
            file=io.StringIO(),
            force_terminal=True,
            color_system="truecolor",
            record=True,
            legacy_windows=False,
            safe_box=False,
        )
        background = self.app._background_screens
        seen = self.screen._compositor.render_update(full=True, screen_stack=background, simplify=simplify)
        console.print(seen)
        console._record_buffer[:] = put_together(console._record_buffer)
        return console.export_svg(title=title or self.title)


def put_together(segments: Iterable[Segment]) -> list[Segment]:
    """The same text in the fewest pieces: a blank belongs to what is before it wherever nobody can tell."""
    made: list[Segment] = []
    for text, style, control in segments:
        if control:
            made.append(Segment(text, style, control))
            continue
        for char in text:
            plain = _as_seen(style)
            last = made[-1] if made and not made[-1].control and not made[-1].text.endswith("\n") else None
            if last is not None and last.style is not None and char != "\n":
                joins = last.style == plain or (char == " " and _hides(last.style, plain))
                if joins:
                    made[-1] = Segment(last.text + char, last.style)
                    continue
            made.append(Segment(char, plain))
    return made


def _as_seen(style: Style | None) -> Style:
    """A style without what nobody sees of it."""
    style = style or Style.null()
    return Style(
        color=style.color,
        bgcolor=style.bgcolor,
        bold=bool(style.bold),
        dim=bool(style.dim),
        italic=bool(style.italic),
        underline=bool(style.underline),
        strike=bool(style.strike),
        reverse=bool(style.reverse),
    )


def _hides(before: Style, blank: Style) -> bool:
    """Whether a blank looks the same in both styles."""
    is_marked = any(one.underline or one.strike or one.reverse for one in (before, blank))
    return before.bgcolor == blank.bgcolor and not is_marked


def make_app(events: Iterable[Event], look: Look) -> AuraApp:
    """The application on a session that stands still."""
    session = StillSession(list(events))

    async def join(options: SessionOptions) -> Joined:
        return Joined(session, listen=session.play)

    begin = Begin(look=look, wanted=Preferences(motion=False), is_demo=True)
    return StillApp(join, SessionOptions(Path(FACTS.workspace)), begin)
