"""How a session is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aura.core.models import Model
from aura.core.permissions import Mode

# The fields of `Limits` that settings set, and the names of those.
LIMIT_SETTINGS = {
    "steps": "auto.max_steps",
    "turns": "auto.max_turns",
    "tokens": "auto.token_budget",
    "tokens_in": "auto.max_tokens_in",
    "tokens_out": "auto.max_tokens_out",
    "cost": "auto.max_cost",
    "seconds": "auto.max_seconds",
    "turn_seconds": "auto.turn_seconds",
    "nudges": "auto.nudges",
}


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """What the builder needs to know.

    `resume` is an id (or its beginning), `latest` takes the newest session of the workspace, `fork` continues a copy.
    `flags` are settings given on the command line (dotted names). `unattended` chooses the stricter defaults,
    `model` may be a ready model (tests, embedding). `sessions` is the folder of the logs (None: the user's), `extra`
    are plugins of the program that embeds aura, by name.
    """

    workspace: Path
    resume: str = ""
    latest: bool = False
    fork: bool = False
    flags: Mapping[str, Any] = field(default_factory=dict)
    auto: bool | None = None
    mode: Mode | None = None
    checks: tuple[str, ...] = ()
    unattended: bool = False
    model: Model | None = None
    record: Path | None = None
    trusted: bool | None = None
    sessions: Path | None = None
    extra: tuple[tuple[str, object], ...] = ()
