"""What a conversation looks like as blocks: a pure fold over events, shared by every face.

A block is a range of events and what to paint for it; finished blocks never change again. Nothing here knows a screen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aura.core.attempts import Outcome
from aura.core.evidence import Check, CommandRun, FileChange
from aura.core.messages import ToolCall
from aura.core.tools import Answer, Question
from aura.runs.report import Report


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said; `how` is prompt, steer or command.

    `origin` is another one than `human` when a driver or a command said it in their place.
    """

    text: str
    how: str = "prompt"
    images: int = 0
    origin: str = "human"


@dataclass(frozen=True, slots=True)
class Prose:
    """A piece of a reply in Markdown: whole top-level blocks, and if `open` the last one may still grow.

    `fence` continues a fence that began in an earlier piece: its opening line (empty: none). A blank line between two
    pieces stands at the end of the first or at the beginning of the second; where there is none, the second goes on
    with the paragraph, the list or the code of the first.
    """

    text: str
    open: bool = False
    fence: str = ""
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Thought:
    """What the model thought; `seconds` is how long the reply took (0: unknown)."""

    text: str
    open: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class StepRule:
    """The line that begins a step in auto mode: its number, its Unix time, its cost in USD (None: unknown)."""

    step: int
    at: float
    cost: float | None = None
    open: bool = False


@dataclass(frozen=True, slots=True)
class ToolCard:
    """One call: running while `outcome` is None, then what came of it.

    `started` is Unix time, `output` the tail of what it prints while it runs, `result` what the model was given,
    `display` what people are shown of it (empty: the same), `log` a file with the whole output (empty: none).
    """

    call: ToolCall
    started: float = 0.0
    outcome: Outcome | None = None
    seconds: float = 0.0
    result: str = ""
    display: str = ""
    output: str = ""
    log: str = ""
    changes: tuple[FileChange, ...] = ()
    command: CommandRun | None = None
    reason: str = ""  # why it was refused, and by what


@dataclass(frozen=True, slots=True)
class CardGroup:
    """Quiet reads in a row, told in one line."""

    cards: tuple[ToolCard, ...]


@dataclass(frozen=True, slots=True)
class Injection:
    """What an injector told the model: each text with the step it was said in."""

    origin: str
    texts: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A line for people: info, warning or error."""

    text: str
    level: str = "info"
    origin: str = "aura"


@dataclass(frozen=True, slots=True)
class CommandLog:
    """A person's command or shell line and what it printed; `run` is None while a shell line runs or for a command."""

    line: str
    said: tuple[str, ...] = ()
    run: CommandRun | None = None
    open: bool = False


@dataclass(frozen=True, slots=True)
class CheckLine:
    """aura ran a check of the finish gate."""

    check: Check


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question of the model and, once there is one, the answer."""

    question: Question
    answer: Answer | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A model call failed; `retry_at` is the Unix time of the next try (0: there is none)."""

    kind: str
    sentence: str
    model: str
    attempt: int
    retry_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Shortened:
    """The context was compacted: what is left of the older part, for who wants to read it."""

    summary: str
    pinned: str
    before: int
    after: int
    reason: str


@dataclass(frozen=True, slots=True)
class Ending:
    """The card at the end of a turn that ran unattended, or did not end well.

    `context` with `brief` says that only the reason is known so far.
    """

    report: Report
    is_auto: bool = False
    context: Mapping[str, Any] = field(default_factory=dict)


Body = (
    Said
    | Prose
    | Thought
    | StepRule
    | ToolCard
    | CardGroup
    | Injection
    | Note
    | CommandLog
    | CheckLine
    | Inquiry
    | Failure
    | Shortened
    | Ending
)


@dataclass(slots=True)
class Block:
    """One block of the transcript: the events it was made of (0: only passing ones so far), and its body.

    `part` numbers the blocks that one event became. `version` rises with each change of the body; a block that is
    `final` changes no more, and its body (None) may be made again from the log. Blocks stand in the order of their
    `place`; what only passing events have told of stands behind everything else.
    """

    first: int
    last: int
    part: int = 0
    version: int = 0
    final: bool = False
    expanded: bool = False
    body: Body | None = None

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands among the others."""
        return (self.first or LAST, self.part)


LAST = 1 << 62  # behind every event of a log
