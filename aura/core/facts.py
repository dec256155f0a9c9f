"""What a face is told about its session beside the events: plain values that travel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class CommandFact:
    """A slash command that the session knows: its name without the slash, one line of help, how it is called.

    `title` is its entry in the palette (empty: none).
    """

    name: str
    help: str
    usage: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A section of the side panel, made by a plugin: a title and lines of plain text."""

    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds for a session as long as nothing is switched.

    `folder` is where its log lies (empty: nothing is kept), `window` the model's context in tokens (0: unknown),
    `priced` whether the model's price is known, `sandbox` the level that is enforced, `sandbox_asked` the mode that was
    asked for and `sandbox_missing` what is not covered, `ui` the settings of the interface by their names below `ui`,
    `notices` sentences for people.
    """

    session: str
    workspace: str
    folder: str = ""
    version: str = ""
    model: str = ""
    window: int = 0
    priced: bool = False
    sandbox: str = ""
    sandbox_asked: str = ""
    sandbox_missing: tuple[str, ...] = ()
    trusted: bool = True
    notices: tuple[str, ...] = ()
    commands: tuple[CommandFact, ...] = ()
    ui: Mapping[str, Any] = field(default_factory=dict)
