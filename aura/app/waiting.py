"""What people said that waits: queued lines, words that came too late, what the model is to be told."""

from itertools import count

from aura.app.session import LocalSession
from aura.core.events import Injected, PromptQueued, PromptUnqueued
from aura.core.messages import Message


class Waiting:
    """What waits in one session. Queued lines are events and come back on resume; all else is soon delivered."""

    def __init__(self, session: LocalSession) -> None:
        self._session = session
        self._late: list[str] = []
        self._told: list[Message] = []

    def enqueue(self, text: str) -> None:
        """Have a line wait behind the others."""
        taken = self._session.turn.rest.queue
        name = next(f"p{number}" for number in count(1) if f"p{number}" not in taken)
        self._session.record(PromptQueued(name, text))

    def unqueue(self, name: str) -> None:
        """Take a waiting line back."""
        if name in self._session.turn.rest.queue:
            self._session.record(PromptUnqueued(name))

    def hold(self, text: str) -> None:
        """Keep what was said between two turns for the next."""
        self._late.append(text)

    def take_late(self) -> list[str]:
        """What was said too late for the last turn; from now on it waits no more."""
        late = [*self._session.take_late(), *self._late]
        self._late.clear()
        return late

    def take_next(self) -> str | None:
        """What was said too late for the last turn, else the first line that waits; None: nothing does."""
        late = self.take_late()
        if late:
            return "\n\n".join(late)
        for name, text in self._session.turn.rest.queue.items():
            self._session.record(PromptUnqueued(name, sent=True))
            return text
        return None

    def tell_later(self, message: Message) -> None:
        """Keep what the model is to be told with the next prompt."""
        self._told.append(message)

    def inform(self) -> None:
        """Tell the model now, unless a turn runs: never in the middle of one."""
        if self._session.is_running:
            return
        told, self._told = self._told, []
        for message in told:
            self._session.record(Injected(message))
