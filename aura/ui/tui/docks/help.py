"""`?`: the keys, made from the table of actions, and how to talk to what runs."""

import asyncio
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from rich.cells import cell_len
from textual import events

from aura.ui.look import Signs
from aura.ui.tui.actions import GROUPS, Action, name_key
from aura.ui.tui.docks.choices import spell
from aura.ui.tui.docks.picker import Picker
from aura.ui.tui.docks.results import ActionChosen, KeyWanted
from aura.ui.tui.rows import GAP, Cell, Column, Row, lay_out, make_cell
from aura.ui.tui.working import start

PATIENCE = 0.5  # seconds that tmux has to say its prefix
COLUMNS = (
    Column(16, weight=5),  # keys
    Column(0, weight=9),
    Column(20, weight=1),  # slash command
)
CHROME = 7  # cells of a dock beside its rows: edges, padding, the cursor's sign, the scrollbar

SENDING = (
    ("Enter", "send; while work runs: steer, which is told to the model after the step that runs"),
    ("Tab", "complete; while work runs: queue it, to be sent when the run is over"),
    ("Ctrl+S", "while work runs: end the step and send at once"),
    ("Ctrl+J", "a new line, as Shift+Enter, Alt+Enter, or a backslash before Enter"),
    ("↑ ↓", "what was sent before; with something queued: edit that"),
    ("@  /  !  ?", "a file, a command, a shell line, these keys (at the start of a prompt)"),
)
AUTO = (
    "In auto mode aura goes on by itself until the work is done, a limit is reached or it needs you, and asks nobody. "
    "{keys} turns it on and off at any time, also while you type; it never sends, approves or starts anything. "
    "{first} twice in a row puts it back as it was and goes to the start of the line. "
    "Other ways: /auto, a click on the word in the header, aura --auto."
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the help: a heading (`left` empty), or something on the left and what it does."""

    left: str
    text: str
    slash: str = ""
    action: str = ""

    def spell(self, signs: Signs) -> "Line":
        """The line in signs that the terminal can show."""
        return replace(self, left=spell(self.left, signs), text=spell(self.text, signs))


class HelpDock(Picker):
    """Keys and words to read, filtered by typing; Enter on an action does it."""

    def __init__(self, actions: Mapping[str, Action], environ: Mapping[str, str] | None = None) -> None:
        self._actions = actions
        self._environ = os.environ if environ is None else environ
        self._note = ""
        super().__init__(
            "Keys", COLUMNS, keys="↑↓ · type to find · Enter do it · Ctrl+E another key · Esc close"
        )

    def on_mount(self) -> None:
        """Show the keys; what the terminal around takes away is found out meanwhile."""
        self._list()
        start(self, "help", self._look_around)

    async def _look_around(self) -> None:
        self._note = await asyncio.to_thread(find_clash, self._environ)
        if self._note:
            self._list()

    def on_resize(self) -> None:
        """Break the texts anew; Textual calls the picker's own as well."""
        self._list()

    def _list(self) -> None:
        lines = [line.spell(self.look.signs) for line in write_help(self._actions, self._note)]
        widest = [max(cell_len(text) for text in texts) for texts in zip(*map(_texts, lines), strict=True)]
        sizes = lay_out(COLUMNS, widest, max(24, self.size.width - CHROME))
        whole = sizes[1] + (sizes[2] + GAP if sizes[2] else 0)
        rows: list[Row] = []
        for number, line in enumerate(lines):
            rows += make_rows(number, line, sizes[1] if line.slash and sizes[2] else whole)
        if tuple(rows) != self.all:
            self.fill(rows)

    def find(self, query: str) -> list[Row]:
        """The rows that fit; the lines of a text stay together, headings go."""
        if not query:
            return list(self.all)
        found = dict.fromkeys(row.key.partition(".")[0] for row in super().find(query) if row.words)
        rows: list[Row] = []
        for number in found:
            rows += [row for row in self.all if row.key.partition(".")[0] == number]
        return rows

    def sift(self, key: str = "") -> None:
        """Show what fits; lines are not worth counting."""
        super().sift(key)
        self.entry.say("")

    def press(self, event: events.Key) -> bool:
        """Ctrl+E chooses another key for the action of a line; all other keys are those of a list."""
        if event.key != "ctrl+e":
            return super().press(event)
        row = self.list.current
        action = row.key.partition(":")[2] if row is not None else ""
        if action:
            self.close(KeyWanted(action))
        else:
            self.hint("This line is no action; move to one first.")
        return True

    def choose(self, row: Row) -> None:
        """Do the action of a line; a line without one is only read."""
        action = row.key.partition(":")[2]
        if action:
            self.close(ActionChosen(action))


def make_rows(number: int, line: Line, width: int) -> Iterable[Row]:
    """The rows of a line, its text broken to `width` cells."""
    if not line.left:
        if number:
            yield Row(f"{number}.gap", (Cell(), Cell(), Cell()))
        yield Row(f"{number}.head", (Cell(line.text, "strong"), Cell(), Cell()))
        return
    for part, text in enumerate(break_text(line.text, width)):
        is_first = part == 0
        cells = (
            Cell(line.left if is_first else "", "accent"),
            make_cell(text),
            make_cell(line.slash if is_first else "", "muted"),
        )
        yield Row(f"{number}.{part}:{line.action}", cells, f"{line.left} {line.text} {line.slash}")


def _texts(line: Line) -> tuple[str, str, str]:
    return line.left, line.text, line.slash


def break_text(text: str, width: int) -> list[str]:
    """The words of a text on lines of at most `width` cells, where a word allows it."""
    lines = [""]
    for word in text.split():
        if lines[-1] and cell_len(lines[-1]) + 1 + cell_len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def write_help(actions: Mapping[str, Action], note: str) -> Iterable[Line]:
    """The whole help, from top to bottom."""
    yield Line("", "Talk to it")
    for left, text in SENDING:
        yield Line(left, text)
    yield Line("", "Auto mode")
    keys = actions["auto"].keys if "auto" in actions else ()
    if keys:
        names = [name_key(key) for key in keys]
        yield Line(names[0], AUTO.format(keys=" or ".join(names), first=names[0]))
    if note:
        yield Line("!", note)
    groups = dict.fromkeys((*GROUPS, *(action.group for action in actions.values())))
    for group in groups:
        listed = [one for one in actions.values() if one.group == group and (one.keys or one.slash)]
        if listed:
            yield Line("", group)
        yield from map(_describe, listed)


def _describe(action: Action) -> Line:
    slash = f"/{action.slash} {action.usage}".strip() if action.slash else ""
    keys = " ".join(name_key(key) for key in action.keys[:2])
    return Line(keys or f"/{action.slash}", action.title, slash if keys else action.usage, action.name)


def find_clash(environ: Mapping[str, str]) -> str:
    """What to do where the terminal around takes Ctrl+A for itself, as a sentence; empty: it does not."""
    if environ.get("STY"):
        return "GNU screen takes Ctrl+A for itself here: press it twice, or Alt+A."
    if not environ.get("TMUX"):
        return ""
    keys = {read_prefix(environ, name) for name in ("prefix", "prefix2")}
    return "tmux takes Ctrl+A for itself here: press it twice, or Alt+A." if "C-a" in keys else ""


def read_prefix(environ: Mapping[str, str], name: str) -> str:
    """A prefix key of tmux; empty when it does not say."""
    try:
        done = subprocess.run(
            ["tmux", "show", "-gv", name],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            env=dict(environ),
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.match(rb"[\w-]+", done.stdout)
    return found[0].decode("ascii") if found else ""
