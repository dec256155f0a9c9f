"""What words become before a command sees them: variables, the home folder, the folder a command runs in."""

import itertools
import os
import re
from dataclasses import dataclass, field

from aura.safety.places import Places
from aura.safety.words import Simple, Word

GLOB = re.compile(r"[*?\[]")
MOST_VALUES = 32

Place = tuple[str, bool, dict[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument after expansion: every value it may have (none: it cannot be told), and how it is written."""

    values: tuple[str, ...]
    raw: str
    glob: bool = False

    @property
    def text(self) -> str:
        """Its value when there is exactly one, otherwise how it is written."""
        return self.values[0] if len(self.values) == 1 else self.raw


@dataclass
class Expansion:
    """The folder and the variables at one point of a shell text, as far as they are known.

    `cwd` is empty when the folder cannot be told; a variable without values is one that cannot be told.
    """

    places: Places
    cwd: str = ""
    variables: dict[str, tuple[str, ...]] = field(default_factory=dict)
    doubtful: bool = False

    def place(self) -> Place:
        return self.cwd, self.doubtful, dict(self.variables)

    def return_to(self, place: Place) -> None:
        self.cwd, self.doubtful, self.variables = place[0], place[1], dict(place[2])

    def settle(self, simple: Simple, before: Place) -> None:
        """Decide where the next command runs: a `cd` in a pipe changes nothing, one that may fail perhaps."""
        if simple.piped or simple.then in ("|", "|&", "&"):
            self.return_to(before)
        elif self.cwd != before[0]:
            self.doubtful = not os.path.isdir(self.cwd)  # noqa: PTH112 - Path raises where a folder is closed
        if self.doubtful and simple.then != "&&":
            self.cwd = ""

    def set_variable(self, name: str, values: tuple[str, ...]) -> None:
        """A variable may hold these values from here on; an older one too, for the assignment may be skipped."""
        older = self.variables.get(name, values)
        self.variables[name] = tuple(dict.fromkeys((*older, *values))) if older and values else ()

    def expand(self, word: Word) -> list[Arg]:
        """The arguments that a word becomes; a variable without quotes may become several."""
        options: list[list[str]] = [[""]]
        glob = splits = False
        for index, piece in enumerate(word.pieces):
            values = self._value_of(piece.kind, piece.text)
            if index == 0 and piece.kind == "text" and not piece.quoted and piece.text.startswith("~"):
                values = self._tilde(piece.text)
            glob = glob or (not piece.quoted and any(GLOB.search(value) for value in values))
            splits = splits or (
                piece.kind == "variable" and not piece.quoted and any(re.search(r"\s", one) for one in values)
            )
            options.append(list(values))
        if any(not values for values in options):
            return [Arg((), word.raw)]
        joined = tuple(
            "".join(parts) for parts in itertools.islice(itertools.product(*options), MOST_VALUES + 1)
        )
        if len(joined) > MOST_VALUES or (splits and len(joined) > 1):
            return [Arg((), word.raw)]
        if splits:
            return [Arg((text,), word.raw, glob) for text in joined[0].split()]
        return [
            Arg(
                joined,
                word.raw,
                glob
                or any(piece.kind == "variable" and GLOB.search(v) for piece in word.pieces for v in joined),
            )
        ]

    def _value_of(self, kind: str, text: str) -> tuple[str, ...]:
        if kind == "variable":
            known = {"HOME": (self.places.spelled_home,), "PWD": (self.cwd,) if self.cwd else ()}
            return self.variables.get(text, known.get(text, ()))
        if kind == "command":
            return (text,) if text else ()
        return (text,) if kind == "text" else ()

    def _tilde(self, text: str) -> tuple[str, ...]:
        if text == "~" or text.startswith("~/"):
            return (self.places.spelled_home + text[1:],)
        return ()
