"""Passing events: what is only shown, and never logged."""

from dataclasses import dataclass
from typing import Literal

from aura.core.evidence import FileChange
from aura.core.facts import Facts, Panel
from aura.core.messages import ToolCall


@dataclass(frozen=True, slots=True)
class ToolOutputDelta:
    """A piece of a running tool's output."""

    call_id: str
    text: str
    type: Literal["tool_output"] = "tool_output"


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    """A call waits for a person's yes; `reason` says why it is asked for.

    `changes` is what it would do to files, `rule` the rule that would allow its like from now on (empty: none).
    `problem` says why it would do nothing to files (empty: it is not known to be so).
    """

    id: str
    call: ToolCall
    reason: str
    rule: str = ""
    changes: tuple[FileChange, ...] = ()
    problem: str = ""
    type: Literal["approval_asked"] = "approval_asked"


@dataclass(frozen=True, slots=True)
class ApprovalSettled:
    """A call waits no longer: somebody decided, or the turn was stopped."""

    id: str
    type: Literal["approval_settled"] = "approval_settled"


@dataclass(frozen=True, slots=True)
class PanelsShown:
    """What plugins show now: sections of the side panel, and items of the status line."""

    panels: tuple[Panel, ...] = ()
    status: tuple[str, ...] = ()
    type: Literal["panels_shown"] = "panels_shown"


@dataclass(frozen=True, slots=True)
class FactsChanged:
    """What holds for the session is other than before: a model was switched, plugins were read again."""

    facts: Facts
    type: Literal["facts_changed"] = "facts_changed"


@dataclass(frozen=True, slots=True)
class WorkChanged:
    """Something runs now for a person (a turn, a command, a shell line), or nothing any more."""

    running: bool
    type: Literal["work_changed"] = "work_changed"


@dataclass(frozen=True, slots=True)
class ShellStarted:
    """A person's shell line begins to run; what it prints follows as `ToolOutputDelta` with `id` as its `call_id`."""

    id: str
    line: str
    type: Literal["shell_started"] = "shell_started"
