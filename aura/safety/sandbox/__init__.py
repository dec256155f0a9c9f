"""The walls around commands, and which of them stands here."""

from aura.core.sandbox import Level, Sandbox
from aura.safety.sandbox.none import NoSandbox

__all__ = ["NoSandbox", "find_sandbox", "name_level"]


def find_sandbox() -> Sandbox:
    """The strongest sandbox that works on this machine."""
    return NoSandbox()


def name_level(sandbox: Sandbox) -> str:
    """What is enforced, in words for a status line."""
    level = sandbox.probe().level
    if level is Level.NONE:
        return "no sandbox"
    return f"sandbox {sandbox.name}" + (" (partly)" if level is Level.PARTIAL else "")
