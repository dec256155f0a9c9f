"""The main screen: where the parts stand, and what they say to the app."""

from collections import deque

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal
from textual.events import Resize
from textual.message import Message
from textual.screen import Screen

from aura.ui.look import Look
from aura.ui.tui.compositor import LeanCompositor
from aura.ui.tui.docks.define import Dock
from aura.ui.tui.header import Header
from aura.ui.tui.panel import SidePanel
from aura.ui.tui.prompt import Prompt
from aura.ui.tui.snapshot import Snapshot
from aura.ui.tui.status import StatusLine
from aura.ui.tui.strips import Strips
from aura.ui.tui.transcript import Transcript
from aura.ui.tui.welcome import Welcome

WIDE = 100  # columns from which on there is a side panel
LOW = 20  # rows below which dialogs take less
TINY = (60, 16)  # columns and rows below which the strips go into the header


class Chat(Screen[None]):
    """Header, transcript and panel, strips, dock, prompt, status line."""

    class Concluded(Message):
        """A dialog is over; what came of it is to be done."""

        def __init__(self, dock: Dock) -> None:
            super().__init__()
            self.dock = dock

    AUTO_FOCUS = None
    DEFAULT_CSS = """
    Chat { layout: vertical; background: $background; }
    Chat #middle { height: 1fr; }
    Chat Transcript { width: 1fr; }
    Chat Welcome { display: none; height: auto; max-height: 100%; }
    Chat.-empty Welcome { display: block; }
    Chat.-empty Transcript { display: none; }
    Chat { overflow: hidden; }
    Chat #dock { height: auto; max-height: 75%; }
    Chat.-low #dock { max-height: 60%; }
    Chat SidePanel { display: none; }
    Chat.-panel SidePanel { display: block; }
    Chat Strips { display: none; }
    Chat.-strips Strips { display: block; }
    """

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._compositor = LeanCompositor()
        self.look = look
        self.header = Header()
        self.transcript = Transcript()
        self.welcome = Welcome()
        self.panel = SidePanel()
        self.strips = Strips()
        self.dock = Container(id="dock")
        self.prompt = Prompt()
        self.status = StatusLine()
        self._waiting: deque[Dock] = deque()
        self._wants_panel = True

    def compose(self) -> ComposeResult:
        """The parts from top to bottom."""
        yield self.header
        with Horizontal(id="middle"):
            yield self.welcome
            yield self.transcript
            yield self.panel
        yield self.strips
        yield self.dock
        yield self.prompt
        yield self.status

    def on_mount(self) -> None:
        """Give every part its look."""
        self.apply(self.look)
        self.set_class(True, "-empty")

    def apply(self, look: Look) -> None:
        """Another look for every part."""
        self.look = look
        for part in (
            self.header,
            self.transcript,
            self.welcome,
            self.panel,
            self.strips,
            self.prompt,
            self.status,
        ):
            part.look = look
        for dock in self.dock.query(Dock):
            dock.look = look

    def show(self, snapshot: Snapshot) -> None:
        """Tell the small parts where the session stands."""
        empty = snapshot.turn.number == 0 and self.transcript.is_empty
        self.set_class(empty, "-empty")
        if snapshot.turn.number:
            self.prompt.unsaid_in = ""
        if empty:
            self.welcome.show(snapshot)
        for part in (self.header, self.panel, self.strips, self.prompt, self.status):
            part.show(snapshot)

    def on_resize(self, event: Resize) -> None:
        """Choose what fits."""
        self._arrange()

    def _arrange(self) -> None:
        width, height = self.app.size
        wide = width >= WIDE
        self.set_class(wide and self._wants_panel, "-panel")
        self.set_class(height < LOW, "-low")
        self.set_class(not wide and width >= TINY[0] and height >= TINY[1] and self._wants_panel, "-strips")

    def toggle_panel(self) -> None:
        """Show or hide the side panel, or the strips in a narrow window."""
        self._wants_panel = not self._wants_panel
        self._arrange()

    # --- docks ---

    @property
    def docks(self) -> tuple[Dock, ...]:
        """The dialog that is open, then those that wait."""
        return (*self.dock.query(Dock), *self._waiting)

    async def open_dock(self, dock: Dock) -> None:
        """Show a dialog above the prompt, after those that are open."""
        dock.look = self.look
        if self.dock.query(Dock):
            self._waiting.append(dock)
            return
        await self.dock.mount(dock)
        self.call_after_refresh(dock.focus)

    async def cancel_dock(self) -> None:
        """Close the open dialog with its safe answer."""
        for dock in self.dock.query(Dock):
            dock.cancel()

    def settle(self, name: str) -> None:
        """What waited under a name waits no more: its dialog goes, wherever it was settled."""
        for dock in self.docks:
            dock.withdraw(name)

    @on(Dock.Closed)
    async def _after_dock(self, event: Dock.Closed) -> None:
        event.stop()
        await event.dock.remove()
        self.post_message(self.Concluded(event.dock))
        if self._waiting and not self.dock.query(Dock):
            following = self._waiting.popleft()
            await self.dock.mount(following)
            self.call_after_refresh(following.focus)
        elif not self.dock.query(Dock):
            self.prompt.focus()

    @on(Dock.Strayed)
    def _strayed(self, event: Dock.Strayed) -> None:
        event.stop()
        self.prompt.insert(event.text)
