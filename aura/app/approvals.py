"""Who answers when policy or the model asks: the person who watches, or nobody."""

import asyncio
from itertools import count

from aura.core.events import QuestionAnswered, QuestionAsked
from aura.core.messages import ToolCall
from aura.core.permissions import Allow, Approver, Ask, Asker, Deny
from aura.core.recorder import Recorder
from aura.core.tools import Answer, Question

NOBODY = "Nobody is there to answer. Go on with reasonable assumptions, and say in your summary which ones you made."
SUGGESTION = "Choose a way that needs no permission, or leave it and name it in your summary."


class Approvals:
    """Answers for one session: a face when somebody watches and auto mode is off, otherwise a refusal with a reason.

    `approver` and `asker` are what the face brought (None: nobody is there).
    """

    def __init__(self, record: Recorder) -> None:
        self._record = record
        self._numbers = count(1)
        self._turnstile = asyncio.Lock()
        self.approver: Approver | None = None
        self.asker: Asker | None = None

    async def approve(self, call: ToolCall, ask: Ask) -> Allow | Deny:
        """Allow or deny one call that policy wants seen; one at a time."""
        if self._record.turn.auto:
            return Deny(f"{ask.reason}, and in auto mode nobody is asked", SUGGESTION, by="auto mode")
        if self.approver is None:
            return Deny(f"{ask.reason}, and nobody is there to ask", SUGGESTION, by="nobody there")
        async with self._turnstile:
            return await self.approver(call, ask)

    async def ask(self, question: Question) -> Answer:
        """The answer to a question of the model; the question and its answer are recorded."""
        name = f"q{self._record.turn.number}-{next(self._numbers)}"
        self._record(QuestionAsked(name, question))
        answer, by = Answer(NOBODY, answered=False), "nobody"
        try:
            if self.asker is not None:
                async with self._turnstile:
                    answer = await self.asker(question)
                by = "human" if answer.answered else "nobody"
        except asyncio.CancelledError:
            answer, by = Answer("The question was withdrawn.", answered=False), "interrupt"
            raise
        finally:
            self._record(QuestionAnswered(name, answer, by))
        return answer
