"""What words may be that no profile speaks of: other commands, keys, places that are never written."""

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from aura.safety.acts import Command, Level
from aura.safety.danger import find_commands
from aura.safety.effort import Effort
from aura.safety.expansion import Arg
from aura.safety.findings import Findings
from aura.safety.places import is_below
from aura.safety.printed import finds_files
from aura.safety.redact import is_secret_name
from aura.safety.words import Simple, words_of

NAMED_PATH = re.compile(r"(?:^|(?<=[=@:,<]))(?:~|\.{0,2}/|[\w.-]+/)[^\s:,=]*|(?<=^-[A-Za-z])[~/][^\s:,=]*")
# Programs whose names are no ordinary words, so that they are taken for commands wherever they stand.
COMMANDS = frozenset(
    """rm shred dd chmod chown find mv cp tee truncate sh bash zsh dash ksh python python3 perl node ruby php cat curl
    wget nc ncat socat sudo doas env eval xargs tar rsync scp ssh crontab systemctl mkfs kill pkill git""".split()  # noqa: SIM905
)
INSTALLERS = (
    "dpkg",
    "rpm",
    "apt",
    "apt-get",
    "dnf",
    "yum",
    "pip",
    "pip3",
    "gem",
    "npm",
    "snap",
    "installer",
    "msiexec",
)
MOST_COMMANDS = 3
HARMLESS = re.compile(
    r"\^?(LANG|LANGUAGE|LC_\w+|PATH|HOME|SHELL|TERM|COLORTERM|PWD|USER|TZ|VIRTUAL_ENV|NODE_ENV|GOPATH|GOROOT|JAVA_HOME|EDITOR|"
    r"DISPLAY|PYTHON(PATH|HOME)?|TMPDIR|XDG_\w+|DEBUG)=?",
    re.IGNORECASE,
)


@dataclass
class Guesses(Findings):
    """What was found out, with ways to look at what is not known for certain; `profiles` are the known programs.

    `depth` is how many texts are inside each other, `text` the outermost.
    """

    profiles: Mapping[str, Any] = field(default_factory=dict)
    depth: int = 0
    text: str = ""
    effort: Effort = field(default_factory=Effort)

    def read_commands(self, commands: Iterable[Simple]) -> None:
        """Look at simple commands in order."""

    def read_quietly(self, text: str) -> None:
        """Look at a text that may be a command, for what must never happen."""

    def run_quietly(self, command: Command) -> None:
        """Look at words that may be a command, for what must never happen."""


def guess_name(inquiry: Guesses, name: Arg, args: Sequence[Arg]) -> None:
    """A name that is computed may be any: whether the worst of them must never be given these arguments."""
    rest = " ".join(arg.raw for arg in args)
    names = {"rm"}
    for value in name.values if name.glob else ():
        pattern = PurePath(value).name
        names.update(one for one in inquiry.profiles if fnmatch.fnmatchcase(one, pattern))
    for one in sorted(names)[:8]:
        inquiry.read_quietly(f"{one} {rest}")
    for value in name.values[1:] if not name.glob else ():
        inquiry.read_quietly(f"{value} {rest}")


def look_at_arguments(inquiry: Guesses, command: Command) -> None:
    """What holds for every program: no argument names a key, and none hides a command that must never run."""
    values = () if command.name in ("echo", "printf") else [one for arg in command.args for one in arg.values]
    for path in (path for value in values if "/" in value for path in NAMED_PATH.findall(value)):
        if inquiry.places.names_secret(path, inquiry.cwd):
            inquiry.read(Arg((path,), path))
    if inquiry.level < Level.CONSENT:
        return
    if command.name in INSTALLERS and any(
        inquiry.locate(value) in inquiry.signs.downloads for value in values
    ):
        inquiry.note(Level.FLOOR, "it installs what it downloads")
    for value in (*values, *(command.document or "").split()[:50]):
        if inquiry.places.names_secret_file(value, inquiry.cwd):
            inquiry.read(Arg((value,), value))
    for text in command.texts:
        if re.search(r"\s|\$\{?IFS", text.strip()):
            for hidden in find_commands(text):
                inquiry.read_quietly(hidden)


def look_at_rest(inquiry: Guesses, command: Command, *, is_known: bool = False) -> None:
    """Words that may be a command which this program runs; of a known program only what stands behind `--`."""
    found = 0
    for index, arg in enumerate(command.args):
        name = arg.text.rstrip("/").rpartition("/")[2]
        is_behind = index > 0 and command.args[index - 1].text == "--"
        may_run = is_behind if is_known else is_behind or name in COMMANDS
        if not may_run or (name not in COMMANDS if is_known else name not in inquiry.profiles):
            continue
        if found == MOST_COMMANDS or len(command.args) == index + 1:
            break
        found += 1
        inquiry.run_quietly(command.inner(command.args[index:]))


def look_at_targets(inquiry: Guesses, command: Command) -> None:
    """The last word of a program that is not known, and what stands behind its options for results, may be written."""
    before = ""
    for index, arg in enumerate(command.args):
        is_last = index + 1 == len(command.args) and not before.startswith("-") and index > 0
        names = re.match(r"--?(o|out\w*|dest\w*|target|to|root|prefix|set|in-place|i)$", before)
        for value in arg.values if is_last or names else ():
            path = inquiry.places.resolve(value, inquiry.cwd)
            if value.startswith(("/", "~", "..")) and re.match(
                r"/(etc|boot|s?bin|usr/s?bin|usr/lib)(/|$)", path
            ):
                inquiry.note(Level.FLOOR, f"{command.name} may change {value}, which belongs to the system")
        before = arg.text


def prints_little(following: Sequence[str]) -> bool:
    """Whether a search that follows lets through only variables that it names, none of which holds a credential."""
    if len(following) < 2 or following[0] not in ("grep", "egrep", "rg"):
        return False
    *flags, pattern = following[1:]
    return all(re.fullmatch(r"-[iEqcwx]+", flag) for flag in flags) and all(
        HARMLESS.fullmatch(one) for one in re.split(r"\\?\|", pattern)
    )


def look_at_document(inquiry: Guesses, command: Command) -> None:
    """What a program that can run anything is given to read: commands, and files that others run at their start."""
    document = command.document or ""
    for hidden in find_commands(document)[:8]:
        inquiry.read_quietly(hidden)
    for name in re.findall(r"[\"'](~?/[^\"'\s]+)[\"']", " ".join((*command.texts, document)))[:20]:
        if inquiry.places.is_start(inquiry.places.resolve(name, inquiry.cwd)):
            inquiry.note(Level.FLOOR, f"it may change {name}, which is run at the start of programs")


def take_floor(inquiry: Guesses, inner: Guesses) -> None:
    floors = [inner.reasons.get(Level.FLOOR, "")]
    floors += [inquiry.places.judge_read(path).floor for path in inner.reads]
    floors += [inquiry.places.judge_write(path).floor for path in inner.writes]
    floor = next(filter(None, floors), "")
    if floor:
        inquiry.note(Level.FLOOR, floor)
    inquiry.reads += [path for path in inner.reads if inquiry.places.judge_read(path).secret]


def look_for_spills(inquiry: Guesses, simple: Simple) -> None:
    """Secrets that are read or named, and something that is sent elsewhere, in one text: that is never done."""
    signs = inquiry.signs
    for word in words_of(simple):
        for piece in word.pieces:
            signs.spills = signs.spills or (piece.kind == "variable" and is_secret_name(piece.text))
    if signs.sends and not signs.spills:
        signs.spills = any(
            standing.secret or standing.floor for standing in map(inquiry.places.judge_read, inquiry.reads)
        )
    if signs.spills and signs.sends:
        inquiry.note(Level.FLOOR, "it sends secrets to other machines")


def find_files(inquiry: Guesses, commands: Sequence[Simple]) -> bool:
    """Whether these commands of a pipe print names of files of the workspace."""
    is_pipe = all(simple.piped == (number > 0) for number, simple in enumerate(commands))
    is_plain = not any(simple.redirects or simple.assignments or simple.loop for simple in commands)
    is_here = is_below(inquiry.cwd or "/", inquiry.places.workspace)
    stages = [[word.literal for word in simple.words] for simple in commands]
    return is_pipe and is_plain and is_here and finds_files(stages)
