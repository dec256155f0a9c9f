"""Which wall stands: the strongest that works here, or what a person said instead."""

import functools
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from aura.core.errors import ToolError
from aura.core.sandbox import Capability, Launch, Level, Sandbox, SandboxSpec, Violation
from aura.safety.sandbox.bwrap import BwrapSandbox
from aura.safety.sandbox.landlock import LandlockSandbox
from aura.safety.sandbox.none import NoSandbox
from aura.safety.sandbox.seatbelt import SeatbeltSandbox

Wish = Literal["auto", "required", "off", "external"]
WAY_OUT = (
    "`aura doctor` says what is missing. To run commands with your own rights, start aura with --no-sandbox; inside a"
    " container or a virtual machine that is the wall, with --sandbox external."
)


class External(NoSandbox):
    """A container or a virtual machine around aura, as its owner says; nothing of it can be seen from here."""

    name = "external"

    def probe(self) -> Capability:
        """What was said, not what was found."""
        return Capability(Level.PARTIAL, ("whatever the container around aura leaves open",))


class Closed:
    """No wall stands, and nobody agreed to that: no command runs."""

    name = "none"

    def __init__(self, capability: Capability, sentence: str) -> None:
        self._capability = capability
        self.sentence = sentence

    def probe(self) -> Capability:
        """What was found, and how to mend it."""
        return Capability(Level.NONE, self._capability.missing, self._capability.hint)

    def launch(
        self, spec: SandboxSpec, argv: Sequence[str], *, cwd: Path, environment: Mapping[str, str]
    ) -> Launch:
        """Refused, with what a person can do about it."""
        raise ToolError(f"{self.sentence} {WAY_OUT}")

    def after(self, spec: SandboxSpec, launch: Launch) -> tuple[Violation, ...]:
        """Nothing ran."""
        return ()


def find_sandbox(wish: Wish = "auto") -> Sandbox:
    """The sandbox that commands run in; one that lets nothing run when none works and nobody said so.

    It is looked for once in a process. `off` and `external` are only ever what a person said.
    """
    if wish == "off":
        return NoSandbox()
    if wish == "external":
        return External()
    found, capability = _find_working()
    if found is None:
        return Closed(capability, "The command was not run: no sandbox works on this machine.")
    if wish == "required" and capability.level is not Level.FULL:
        lacking = ", ".join(capability.missing)
        return Closed(
            capability, f"The command was not run: {found.name} does not cover everything ({lacking})."
        )
    return found


@functools.cache
def _find_working() -> tuple[Sandbox | None, Capability]:
    """The first that works, with what it covers; else none, with what is wrong with the best."""
    best: Capability | None = None
    for sandbox in list_sandboxes():
        capability = sandbox.probe()
        if capability.level is not Level.NONE:
            return sandbox, capability
        best = best or capability
    return None, best or NoSandbox().probe()


def list_sandboxes() -> tuple[Sandbox, ...]:
    """All there are for this system, the strongest first."""
    if sys.platform == "darwin":
        return (SeatbeltSandbox(),)
    bwrap = BwrapSandbox()
    return (bwrap, LandlockSandbox(lambda: bwrap.probe().hint))


def is_boxed(sandbox: Sandbox) -> bool:
    """Whether anything stands around commands."""
    return sandbox.probe().level is not Level.NONE


def name_level(sandbox: Sandbox) -> str:
    """What is enforced, in words for a status line."""
    level = sandbox.probe().level
    if isinstance(sandbox, Closed):
        return "sandbox missing (no commands)"
    if level is Level.NONE:
        return "no sandbox"
    is_part = level is Level.PARTIAL and not isinstance(sandbox, External)
    return f"sandbox {sandbox.name}" + (" (partly)" if is_part else "")
