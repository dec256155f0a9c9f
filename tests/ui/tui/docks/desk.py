"""A session that writes down what it is told; what `settled` names waits no more."""

from typing import Any

from aura.core.errors import AuraError
from aura.core.events import Event
from aura.core.limits import Limits
from aura.core.permissions import Allow, Deny
from aura.core.tools import Answer
from aura.core.turn import Turn


class Desk:
    """As much of a session as docks speak to."""

    def __init__(self, *settled: str) -> None:
        self.settled = set(settled)
        self.turn = Turn(limits=Limits(turns=4, nudges=2))
        self.said: list[Any] = []

    async def decide(self, name: str, verdict: Allow | Deny, scope: str = "") -> None:
        """Take a verdict, unless somebody was quicker."""
        self._settle(name)
        self.said.append((name, verdict, scope))

    async def answer(self, name: str, answer: Answer) -> None:
        """Take an answer, unless somebody was quicker."""
        self._settle(name)
        self.said.append((name, answer))

    def steer(self, text: str) -> None:
        """Take words for the model."""
        self.said.append(text)

    def record(self, event: Event) -> None:
        """Take an event."""
        self.said.append(event)

    def _settle(self, name: str) -> None:
        if name in self.settled:
            raise AuraError("That was decided already.")
        self.settled.add(name)
