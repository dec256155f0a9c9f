"""What was found out about a shell text: reasons, and the files that it reads and writes."""

import fnmatch
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from aura.safety.acts import Level, Signs
from aura.safety.danger import names_keys
from aura.safety.expansion import Arg, Expansion
from aura.safety.places import is_below, starts_assistants
from aura.safety.printed import FOUND

HIDDEN = (".env", ".env.local", "id_rsa", "id_ed25519")  # what a pattern may find without naming it
SOURCES = re.compile(r"\.(py|[jt]sx?|go|rs|c|h|cc|cpp|hpp|java|kt|rb|php|cs|swift|sh|md|rst|html|css|sql)")
TOOL_SETTING = re.compile(
    r"(PYTHON|NODE_|CLASS|GO|RUBY|GEM_)PATH|CARGO_HOME|CC|CXX|CPP|LD|AR|\w+_(COMPILER|LAUNCHER|WRAPPER|RUNNER|LINKER)|PYTEST_\w+|GOFLAGS"
)
QUOTES = "\"'"
FOUND_SOURCES = re.compile(
    r"\"?\$\((git (ls-files|diff --name-only)|find [\w./-]+ -name|fd -e|rg -l|grep -rl) [^$`;|&<>()]*"
    r"\*\.(py|[jt]sx?|go|rs|java|rb|c|h|cpp|md|css|html|sh)['\"]?\)\"?"
)
SYSTEM_PREFIX = re.compile(r"[\"']?/(proc|sys|boot|etc|usr|bin|sbin|lib|dev/(?!null|shm|std|tty|fd))")


@dataclass
class Findings(Expansion):
    """The first reason of each level, and absolute paths, as far as they are known."""

    reasons: dict[Level, str] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    level: Level = Level.FREE
    noted: list[tuple[Level, str]] = field(default_factory=list)
    signs: Signs = field(default_factory=Signs)

    def note(self, level: Level, reason: str) -> None:
        """Something was seen; the first reason of each level is kept."""
        self.level = max(self.level, level)
        if level is not Level.FREE:
            self.reasons.setdefault(level, reason)
            self.noted.append((level, reason))

    def read(self, *args: Arg) -> None:
        """Files that are read, or listed."""
        for arg in args:
            if not arg.values:
                level = Level.CHANGES if FOUND_SOURCES.fullmatch(arg.raw) else Level.CONSENT
                self.note(level, f"it reads what cannot be told beforehand ({arg.raw})")
                if names_keys(arg.raw) or re.search(r"/proc/.*/(environ|mem|maps)$", arg.raw):
                    self.note(Level.FLOOR, "it touches credentials")
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
                level = Level.FLOOR if SYSTEM_PREFIX.match(arg.raw) else Level.CONSENT
                self.note(level, f"it writes where cannot be told beforehand ({arg.raw})")
                if self.places.is_start(f"{self.places.home}/{PurePath(arg.raw.strip(QUOTES)).name}"):
                    self.note(Level.FLOOR, f"{arg.raw} may be run at the start of programs")
            for value in arg.values:
                if FOUND in value:
                    self.note(Level.CONSENT, f"it changes files that it finds ({arg.raw})")
                self._add(self.writes, value)
                if starts_assistants(self.places.resolve(value, self.cwd)):
                    self.note(Level.FLOOR, f"{value} starts programs beside an assistant, or sets its rules")

    def note_emptied(self, *args: Arg) -> None:
        """Files of which nothing is left; those that somebody wrote are missed."""
        if any(SOURCES.fullmatch(PurePath(value).suffix) for arg in args for value in arg.values):
            self.note(Level.CONSENT, f"it empties {args[0].raw}")
        for path in (self.places.resolve(one, self.cwd) for arg in args for one in arg.values):
            if (
                is_below(path, self.places.home, self.places.spelled_home)
                and self.places.judge_write(path).outside
            ):
                self.note(Level.FLOOR, f"it empties {path}, which is outside the workspace")

    def note_setting(self, name: str, values: Sequence[str]) -> None:
        """Variables by which tools find their compiler, their modules or plugins; subscripts that run commands."""
        if any(re.search(r"\[[^\]]*(\$\(|`)", value) for value in values):
            self.note(Level.CONSENT, f"arithmetic with {name} runs a command")
        for value in values if TOOL_SETTING.fullmatch(name) else ():
            paths = [
                self.places.resolve(one, self.cwd) for one in value.split(":") if one.startswith(("/", "~"))
            ]
            far = any(not is_below(one, self.places.workspace, "/usr") for one in paths)
            if far or name == "PYTEST_PLUGINS" or re.search(r"(^|\s)-(p\b|toolexec|exec)|plugin", value):
                self.note(Level.CONSENT, f"{name} makes programs take code from elsewhere")

    def _add(self, paths: list[str], value: str) -> None:
        if not self.cwd and not value.startswith(("/", "~")):
            self.note(Level.CONSENT, "the folder it runs in cannot be told beforehand")
        path = self.locate(value)
        if path not in paths:
            paths.append(path)

    def locate(self, value: str, *, itself: bool = False) -> str:
        """The absolute path that a word names, through links made earlier in the text; `itself`: not that of a link."""
        path = self.places.resolve(value, self.cwd)
        for link, target in self.signs.links.items():
            if is_below(path, link) and not (itself and path == link):
                return f"{target}{path[len(link) :]}"
        return path
