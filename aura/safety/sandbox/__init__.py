"""The walls around commands, and which of them stands here."""

from aura.safety.sandbox.choice import WAY_OUT, Closed, External, find_sandbox, is_boxed, name_level
from aura.safety.sandbox.none import NoSandbox

__all__ = ["WAY_OUT", "Closed", "External", "NoSandbox", "find_sandbox", "is_boxed", "name_level"]
