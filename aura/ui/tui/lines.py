"""Some lines of text that take the height they need; long ones are broken."""

from collections.abc import Sequence

from rich.text import Text
from textual.geometry import Size
from textual.widget import Widget


class Lines(Widget):
    """Lines of text, never markup."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Lines { width: 100%; height: auto; }"

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[Text, ...] = ()

    def show(self, lines: Sequence[Text]) -> None:
        """Show other lines."""
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self.refresh(layout=True)

    def _break(self, width: int) -> list[Text]:
        broken: list[Text] = []
        for line in self._lines:
            broken += line.wrap(self.app.console, max(width, 8)) if line.cell_len > width else [line]
        return broken

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._break(width))

    def render(self) -> Text:
        """The lines."""
        return Text("\n", no_wrap=True, overflow="crop", end="").join(self._break(self.size.width))
