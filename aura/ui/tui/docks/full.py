"""The whole screen for what a dock shows a part of."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from aura.core.evidence import FileChange
from aura.ui.cells import tidy_line
from aura.ui.look import ASCII, Look
from aura.ui.tui.docks.calls import paint_changes
from aura.ui.tui.docks.choices import spell
from aura.ui.tui.docks.viewer import Make, Viewer

KEYS = "j k Space b g G scroll · f or Esc back"
SIDES = "d side by side or not · "


class FullScreen(ModalScreen[None]):
    """Lines on the whole screen, to read; nothing is decided here.

    `turn` makes the same lines look otherwise, for the key `d` (None: there is no other way).
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll('k')", show=False),
        Binding("down", "scroll('j')", show=False),
    ]
    DEFAULT_CSS = """
    FullScreen { background: $background; }
    FullScreen > Vertical { border: round $accent; border-title-color: $text; border-subtitle-color: $text-muted;
                            border-subtitle-align: left; padding: 0 1; height: 100%; }
    FullScreen > Vertical.-ascii { border: ascii $accent; }
    FullScreen Viewer { height: 1fr; }
    """

    def __init__(self, title: str, make: Make, look: Look, turn: Callable[[], None] | None = None) -> None:
        super().__init__()
        self._turn = turn
        self._title = title
        self._look = look
        self._viewer = Viewer(make)
        self._viewer.look = look
        self._box = Vertical(self._viewer, classes="-ascii" if look.signs.ellipsis == ASCII.ellipsis else "")

    def compose(self) -> ComposeResult:
        yield self._box

    def on_mount(self) -> None:
        self._box.border_title = Content(spell(tidy_line(self._title), self._look.signs))
        self._show_place()

    def on_viewer_moved(self, event: Viewer.Moved) -> None:
        event.stop()
        self._show_place()

    def _show_place(self) -> None:
        first, last, total = self._viewer.seen
        said = f"lines {first}-{last} of {total} · {SIDES if self._turn else ''}{KEYS}"
        self._box.border_subtitle = Content(spell(said, self._look.signs))

    def action_scroll(self, key: str) -> None:
        """↑ and ↓."""
        self._viewer.press(key)

    def on_key(self, event: events.Key) -> None:
        """Every key but those of the app."""
        if event.key in ("f", "q", "escape", "ctrl+c", "enter"):
            event.stop()
            self.dismiss()
        elif event.key == "d" and self._turn is not None:
            event.stop()
            self._turn()
            self._viewer.renew()
        elif self._viewer.press(event.key) or event.is_printable or event.key == "ctrl+a":
            event.stop()

    def on_paste(self, event: events.Paste) -> None:
        """Pasted text means nothing here."""
        event.stop()


def make_sides(title: str, changes: Sequence[FileChange], look: Look) -> FullScreen:
    """A screen with changes in two columns, or in one."""
    beside = True

    def turn() -> None:
        nonlocal beside
        beside = not beside

    return FullScreen(
        title, lambda look, width: paint_changes(changes, look, width, beside=beside), look, turn
    )
