"""todo-not-finished: in auto mode a turn does not end while todos are open."""

from aura.api import AfterResponse, Injection, Message, Turn, hookimpl, render_todos

TEXT = """\
You stopped, but {count} of the todos {are} open:
{todos}
Go on with the next one now. Mark what is finished as completed, and what cannot be done as blocked or cancelled, with \
the reason."""


class Plugin:
    """Objects to a reply of text alone."""

    @hookimpl
    def after_response(self, turn: Turn, reply: Message) -> AfterResponse | None:
        """List what is open."""
        todos = turn.open_todos
        if not turn.auto or not todos or reply.tool_calls or not reply.text.strip():
            return None
        are = "is" if len(todos) == 1 else "are"
        return AfterResponse(Injection(TEXT.format(count=len(todos), are=are, todos=render_todos(todos))))
