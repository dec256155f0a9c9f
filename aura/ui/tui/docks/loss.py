"""The dialog after an engine ended unexpectedly."""

from textual.app import ComposeResult

from aura.core.text import clean
from aura.ui.tui.docks.choices import Choice
from aura.ui.tui.docks.define import Dock
from aura.ui.tui.docks.results import ActionChosen, QuitWanted
from aura.ui.tui.lines import Lines

KEYS = "letters or ↑↓ Enter answer · Esc look around first"


class LossDock(Dock):
    """Offers to start the engine anew and go on where the session was."""

    def __init__(self, sentence: str) -> None:
        self._sentence = clean(sentence)
        self.lines = Lines()
        super().__init__("The engine ended", KEYS)

    def compose_body(self) -> ComposeResult:
        """What happened, and what can be done."""
        yield self.lines
        yield self.offer(
            (Choice("restart", "r", "restart it and go on where it was"), Choice("quit", "q", "quit aura"))
        )

    def restyle(self) -> None:
        """Paint anew."""
        from rich.text import Text

        said = f"{self._sentence} What you typed is kept."
        self.lines.show([Text(said, self.look.style("text"))])

    def on_mount(self) -> None:
        """Say it."""
        self.restyle()

    def pick(self, choice: Choice) -> None:
        """Take the answer."""
        self.close(ActionChosen("restart") if choice.name == "restart" else QuitWanted())
