"""A screen with nothing but the prompt on it, and what it was told."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from textual.app import App, ComposeResult
from textual.events import Paste
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Static

from aura.core.facts import CommandFact, Facts
from aura.core.turn import Turn
from aura.ui.tui.prompt import Prompt
from aura.ui.tui.snapshot import Snapshot, State

COMMANDS = (
    CommandFact("help", "Lists the commands", "/help"),
    CommandFact("model", "Shows or switches the model", "/model NAME"),
    CommandFact("mode", "Switches the permission mode", "/mode NAME"),
)


def make_snapshot(
    workspace: Path | str,
    state: State = "idle",
    *,
    auto: bool = False,
    queue: Mapping[str, str] | None = None,
) -> Snapshot:
    """Where a session stands, as far as the prompt cares."""
    turn = Turn()
    turn = replace(
        turn,
        switches=replace(turn.switches, auto=auto),
        rest=replace(turn.rest, queue=dict(queue or {})),
    )
    return Snapshot(Facts("s1", str(workspace), commands=COMMANDS), turn, state)


class PromptApp(App[None]):
    """The prompt below an empty rest; `told` is what it posted, in order."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "#rest { height: 1fr; }"

    def __init__(self, workspace: Path, state: State = "idle") -> None:
        super().__init__()
        self.workspace = workspace
        self.state: State = state
        self.prompt = Prompt()
        self.told: list[Message] = []

    def compose(self) -> ComposeResult:
        yield Static(id="rest")
        yield self.prompt

    def on_mount(self) -> None:
        self.prompt.show(make_snapshot(self.workspace, self.state))

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        self.told.append(event)

    def on_prompt_steered(self, event: Prompt.Steered) -> None:
        self.told.append(event)

    def on_prompt_queued(self, event: Prompt.Queued) -> None:
        self.told.append(event)

    def on_prompt_sent_now(self, event: Prompt.SentNow) -> None:
        self.told.append(event)

    def on_prompt_queue_edited(self, event: Prompt.QueueEdited) -> None:
        self.told.append(event)

    def on_prompt_help_wanted(self, event: Prompt.HelpWanted) -> None:
        self.told.append(event)

    def on_prompt_palette_wanted(self, event: Prompt.PaletteWanted) -> None:
        self.told.append(event)

    def on_prompt_away_left(self, event: Prompt.AwayLeft) -> None:
        self.told.append(event)

    def on_written_hint(self, event: Prompt.Hint) -> None:
        self.told.append(event)

    @property
    def heard(self) -> list[tuple[str, str]]:
        """What was told: its name, and its text."""
        return [(type(one).__name__, getattr(one, "text", "")) for one in self.told]


async def write(pilot: Pilot[None], text: str) -> None:
    """Write at the caret, as typing does, but all at once."""
    assert isinstance(pilot.app, PromptApp)
    pilot.app.prompt.insert(text)
    await pilot.pause()


async def paste(pilot: Pilot[None], text: str) -> None:
    """Paste a text where the focus is."""
    pilot.app.post_message(Paste(text))
    await pilot.pause()
