"""A small app around a transcript, and blocks whose lines are known."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from rich.segment import Segment
from textual import on
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input

from aura.core import events as ev
from aura.core.messages import MODEL, Message, Text
from aura.core.models import Completion
from aura.ui.blocks import Body
from aura.ui.look import Look
from aura.ui.tui.column import Column
from aura.ui.tui.transcript import Transcript


class Stage(App[None]):
    """A transcript above a line to type in; it keeps what it is asked to copy."""

    CSS = "Transcript { height: 1fr; } Input { height: 3; }"

    def __init__(self, column: Column | None = None) -> None:
        super().__init__()
        self.transcript = Transcript()
        if column is not None:
            self.transcript.column = column
        self.copied: list[str] = []
        self.seq = 0

    def compose(self) -> ComposeResult:
        yield self.transcript
        yield Input()

    @on(Transcript.Copied)
    def _copied(self, event: Transcript.Copied) -> None:
        self.copied.append(event.text)

    def take(self, event: ev.Event) -> None:
        """Have an event happen."""
        self.seq += ev.is_durable(event)
        self.transcript.take(ev.Recorded(self.seq if ev.is_durable(event) else 0, 1.0, event))

    def say(self, *texts: str) -> None:
        """Blocks with the given texts."""
        for text in texts:
            self.take(ev.ModelReplied(Completion(Message("assistant", (Text(text),), MODEL))))

    @property
    def shown(self) -> list[str]:
        """The text of every row."""
        transcript = self.transcript
        return [transcript.draw(y).text.rstrip() for y in range(transcript.frame.size[1])]


class Painter:
    """Paints a body as its words, as many to a line as fit; counts how often it is called."""

    def __init__(self, scale: int = 1) -> None:
        self.calls = 0
        self.scale = scale

    def __call__(self, body: Body, look: Look, width: int, *, expanded: bool, now: float) -> list[Strip]:
        self.calls += 1
        words = str(getattr(body, "text", type(body).__name__)).split()
        lines, line = list[str](), ""
        for word in words:
            if line and len(line) + 1 + len(word) > width:
                lines.append(line)
                line = ""
            line = f"{line} {word}".strip()
        lines = [*lines, line] * (2 if expanded else 1)
        return [Strip([Segment(one)]) for one in lines for _ in range(self.scale)]


@asynccontextmanager
async def staged(
    size: tuple[int, int] = (40, 13), paint: Painter | None = None
) -> AsyncIterator[tuple[Stage, Pilot[None]]]:
    """The app on a screen of so many columns and rows, three of which are not the transcript's."""
    app = Stage(Column(paint) if paint is not None else None)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        yield app, pilot


async def settled(pilot: Pilot[None], until: Callable[[], bool] = lambda: True) -> None:
    """Let everything be painted that waits for it, and something come true."""
    transcript = pilot.app.query_one(Transcript)
    for _ in range(400):
        await pilot.pause(0.01)
        if transcript.pulse.is_idle and until():
            return
    raise AssertionError("it did not come to rest")
