"""done-reminder: while Done is required, text alone does not end the work."""

from aura.api import AfterResponse, Injection, Message, Turn, hookimpl

TEXT = """\
Text alone does not end this work.
- If it is finished: look at every todo, run the checks, then call Done with a summary and the evidence.
- If it cannot be finished: call Done with the status blocked or needs_input, and say why.
- Otherwise go on."""


class Plugin:
    """Objects to a reply of text alone while Done is required."""

    @hookimpl
    def after_response(self, turn: Turn, reply: Message) -> AfterResponse | None:
        """Ask for Done."""
        if not turn.switches.done_required or reply.tool_calls or not reply.text.strip():
            return None
        return AfterResponse(Injection(TEXT))
