"""What was said, event by event: the conversation as the log has it."""

from aura.core import events as ev
from aura.core.messages import Message, is_empty, tool_message

PRINTED = "\n\nWhat a command printed:\n"  # what follows in a prompt is no word of a person
SAID = ("turn_started", "steered", "injected", "model_replied", "tool_finished")  # the types of such events


def find_said(event: ev.Event) -> Message | None:
    """The message that an event adds to the conversation (None: none)."""
    match event:
        case ev.TurnStarted() | ev.Steered() | ev.Injected():
            return event.message
        case ev.ModelReplied(completion=completion, interrupted=interrupted):
            return completion.message if interrupted or not is_empty(completion.message) else None
        case ev.ToolFinished():
            return tool_message(event.result)
        case _:
            return None
