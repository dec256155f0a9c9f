"""The dialog that waits for the new key of an action."""

from collections.abc import Mapping

from rich.text import Text
from textual import events
from textual.app import ComposeResult

from aura.ui.tui.actions import Action, name_key
from aura.ui.tui.docks.define import Dock, consume
from aura.ui.tui.docks.results import KeyChosen
from aura.ui.tui.hotkeys import find_fault
from aura.ui.tui.lines import Lines

KEYS = "press the new key · Backspace the usual one · Esc leave it as it is"


class KeyDock(Dock):
    """Takes the next key for an action; `result` is a `KeyChosen`, or None. All keys come here, also the app's own."""

    takes_all_keys = True

    def __init__(self, action: Action, actions: Mapping[str, Action]) -> None:
        self._action = action
        self._actions = actions
        self.lines = Lines()
        super().__init__(f"Another key for {action.name}", KEYS)

    def compose_body(self) -> ComposeResult:
        """What is changed."""
        yield self.lines

    def restyle(self) -> None:
        """Paint anew."""
        now = " or ".join(name_key(key) for key in self._action.keys) or "no key"
        self.lines.show([Text(f"{self._action.title}: {now}", self.look.style("text"))])

    def on_mount(self) -> None:
        """Say it."""
        self.restyle()

    def take_key(self, event: events.Key) -> None:
        """Take any key: it is the new one, or there is a sentence why not."""
        if self.is_deaf or event.key in ("escape", "ctrl+c"):
            super().take_key(event)
            return
        consume(event)
        if event.key in ("backspace", "delete"):
            self.close(KeyChosen(self._action.name))
        elif fault := find_fault(self._actions, self._action.name, event.key):
            self.hint(fault)
        else:
            self.close(KeyChosen(self._action.name, event.key))
