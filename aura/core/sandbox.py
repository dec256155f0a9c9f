"""What a sandbox is: something that puts a wall around commands, and says truthfully how high it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

Network = Literal["none", "proxy", "host"]


class Level(StrEnum):
    """How much is enforced: nothing, part of it (`Capability.missing` says what not), or all."""

    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Capability:
    """What a sandbox really holds here: its level, what it does not cover, and how to get more.

    `stopped` is what does not work inside although it would do no harm.
    """

    level: Level
    missing: tuple[str, ...] = ()
    hint: str = ""
    stopped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SandboxSpec:
    """What a command may reach.

    `workspace` is resolved. `write` and `read` are roots besides it, `protect` what is read-only inside those that may
    be written, `hide` what can never be read. `net` is nothing, the hosts of `domains` through a proxy, or the
    machine's own network. `tmp` becomes /tmp and `cache` ~/.cache (None: one that goes with the command); what a
    command made where nothing may come into being is moved to `aside` (None: removed). `procs` is how many processes
    there may be at once; 0 is no limit.
    """

    workspace: Path
    write: tuple[Path, ...] = ()
    read: tuple[Path, ...] = ()
    protect: tuple[Path, ...] = ()
    hide: tuple[Path, ...] = ()
    net: Network = "none"
    domains: tuple[str, ...] = ()
    tmp: Path | None = None
    cache: Path | None = None
    aside: Path | None = None
    procs: int = 512


def do_nothing() -> None:
    """What a launch does around its command when there is nothing to do."""


def lead_itself(pid: int) -> int:
    """The group of a process that was started as the leader of one."""
    return pid


@dataclass(slots=True)
class Launch:
    """One command, ready to be started inside: how, and what has to be done around it.

    `pass_fds` stay open in the child. `find_group` says, by the id of the process that was started, to which process
    group a request to end goes. `on_started` is called once as soon as the process exists, or could not be
    started; `cleanup` once when everything is over. `notes` is what the sandbox keeps for its own `after`.
    """

    argv: Sequence[str]
    environment: Mapping[str, str]
    pass_fds: tuple[int, ...] = ()
    on_started: Callable[[], None] = do_nothing
    cleanup: Callable[[], None] = do_nothing
    find_group: Callable[[int], int] = lead_itself
    notes: object = None


@dataclass(frozen=True, slots=True)
class Violation:
    """Something a command tried that was undone, set aside or refused: one sentence for the tool's result."""

    text: str


class Sandbox(Protocol):
    """Wraps commands; what cannot be wrapped does not run, and nothing a model says switches it off."""

    @property
    def name(self) -> str:
        """How people know it: `bwrap`, `landlock`, `seatbelt`, `external`, `none`."""
        ...

    def probe(self) -> Capability:
        """Find out, once and by trying, what is enforced on this machine."""
        ...

    def launch(
        self, spec: SandboxSpec, argv: Sequence[str], *, cwd: Path, environment: Mapping[str, str]
    ) -> Launch:
        """How `argv` is started inside, with this complete environment; raises `AuraError` when it cannot be."""
        ...

    def after(self, spec: SandboxSpec, launch: Launch) -> tuple[Violation, ...]:
        """Look, once the command has ended, at what it did; mend it, and say so."""
        ...


@runtime_checkable
class Sharing(Protocol):
    """A sandbox that can let the commands of one session meet on loopback."""

    def share(self, spec: SandboxSpec) -> None:
        """Do so from here on, where that can be done."""
        ...

    def part(self, spec: SandboxSpec) -> None:
        """Let go of what that took."""
        ...


@dataclass(frozen=True, slots=True)
class Wall:
    """A sandbox and what it lets through: all that a runner of commands has to know."""

    sandbox: Sandbox
    spec: SandboxSpec

    def launch(self, argv: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> Launch:
        """As `Sandbox.launch`."""
        return self.sandbox.launch(self.spec, argv, cwd=cwd, environment=environment)

    def share(self) -> None:
        """Have commands meet on loopback from here on, if the sandbox can."""
        if isinstance(self.sandbox, Sharing):
            self.sandbox.share(self.spec)

    def part(self) -> None:
        """Let go of what `share` took."""
        if isinstance(self.sandbox, Sharing):
            self.sandbox.part(self.spec)

    def after(self, launch: Launch) -> tuple[Violation, ...]:
        """As `Sandbox.after`."""
        return self.sandbox.after(self.spec, launch)
