"""What a call would do to files, told to the person who is asked about it."""

from collections.abc import Callable

from aura.agent.dispatch import Dispatcher
from aura.app.approvals import Preview
from aura.core.messages import ToolCall
from aura.core.tools import ToolOutput, foresee


def make_preview(dispatcher: Dispatcher) -> Callable[[ToolCall], Preview]:
    """A function that tells what a validated call would do to files; empty when it cannot be told or is nothing.

    It reads files, so it is called in a thread.
    """

    def preview(call: ToolCall) -> Preview:
        foreseen = foresee(dispatcher.tools.get(call.name), dispatcher.context(call), call.arguments)
        if isinstance(foreseen, ToolOutput):
            return Preview(problem=foreseen.display or foreseen.content)
        return Preview(foreseen)

    return preview
