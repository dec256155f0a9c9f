"""Who answers when policy or the model asks: the person who watches, or nobody."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Literal

from aura.core.denials import lift
from aura.core.errors import AuraError
from aura.core.events import ApprovalAsked, ApprovalSettled, QuestionAnswered, QuestionAsked
from aura.core.evidence import FileChange
from aura.core.messages import HUMAN, ToolCall
from aura.core.permissions import Allow, Approver, Ask, Asker, Deny, Park
from aura.core.recorder import Recorder
from aura.core.suggestions import suggest
from aura.core.tools import Answer, Question

NOBODY = "Nobody is there to answer. Go on with reasonable assumptions, and say in your summary which ones you made."
SUGGESTION = "Choose a way that needs no permission, or leave it and name it in your summary."
STAYS_OPEN = (
    "Nobody answers now. The question stays open, and its answer will reach you as a message. Go on with all that "
    "does not depend on it. When only that is left, call Done with status needs_input and say what is missing."
)
DENIED = "denied-"  # before the number of a refused call, where a name is wanted
AUTO_PATIENCE = 600.0  # seconds that a question waits in auto mode

Scope = Literal["session", "project"]
Grant = Literal["", "session", "project"]
Absence = Literal["away", "nobody"]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a call would do to files; `problem` says why it would do nothing to them (empty: nothing is known)."""

    changes: tuple[FileChange, ...] = ()
    problem: str = ""


class Approvals:
    """Answers for one session.

    Who answers is one of three: a face's own functions (`approver`, `asker`), whoever decides by id while `is_watched`
    (`decide`, `answer`), or nobody. In auto mode no person is asked about a call: who `find_reviewer` names is, and
    without one it is refused; questions wait `AUTO_PATIENCE` at most. What
    nobody answers in a run stays open, unless its terms (or `absence`, set by who opens the session) say that nobody
    ever will; `is_seen` tells whether somebody who decides by id is there at this moment.
    `preview` tells what a call would do to files, `grant` takes a rule that a person gave with a yes.
    """

    def __init__(self, record: Recorder) -> None:
        self._record = record
        self._numbers = count(1)
        self._turnstile = asyncio.Lock()
        self._verdicts: dict[str, asyncio.Future[Allow | Deny]] = {}
        self._answers: dict[str, asyncio.Future[Answer]] = {}
        self.asked: dict[str, ApprovalAsked] = {}
        self.approver: Approver | None = None
        self.find_reviewer: Callable[[], Approver | None] = lambda: None
        self.asker: Asker | None = None
        self.is_watched = False
        self.absence: Absence | None = None
        self.is_seen: Callable[[], bool] = lambda: True
        self.preview: Callable[[ToolCall], Preview] = lambda call: Preview()
        self.grant: Callable[[str, Scope], None] = lambda rule, scope: None

    async def approve(self, call: ToolCall, ask: Ask) -> Allow | Deny | Park:
        """Allow or deny one call that policy wants seen; one at a time."""
        if self._record.turn.auto:
            reviewer = self.find_reviewer()
            if reviewer is not None:
                return await reviewer(call, ask)
            return Deny(
                f"{ask.reason}, and in auto mode nobody is asked",
                suggest(ask.reason, SUGGESTION),
                by="auto mode",
            )
        if self.approver is not None:
            async with self._turnstile:
                return await self.approver(call, ask)
        if self.is_watched:
            return await self._wait_for_verdict(call, ask)
        return Deny(
            f"{ask.reason}, and nobody is there to ask", suggest(ask.reason, SUGGESTION), by="nobody there"
        )

    async def _wait_for_verdict(self, call: ToolCall, ask: Ask) -> Allow | Deny:
        name = f"a{self._record.turn.number}-{next(self._numbers)}"
        seen = await asyncio.to_thread(self.preview, call)
        verdict: asyncio.Future[Allow | Deny] = asyncio.get_running_loop().create_future()
        self.asked[name], self._verdicts[name] = (
            ApprovalAsked(name, call, ask.reason, ask.rule, seen.changes, seen.problem),
            verdict,
        )
        self._record(self.asked[name])
        try:
            return await verdict
        finally:
            del self.asked[name], self._verdicts[name]
            self._record(ApprovalSettled(name))

    def decide(self, name: str, verdict: Allow | Deny, scope: Grant = "") -> None:
        """Settle a call that waits; with a scope its rule holds from now on.

        `denied-3` names a call that was refused: a yes allows it once.
        Raises `AuraError` when it waits no more, or when the rule could not be kept; the verdict holds all the same.
        """
        number = name.removeprefix(DENIED)
        if number != name and number.isdecimal():
            self._lift(int(number), verdict, scope)
            return
        asked, future = self.asked.get(name), self._verdicts.get(name)
        if asked is None or future is None or future.done():
            raise AuraError("That was decided already.")
        future.set_result(verdict)
        if scope and asked.rule and isinstance(verdict, Allow):
            self.grant(asked.rule, scope)

    def _lift(self, number: int, verdict: Allow | Deny, scope: Grant) -> None:
        """Allow a call that was refused; what cannot be kept as a rule is not allowed either."""
        if not isinstance(verdict, Allow):
            raise AuraError(f"Call {number} is refused already.")
        event = lift(self._record.turn.rest.denials, number, verdict.by or HUMAN, as_rule=bool(scope))
        if scope:
            self.grant(event.rule, scope)
        self._record(event)

    def answer(self, name: str, answer: Answer) -> str:
        """Answer a question: one that waits, or one that stays open; then the words come back to be said to the run.

        Raises `AuraError` when it is neither.
        """
        future = self._answers.get(name)
        if future is not None and not future.done():
            future.set_result(answer)
            return ""
        question = self._record.turn.rest.pending.questions.get(name)
        if question is None or future is not None:
            raise AuraError("That question waits for no answer any more.")
        self._record(QuestionAnswered(name, answer, "human"))
        return tell_answer(question, answer)

    async def ask(self, question: Question) -> Answer:
        """The answer to a question of the model; the question and its answer are recorded."""
        name = f"q{self._record.turn.number}-{next(self._numbers)}"
        watched = self.is_watched and self.asker is None and (not self._is_pursued or self.is_seen())
        patience = AUTO_PATIENCE if watched and self._record.turn.auto else 0.0
        deadline = time.time() + patience if patience else 0.0
        self._record(QuestionAsked(name, question, deadline, stays=self.keeps_open))
        answer, by = Answer(NOBODY, answered=False), "nobody"
        try:
            if watched:
                answer, by = await self._wait_for_answer(name, question, patience)
            elif self.asker is not None:
                async with self._turnstile:
                    answer = await self.asker(question)
                by = "human" if answer.answered else "nobody"
            elif self.keeps_open:
                answer, by = Answer(STAYS_OPEN, answered=False), ""
        except asyncio.CancelledError:
            answer, by = Answer("The question was withdrawn.", answered=False), "interrupt"
            raise
        finally:
            if by:
                self._record(QuestionAnswered(name, answer, by))
        return answer

    @property
    def _is_pursued(self) -> bool:
        """Whether a run goes on."""
        run = self._record.turn.run
        return bool(run.name) and run.phase.is_active

    @property
    def keeps_open(self) -> bool:
        """Whether a question that nobody answers now stays open."""
        return self._is_pursued and (self.absence or self._record.turn.run.terms.ask) == "away"

    @property
    def is_attended(self) -> bool:
        """Whether somebody is there at this moment who is shown what is asked."""
        return self.asker is not None or (self.is_watched and self.is_seen())

    async def _wait_for_answer(self, name: str, question: Question, patience: float) -> tuple[Answer, str]:
        """The answer and who gave it; after `patience` seconds (0: none) it stays open, or a default is taken.

        Nobody gave it (an empty name) when the question stays open.
        """
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._answers[name] = future
        try:
            answer = await asyncio.wait_for(future, patience or None)
        except TimeoutError:
            if self.keeps_open:
                return Answer(STAYS_OPEN, answered=False), ""
            return _choose_default(question), "time"
        finally:
            del self._answers[name]
        return answer, "human" if answer.answered else "nobody"


def _choose_default(question: Question) -> Answer:
    """What is assumed when nobody answers in time."""
    if question.default:
        return Answer(question.default)
    if question.options and question.kind != "approval":  # silence is no consent
        first = question.options[0].label
        return Answer(first, (first,))
    return Answer(NOBODY, answered=False)


def tell_answer(question: Question, answer: Answer) -> str:
    """The answer to a question that stayed open, as a person's words; or that it was not answered."""
    if not answer.answered:
        return f"About your question ({question.text}): {answer.text}"
    return f"My answer to your question ({question.text}): {answer.text or ', '.join(answer.chosen)}"
