"""What the log of a session says of its run, in a few words that cost nothing to read again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from aura.core.events import (
    Checkpointed,
    Event,
    LimitsSet,
    ModelReplied,
    QuestionAnswered,
    QuestionAsked,
    Rewound,
    RunOrdered,
    RunStarted,
    SessionResumed,
    StepEnded,
    TodosChanged,
    TurnStarted,
)
from aura.core.run import GIVEN_UP, Phase
from aura.core.todos import Todo

LONGEST = 300
TOLD = (
    "run_started",
    "run_ordered",
    "checkpointed",
    "todos_changed",
    "question_asked",
    "question_answered",
    "step_ended",
    "limits_set",
    "session_resumed",
    "rewound",
)
TAKEN_UP = "resume"  # the order that is carried out as soon as a process has the run


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run: its goal, its phase by name and why, until when it waits (Unix time, 0: it does not).

    `order` is what a person wants that was not carried out yet, `begun` a Unix time, `steps` and `seconds` (active
    time) and `cost` in USD are what it took; `limit` is its limit of cost (0: none). `done` of `todos` todos are
    done, `questions` are those that are open, in the order they were asked: the words of each by its name.
    """

    goal: str = ""
    phase: str = ""
    detail: str = ""
    wake: float = 0.0
    order: str = ""
    begun: float = 0.0
    turns: int = 0
    steps: int = 0
    seconds: float = 0.0
    cost: float = 0.0
    limit: float = 0.0
    done: int = 0
    todos: int = 0
    questions: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_active(self) -> bool:
        """Whether it goes on by itself."""
        return bool(self.phase) and Phase(self.phase).is_active


def add_to_run(run: RunSummary, event: Event) -> RunSummary:
    """The run after one more event of its session; empty while there is none."""
    match event:
        case LimitsSet():
            return replace(run, limit=event.limits.cost)
        case TodosChanged():
            return _count(run, event.todos)
        case Rewound():
            kept = {name: text for name, text in run.questions.items() if name in event.earlier.questions}
            return replace(_count(run, event.earlier.todos), questions=kept)
        case QuestionAsked():
            asked = event.question.text[:LONGEST]
            return replace(run, questions={**run.questions, event.id: asked})
        case QuestionAnswered():
            left = {name: text for name, text in run.questions.items() if name != event.id}
            return replace(run, questions=left)
        case RunStarted():
            return RunSummary(
                goal=event.goal[:LONGEST],
                phase=Phase.QUEUED.value,
                wake=event.wake,
                begun=event.begun,
                limit=run.limit,
                done=run.done,
                todos=run.todos,
                questions=run.questions,
            )
        case _ if not run.phase:
            return run
        case Checkpointed():
            order = run.order if event.phase.is_active and run.order != TAKEN_UP else ""
            return replace(
                run, phase=event.phase.value, detail=event.detail[:LONGEST], wake=event.wake, order=order
            )
        case RunOrdered():
            return _order(run, event)
        case SessionResumed():
            return replace(run, order=run.order or TAKEN_UP) if run.is_active else run
        case _:
            return _spend(run, event) if run.is_active else run


def _count(run: RunSummary, todos: Sequence[Todo]) -> RunSummary:
    done = sum(todo.status in ("completed", "cancelled") for todo in todos)
    return replace(run, done=done, todos=len(todos))


def _order(run: RunSummary, event: RunOrdered) -> RunSummary:
    """As `aura.core.run_rules.order_run` has it."""
    if Phase(run.phase).is_final:
        return run
    if event.order == "resume":
        return replace(run, phase=Phase.RUNNING.value, order=TAKEN_UP, detail="", wake=0.0)
    if run.is_active:
        return replace(run, order=event.order)
    return replace(run, phase=Phase.CANCELLED.value, detail=GIVEN_UP) if event.order == "cancel" else run


def _spend(run: RunSummary, event: Event) -> RunSummary:
    match event:
        case TurnStarted():
            return replace(run, turns=run.turns + 1, order="" if run.order == TAKEN_UP else run.order)
        case StepEnded():
            order = "" if run.order == TAKEN_UP else run.order
            return replace(run, steps=run.steps + 1, seconds=run.seconds + event.seconds, order=order)
        case ModelReplied(interrupted=False):
            return replace(run, cost=run.cost + (event.completion.cost or 0.0))
        case _:
            return run
