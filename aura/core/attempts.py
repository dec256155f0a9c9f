"""One tool call as the progress rules see it: digests, outcome, and the state of the edited files."""

import hashlib
import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aura.core.messages import ToolCall, ToolResult
from aura.core.text import shorten
from aura.core.todos import Todo

Outcome = Literal["ok", "error", "denied", "invalid", "unknown", "cancelled"]


@dataclass(frozen=True, slots=True)
class Edited:
    """One file that a call changed: what it held before (empty: unknown) and after, as digests."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Trace:
    """What a call leaves besides digests: itself, what it changed, and how it failed.

    `error` is a digest of what a failed call said, without the words that the call itself named (empty: it did not
    fail, or said next to nothing); `words` is the line of it that tells most. `todos` is the list after the call.
    """

    call: ToolCall | None = None
    error: str = ""
    words: str = ""
    edits: tuple[Edited, ...] = ()
    todos: tuple[Todo, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call as the progress rules see it.

    `call` and `result` are digests, `world` one of the files edited so far in the turn (as they stood after the call).
    `ran` says that a command ran to its end, well or not; `seconds` is how long the call took. `era` counts the
    compactions before it: what was returned in an earlier one is no longer in the context. Steps of earlier turns
    that belong to the same goal have numbers below 1.
    """

    step: int
    name: str
    call: str
    result: str
    outcome: Outcome
    path: str = ""
    world: str = ""
    changed: bool = False
    waiting: bool = False
    whole_read: bool = False
    ran: bool = False
    seconds: float = 0.0
    era: int = 0
    trace: Trace = Trace()

    @property
    def failed(self) -> bool:
        """Whether the call did not succeed."""
        return self.outcome != "ok"

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two calls the same: the call, its result, and the edited files."""
        return self.call, self.result, self.world

    @property
    def said(self) -> str:
        """The call in a few words, cleaned: its tool and what it was about."""
        return say_call(self.trace.call) if self.trace.call is not None else self.name

    @property
    def program(self) -> str:
        """What calls of one kind have in common: the tool and, for a shell command, the program it runs."""
        command = self.trace.call.arguments.get("command") if self.trace.call is not None else None
        return f"{self.name} {_find_program(command)}" if isinstance(command, str) else self.name


# Addresses, dates, clock times, durations, process numbers and temporary paths. Every branch goes on from a first
# character that few texts are full of: results are long, and a pattern that tries all branches at each place is slow.
VOLATILE = re.compile(
    r"[\dp/](?:(?<=0)x[0-9a-fA-F]+"
    r"|(?<!\w\d)(?<=\d)(?:\d{3}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?|\d:\d\d:\d\d(?:\.\d+)?"
    r"|\d*(?:\.\d+)?\s?(?:ms|s|sec|secs|seconds|minutes)\b)"
    r"|(?<=p)(?<!\wp)id[ =:]*\d+|(?<=/)tmp/\S+)"
)


PAUSES = re.compile(r"\bsleep\s+\d|\bwait\b|--watch\b|\buntil\b")


def is_pause(command: str) -> bool:
    """Whether a shell command waits for something, so that its answer may rightly repeat."""
    return PAUSES.search(command) is not None


def digest(text: str) -> str:
    """A short digest of any text."""
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=12).hexdigest()


def digest_call(call: ToolCall) -> str:
    """A digest of a call's name and arguments; equal calls have equal digests whatever the order of keys.

    Paths are compared as they resolve without links, shell commands without blanks that mean nothing.
    """
    body = call.raw if call.problem else json.dumps(_tidy(call.arguments), sort_keys=True, default=str)
    return digest(f"{call.name}\0{body}")


def digest_result(result: ToolResult) -> str:
    """A digest of what a call returned, blind to durations, clock times, addresses, and blanks at the ends of lines."""
    text = VOLATILE.sub("#", result.content)
    return digest("\n".join([line.rstrip() for line in text.rstrip().split("\n")]))


PATHS = frozenset({"path", "file", "file_path", "folder", "directory", "workdir"})
QUOTED = re.compile(r"""("[^"]*"|'[^']*')""")
BLANKS = re.compile(r"[ \t]+")


def _tidy(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _tidy_one(name, value) for name, value in arguments.items()}


def _tidy_one(name: str, value: Any) -> Any:
    if not isinstance(value, str) or not value:
        return value
    if name in PATHS:
        return posixpath.normpath(value)
    if name != "command" or "<<" in value:
        return value
    parts = QUOTED.split(value.strip())
    return "".join(part if place % 2 else BLANKS.sub(" ", part) for place, part in enumerate(parts))


SUBJECTS = ("command", "pattern", "path", "file_path", "url", "query", "job")
SUBJECT_CHARS = 80


def say_call(call: ToolCall) -> str:
    """A call in a few words, cleaned: its tool and what it was about."""
    texts = [text for name in SUBJECTS if isinstance(text := call.arguments.get(name), str) and text]
    plain = (
        f"{name}={value}" for name, value in call.arguments.items() if isinstance(value, str | int | float)
    )
    subject = texts[0] if texts else call.raw or " ".join(plain)
    return shorten(f"{call.name[:40]} {shorten(subject[:1_000], SUBJECT_CHARS)}", SUBJECT_CHARS + 41).rstrip()


PROGRAM = re.compile(r"\s*(?:cd\s+\S+\s*(?:&&|;)\s*)?(?:\w+=\S*\s+)*(?:sudo\s+)?(\S+)")


def _find_program(command: str) -> str:
    match = PROGRAM.match(command)
    return posixpath.basename(match.group(1)) if match else ""


WORD = re.compile(r"[\w.~@+-]+")
SHORTEST_NAME = 3  # characters; shorter words of a call say nothing about what it was about
FEWEST_LETTERS = 8
ERROR_CHARS = 4_000
WORDS_CHARS = 120


def sign_error(call: ToolCall, text: str) -> tuple[str, str]:
    """The digest of an error and its telling line; two empty texts when it says next to nothing.

    Words that the call itself named are left out, so that the same error about another file is the same.
    """
    text = text[-ERROR_CHARS:]
    arguments = call.raw or json.dumps(dict(call.arguments), default=str, ensure_ascii=False)
    named = {name for word in WORD.findall(arguments) if len(name := word.strip(".")) >= SHORTEST_NAME}
    left = WORD.sub(lambda m: "#" if m.group().strip(".") in named else m.group(), VOLATILE.sub("#", text))
    if sum(map(str.isalpha, left)) < FEWEST_LETTERS:
        return "", ""
    lines = [line for line in text.splitlines() if line.strip()]
    telling = next((line for line in reversed(lines) if "error" in line.lower()), lines[-1])
    return digest(" ".join(left.lower().split())), shorten(telling, WORDS_CHARS)
