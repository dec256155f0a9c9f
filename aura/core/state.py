"""Where a turn stands, and the parts that its state is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aura.core.attempts import Attempt
from aura.core.denials import Denials
from aura.core.events import LimitReached, ModelFailed
from aura.core.evidence import Ledger
from aura.core.limits import Limits, Spend, StopReason
from aura.core.messages import History, Message, ToolCall
from aura.core.models import Completion
from aura.core.permissions import Mode
from aura.core.rewound import WHOLE, Trail
from aura.core.run import Run
from aura.core.todos import Todo, open_todos
from aura.core.tools import Claim, Question


@dataclass(frozen=True, slots=True)
class Switches:
    """What people set and what comes back on resume; `chosen` is the model that a person switched to (empty: none)."""

    auto: bool = False
    done_required: bool = False
    mode: Mode = Mode.ASK
    checks: tuple[str, ...] = ()
    model: str = ""
    thinking: int = 0
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class Counters:
    """Totals of the session; `by_tool` maps a tool's name to its calls.

    `context_tokens` is what the first `context_upto` messages took in the context when that was counted last.
    """

    tool_calls: int = 0
    tool_errors: int = 0
    compactions: int = 0
    by_tool: Mapping[str, int] = field(default_factory=dict)
    context_tokens: int = 0
    context_upto: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """What stands for the older part of the history: all before message `start` is told by `text` (empty: nothing)."""

    start: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a person wanted last: how they said it, and what stood before that was begun.

    `before` is what the session had spent, `entries` and `checks` are how many the ledger had counted.
    """

    title: str = ""
    before: Spend = Spend()
    entries: int = 0
    checks: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """The finish gate's side of the current goal."""

    accepted: Claim | None = None
    verified: bool = False
    flags: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()

    @property
    def same_refusals(self) -> int:
        """How many refusals in a row had the last reason."""
        count = 0
        for reason in reversed(self.refusals):
            if reason != self.refusals[-1]:
                break
            count += 1
        return count


@dataclass(frozen=True, slots=True)
class Pace:
    """How the current turn goes: steps, time, nudges, malformed and empty replies in a row, the limit it hit.

    `world` maps the files edited in this turn to what they became; `text_only` is true in a step without tools,
    `ended_by_tool` once a result said that the turn ends with it, `replied` once the model answered. `begun` is the
    place of the prompt among the messages.
    """

    steps: int = 0
    seconds: float = 0.0
    nudges: int = 0
    malformed: int = 0
    empties: int = 0
    limit: LimitReached | None = None
    text_only: bool = False
    wrapped_up: bool = False
    ended_by_tool: bool = False
    replied: bool = False
    begun: int = 0
    world: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a person answered to a question; `at` is how many messages there were then."""

    at: int
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Pending:
    """What is under way: calls started but not answered, questions not answered, the step that runs."""

    calls: Mapping[str, ToolCall] = field(default_factory=dict)
    questions: Mapping[str, Question] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rest:
    """What is known beside the conversation: open calls and questions, files seen, why the last turn stopped.

    `queue` maps the ids of waiting prompts to their texts, in order. `run` is the goal that is pursued over turns,
    `warned` names the limits that were warned of, `goal` is what a person wanted last. `failed` is the failure of the
    provider in this turn, since the last reply; of several models the one that may pass soonest. `answers` are the
    newest that people gave, `denials` the calls that were refused. `trail` says which events of the log the
    conversation is made of.
    """

    session: str = ""
    pending: Pending = Pending()
    seen: Mapping[str, str] = field(default_factory=dict)
    fired: frozenset[str] = frozenset()
    stop: StopReason | None = None
    detail: str = ""
    last: Completion | None = None
    queue: Mapping[str, str] = field(default_factory=dict)
    run: Run = Run()
    warned: frozenset[str] = frozenset()
    failed: ModelFailed | None = None
    goal: Goal = Goal()
    answers: tuple[Answered, ...] = ()
    denials: Denials = Denials()
    trail: Trail = WHOLE


@dataclass(frozen=True, slots=True)
class Turn:
    """The state of a session at one point of its log.

    `messages` is the conversation; of what a summary stands for only the texts of people are held (the log has it all).
    `lifetimes` has the places of messages that are not shown for ever, `recent` the newest calls of this turn and of
    those that it goes on from, `mark` what had been spent when the limits were set, `stop` why the last turn ended
    (None: it runs, or none ran yet).
    """

    number: int = 0
    messages: History = field(default_factory=History)
    view: View = View()
    lifetimes: Mapping[int, str] = field(default_factory=dict)
    todos: tuple[Todo, ...] = ()
    switches: Switches = Switches()
    limits: Limits = Limits()
    spend: Spend = Spend()
    mark: Spend = Spend()
    pace: Pace = Pace()
    counters: Counters = Counters()
    recent: tuple[Attempt, ...] = ()
    ledger: Ledger = Ledger()
    done: Done = Done()
    rest: Rest = Rest()

    @property
    def auto(self) -> bool:
        """Whether auto mode is on."""
        return self.switches.auto

    @property
    def steps(self) -> int:
        """The model calls of this turn."""
        return self.pace.steps

    @property
    def open_todos(self) -> tuple[Todo, ...]:
        """The items still due."""
        return open_todos(self.todos)

    @property
    def window(self) -> Spend:
        """What was spent since the limits were set."""
        return self.spend - self.mark

    @property
    def goal(self) -> Goal:
        """What a person wanted last, and what stood before it."""
        return self.rest.goal

    @property
    def run(self) -> Run:
        """The goal that is pursued over turns; its name is empty when there is none."""
        return self.rest.run

    @property
    def stop(self) -> StopReason | None:
        """Why the last turn ended; None while one runs or before the first."""
        return self.rest.stop

    @property
    def awaiting_model(self) -> bool:
        """Whether the conversation ends with something the model has not answered."""
        return len(self.messages) > 0 and self.messages[-1].role != "assistant"

    @property
    def last_reply(self) -> Message | None:
        """The newest message of the model in this turn."""
        for message in reversed(self.messages):
            if message.role == "assistant":
                return message
            if message.role == "user" and message.origin == "human":
                return None
        return None
