"""What comes of the docks that people open themselves; the app carries it out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aura.app.session import Others


@dataclass(frozen=True, slots=True)
class SessionChosen:
    """Another session is wanted: its id, the folder it works in, and whether a copy of it is to be gone on with."""

    id: str
    workspace: str
    fork: bool = False


@dataclass(frozen=True, slots=True)
class PlaceChosen:
    """The session is to go back to how it was after event `to`: its files, its conversation, or both.

    With `branch` a copy of it goes back, and this one stays as it is. `conflicts` are the paths that a person changed
    since the session did; `choice` is what becomes of those (None: nobody was asked yet).
    """

    to: int
    files: bool
    conversation: bool
    conflicts: tuple[str, ...] = ()
    choice: Others | None = None
    branch: bool = False


@dataclass(frozen=True, slots=True)
class ModelChosen:
    """Another model or level of thinking is wanted; what is empty stays."""

    model: str = ""
    thinking: str = ""


@dataclass(frozen=True, slots=True)
class ThemeChosen:
    """Other colours are wanted: auto, or the name of a palette."""

    name: str


@dataclass(frozen=True, slots=True)
class ActionChosen:
    """An action is to be run, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class LineChosen:
    """A slash command was chosen: it is sent, or (`send` false) put into the prompt, because it wants more words."""

    line: str
    send: bool = True


@dataclass(frozen=True, slots=True)
class Again:
    """The session is to be opened again, with these settings over those of before.

    `demo` takes the demo's model, `fork` goes on in a copy, `fresh` begins a new session.
    """

    flags: Mapping[str, str] = field(default_factory=dict)
    demo: bool = False
    fork: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class EditWanted:
    """A file is to be opened in the person's editor, at a line (0: none), and then tried again."""

    file: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class KeyWanted:
    """Another key is to be chosen for an action."""

    name: str


@dataclass(frozen=True, slots=True)
class KeyChosen:
    """An action gets another key (empty: its usual one)."""

    name: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class QuitWanted:
    """aura is to end."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """The folder is trusted from now on; it counts when the session is opened anew."""
