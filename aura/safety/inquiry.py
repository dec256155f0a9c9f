"""Walks through the commands of a shell text and collects what they would do.

What each program does with its arguments is told by profiles (see `programs`); here is what holds for all of them:
words, variables, folders, paths, redirections, and commands that run other commands.
"""

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from pathlib import PurePath

from aura.safety.danger import CODE_LOADING, find_danger
from aura.safety.expansion import GLOB, MOST_VALUES, Arg, Expansion
from aura.safety.places import is_below
from aura.safety.script import read_script
from aura.safety.words import Simple, Unreadable, Word

DEEPEST = 12
HIDDEN = (".env", ".env.local", "id_rsa", "id_ed25519")  # what a pattern may find without naming it
TRANSPARENT = frozenset(
    ["timeout", "nice", "nohup", "time", "command", "builtin", "stdbuf", "setsid", "ionice"]
)
HARMLESS_VALUES = (("cat",), ("true",), ("",), ("0",), ("1",))
BIN = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/homebrew/bin")


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


Profile = Callable[["Inquiry", Command], None]


@dataclass
class Inquiry(Expansion):
    """What has been seen so far; `note` and the path methods add to it."""

    profiles: Mapping[str, Profile] = field(default_factory=dict)
    reasons: dict[Level, str] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    ran: list[Ran] = field(default_factory=list)
    level: Level = Level.FREE
    fetches: bool = False
    decodes: bool = False
    depth: int = 0
    text: str = ""

    def note(self, level: Level, reason: str) -> None:
        """Something was seen; the first reason of each level is kept."""
        self.level = max(self.level, level)
        if level is not Level.FREE:
            self.reasons.setdefault(level, reason)

    # --- texts

    def read_text(self, text: str, *, apart: bool = False) -> None:
        """Look at a shell text, also one inside another command; `apart` when another shell runs it."""
        if self.depth >= DEEPEST:
            self.note(Level.CONSENT, "it is nested too deeply")
            return
        self.depth += 1
        self.text = self.text or text
        outer = self.place()
        try:
            script = read_script(text)
        except Unreadable as problem:
            self.note(Level.CONSENT, f"it cannot be read for certain: {problem}")
            self._note_danger(text)
        else:
            for oddity in script.odd:
                self.note(Level.CONSENT, oddity)
                self._note_danger(text)
            self.read_commands(script.commands)
        if apart:
            self.return_to(outer)
        self.depth -= 1

    def read_commands(self, commands: Iterable[Simple]) -> None:
        """Look at simple commands in order; what a subshell does to folder and variables ends with it."""
        outside = []
        for simple in commands:
            if simple.scope == "(":
                outside.append(self.place())
            elif simple.scope == ")":
                self.return_to(outside.pop())
            outer, self.level = self.level, Level.FREE
            before = self.place()
            self._read_simple(simple)
            self.settle(simple, before)
            if self.level >= Level.CONSENT:
                self._note_danger(_spell(simple))
            self.level = max(outer, self.level)

    def _note_danger(self, text: str) -> None:
        danger = find_danger(text)
        if danger:
            self.note(Level.FLOOR, danger)

    def _read_simple(self, simple: Simple) -> None:
        for word in _words_of(simple):
            for piece in word.pieces:
                outer = self.place()
                self.read_commands(piece.commands)
                self.return_to(outer)
        if simple.loop:
            values = [
                value for word in simple.words for arg in self.expand(word) for value in arg.values or (None,)
            ]
            known = tuple(value for value in values if value is not None)
            self.set_variable(simple.loop, known if len(known) == len(values) <= MOST_VALUES else ())
            return
        for name, word in simple.assignments:
            self._assign(name, word, alone=not simple.words)
        args = [arg for word in simple.words for arg in self.expand(word)]
        plain = not simple.assignments and all(word.literal is not None for word in simple.words)
        for redirect in simple.redirects:
            plain = self._redirect(redirect.sign, redirect.target) and plain
        if args:
            self._read_argv(simple, args, plain=plain)

    def _read_argv(self, simple: Simple, args: list[Arg], *, plain: bool) -> None:
        name = args[0]
        if not simple.words or simple.words[0].literal is None or len(name.values) != 1:
            self.note(Level.CONSENT, f"the name of the command is computed ({name.raw})")
        documents = [one.target for one in simple.redirects if one.sign in ("<<", "<<<")]
        document = self._document(documents[-1]) if documents else None
        command = Command(name.text, tuple(args[1:]), simple.piped, document, _spell(simple), plain)
        if name.values:
            self.run(command)
        else:
            self.ran.append(Ran((name.raw, *command.texts), Level.CONSENT, plain=False))

    def _document(self, word: Word) -> str | None:
        values = [value for arg in self.expand(word) for value in arg.values]
        return " ".join(values) if values else None

    def _assign(self, name: str, word: Word, *, alone: bool) -> None:
        values = [value for arg in self.expand(word) for value in arg.values]
        if name.startswith("AURA_"):
            self.note(Level.FLOOR, f"it changes aura's own settings ({name})")
        elif CODE_LOADING.fullmatch(name) and tuple(values) not in HARMLESS_VALUES:
            self.note(Level.CONSENT, f"{name} can make programs run other code")
            for value in values:
                self._read_quietly(value)
        if alone:
            self.set_variable(name, tuple(values) if len(values) == 1 else ())

    def _read_quietly(self, text: str) -> None:
        """Look at a text that may be a command, for what must never happen."""
        inner = Inquiry(
            self.places, self.cwd, dict(self.variables), profiles=self.profiles, depth=self.depth + 1
        )
        inner.read_text(text)
        if Level.FLOOR in inner.reasons:
            self.note(Level.FLOOR, inner.reasons[Level.FLOOR])

    def _redirect(self, sign: str, target: Word) -> bool:
        """Look at a redirection; whether it leaves files alone."""
        if sign in ("<<", "<<<") or (sign in (">&", "<&") and re.fullmatch(r"\d+-?|-", target.raw)):
            return True
        args = self.expand(target)
        for arg in args:
            if any(value.startswith(("/dev/tcp/", "/dev/udp/")) for value in arg.values):
                self.note(Level.FLOOR, "it opens a network connection from the shell")
            elif sign == "<":
                self.read(arg)
            else:
                self.write(arg)
        return all(value == "/dev/null" for arg in args for value in arg.values or ("",))

    # --- paths

    def read(self, *args: Arg) -> None:
        """Files that are read, or listed."""
        for arg in args:
            if not arg.values:
                self.note(Level.CONSENT, f"it reads what cannot be told beforehand ({arg.raw})")
            for value in arg.values:
                self._add(self.reads, value)
                name = PurePath(value).name
                if arg.glob and any(
                    fnmatch.fnmatchcase(secret, name) for secret in HIDDEN if name[0] == secret[0]
                ):
                    self._add(self.reads, str(PurePath(value).with_name(".env")))

    def write(self, *args: Arg) -> None:
        """Files that are written, made, moved or changed."""
        for arg in args:
            self.note(Level.CHANGES, f"it writes {arg.raw}")
            if not arg.values:
                self.note(Level.CONSENT, f"it writes where cannot be told beforehand ({arg.raw})")
            for value in arg.values:
                self._add(self.writes, value)

    def _add(self, paths: list[str], value: str) -> None:
        if not self.cwd and not value.startswith(("/", "~")):
            self.note(Level.CONSENT, "the folder it runs in cannot be told beforehand")
        path = self.places.resolve(value, self.cwd)
        if path not in paths:
            paths.append(path)

    # --- commands

    def run(self, command: Command) -> None:
        """Look at one command by the profile of its program, and keep what came of it."""
        outer, self.level = self.level, Level.FREE
        self._run(command)
        path = PurePath(command.name)
        name = path.name if str(path.parent) in BIN else command.name
        if name not in TRANSPARENT:
            self.ran.append(Ran((name, *command.texts), self.level, command.plain))
        self.level = max(outer, self.level)

    def _run(self, command: Command) -> None:
        name = command.name
        if not name.isascii():
            self.note(Level.CONSENT, f"the name of the command has odd characters ({name})")
        elif "/" in name:
            self._run_path(command)
        else:
            profile = self.profiles.get(name)
            if profile is None:
                self.note(Level.CONSENT, f"what {name} does is not known" if name else "it runs no command")
            else:
                profile(self, command)

    def run_all(self, words: Sequence[str], command: Command) -> None:
        """Look at a command that is given as words by another one."""
        self.run(command.inner([Arg((word,), word, GLOB.search(word) is not None) for word in words]))

    def _run_path(self, command: Command) -> None:
        """A program named by its path: one of the system's, or one of the project's own scripts."""
        path = self.places.resolve(command.name, self.cwd)
        folder, name = str(PurePath(path).parent), PurePath(path).name
        if folder in BIN:
            self._run(replace(command, name=name))
        elif is_below(path, self.places.workspace) and ".git" not in PurePath(path).parts:
            tool = self.profiles.get(name) if PurePath(folder).name in ("bin", ".bin") else None
            self.note(Level.CHANGES, f"it runs {command.name}")
            if tool is not None:
                tool(self, command)
        else:
            self.note(Level.CONSENT, f"it runs a program outside the workspace ({command.name})")


def _spell(simple: Simple) -> str:
    """A simple command as it is written, with its here-documents."""
    words = [f"{name}={word.raw}" for name, word in simple.assignments]
    words += [word.raw for word in simple.words]
    words += [f"{redirect.sign} {redirect.target.raw}" for redirect in simple.redirects]
    return " ".join(words)


def _words_of(simple: Simple) -> list[Word]:
    return [
        *simple.words,
        *(word for _, word in simple.assignments),
        *(redirect.target for redirect in simple.redirects),
    ]
