"""What a call would do to files, told before anybody says yes; nothing is done."""

from collections.abc import Callable

from aura.agent.dispatch import Dispatcher
from aura.core.errors import ToolError
from aura.core.evidence import FileChange
from aura.core.messages import ToolCall
from aura.tools.define import Foresee


def make_preview(dispatcher: Dispatcher) -> Callable[[ToolCall], tuple[FileChange, ...]]:
    """A function that tells what a validated call would do to files; empty when it cannot be told or is nothing.

    It reads files, so it is called in a thread.
    """

    def preview(call: ToolCall) -> tuple[FileChange, ...]:
        foresee: Foresee | None = getattr(dispatcher.tools.get(call.name), "foresee", None)
        if foresee is None:
            return ()
        try:
            return foresee(dispatcher.context(call), call.arguments)
        except (ToolError, OSError, KeyError, TypeError, ValueError):
            return ()

    return preview
