"""What stands on the border of the prompt and in it while it is empty: mode, state, queue, keys."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.text import Text
from textual.color import Color
from textual.containers import Vertical
from textual.css.types import EdgeType

from aura.core.text import shorten
from aura.ui.look import Look
from aura.ui.tui.snapshot import BUSY, Snapshot, State

QUEUE_LINE = 500  # characters of a queued prompt that are looked at
WORDS: dict[State, str] = {
    "starting": "starting",
    "closed": "not open",
    "working": "working",
    "stopping": "stopping",
    "asking": "waits for you",
    "lost": "engine gone",
}
PREFIXES = "@ file  / command  ! shell"
PLACEHOLDERS: dict[State, tuple[str, ...]] = {
    "starting": (f"Type ahead: Enter sends it once the session is open · {PREFIXES}", "Type ahead"),
    "closed": (
        f"Nothing is open yet: Enter tries again with what you type · {PREFIXES}",
        "Enter tries again",
    ),
    "idle": (f"What should we do? {PREFIXES}", "What should we do?"),
    "working": (
        f"Steer the run · Enter sends at the next step · {PREFIXES}",
        f"Steer the run at the next step · {PREFIXES}",
        "Steer the run",
    ),
    "stopping": ("Stopping · what you type is kept", "Stopping"),
    "asking": ("Answer above, or say something at the next step", "Answer above"),
    "lost": ("The engine is gone · what you type is kept", "The engine is gone"),
}


class Frame(Vertical):
    """A border with words on it."""

    DEFAULT_CSS = """
    Frame { height: auto; border: round $foreground; padding: 0 1; border-subtitle-align: right; }
    """

    def paint(
        self, title: Text, subtitle: Text, colour: RichColor | None, *, is_bold: bool, is_plain: bool = False
    ) -> None:
        """Other words, another colour; without one a heavy line tells what matters, where there is more than ASCII."""
        self.border_title, self.border_subtitle = title, subtitle
        heavy = is_bold and colour is None
        kind: EdgeType = "ascii" if is_plain else "heavy" if heavy else "round"
        shown = Color.parse("ansi_default") if colour is None else Color.from_rich_color(colour)
        self.styles.border = (kind, shown)


@dataclass(frozen=True, slots=True)
class Typing:
    """What is being typed, as far as the border tells it: `note` is what an open list says."""

    is_empty: bool = True
    is_shell: bool = False
    lines: int = 1
    note: str = ""


def write_title(snapshot: Snapshot | None, typing: Typing, look: Look) -> Text:
    """`ask`, or `● AUTO · working · todo 3/5`; a shell line says so first."""
    title = Text()
    muted = look.style("muted")
    if typing.is_shell:
        title.append("! shell", look.style("warn"))
    elif snapshot is None or not snapshot.turn.auto:
        title.append(snapshot.turn.switches.mode.value if snapshot else "ask", look.style("strong"))
    else:
        title.append(f"{look.signs.auto} AUTO", look.style("accent"))
    if snapshot is None:
        return title
    if word := WORDS.get(snapshot.state):
        sign = {"asking": look.signs.hand, "lost": look.signs.failed}.get(snapshot.state, "")
        role = {"asking": "accent", "lost": "bad"}.get(snapshot.state, "muted")
        title.append(f" {look.signs.dot} ", muted)
        title.append(f"{sign} {word}".strip(), look.style(role))  # type: ignore[arg-type]
    if todos := snapshot.turn.todos:
        done = sum(todo.status in ("completed", "cancelled") for todo in todos)
        title.append(f" {look.signs.dot} todo {done}/{len(todos)}", muted)
    return title


def write_subtitle(snapshot: Snapshot | None, typing: Typing, look: Look, width: int) -> Text:
    """`2 queued ↑`, and the keys that matter while something is typed; as much as fits."""
    parts: list[str] = []
    if typing.note:
        parts.append(typing.note)
    elif typing.is_empty:
        pass
    elif snapshot is not None and snapshot.state in BUSY:
        parts += ["Enter steer", "Tab queue", "Ctrl+S now"]
    elif typing.lines > 1:
        parts.append(f"{typing.lines} lines")
    if snapshot is not None and (queue := snapshot.turn.rest.queue):
        parts.append(f"{len(queue)} queued {look.signs.arrow_up}")
    between = f" {look.signs.dot} "
    while parts and cell_len(between.join(parts)) > width - 6:
        parts.pop(0)
    return Text(between.join(parts), look.style("muted"))


def write_placeholder(snapshot: Snapshot | None, width: int) -> str:
    """What an empty prompt says, in one line of `width` cells."""
    every = PLACEHOLDERS[snapshot.state if snapshot else "starting"]
    return next((text for text in every if cell_len(text) <= width), every[-1][:width])


def write_queue(queue: Sequence[str], look: Look, width: int) -> Text:
    """`next: run the tests  +1 more`: what is taken when all that runs is over."""
    line = Text(no_wrap=True, overflow="ellipsis", end="")
    if queue:
        more = f"  +{len(queue) - 1} more" if len(queue) > 1 else ""
        text = shorten(queue[0][:QUEUE_LINE], max(8, width - 10 - len(more)))
        line.append("  next: ", look.style("muted"))
        line.append(text, look.style("text"))
        line.append(more, look.style("muted"))
    return line
