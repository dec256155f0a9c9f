"""Ctrl+P: everything that can be done, found by typing; what was used lately comes first."""

import contextlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from aura.config.paths import state_dir
from aura.core.facts import CommandFact, Facts
from aura.core.text import clean
from aura.ui.tui.actions import Action, name_key
from aura.ui.tui.docks.choices import spell
from aura.ui.tui.docks.picker import Picker
from aura.ui.tui.docks.results import ActionChosen, LineChosen
from aura.ui.tui.rows import Cell, Column, Row, make_cell

FILE = "palette.json"
KEEP = 20  # names
COLUMNS = (
    Column(0, weight=9),
    Column(22, weight=2),  # slash command
    Column(14, weight=3, right=True),  # keys
)
OPTIONAL = "[("


class PaletteDock(Picker):
    """The actions and the session's slash commands."""

    def __init__(self, actions: Mapping[str, Action], facts: Facts, kept: Path | None = None) -> None:
        self._actions = actions
        self._commands = {one.name: one for one in list_commands(actions, facts.commands)}
        self._kept = kept or state_dir() / FILE
        super().__init__("Do", COLUMNS, keys="Enter do it · type to find · Esc close")

    def on_mount(self) -> None:
        """List everything, what was used lately first."""
        rows = {row.key: row for row in (*self._list_actions(), *map(make_row, self._commands.values()))}
        recent = [name for name in read_recent(self._kept) if name in rows]
        self.fill([rows[name] for name in dict.fromkeys((*recent, *rows))])

    def _list_actions(self) -> Iterable[Row]:
        for action in self._actions.values():
            slash = f"/{action.slash}" if action.slash else ""
            keys = spell(name_key(action.keys[0]), self.look.signs) if action.keys else ""
            cells = (make_cell(action.title), make_cell(slash, "muted"), make_cell(keys, "accent"))
            yield Row(f"action:{action.name}", cells, f"{action.title} {slash} {keys} {action.group}")

    def choose(self, row: Row) -> None:
        """Run it, or put the beginning of its line into the prompt."""
        remember(self._kept, row.key)
        kind, _, name = row.key.partition(":")
        if kind == "action":
            self.close(ActionChosen(name))
        else:
            send = is_complete(self._commands[name])
            self.close(LineChosen(f"/{name}" if send else f"/{name} ", send=send))


def list_commands(actions: Mapping[str, Action], commands: Sequence[CommandFact]) -> list[CommandFact]:
    """The session's commands that are no actions, those with a title of their own first."""
    own = {action.slash for action in actions.values() if action.slash}
    others = [command for command in commands if command.name not in own]
    return sorted(others, key=lambda command: (not command.title, command.name))


def make_row(command: CommandFact) -> Row:
    """The row of a slash command."""
    usage = clean(command.usage) or f"/{clean(command.name)}"
    title = command.title or command.help
    cells = (make_cell(title), make_cell(usage, "muted"), Cell())
    return Row(f"command:{command.name}", cells, clean(f"{title} /{command.name} {command.help}"))


def is_complete(command: CommandFact) -> bool:
    """Whether a command can be called without more words: it has a title, or all that may follow is optional."""
    if command.title:
        return True
    rest = command.usage.partition(" ")[2].strip()
    return not rest or rest[0] in OPTIONAL


def read_recent(path: Path) -> list[str]:
    """What was chosen lately, the last first."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [name for name in kept if isinstance(name, str)][:KEEP] if isinstance(kept, list) else []


def remember(path: Path, name: str) -> None:
    """Put a name before the others; a disk that refuses is no matter here."""
    names = list(dict.fromkeys((name, *read_recent(path))))[:KEEP]
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        unfinished.write_text(json.dumps(names), encoding="utf-8")
        unfinished.replace(path)
