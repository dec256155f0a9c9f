"""max-steps: the last step of a turn that reached a limit, without tools."""

from aura.api import BeforeChat, Injection, Turn, hookimpl

TEXT = """\
A limit is reached: {detail}. This is the last step of this turn and tools are off, so answer with text alone:
- what was done, and how you know that it works;
- what is left;
- what to do next.
Claim nothing that you have not verified."""


class Plugin:
    """Speaks once the loop says that a limit is reached; steps are one limit among others."""

    @hookimpl
    def before_chat(self, turn: Turn) -> BeforeChat | None:
        """Ask for the summary. The message goes when the turn ends: in the next one tools are back."""
        if turn.pace.limit is None:
            return None
        text = TEXT.format(detail=turn.pace.limit.detail.rstrip("."))
        return BeforeChat(Injection(text, lifetime="turn"), disable_tools=True)
