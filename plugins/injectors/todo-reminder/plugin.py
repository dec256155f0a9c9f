"""todo-reminder: the open todos, every `interval` steps in auto mode."""

from dataclasses import dataclass

from aura.api import BeforeChat, Injection, Turn, hookimpl, render_todos

TEXT = """\
{steps} steps into this turn, these todos are open:
{todos}
Mark with TodoWrite what is finished, then go on with the next item."""


@dataclass
class Plugin:
    """`interval` is in steps."""

    interval: int = 20

    def __post_init__(self) -> None:
        if self.interval < 1:
            raise ValueError("interval has to be 1 or more")

    @hookimpl
    def before_chat(self, turn: Turn) -> BeforeChat | None:
        """Remind when the steps of this turn are a multiple of the interval."""
        if not turn.auto or not turn.open_todos or not turn.steps or turn.steps % self.interval:
            return None
        return BeforeChat(Injection(TEXT.format(steps=turn.steps, todos=render_todos(turn.open_todos))))
