"""No sandbox: commands run as the user who started aura, and it says so."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aura.core.sandbox import Capability, Launch, Level, SandboxSpec, Violation


class NoSandbox:
    """No wall at all."""

    name = "none"

    def probe(self) -> Capability:
        """Nothing is enforced, anywhere."""
        return Capability(
            Level.NONE,
            ("files outside the workspace", "the network", "other processes"),
            "Commands run with your own rights; only the permission rules stand before them. "
            "For jobs nobody watches, start aura in a container or a virtual machine.",
        )

    def launch(
        self, spec: SandboxSpec, argv: Sequence[str], *, cwd: Path, environment: Mapping[str, str]
    ) -> Launch:
        """The command as it is."""
        return Launch(argv, environment)

    def after(self, spec: SandboxSpec, launch: Launch) -> tuple[Violation, ...]:
        """Nothing is looked at."""
        return ()
