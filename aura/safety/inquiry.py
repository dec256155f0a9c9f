"""Walks through the commands of a shell text and collects what they would do.

What each program does with its arguments is told by profiles (see `programs`); here is what holds for all of them:
words, variables, folders, paths, redirections, and commands that run other commands.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from aura.safety.acts import Command, Level, Ran
from aura.safety.danger import find_commands, find_danger, is_code_loading, loads_code
from aura.safety.expansion import COMPUTED, GLOB, MOST_VALUES, Arg
from aura.safety.findings import TOOL_SETTING
from aura.safety.functions import DEEPEST, Functions
from aura.safety.guesses import (
    Guesses,
    find_files,
    guess_name,
    look_at_arguments,
    look_at_rest,
    look_at_targets,
    look_for_spills,
    take_floor,
)
from aura.safety.places import is_below
from aura.safety.printed import FILTERS, FOUND, is_disguised, join_printed, prints_nothing, tell_printed
from aura.safety.script import read_script
from aura.safety.words import Simple, Unreadable, Word, spell, words_of

FETCHERS = ("curl", "wget")
TRANSPARENT = frozenset(
    ["timeout", "nice", "nohup", "time", "command", "builtin", "stdbuf", "setsid", "ionice"]
)
BIN = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/homebrew/bin")


Profile = Callable[["Inquiry", Command], None]


@dataclass
class Inquiry(Guesses):
    """What has been seen so far; `note` and the path methods add to it."""

    profiles: Mapping[str, Profile] = field(default_factory=dict)
    ran: list[Ran] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    functions: Functions = field(default_factory=Functions)
    given: str | None = None
    printed: str | None = ""
    following: Simple | None = None

    # --- texts

    def read_text(self, text: str, *, apart: bool = False) -> None:
        """Look at a shell text, also one inside another command; `apart` when another shell runs it."""
        if self.depth >= DEEPEST:
            self.note(Level.CONSENT, "it is nested too deeply")
            return
        self.depth += 1
        self.effort.characters += len(text)
        self.text = self.text or text
        self.seen.add(text)
        outer = self.place()
        try:
            script = read_script(text)
        except Unreadable as problem:
            self.note(Level.CONSENT, f"it cannot be read for certain: {problem}")
            self._note_danger(text)
            self.read_commands(problem.commands)
        else:
            for oddity in script.odd:
                self.note(Level.CONSENT, oddity)
                self._note_danger(text)
            self.read_commands(script.commands)
        if self.depth == 1:
            self.functions.look_at_rest(self)
        if apart:
            self.return_to(outer)
        self.depth -= 1

    def read_commands(self, commands: Iterable[Simple]) -> None:
        """Look at simple commands in order; what a subshell does to folder and variables ends with it."""
        outside = []
        waiting = list(commands)
        for index, simple in enumerate(waiting):
            self.following = waiting[index + 1] if simple.then == "|" and index + 1 < len(waiting) else None
            if simple.scope in ("(", "{"):
                outside.append((self.place(), self.printed))
                self.printed = ""
            elif simple.scope:
                place, printed = outside.pop()
                if simple.scope == ")":
                    self.return_to(place)
                self.given = self.printed if simple.then in ("|", "|&") else None
                self.printed = join_printed(printed, self.printed)
                continue
            if simple.function:
                self.functions.define(self, simple)
                continue
            self.effort.commands += 1
            if self.effort.is_spent:
                self.note(Level.CONSENT, "it is too much to be judged")
                self._note_danger(self.text)
                return
            outer, self.level = self.level, Level.FREE
            before = self.place()
            self.given = self.given if simple.piped else None
            self.signs.disguised = self.signs.disguised and simple.piped
            if not simple.piped:
                self.signs.stages.clear()
            self._read_simple(simple)
            is_fed = simple.then in ("|", "|&")
            told = self._tell(simple) if is_fed or simple.redirects or simple.piped or outside else None
            self._keep_written(simple, told)
            self.given = told if is_fed else None
            if outside and not (is_fed or simple.scope):
                self.printed = join_printed(self.printed, told)
            self.settle(simple, before)
            if self.level >= Level.CONSENT:
                self._note_danger(spell(simple))
            self.level = max(outer, self.level)

    def _keep_written(self, simple: Simple, told: str | None) -> None:
        """Remember what a redirection or `tee` writes: a text that is known, or what was downloaded."""
        targets = [one.target for one in simple.redirects if one.sign in (">", ">>", ">|", "&>", "&>>")]
        name = simple.words[0].literal if simple.words else None
        if name == "tee":
            targets += simple.words[1:]
        if not targets or (told is None and not self.signs.fetches):
            return
        values = [value for word in targets for arg in self.expand(word) for value in arg.values]
        for path in (self.places.resolve(value, self.cwd) for value in values if value != "/dev/null"):
            if told is not None:
                self.signs.written[path] = told
            elif simple.piped or name in FETCHERS:
                self.signs.downloads.append(path)

    def _note_danger(self, text: str) -> None:
        danger = "" if Level.FLOOR in self.reasons else find_danger(text)
        if danger:
            self.note(Level.FLOOR, danger)

    def _read_simple(self, simple: Simple) -> None:
        for word in words_of(simple):
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
        for name, elements in simple.arrays:
            self.set_list(name, [arg for word in elements for arg in self.expand(word)])
        args = [arg for word in simple.words for arg in self.expand(word)]
        plain = (
            not simple.assignments
            and not simple.arrays
            and all(word.literal is not None for word in simple.words)
        )
        if prints_nothing([word.literal for word in simple.words]):
            emptied = (one.target for one in simple.redirects if one.sign in (">", ">|"))
            self.note_emptied(*(arg for word in emptied for arg in self.expand(word)))
        for redirect in simple.redirects:
            plain = self._redirect(redirect.sign, redirect.target) and plain
        if args:
            self._read_argv(simple, args, plain=plain)
            self.signs.stages.append(tuple(arg.text for arg in args))
        look_for_spills(self, simple)

    def _read_argv(self, simple: Simple, args: list[Arg], *, plain: bool) -> None:
        name = args[0]
        self.effort.words += len(args)
        if self.effort.is_spent:
            self.note(Level.CONSENT, "it is too much to be judged")
            return
        is_fixed = (
            simple.words and simple.words[0].literal is not None and len(name.values) == 1 and not name.glob
        )
        if is_fixed and self.functions.call(self, name.text, args[1:], simple):
            return
        if not is_fixed and name.text not in ("[", "[["):
            self.note(Level.CONSENT, f"the name of the command is computed ({name.raw})")
            guess_name(self, name, args[1:])
            is_printed = any(piece.kind == "command" for word in simple.words[:1] for piece in word.pieces)
            if self.signs.fetches and is_printed and not name.values:
                self.note(Level.FLOOR, "it runs what it downloads")
        document = self._read_input(simple)
        command = Command(name.text, tuple(args[1:]), simple.piped, document, spell(simple), plain)
        if name.values:
            self.run(command)
        else:
            reason = f"the name of the command is computed ({name.raw})"
            self.ran.append(Ran((name.raw, *command.texts), Level.CONSENT, plain=False, reason=reason))

    def _read_input(self, simple: Simple) -> str | None:
        """The text that a command finds on its standard input, as far as it is fixed."""
        documents = [one.target for one in simple.redirects if one.sign in ("<<", "<<<")]
        if not documents:
            return self.given
        for document in documents[:-1]:
            for value in (one for arg in self.expand(document) for one in arg.values):
                self.read_quietly(value)
        values = [value for arg in self.expand(documents[-1]) for value in arg.values]
        return " ".join(values) if values else None

    def _tell(self, simple: Simple) -> str | None:
        """What a command prints, if that can be told; remembers whether it made a text readable on the way."""
        args = [arg for word in simple.words for arg in self.expand(word)]
        if not args or any(len(arg.values) != 1 or arg.glob for arg in args) or simple.loop:
            return None
        words = [arg.text for arg in args]
        while len(words) > 1 and words[0] in ("command", "builtin", "exec", "env", "nohup", "sudo"):
            words.pop(0)
        self.signs.disguised = self.signs.disguised or is_disguised(words)
        if words == ["git", "rev-parse", "--show-toplevel"] and is_below(
            self.cwd or "/", self.places.workspace
        ):
            return self.places.find_top()
        given = self._read_input(simple)
        told = tell_printed(words, given, self.cwd)
        if told is None and given is not None and words[0] in FILTERS:
            self.signs.decodes = True  # a fixed text that is turned into another one
        return told

    def tell_output(self, commands: Sequence[Simple]) -> str:
        outer, self.given = self.given, None
        for number, simple in enumerate(commands):
            if number and not simple.piped:
                self.given = None
                break
            self.given = self._tell(simple)
        printed, self.given = self.given, outer
        return printed or (FOUND if find_files(self, commands) else "")

    def _assign(self, name: str, word: Word, *, alone: bool) -> None:
        pieces = (replace(one, quoted=one.quoted or one.kind in COMPUTED) for one in word.pieces)
        values = [value for arg in self.expand(Word(tuple(pieces), word.raw)) for value in arg.values]
        if name.startswith("AURA_"):
            self.note(Level.FLOOR, f"it changes aura's own settings ({name})")
        elif is_code_loading(name, values, alone=alone):
            runs = loads_code(name)
            self.note(Level.FLOOR if runs else Level.CONSENT, f"{name} can make programs run other code")
            for value in values:
                self.read_quietly(value)
        self.note_setting(name, values)
        for value in values if TOOL_SETTING.fullmatch(name) else ():
            self.read_quietly(value)
        if alone:
            self.set_variable(name, tuple(values) if len(values) == 1 else ())

    def read_quietly(self, text: str) -> None:
        """Look at a text that may be a command, for what must never happen."""
        if (
            self.depth >= DEEPEST - 4
            or Level.FLOOR in self.reasons
            or self.effort.is_spent
            or text in self.seen
        ):
            return
        self.effort.looks += 1
        inner = _make_inner(self)
        inner.read_text(text)
        take_floor(self, inner)

    def run_quietly(self, command: Command) -> None:
        """Look at words that may be a command, for what must never happen."""
        if self.depth < DEEPEST - 4 and Level.FLOOR not in self.reasons and not self.effort.is_spent:
            self.effort.looks += 1
            inner = _make_inner(self)
            inner.run(command)
            take_floor(self, inner)

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

    # --- commands

    def run(self, command: Command) -> None:
        """Look at one command by the profile of its program, and keep what came of it."""
        outer, self.level = self.level, Level.FREE
        before = len(self.noted)
        self._run(command)
        look_at_arguments(self, command)
        folder, _, last = command.name.rpartition("/")
        name = last if folder in BIN else command.name
        if name not in TRANSPARENT:
            reason = next((why for level, why in self.noted[before:] if level is self.level), "")
            self.ran.append(Ran((name, *command.texts), self.level, command.plain, reason))
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
                self.look_at_unknown(command)
            else:
                profile(self, command)

    def look_at_unknown(self, command: Command) -> None:
        """A program that is not known may write what it is given, run it, or fetch what it names."""
        if command.name.startswith(("docker-credential-", "git-credential-")):
            self.note(Level.FLOOR, "it reads a store of passwords")
        for value in (one for arg in command.args for one in arg.values):
            path = self.places.resolve(value.partition("=")[2] or value, self.cwd)
            if re.match(r"https?://", value):
                self.signs.fetches = True
                name = value.partition("?")[0].rpartition("/")[2]
                self.signs.downloads.append(self.places.resolve(name, self.cwd))
            elif re.match(r"/dev/(sd|nvme|vd|xvd|hd|mmcblk|disk|mapper|loop)", path):
                self.note(Level.FLOOR, f"{command.name} may write over a disk ({value})")
            elif self.places.is_start(path):
                self.note(
                    Level.FLOOR, f"{command.name} may change what is run at the start of programs ({value})"
                )
        if "clone" in command.texts[:2]:
            self.signs.fetches = self.signs.unpacks = True
        look_at_rest(self, command)
        if command.name not in self.profiles:
            look_at_targets(self, command)

    def run_all(self, words: Sequence[str], command: Command) -> None:
        """Look at a command that is given as words by another one."""
        self.run(command.inner([Arg((word,), word, GLOB.search(word) is not None) for word in words]))

    def _run_path(self, command: Command) -> None:
        """A program named by its path: one of the system's, or one of the project's own scripts."""
        path = self.locate(command.name)
        if FOUND in path:
            self.note(Level.CONSENT, f"it runs a program that it finds ({command.name})")
        folder, name = str(PurePath(path).parent), PurePath(path).name
        if folder in BIN:
            self._run(replace(command, name=name))
        elif is_below(path, self.places.workspace) and ".git" not in PurePath(path).parts:
            self.refuse_downloaded(path)
            self.look_at_written(path)
            tool = self.profiles.get(name if PurePath(folder).name in ("bin", ".bin") else "./")
            self.note(Level.CHANGES, f"it runs {command.name}")
            if tool is not None:
                tool(self, command)
        else:
            self.refuse_downloaded(path)
            self.look_at_written(path)
            is_own = path in self.signs.built and path not in self.signs.written
            level = Level.CHANGES if is_own else Level.CONSENT
            self.note(level, f"it runs a program outside the workspace ({command.name})")

    def refuse_downloaded(self, path: str) -> None:
        """What was fetched earlier in the same text is not run."""
        if path in self.signs.downloads or (self.signs.unpacks and not os.path.exists(path)):  # noqa: PTH110
            self.note(Level.FLOOR, "it runs what it downloads")

    def look_at_written(self, path: str, reader: str = "") -> None:
        """A script that was written earlier in the same text, for the program that reads it (by its first line)."""
        text = self.signs.written.get(path)
        if text is None:
            return
        reader = reader or (text.partition("\n")[0] if text.startswith("#!") else "sh")
        if re.search(r"\b(ba|z|da|k|a)?sh\b|^(source|\.)$", reader):
            self.read_text(text, apart=True)
            return
        self._note_danger(text)
        for hidden in find_commands(text):
            self.read_quietly(hidden)


def _make_inner(inquiry: Inquiry) -> Inquiry:
    inner = Inquiry(inquiry.places, inquiry.cwd, dict(inquiry.variables), profiles=inquiry.profiles)
    inner.depth, inner.effort, inner.seen = inquiry.depth + 1, inquiry.effort, inquiry.seen
    inner.functions = inquiry.functions
    return inner
