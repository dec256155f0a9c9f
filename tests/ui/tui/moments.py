"""Moments of a session, as the small parts of the screen are shown them."""

from dataclasses import replace
from typing import Any

from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.events import Resize
from textual.strip import Strip
from textual.widgets import Static

from aura.core import events as ev
from aura.core.events import Event
from aura.core.evidence import FileChange
from aura.core.facts import Facts, Panel
from aura.core.limits import Limits
from aura.core.messages import MODEL, Message, Text, ToolCall, ToolResult, user
from aura.core.models import Completion, Usage
from aura.core.todos import Todo
from aura.core.turn import Turn, fold
from aura.ui.look import Look
from aura.ui.tui.header import Header
from aura.ui.tui.panel import SidePanel
from aura.ui.tui.snapshot import Snapshot
from aura.ui.tui.status import StatusLine
from aura.ui.tui.strips import Strips

NOON = 1_700_000_000.0
FACTS = Facts(
    session="s1",
    workspace="/srv/src/relay",
    model="anthropic/sonnet-4.5",
    window=200_000,
    priced=True,
    sandbox="sandbox bwrap",
)
TODOS = (
    Todo("1", "Reproduce the flaky test", "completed"),
    Todo("2", "Find the race in Queue.close()", "completed"),
    Todo("3", "Guard close() with a lock", "in_progress"),
    Todo("4", "Add regression test (200 runs)"),
    Todo("5", "Run full suite, update CHANGELOG"),
)
CHANGES = (
    FileChange("src/queue.py", "modified", added=6, removed=2),
    FileChange("tests/test_close.py", "created", added=25, removed=2),
)
LIMITS = Limits(steps=300, tokens=1_000_000, cost=5.0, seconds=8 * 3600)


def make_turn(
    *more: Event, steps: int = 37, cost: float | None = 0.05, seconds: float = 217.0, tokens: int = 11_135
) -> Turn:
    """A turn in auto mode that made `steps` steps, each of one cost, time and number of tokens."""
    events: list[Event] = [
        ev.LimitsSet(LIMITS),
        ev.AutoSwitched(on=True, by="human"),
        ev.TurnStarted(1, user("Fix the flaky test in tests/test_queue.py and make sure it stays fixed")),
        ev.TodosChanged(TODOS, "model"),
    ]
    reply = Message("assistant", (Text("ok"),), MODEL)
    for number in range(1, steps + 1):
        completion = Completion(reply, Usage(input=tokens), cost=cost)
        events += [
            ev.StepStarted(number, "sonnet-4.5"),
            ev.ModelReplied(completion),
            ev.StepEnded(number, seconds),
        ]
    call = ToolCall("c1", "Edit", {"path": "src/queue.py"})
    events.append(ev.ToolFinished(call, ToolResult("c1", "ok"), "ok", changes=CHANGES))
    turn = fold([*events, *more])
    return replace(turn, counters=replace(turn.counters, context_tokens=124_000))


def make_snapshot(turn: Turn | None = None, **changed: object) -> Snapshot:
    """The moment of the pictures in the design: working in auto mode for 2:14:11."""
    turn = turn or make_turn()
    moment = Snapshot(
        facts=FACTS,
        turn=turn,
        state="working",
        since=NOON - 8_051,
        now=NOON,
        branch="main ±2",
        costs=(
            0.02,
            0.04,
            0.04,
            0.02,
            0.06,
            0.04,
            0.10,
            0.04,
            0.02,
            0.04,
            0.14,
            0.06,
            0.04,
            0.04,
            0.06,
            0.05,
        ),
        times=(217.0,) * 16,
        checks=(("stress 200", 1, 35), ("ruff check", 0, 36), ("pytest -q", None, 37)),
        fired=(("loop-guard", 12), ("todo-reminder", 35)),
        panels=(Panel("Changelog", ("due: 2 files", "last line: 0.4.1")),),
        status=("changelog due",),
        title="fix-flaky-queue",
    )
    return replace(moment, **changed)  # type: ignore[arg-type]


class Stage(App[None]):
    """The small parts where they stand in the interface, with nothing between them.

    `said` is what they told the app, `touched` which of them had the screen drawn anew.
    """

    CSS = "Screen { layout: vertical; } #middle { height: 1fr; } #rest { width: 1fr; height: 100%; }"

    def __init__(self, look: Look | None = None) -> None:
        super().__init__(ansi_color=look is not None and not look.colour)
        self.dressed = look or Look()
        self.header, self.panel, self.strips, self.status = Header(), SidePanel(), Strips(), StatusLine()
        self.said: list[object] = []
        self.touched: list[str] = []
        for part in self.parts:
            self._count(part)

    @property
    def parts(self) -> tuple[Header | SidePanel | Strips | StatusLine, ...]:
        return (self.header, self.panel, self.strips, self.status)

    def _count(self, part: Header | SidePanel | Strips | StatusLine) -> None:
        refresh = part.refresh

        def count(*regions: Any, **how: Any) -> Any:
            self.touched.append(type(part).__name__)
            return refresh(*regions, **how)

        part.refresh = count  # type: ignore[method-assign]

    def compose(self) -> ComposeResult:
        yield self.header
        with Horizontal(id="middle"):
            yield Static("", id="rest")
            yield self.panel
        yield self.strips
        yield self.status

    def on_mount(self) -> None:
        for part in self.parts:
            part.look = self.dressed

    def on_resize(self, event: Resize) -> None:
        width, height = event.size
        self.panel.display = width >= 100
        self.strips.display = 60 <= width < 100 and height >= 16

    def show(self, snapshot: Snapshot) -> None:
        for part in self.parts:
            part.show(snapshot)

    def on_header_auto_clicked(self, event: Header.AutoClicked) -> None:
        self.said.append("auto")

    def on_side_panel_limit_wanted(self, event: SidePanel.LimitWanted) -> None:
        self.said.append(event.name)

    def dump(self) -> str:
        """The screen as text, without spaces at the ends of lines."""
        strips: list[Strip] = self.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)
