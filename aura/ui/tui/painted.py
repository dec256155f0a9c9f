"""A widget that paints a few lines from a snapshot, and only when they differ from what is on the screen."""

from textual.events import Resize
from textual.strip import Strip
from textual.widget import Widget

from aura.ui.look import Look
from aura.ui.tui.snapshot import Snapshot


class Painted(Widget):
    """Lines of a snapshot; a subclass says which in `paint`."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self.snapshot: Snapshot | None = None
        self._look = Look()
        self._lines: list[Strip] = []

    @property
    def look(self) -> Look:
        """How it looks; setting it paints anew."""
        return self._look

    @look.setter
    def look(self, look: Look) -> None:
        self._look = look
        self.repaint()

    def show(self, snapshot: Snapshot) -> None:
        """Show where the session stands."""
        self.snapshot = snapshot
        self.repaint()

    def paint(self, snapshot: Snapshot, width: int) -> list[Strip]:
        """The lines for `width` cells."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Paint, and touch the screen only if something differs."""
        if self.snapshot is None or not self.is_attached:
            return
        width = self.size.width or self.app.size.width
        lines = self.paint(self.snapshot, width)
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def on_mount(self) -> None:
        """Paint what was said before it was there."""
        self.repaint()

    def on_resize(self, event: Resize) -> None:
        """Another width, other lines."""
        self.repaint()

    def render_line(self, y: int) -> Strip:
        """One line from the cache."""
        if y < len(self._lines):
            return self._lines[y]
        return Strip.blank(self.size.width)
