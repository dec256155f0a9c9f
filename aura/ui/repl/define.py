"""What a plain terminal and the talk on it know of each other."""

from collections.abc import Sequence
from typing import Protocol

from aura.core.facts import CommandFact
from aura.ui.repl.sheet import Span


class Listener(Protocol):
    """Whoever is told what a person types and presses, and says what stands in the prompt."""

    def enter(self, line: str) -> None:
        """A line was entered."""
        ...

    def queue(self, line: str) -> None:
        """A line shall wait until what runs is over."""
        ...

    def press_stop(self) -> None:
        """Ctrl+C."""
        ...

    def press_end(self) -> None:
        """Ctrl+D with nothing typed, or the end of input."""
        ...

    def press_auto(self) -> bool:
        """Ctrl+A; whether the caret shall go to the start of the line."""
        ...

    @property
    def wants_emacs(self) -> bool:
        """Whether Ctrl+A goes to the start of the line."""
        ...

    def press_cancel(self) -> None:
        """Esc."""
        ...

    @property
    def is_asking(self) -> bool:
        """Whether something waits for an answer."""
        ...

    @property
    def is_working(self) -> bool:
        """Whether a turn runs."""
        ...

    @property
    def prompt(self) -> str:
        """What stands before the caret."""
        ...

    def gauges(self, width: int) -> Sequence[Span]:
        """The line below the prompt."""
        ...

    def commands(self) -> Sequence[CommandFact]:
        """The slash commands that there are."""
        ...


class LineTerminal(Protocol):
    """A terminal with a prompt at its end, above which lines are printed.

    `has_gauges` when there is a line below the prompt, `keeps_lines` when a line that was typed stays where it was.
    """

    is_focused: bool
    has_gauges: bool
    keeps_lines: bool

    @property
    def draft(self) -> str:
        """What is typed and not sent."""
        ...

    def clear(self) -> None:
        """Take away what is typed; a key brings it back."""
        ...

    def put_aside(self) -> None:
        """Take away what is typed until `bring_back`."""
        ...

    def bring_back(self) -> None:
        """Put what was taken aside back, if nothing was typed since."""
        ...

    @property
    def width(self) -> int:
        """Its width in cells."""
        ...

    def print(self, text: str) -> None:
        """Print whole lines above the prompt."""
        ...

    def refresh(self) -> None:
        """Show the prompt and what is below it anew."""
        ...

    def send(self, sequence: str) -> None:
        """Send a sequence that shows nothing."""
        ...

    async def run(self, typed: str = "") -> None:
        """Take what is typed until it is closed; `typed` is there already."""
        ...

    def close(self) -> None:
        """Let `run` return; what is printed later is still seen."""
        ...
