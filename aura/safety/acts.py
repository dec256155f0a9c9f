"""One simple command as profiles see it, how far it goes, and what was seen of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from aura.safety.expansion import Arg


class Level(IntEnum):
    """How far one command goes: harmless, changes something as work does, needs a person, never."""

    FREE = 0
    CHANGES = 1
    CONSENT = 2
    FLOOR = 3


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command with its words expanded; `document` is the fixed text of its standard input, if any."""

    name: str
    args: tuple[Arg, ...]
    piped: bool = False
    document: str | None = None
    raw: str = ""
    plain: bool = True

    @property
    def texts(self) -> tuple[str, ...]:
        """The arguments as texts."""
        return tuple(arg.text for arg in self.args)

    def inner(self, words: Sequence[Arg]) -> "Command":
        """The command that this one runs, given as its arguments; it gets the same standard input."""
        name = words[0].text if words else ""
        return Command(name, tuple(words[1:]), self.piped, self.document, self.raw, self.plain)


@dataclass(frozen=True, slots=True)
class Ran:
    """What was seen of one simple command."""

    argv: tuple[str, ...]
    level: Level
    plain: bool
    reason: str = ""


@dataclass
class Signs:
    """What the commands before this one in a text have done, as far as later ones are judged by it.

    `fetches`: something was downloaded, into `downloads` where that is known, or `unpacks` from it. `decodes`: a text
    may have been made readable, `disguised`: it was. `spills`: secrets were read or printed, `sends`: something goes to
    other machines. `packed`: archives, `written`: the texts of files that were made here, `links`: where links lead
    that were made here, `made`: copies that an edit kept, `built`: programs that a compiler made here of what lies
    in the workspace.
    `stages`: the commands that feed this one.
    """

    fetches: bool = False
    decodes: bool = False
    disguised: bool = False
    unpacks: bool = False
    spills: bool = False
    sends: bool = False
    downloads: list[str] = field(default_factory=list)
    packed: list[str] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    built: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    stages: list[tuple[str, ...]] = field(default_factory=list)
