"""empty-response: a reply with neither text nor tool calls is no answer."""

from aura.api import AfterResponse, Injection, Message, Turn, hookimpl, is_empty

TEXT = "Your reply was empty. Go on with the task, or say in one sentence what you need."


class Plugin:
    """Objects to an empty reply, in any mode."""

    @hookimpl
    def after_response(self, turn: Turn, reply: Message) -> AfterResponse | None:
        """Ask for an answer."""
        return AfterResponse(Injection(TEXT)) if is_empty(reply) else None
