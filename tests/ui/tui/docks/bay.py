"""A small application with one dock in it, and a clock that stands still until it is moved."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from textual.app import App, ComposeResult
from textual.containers import Container
from textual.pilot import Pilot
from textual.widgets import Static

from aura.ui.look import Look
from aura.ui.tui.docks.define import DEAD_SECONDS, Dock
from aura.ui.tui.themes import make_theme

STILL = Look(motion=False)


class Clock:
    """Seconds that pass only by hand."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float = DEAD_SECONDS) -> None:
        """Let time pass."""
        self.now += seconds


class BayApp(App[None]):
    """Where a dock lies: something above it, something below."""

    CSS = "#above { height: 1fr; } #dock { height: auto; max-height: 75%; } #below { height: 3; }"

    def __init__(self, dock: Dock, look: Look) -> None:
        super().__init__(ansi_color=None if look.colour else True)
        self.dock, self.look = dock, look
        self.closed: list[Any] = []
        self.strayed: list[str] = []

    def compose(self) -> ComposeResult:
        yield Static("above", id="above")
        yield Container(id="dock")
        yield Static("below", id="below")

    async def on_mount(self) -> None:
        """Show the dock as the application does."""
        theme = make_theme(self.look)
        self.register_theme(theme)
        self.theme = theme.name
        await self.show(self.dock)

    async def show(self, dock: Dock) -> None:
        """Show a dock."""
        self.dock = dock
        dock.look = self.look
        await self.query_one("#dock").mount(dock)
        dock.focus()

    async def on_dock_closed(self, event: Dock.Closed) -> None:
        """Note what came of it, and take it away."""
        self.closed.append(event.dock.result)
        await event.dock.remove()

    def on_dock_strayed(self, event: Dock.Strayed) -> None:
        """Note what belongs to the prompt."""
        self.strayed.append(event.text)


class Bay:
    """The application, its pilot and what is on its screen."""

    def __init__(self, app: BayApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def lines(self) -> list[str]:
        """The screen as lines of text."""
        strips = self.app.screen._compositor.render_strips(self.app.size)
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    @property
    def text(self) -> str:
        """The same in one piece."""
        return "\n".join(self.lines)

    @property
    def colours(self) -> set[str]:
        """Every colour on the screen that is not the terminal's own."""
        strips = self.app.screen._compositor.render_strips(self.app.size)
        styles = [segment.style for strip in strips for segment in strip if segment.style]
        every = [colour for style in styles for colour in (style.color, style.bgcolor) if colour is not None]
        return {colour.name for colour in every if not colour.is_default}

    @property
    def result(self) -> Any:
        """What came of the dock; it has to be closed, once."""
        assert len(self.app.closed) == 1, self.text
        return self.app.closed[0]

    async def next(self, dock: Dock, clock: Clock) -> None:
        """Another dock, after the one before is closed; the time in which keys do not count is over."""
        self.app.closed.clear()
        await self.app.show(dock)
        await self.until_shown()
        clock.wait()

    async def until_shown(self) -> None:
        """Return when the dock is on the screen, and the time in which keys do not count has begun."""
        for _ in range(1000):
            await self.pilot.pause(0.001)
            if self.app.dock._dead_until != float("inf") or self.app.dock.is_closed:
                return
        raise AssertionError(self.text)

    async def press(self, *keys: str) -> None:
        """Press keys one after the other and let them take effect."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def click(self, text: str) -> None:
        """Click on the first place where a text stands."""
        line = next(number for number, shown in enumerate(self.lines) if text in shown)
        await self.pilot.click(offset=(self.lines[line].index(text), line))
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Press the key of each character."""
        await self.press(*("space" if character == " " else character for character in text))


@contextlib.asynccontextmanager
async def bay(
    dock: Dock,
    clock: Clock | None = None,
    *,
    size: tuple[int, int] = (80, 24),
    look: Look = STILL,
) -> AsyncIterator[Bay]:
    """The dock on a screen; with its clock, the time in which keys do not count is over."""
    app = BayApp(dock, look)
    async with app.run_test(size=size) as pilot:
        place = Bay(app, pilot)
        await place.until_shown()
        await pilot.pause()
        if clock is not None:
            clock.wait()
        yield place
