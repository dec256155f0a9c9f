"""Events that a person causes: switches, limits, commands, prompts that wait."""

from dataclasses import dataclass
from typing import Literal

from aura.core.evidence import CommandRun
from aura.core.limits import Limits


@dataclass(frozen=True, slots=True)
class AutoSwitched:
    """Auto mode goes on or off; `by` says who did it."""

    on: bool
    by: str
    type: Literal["auto_switched"] = "auto_switched"


@dataclass(frozen=True, slots=True)
class DoneSwitched:
    """Done becomes required to leave the loop, or not any more."""

    required: bool
    by: str
    type: Literal["done_switched"] = "done_switched"


@dataclass(frozen=True, slots=True)
class ModeSwitched:
    """The permission mode changes."""

    mode: str
    by: str
    type: Literal["mode_switched"] = "mode_switched"


@dataclass(frozen=True, slots=True)
class LimitsSet:
    """New limits; `fresh` begins a new window, otherwise what was spent still counts."""

    limits: Limits
    fresh: bool = True
    by: str = ""
    type: Literal["limits_set"] = "limits_set"


@dataclass(frozen=True, slots=True)
class ChecksSet:
    """The commands that have to pass before Done is accepted."""

    checks: tuple[str, ...]
    by: str = ""
    type: Literal["checks_set"] = "checks_set"


@dataclass(frozen=True, slots=True)
class SandboxChosen:
    """What stands around the session's commands from here on.

    `requested` is what the settings ask for, `enforced` what stands in words, `missing` what of it is not covered,
    `network` what commands reach: none, proxy or host.
    """

    requested: str
    enforced: str
    missing: tuple[str, ...] = ()
    network: str = "none"
    type: Literal["sandbox_chosen"] = "sandbox_chosen"


@dataclass(frozen=True, slots=True)
class CommandRan:
    """A slash command or a shell line of a person ran; `output` is what a shell line printed."""

    line: str
    output: str
    run: CommandRun | None = None
    type: Literal["command_ran"] = "command_ran"


@dataclass(frozen=True, slots=True)
class CommandSaid:
    """What a slash command told the person."""

    text: str
    type: Literal["command_said"] = "command_said"


@dataclass(frozen=True, slots=True)
class PromptQueued:
    """A person's next prompt waits until the work under way is over."""

    id: str
    text: str
    type: Literal["prompt_queued"] = "prompt_queued"


@dataclass(frozen=True, slots=True)
class PromptUnqueued:
    """A waiting prompt waits no longer: it is `sent`, or was taken back."""

    id: str
    sent: bool = False
    type: Literal["prompt_unqueued"] = "prompt_unqueued"


@dataclass(frozen=True, slots=True)
class ThinkingSwitched:
    """The model may think so many tokens before it answers (0: not at all)."""

    tokens: int
    by: str
    type: Literal["thinking_switched"] = "thinking_switched"


@dataclass(frozen=True, slots=True)
class EffortChosen:
    """A goal is pursued fast or deep from here on, and why."""

    effort: str
    reason: str
    type: Literal["effort_chosen"] = "effort_chosen"
