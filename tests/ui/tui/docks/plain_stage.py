"""One dock, or any widget, on an otherwise empty screen, and logs of sessions that somebody had before."""

import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual.app import App, ComposeResult
from textual.events import Paste
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Static

from aura.config.paths import sessions_dir
from aura.core.events import (
    DurableEvent,
    ModelReplied,
    SessionStarted,
    TodosChanged,
    TurnStarted,
    TurnStopped,
)
from aura.core.limits import StopReason
from aura.core.messages import Message, Text, user
from aura.core.models import Completion
from aura.core.todos import Todo
from aura.store.index import make_id, write_log
from aura.store.rows import Row, make_row
from aura.ui.look import ASCII, LIGHT, Look
from aura.ui.tui.docks.define import Dock
from aura.ui.tui.themes import make_theme

STILL = Look(motion=False)
BARE = Look(colour=False)
SIZES = ((120, 40), (80, 24), (60, 16))
POOR = Look(colour=False, signs=ASCII)
VIEWS = ((SIZES[0], Look(motion=False, palette=LIGHT)), (SIZES[1], BARE), (SIZES[2], POOR))


class Stage(App[None]):
    """An app that shows one widget and keeps what it says."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "Screen { background: $background; } #top { height: 1fr; }"

    def __init__(self, widget: Widget, look: Look) -> None:
        super().__init__(ansi_color=None if look.colour else True)
        self.widget = widget
        self.look = look
        self.results: list[Any] = []
        self.strayed: list[str] = []
        self.said: list[Any] = []

    def compose(self) -> ComposeResult:
        if isinstance(self.widget, Dock):
            yield Static("the conversation", id="top", markup=False)

    async def on_mount(self) -> None:
        theme = make_theme(self.look)
        self.register_theme(theme)
        self.theme = theme.name
        self.widget.look = self.look  # type: ignore[attr-defined] # every widget of ours has one
        await self.mount(self.widget)
        self.widget.focus()

    def on_dock_closed(self, event: Dock.Closed) -> None:
        self.results.append(event.dock.result)

    def on_dock_strayed(self, event: Dock.Strayed) -> None:
        self.strayed.append(event.text)

    def on_theme_dock_tried(self, event: Any) -> None:
        self.said.append(event.name)

    def on_welcome_chosen(self, event: Any) -> None:
        self.said.append(event.id)


@dataclass
class Shown:
    """A widget that is shown, and the keys for it."""

    app: Stage
    pilot: Pilot[None]
    texts: list[str] = field(default_factory=list)

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.press(*("space" if letter == " " else letter for letter in text))

    async def paste(self, text: str) -> None:
        """Paste a text, as the terminal would."""
        self.app.widget.post_message(Paste(text))
        await self.pilot.pause()

    async def until(self, holds: Callable[[], Any], what: str = "it") -> None:
        """Return when a condition holds; fails after 10 seconds with what is on the screen."""
        for _ in range(1000):
            if holds():
                return
            await self.pilot.pause(0.01)
        raise AssertionError(f"{what} never happened; the screen:\n{self.text}")

    async def finished(self) -> Any:
        """What came of the dock, once it is closed."""
        await self.until(lambda: self.app.results, "the end of the dock")
        assert len(self.app.results) == 1
        return self.app.results[0]

    async def until_still(self) -> None:
        """Return when no work beside the screen is under way, and its outcome is shown."""
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()

    async def awake(self) -> None:
        """End the dead time of a dock: its keys count from now on."""
        await self.pilot.pause()
        dock = self.app.widget
        assert isinstance(dock, Dock)
        dock._dead_until = 0.0

    @property
    def lines(self) -> list[str]:
        """The screen, line by line."""
        strips = self.app.screen._compositor.render_strips(self.app.size)
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    @property
    def text(self) -> str:
        """The screen."""
        return "\n".join(self.lines)

    @property
    def colours(self) -> set[str]:
        """The names of the colours on the screen, without the terminal's own."""
        strips = self.app.screen._compositor.render_strips(self.app.size)
        styles = [segment.style for strip in strips for segment in strip if segment.style]
        found = {colour.name for style in styles for colour in (style.color, style.bgcolor) if colour}
        return found - {"default"}


@contextlib.asynccontextmanager
async def show(
    widget: Widget, *, size: tuple[int, int] = (80, 24), look: Look = STILL
) -> AsyncIterator[Shown]:
    """The widget on a screen of its own."""
    app = Stage(widget, look)
    async with app.run_test(size=size) as pilot:
        shown = Shown(app, pilot)
        await shown.until(lambda: widget.is_mounted, "the widget")
        await pilot.pause()
        yield shown


def make_session(
    workspace: Path,
    prompt: str,
    *,
    ago: float = 60.0,
    stop: StopReason | None = StopReason.DONE,
    reply: str = "All green.",
    cost: float | None = 0.5,
    todos: Sequence[Todo] = (),
) -> str:
    """The log of a session with one turn; its id."""
    begun = time.time() - ago
    name = make_id(begun)
    events: list[DurableEvent] = [SessionStarted(name, str(workspace), "0"), TurnStarted(1, user(prompt))]
    if todos:
        events.append(TodosChanged(tuple(todos), "model"))
    events.append(ModelReplied(Completion(Message("assistant", (Text(reply),), "model"), cost=cost)))
    if stop is not None:
        events.append(TurnStopped(stop, ""))
    rows: list[Row] = []
    for seq, event in enumerate(events, start=1):
        rows.append(make_row(seq, begun, event, 0 if seq == 1 else 1))
    write_log(sessions_dir(workspace) / name, iter(rows))
    return name
