"""What a tool is, what it is handed, and what it gives back."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol

from aura.core.errors import ToolError
from aura.core.evidence import CommandRun, FileChange
from aura.core.messages import Image, ToolCall
from aura.core.models import ToolSpec
from aura.core.todos import Todo


class Effect(StrEnum):
    """What a call can do to the world; `none` touches aura's own state only (todos, questions, done)."""

    NONE = "none"
    READ = "read"
    WRITE = "write"
    EXECUTE = "execute"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Access:
    """What one call would touch, declared by its tool: paths as given, a shell command, a URL.

    Policy looks at this and never at argument names.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    command: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that may be chosen."""

    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Something a person is asked.

    `kind` text takes any line (`pattern` validates: `email`, `number`, `path` or a regular expression), choice one of
    the options, choices any number of them, approval one of the named options.
    """

    text: str
    kind: Literal["text", "choice", "choices", "approval"] = "text"
    options: tuple[Option, ...] = ()
    pattern: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person answered, or that nobody did (`answered` false; `text` then says what to do instead)."""

    text: str
    chosen: tuple[str, ...] = ()
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Claim:
    """What a model says when it calls Done."""

    summary: str
    status: Literal["done", "blocked", "needs_input"] = "done"
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """How a model says that its run is going."""

    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """What the finish gate says of a claim; `text` goes to the model, `ends_turn` ends the turn either way."""

    accepted: bool
    text: str
    ends_turn: bool


@dataclass(frozen=True, slots=True)
class CommandResult:
    """One shell command that ended.

    `output` is stdout and stderr as they came, head and tail when it was long; `log` is the file with all of it.
    `exit_code` is None when it was killed (timeout, cancel).
    """

    exit_code: int | None
    output: str
    seconds: float
    timed_out: bool = False
    truncated: bool = False
    log: str = ""


OutputSink = Callable[[str], None]


class CommandRunner(Protocol):
    """Runs shell commands: own process group, no terminal, inside the sandbox if there is one."""

    async def run(
        self, command: str, *, cwd: Path, timeout: float, on_output: OutputSink | None = None
    ) -> CommandResult:
        """Run to the end, or kill the whole group at the timeout (seconds) or when cancelled."""
        ...


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool is handed with each call.

    `seen` maps absolute paths to the SHA-256 they had when the model last saw them. `output` shows a piece of
    output while the tool runs. `ask` puts a question to a person, `finish` a claim to the finish gate.
    """

    workspace: Path
    session_dir: Path
    call_id: str
    runner: CommandRunner
    output: OutputSink
    ask: Callable[[Question], Awaitable[Answer]]
    finish: Callable[[Claim], Awaitable[GateAnswer]]
    seen: Mapping[str, str] = field(default_factory=dict)
    todos: tuple[Todo, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """What a tool gives back.

    `content` is for the model, `display` for people (empty: the same). `seen` maps absolute paths to the SHA-256 the
    model now knows (empty text: forget it). `todos` replaces the list, `status` is how the run is going. `waiting`
    marks an answer that may rightly repeat (a job that still runs).
    """

    content: str
    display: str = ""
    is_error: bool = False
    ends_turn: bool = False
    images: tuple[Image, ...] = ()
    changes: tuple[FileChange, ...] = ()
    command: CommandRun | None = None
    seen: Mapping[str, str] = field(default_factory=dict)
    todos: tuple[Todo, ...] | None = None
    status: Status | None = None
    waiting: bool = False


class Surround(Protocol):
    """What happens around a call that may change something: its files are kept before and after it."""

    def __call__(self, call: ToolCall, effect: Effect, access: Access) -> AbstractAsyncContextManager[None]:
        """A context that the call runs in; it never raises by itself."""
        ...


def leave_alone(call: ToolCall, effect: Effect, access: Access) -> AbstractAsyncContextManager[None]:
    """Nothing happens around the call."""
    return nullcontext()


class Tool(Protocol):
    """Something a model can call.

    A failure that the model should read is `ToolError` or an output with `is_error`; anything else that is raised is
    a fault of the tool and is reported as such.
    """

    @property
    def spec(self) -> ToolSpec:
        """What the model is told."""
        ...

    @property
    def effect(self) -> Effect:
        """The strongest effect a call can have."""
        ...

    def validate(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """The arguments with defaults filled in; raises `ToolError` with the path of a wrong field."""
        ...

    def access(self, arguments: Mapping[str, Any]) -> Access:
        """What the call would touch."""
        ...

    async def __call__(self, context: ToolContext, arguments: Mapping[str, Any]) -> ToolOutput:
        """Run the call; `arguments` are validated."""
        ...


Foreseen = tuple[FileChange, ...] | ToolOutput


def foresee(tool: Tool | None, context: ToolContext, arguments: Mapping[str, Any]) -> Foreseen:
    """What a validated call would do to files, or what it would be answered with because it does nothing to them.

    Empty when it cannot be told. It reads files, so it is called in a thread.
    """
    look: Callable[[ToolContext, Mapping[str, Any]], Foreseen] | None = getattr(tool, "foresee", None)
    if look is None:
        return ()
    try:
        return look(context, arguments)
    except ToolError as error:
        return ToolOutput(error.sentence, is_error=True)
    except (OSError, KeyError, TypeError, ValueError):
        return ()
