"""What words become before a command sees them: variables, the home folder, the folder a command runs in."""

import itertools
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from aura.safety.parameters import change_value
from aura.safety.places import Places
from aura.safety.words import PARAMETER, Piece, Simple, Word

GLOB = re.compile(r"[*?\[]")
BLANKS = re.compile(r"\s+")
MOST_VALUES = 32
COMPUTED = ("variable", "parameter", "command")

Place = tuple[str, bool, dict[str, tuple[str, ...]], dict[str, tuple["Arg", ...]]]


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

    `strict`: a command that fails ends the shell. `cwd` is empty when the folder cannot be told, and `perhaps` one that
    it may be; a variable without values is one that cannot be told.
    """

    places: Places
    cwd: str = ""
    variables: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lists: dict[str, tuple[Arg, ...]] = field(default_factory=dict)
    doubtful: bool = False
    perhaps: str = ""
    strict: bool = False

    def place(self) -> Place:
        return self.cwd, self.doubtful, dict(self.variables), dict(self.lists)

    def set_list(self, name: str, args: Sequence[Arg]) -> None:
        """An array, or the arguments of the shell (`@`), from here on; a name with `+` adds to what there is."""
        if name.endswith("+"):
            name = name[:-1]
            args = self.lists[name] = (*self.lists.get(name, ()), *args)
        older = self.lists.get(name, tuple(args))
        self.lists[name] = older if older == tuple(args) else (Arg((), f"${name}"),)
        if name == "@":
            for number, arg in enumerate(args[:9], 1):
                self.variables[str(number)] = arg.values
        elif args:
            self.variables[name] = args[0].values

    def return_to(self, place: Place) -> None:
        self.cwd, self.doubtful, self.variables, self.lists = (
            place[0],
            place[1],
            dict(place[2]),
            dict(place[3]),
        )

    def settle(self, simple: Simple, before: Place) -> None:
        """Decide where the next command runs: a `cd` in a pipe changes nothing, one that may fail perhaps."""
        if simple.piped or simple.then in ("|", "|&", "&"):
            self.return_to(before)
        elif self.cwd != before[0]:
            is_home = self.cwd == self.places.spelled_home
            self.doubtful = not (is_home or os.path.isdir(self.cwd))  # noqa: PTH112 - Path raises where it is closed
        if self.doubtful and simple.then != "&&" and not (self.strict and simple.then != "||"):
            self.perhaps, self.cwd = self.cwd or self.perhaps, ""

    def set_variable(self, name: str, values: tuple[str, ...]) -> None:
        """A variable may hold these values from here on; an older one too, for the assignment may be skipped."""
        older = self.variables.get(name, values)
        self.variables[name] = tuple(dict.fromkeys((*older, *values))) if older and values else ()

    def expand(self, word: Word) -> list[Arg]:
        """The arguments that a word becomes; a variable without quotes may become several."""
        if len(word.pieces) == 1:
            (only,) = word.pieces
            if only.kind == "list":
                return list(self.lists.get(only.text, (Arg((), word.raw),)))
            if only.kind == "text" and (only.quoted or not (only.text[:1] == "~" or GLOB.search(only.text))):
                return [Arg((only.text,), word.raw)]  # most words are plain
        options: list[list[str]] = [[""]]
        glob = splits = False
        blank = self._blanks()
        for index, piece in enumerate(word.pieces):
            values = self._value_of(piece)
            if index == 0 and piece.kind == "text" and not piece.quoted and piece.text.startswith("~"):
                values = self._tilde(piece.text)
            glob = glob or (not piece.quoted and any(GLOB.search(value) for value in values))
            splits = splits or (
                piece.kind in COMPUTED and not piece.quoted and any(blank.search(one) for one in values)
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
            return [Arg((text,), word.raw, glob) for text in blank.split(joined[0]) if text]
        return [
            Arg(
                joined,
                word.raw,
                glob
                or any(piece.kind in COMPUTED and GLOB.search(v) for piece in word.pieces for v in joined),
            )
        ]

    def _blanks(self) -> re.Pattern[str]:
        """What words are split at: blanks, and the signs that `IFS` was set to."""
        signs = "".join(self.variables.get("IFS", ()))
        return re.compile(rf"[\s{re.escape(signs)}]+") if signs else BLANKS

    def _value_of(self, piece: Piece) -> tuple[str, ...]:
        if piece.kind == "variable":
            return self._value_of_variable(piece.text)
        if piece.kind == "parameter":
            return self._value_of_parameter(piece.text)
        if piece.kind == "command":
            if not piece.commands and not piece.text:
                return ("",)
            printed = piece.text or self.tell_output(piece.commands)
            return (printed.rstrip("\n"),) if printed else ()
        return (piece.text,) if piece.kind == "text" else ()

    def _value_of_variable(self, name: str) -> tuple[str, ...]:
        known = {
            "HOME": (self.places.spelled_home,),
            "PWD": (self.cwd,) if self.cwd else (),
            "IFS": (" ",),
            "SHELL": ("/bin/bash",),
            "BASH": ("/bin/bash",),
            "!": ("%!",),  # the last job of this text
        }
        return self.variables.get(name, known.get(name, ()))

    def _value_of_parameter(self, content: str) -> tuple[str, ...]:
        found = PARAMETER.match(content)
        assert found is not None
        indirect, name, sign = found.groups()
        values = self._value_of_variable(name)
        if indirect:
            if sign or len(values) != 1:
                return ()
            return self._value_of_variable(values[0])
        return change_value(values, sign or "", content[found.end() :])

    def tell_output(self, commands: Sequence[Simple]) -> str:
        """What commands print, as far as it can be told without running them; empty when it cannot."""
        return ""

    def _tilde(self, text: str) -> tuple[str, ...]:
        if text == "~" or text.startswith("~/"):
            return (self.places.spelled_home + text[1:],)
        return ()
