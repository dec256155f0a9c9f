"""Everything that can happen in a session, as frozen values.

Durable events are logged and *are* the session; passing ones (`PASSING`) are only shown. Each carries its tag in
`type`, which is also its name in `stream-json` and in the log.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeGuard, get_args

from aura.core.attempts import Outcome
from aura.core.counted import CallCounted
from aura.core.evidence import Check, CommandRun, FileChange
from aura.core.limits import Spend, StopReason
from aura.core.messages import Message, ToolCall, ToolResult
from aura.core.models import Completion, TextDelta, ThinkingDelta, ToolCallDelta
from aura.core.passing import (
    ApprovalAsked,
    ApprovalSettled,
    FactsChanged,
    PanelsShown,
    ShellStarted,
    ToolOutputDelta,
    WorkChanged,
)
from aura.core.pursued import Checkpointed, LifetimeSet, LimitWarned, RunOrdered, RunStarted, StatusReported
from aura.core.refused import BranchParked, DenialAllowed, ToolJudged
from aura.core.rewound import Rewound
from aura.core.switched import (
    AutoSwitched,
    ChecksSet,
    CommandRan,
    CommandSaid,
    DoneSwitched,
    EffortChosen,
    LimitsSet,
    ModeSwitched,
    PromptQueued,
    PromptUnqueued,
    SandboxChosen,
    ThinkingSwitched,
)
from aura.core.todos import Todo
from aura.core.tools import Answer, Claim, Question
from aura.core.trashed import FilesTrashed
from aura.core.undone import FilesRestored, SnapshotTaken

CHOSEN = "chosen by a person"  # the reason of a `ModelChanged` that comes back on resume
GIVEN = "given at the start of the run"  # another: it is no news


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """The first event of every log; `parent` and `parent_seq` name what a fork was made from."""

    session: str
    workspace: str
    version: str
    parent: str = ""
    parent_seq: int = 0
    type: Literal["session_started"] = "session_started"


@dataclass(frozen=True, slots=True)
class SessionResumed:
    """A process took the session up again; `holder` is `host/pid/token`."""

    holder: str
    version: str
    type: Literal["session_resumed"] = "session_resumed"


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """A prompt begins a turn; `message` is what was said, by a person, a driver or a command."""

    number: int
    message: Message
    type: Literal["turn_started"] = "turn_started"


@dataclass(frozen=True, slots=True)
class Steered:
    """A person said something while a turn ran; it is delivered here, between two steps."""

    message: Message
    type: Literal["steered"] = "steered"


@dataclass(frozen=True, slots=True)
class Injected:
    """aura or a plugin speaks to the model; `lifetime` says how long the message stays in what the model sees.

    `nudge` marks what asks the model to go on: it counts against the nudges.
    """

    message: Message
    lifetime: Literal["step", "turn", "session"] = "session"
    nudge: bool = False
    type: Literal["injected"] = "injected"


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A model call begins; `tools` is false in the wrap-up step."""

    step: int
    model: str
    tools: bool = True
    type: Literal["step_started"] = "step_started"


@dataclass(frozen=True, slots=True)
class ModelReplied:
    """The reply is complete (or was cut off by a person: `interrupted`)."""

    completion: Completion
    seconds: float = 0.0
    interrupted: bool = False
    type: Literal["model_replied"] = "model_replied"


@dataclass(frozen=True, slots=True)
class ModelFailed:
    """A model call failed; `retry_in` is the wait in seconds before the next try (None: there is none).

    `resets_in` is in how many seconds the provider wants to be asked again (None: it did not say).
    """

    kind: str
    sentence: str
    attempt: int
    model: str
    retry_in: float | None = None
    partial: str = ""
    resets_in: float | None = None
    type: Literal["model_failed"] = "model_failed"


@dataclass(frozen=True, slots=True)
class ModelChanged:
    """Another model answers from here on, and why; `CHOSEN` and `GIVEN` are the reasons when a person wants it."""

    model: str
    reason: str
    type: Literal["model_changed"] = "model_changed"


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A call is about to run: logged before anything happens."""

    call: ToolCall
    type: Literal["tool_started"] = "tool_started"


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A call has its answer; also one that was refused, was invalid, or whose fate is unknown.

    `seen` and `waiting` are as in `ToolOutput`. `source` says where text in it came from that nobody vouches for.
    """

    call: ToolCall
    result: ToolResult
    outcome: Outcome
    seconds: float = 0.0
    changes: tuple[FileChange, ...] = ()
    command: CommandRun | None = None
    seen: dict[str, str] = field(default_factory=dict)
    waiting: bool = False
    source: str = ""
    type: Literal["tool_finished"] = "tool_finished"


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A model call and its tools are over; `seconds` is how long that took."""

    step: int
    seconds: float
    type: Literal["step_ended"] = "step_ended"


@dataclass(frozen=True, slots=True)
class TodosChanged:
    """The todo list is replaced, by `model`, `human` or `aura`."""

    todos: tuple[Todo, ...]
    by: str
    type: Literal["todos_changed"] = "todos_changed"


@dataclass(frozen=True, slots=True)
class LimitReached:
    """A limit is reached inside a turn; one step without tools follows."""

    reason: StopReason
    detail: str
    type: Literal["limit_reached"] = "limit_reached"


@dataclass(frozen=True, slots=True)
class CheckFinished:
    """aura ran one check of the finish gate."""

    check: Check
    type: Literal["check_finished"] = "check_finished"


@dataclass(frozen=True, slots=True)
class DoneRefused:
    """The finish gate refused a claim; equal `reason`s in a row are counted."""

    claim: Claim
    reason: str
    detail: str
    type: Literal["done_refused"] = "done_refused"


@dataclass(frozen=True, slots=True)
class DoneAccepted:
    """The finish gate let a claim pass; `flags` are things to look at, `verified` is false without checks."""

    claim: Claim
    verified: bool
    flags: tuple[str, ...] = ()
    type: Literal["done_accepted"] = "done_accepted"


@dataclass(frozen=True, slots=True)
class QuestionAsked:
    """A person is asked something; it stays open until it is answered.

    `deadline` is the Unix time in seconds when aura goes on without an answer (0: it waits), `stays` whether the
    question is left open then instead of an answer being taken.
    """

    id: str
    question: Question
    deadline: float = 0.0
    stays: bool = False
    type: Literal["question_asked"] = "question_asked"


@dataclass(frozen=True, slots=True)
class QuestionAnswered:
    """A question has its answer; `by` says who or what gave it."""

    id: str
    answer: Answer
    by: str
    type: Literal["question_answered"] = "question_answered"


@dataclass(frozen=True, slots=True)
class Compacted:
    """What the model sees is shortened: `summary` stands for all before message `kept_from`.

    `pinned` is kept word for word in front of it, `spend` is what the summary cost. The log itself is untouched.
    """

    summary: str
    pinned: str
    kept_from: int
    tokens_before: int
    tokens_after: int
    reason: str
    spend: Spend = Spend()
    type: Literal["compacted"] = "compacted"


@dataclass(frozen=True, slots=True)
class NoticeShown:
    """A line for people, never for the model."""

    text: str
    level: Literal["info", "warning", "error"] = "info"
    origin: str = "aura"
    type: Literal["notice_shown"] = "notice_shown"


@dataclass(frozen=True, slots=True)
class PluginUnplugged:
    """A plugin raised and takes no further part in this session."""

    plugin: str
    hook: str
    error: str
    type: Literal["plugin_unplugged"] = "plugin_unplugged"


@dataclass(frozen=True, slots=True)
class PluginFired:
    """A plugin with `once` has spoken and will not again in this session."""

    plugin: str
    type: Literal["plugin_fired"] = "plugin_fired"


@dataclass(frozen=True, slots=True)
class TurnStopped:
    """The turn is over; `seconds` is what the last `StepEnded` did not count yet."""

    reason: StopReason
    detail: str = ""
    seconds: float = 0.0
    type: Literal["turn_stopped"] = "turn_stopped"


DurableEvent = (
    SessionStarted
    | SessionResumed
    | TurnStarted
    | Steered
    | Injected
    | StepStarted
    | ModelReplied
    | ModelFailed
    | ModelChanged
    | ToolJudged
    | ToolStarted
    | ToolFinished
    | StepEnded
    | TodosChanged
    | AutoSwitched
    | DoneSwitched
    | ModeSwitched
    | LimitsSet
    | ChecksSet
    | SandboxChosen
    | LimitReached
    | CheckFinished
    | DoneRefused
    | DoneAccepted
    | QuestionAsked
    | QuestionAnswered
    | Compacted
    | NoticeShown
    | PluginUnplugged
    | PluginFired
    | TurnStopped
    | CommandRan
    | CommandSaid
    | PromptQueued
    | PromptUnqueued
    | ThinkingSwitched
    | RunStarted
    | RunOrdered
    | LifetimeSet
    | Checkpointed
    | StatusReported
    | LimitWarned
    | EffortChosen
    | CallCounted
    | Rewound
    | FilesTrashed
    | SnapshotTaken
    | FilesRestored
    | DenialAllowed
    | BranchParked
)
PassingEvent = (
    TextDelta
    | ThinkingDelta
    | ToolCallDelta
    | ToolOutputDelta
    | ApprovalAsked
    | ApprovalSettled
    | PanelsShown
    | FactsChanged
    | WorkChanged
    | ShellStarted
)
Event = DurableEvent | PassingEvent

PASSING: tuple[type, ...] = get_args(PassingEvent)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its place: `seq` counts durable events from 1 (0: passing), `at` is Unix time in seconds."""

    seq: int
    at: float
    event: Event


def is_durable(event: Event) -> TypeGuard[DurableEvent]:
    """Whether the event belongs into the log."""
    return not isinstance(event, PASSING)
