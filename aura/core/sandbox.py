"""What a sandbox is: something that puts a wall around commands, and says truthfully how high it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Level(StrEnum):
    """How much is enforced: nothing, part of it (`Capability.missing` says what not), or all."""

    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Capability:
    """What a sandbox really holds here: its level, what it does not cover, and how to get more."""

    level: Level
    missing: tuple[str, ...] = ()
    hint: str = ""


class Sandbox(Protocol):
    """Wraps commands; what cannot be wrapped does not run, and nothing a model says switches it off."""

    @property
    def name(self) -> str:
        """How people know it: `bwrap`, `none`."""
        ...

    def probe(self) -> Capability:
        """Find out, once and by trying, what is enforced on this machine."""
        ...

    def wrap(self, argv: Sequence[str], cwd: Path) -> Sequence[str]:
        """The argument vector that runs `argv` inside; raises `AuraError` when that is not possible."""
        ...
