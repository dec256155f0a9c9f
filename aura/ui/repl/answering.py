"""What waits for a person's answer, one after the other."""

from aura.app.session import Session
from aura.core.events import ApprovalAsked, ApprovalSettled, Event, QuestionAnswered, QuestionAsked
from aura.core.tools import Answer
from aura.ui.answers import SKIPPED
from aura.ui.repl.asking import Asked, Verdict, name_prompt, read_reply, read_verdict

UNCLEAR = "That is none of the choices."


class Answering:
    """The calls and questions that wait; the first is the one that is answered."""

    def __init__(self) -> None:
        self._waiting: dict[str, Asked] = {}

    @property
    def current(self) -> Asked | None:
        """What is answered next."""
        return next(iter(self._waiting.values()), None)

    @property
    def prompt(self) -> str:
        """What stands before the caret; empty when nothing waits."""
        return name_prompt(self.current) if self.current is not None else ""

    def take(self, event: Event) -> bool:
        """Note one event; whether what is answered next is another now."""
        before = self.current
        match event:
            case ApprovalAsked():
                self._waiting[event.id] = Asked(event.id, approval=event)
            case QuestionAsked():
                self._waiting[event.id] = Asked(event.id, question=event.question, deadline=event.deadline)
            case ApprovalSettled() | QuestionAnswered():
                self._waiting.pop(event.id, None)
            case _:
                pass
        return self.current != before

    def put(self, asked: Asked) -> None:
        """Something that the face itself asks, or asks anew."""
        self._waiting[asked.id] = asked

    def drop(self, name: str) -> None:
        """It is answered."""
        self._waiting.pop(name, None)

    def clear(self) -> None:
        """Nothing can be answered any more."""
        self._waiting.clear()


def read(asked: Asked, line: str) -> Verdict | Answer | None:
    """What a line says to what is asked; None when it does not fit."""
    if asked.approval is not None:
        return read_verdict(asked.approval, line)
    return read_reply(asked.question, line) if asked.question is not None else None


def refuse(asked: Asked) -> Verdict | Answer:
    """The safe answer."""
    if asked.approval is not None:
        verdict = read_verdict(asked.approval, "n")
        assert verdict is not None
        return verdict
    return SKIPPED


async def give(session: Session, asked: Asked, answer: Verdict | Answer) -> None:
    """Hand an answer in; raises `AuraError` when nobody waits for it any more."""
    if isinstance(answer, Verdict):
        await session.decide(asked.id, answer.verdict, answer.scope)
    else:
        await session.answer(asked.id, answer)
