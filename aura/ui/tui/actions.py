"""Everything a person can do besides typing: one table of actions, each with its keys, its slash command, its entry.

Keys, the palette, `/`-completion and the help are made from it. An action is an `async` function of the app, in one of
the `doing_*` modules.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aura.core.facts import CommandFact

Do = Callable[[Any, str], Awaitable[None]]  # the first is the `Window`


@dataclass(frozen=True, slots=True)
class Action:
    """One action: `title` is its palette entry, `slash` its command without the slash, with what may follow in `usage`.

    `keys` are Textual's names, the first is the one that is shown; `group` is the heading in the help. `hot` keys
    reach the action whatever has the focus. `run` gets the app and what follows the slash command.
    """

    name: str
    title: str
    group: str
    run: Do
    keys: tuple[str, ...] = ()
    slash: str = ""
    usage: str = ""
    hot: bool = True
    own: tuple[str, ...] = ()

    def is_hot(self, key: str) -> bool:
        """Whether a key of it reaches it whatever has the focus; those that were chosen for it (`own`) do."""
        return self.hot or key in self.own

    @property
    def fact(self) -> CommandFact:
        """The slash command as completion shows it."""
        return CommandFact(self.slash, self.title, f"/{self.slash} {self.usage}".rstrip())


GROUPS = ("Work", "Look back", "Session", "Screen")


PRESETS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "aura": {},
    "emacs": {"auto": ("alt+a",), "line_start": ("ctrl+a",)},
    "vim": {
        "page_up": ("pageup", "ctrl+b"),
        "page_down": ("pagedown", "ctrl+f"),
        "cursor_up": ("shift+up", "alt+k"),
        "cursor_down": ("shift+down", "alt+j"),
    },
    "go-aura": {"think": ("ctrl+r", "alt+t"), "history": ("alt+r",)},
}

# Letters that a preset gives to the transcript while it has the keys: what they do there.
LETTERS: Mapping[str, Mapping[str, str]] = {
    "vim": {"j": "cursor(1)", "k": "cursor(-1)", "g": "edge(-1)", "G": "edge(1)"},
}


def choose_keys(actions: Mapping[str, Action], preset: str, own: Mapping[str, str]) -> dict[str, Action]:
    """The actions with the keys of a preset and of the settings; `own` maps action names to keys, comma-separated."""
    changed = dict(actions)
    for name, keys in PRESETS.get(preset, {}).items():
        if name in changed:
            changed[name] = _give(changed[name], keys)
    for name, text in own.items():
        if name in changed:
            keys = tuple(key.strip() for key in text.split(",") if key.strip())
            changed[name] = _give(changed[name], keys)
    taken = {key for name in own for key in (changed[name].keys if name in changed else ())}
    return {
        name: action
        if name in own
        else replace(action, keys=tuple(key for key in action.keys if key not in taken))
        for name, action in changed.items()
    }


def _give(action: Action, keys: tuple[str, ...]) -> Action:
    return replace(action, keys=keys, own=tuple(key for key in keys if key not in action.keys))


SPOKEN = {
    "ctrl": "Ctrl",
    "alt": "Alt",
    "shift": "Shift",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "tab": "Tab",
    "end": "End",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "question_mark": "?",
    "escape": "Esc",
}


def name_key(key: str) -> str:
    """A key as people know it: `ctrl+a` is Ctrl+A."""
    parts = [
        SPOKEN.get(part, part.upper() if len(part) <= 3 else part.capitalize()) for part in key.split("+")
    ]
    return "+".join(parts)
