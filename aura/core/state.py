"""The parts a turn's state is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aura.core.events import LimitReached
from aura.core.limits import StopReason
from aura.core.messages import ToolCall
from aura.core.models import Completion
from aura.core.permissions import Mode
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
    `ended_by_tool` once a result said that the turn ends with it.
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
    world: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pending:
    """What is under way: calls started but not answered, questions not answered, the step that runs."""

    calls: Mapping[str, ToolCall] = field(default_factory=dict)
    questions: Mapping[str, Question] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rest:
    """What is known beside the conversation: open calls and questions, files seen, why the last turn stopped.

    `queue` maps the ids of waiting prompts to their texts, in order.
    """

    session: str = ""
    pending: Pending = Pending()
    seen: Mapping[str, str] = field(default_factory=dict)
    fired: frozenset[str] = frozenset()
    stop: StopReason | None = None
    detail: str = ""
    last: Completion | None = None
    queue: Mapping[str, str] = field(default_factory=dict)
