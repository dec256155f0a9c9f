"""The sandboxes there are. So far there is none: commands run as the user who started aura."""

from collections.abc import Sequence
from pathlib import Path

from aura.core.sandbox import Capability, Level, Sandbox


class NoSandbox:
    """No wall at all; it says so."""

    name = "none"

    def probe(self) -> Capability:
        """Nothing is enforced, anywhere."""
        return Capability(
            Level.NONE,
            ("files outside the workspace", "the network", "other processes"),
            "Commands run with your own rights; only the permission rules stand before them. "
            "For jobs nobody watches, start aura in a container or a virtual machine.",
        )

    def wrap(self, argv: Sequence[str], cwd: Path) -> Sequence[str]:
        """The same argument vector."""
        return argv


def find_sandbox() -> Sandbox:
    """The strongest sandbox that works on this machine."""
    return NoSandbox()


def name_level(sandbox: Sandbox) -> str:
    """What is enforced, in words for a status line."""
    level = sandbox.probe().level
    if level is Level.NONE:
        return "no sandbox"
    return f"sandbox {sandbox.name}" + (" (partly)" if level is Level.PARTIAL else "")
