"""Tells people elsewhere that a run ended or needs them: what is told, and when."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aura.app.approvals import Approvals
from aura.app.delivery import DeliveryFailed, Notice, post, run_command
from aura.app.session import LocalSession
from aura.config.load import load
from aura.config.unattended import Notify, Occasion
from aura.core.errors import AuraError, StoreError
from aura.core.events import (
    ApprovalAsked,
    Checkpointed,
    Event,
    NoticeShown,
    QuestionAsked,
    Recorded,
    TurnStopped,
)
from aura.core.limits import ENDINGS, StopReason
from aura.core.run import PHASES, Phase
from aura.core.text import shorten
from aura.core.tools import Question
from aura.core.turn import Turn
from aura.safety.redact import redact

TITLE, TEXT = 100, 1_000  # characters
MOST_WAITING = 20  # notices; the oldest are dropped
CLOSING = 12.0  # seconds that the end of a session waits for what is to be told
SPOKEN_OF: dict[Phase, Occasion] = {
    Phase.WAITING: "waiting",
    Phase.LIMIT: "limit",
    Phase.NEEDS_INPUT: "needs_input",
    Phase.BLOCKED: "blocked",
    Phase.STALLED: "stalled",
    Phase.NOT_VERIFIED: "failed",
    Phase.FAILED: "failed",
    Phase.DONE: "done",
}

Deliver = Callable[[Notice], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class News:
    """Something worth telling; `question` names the one that is asked (empty: none is)."""

    occasion: Occasion
    text: str
    question: str = ""


def find_news(event: Event, turn: Turn, before: Phase) -> News | None:
    """What an event says to who is away; `turn` has it folded in, `before` is the run's phase without it.

    Of a run it is each phase that it comes to, of other work in auto mode the end of a turn.
    """
    run = turn.run
    match event:
        case QuestionAsked(id=name, question=question):
            is_alone = not turn.rest.pending.questions.keys() - {name}
            return News(
                "question", tell_question(question, turn.rest.session, "" if is_alone else name), name
            )
        case ApprovalAsked(call=call, reason=reason):
            return News("question", f"May {call.name} run? {reason}")
        case Checkpointed(phase=phase) if phase in SPOKEN_OF and phase != before:
            return News(SPOKEN_OF[phase], event.detail or _describe(event.reason))
        case TurnStopped(reason=reason) if turn.auto and not (run.name and run.phase.is_active):
            phase = PHASES[reason]
            return News(SPOKEN_OF[phase], event.detail or _describe(reason)) if phase in SPOKEN_OF else None
        case _:
            return None


def _describe(reason: StopReason | None) -> str:
    return ENDINGS[reason].sentence if reason is not None else ""


def tell_question(question: Question, session: str, name: str = "") -> str:
    """A question for somebody who is not there: its options, and the command that answers it.

    `name` is the question's where several are open (empty: it is the only one).
    """
    numbered = [f"{number} {one.label}" for number, one in enumerate(question.options, start=1)]
    options = f" ({', '.join(numbered)})" if numbered else ""
    return f"{question.text}{options} · answer: aura answer {session} {name + ' ' if name else ''}TEXT"


@dataclass
class Notifying:
    """Watches a session and tells what happens, one notice after the other, beside the work.

    `deliver` are the ways; one that fails is said in the session, once. Close it before the log is closed.
    """

    session: LocalSession
    approvals: Approvals
    settings: Notify
    workspace: Path
    deliver: Sequence[Deliver]
    _phase: Phase = Phase.QUEUED
    _waiting: deque[tuple[Notice, str]] = field(default_factory=lambda: deque(maxlen=MOST_WAITING))
    _task: asyncio.Task[None] | None = None
    _failed: set[int] = field(default_factory=set)

    def attend(self) -> None:
        """Begin."""
        self._phase = self.session.turn.run.phase
        self.session.watchers.append(self._watch)
        self.session.on_close(self.close)

    def _watch(self, recorded: Recorded) -> None:
        turn, before = self.session.turn, self._phase
        self._phase = turn.run.phase
        news = find_news(recorded.event, turn, before)
        if news is None or news.occasion not in self.settings.on:
            return
        if self.approvals.is_attended and not self.settings.always:
            return
        self._waiting.append((self._make_notice(news, recorded.at), news.question))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._tell_all())

    def _make_notice(self, news: News, at: float) -> Notice:
        turn = self.session.turn
        goal = turn.run.goal if turn.run.name else turn.goal.title
        title = f"{self.workspace.name}: {goal}" if goal else self.workspace.name
        return Notice(
            event=news.occasion,
            session=turn.rest.session,
            title=shorten(redact(title), TITLE),
            text=shorten(redact(news.text), TEXT),
            workspace=str(self.workspace),
            at=at,
        )

    async def _tell_all(self) -> None:
        while self._waiting:
            notice, question = self._waiting.popleft()
            if question and question not in self.session.turn.rest.pending.questions:
                continue  # it was answered at once: that nobody is there, or by a rule
            for way, deliver in enumerate(self.deliver):
                try:
                    await deliver(notice)
                except DeliveryFailed as error:
                    self._complain(way, error)
                except Exception as error:  # noqa: BLE001 - a notice that fails must not end the telling of others
                    self._complain(
                        way, DeliveryFailed(f"A notice could not be sent ({type(error).__name__}: {error}).")
                    )

    def _complain(self, way: int, error: DeliveryFailed) -> None:
        if way not in self._failed:
            self._failed.add(way)
            with contextlib.suppress(StoreError):  # the log says so itself
                self.session.record(NoticeShown(error.sentence, "warning"))

    async def close(self) -> None:
        """Return when all is told, or after `CLOSING` seconds."""
        self.session.watchers.remove(self._watch)
        if self._task is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSING):
                await self._task


def list_ways(settings: Notify) -> list[Deliver]:
    """The ways that the settings name."""
    ways: list[Deliver] = []
    if settings.command:
        ways.append(lambda notice: run_command(settings.command, notice))
    if settings.webhook:
        ways.append(lambda notice: post(settings.webhook, notice))
    return ways


def notify_people(session: LocalSession, approvals: Approvals, settings: Notify, workspace: Path) -> None:
    """Have a session tell people elsewhere, as far as the settings name ways to do so."""
    if ways := list_ways(settings):
        Notifying(session, approvals, settings, workspace, ways).attend()


async def tell_failure(workspace: Path, session: str, sentence: str) -> None:
    """Tell people of a run that could not even be opened, as far as their settings name ways to do so."""
    try:
        settings = load(workspace, trusted=False).runs.notify
    except AuraError:
        return  # the settings may be why
    title, text = shorten(redact(workspace.name), TITLE), shorten(redact(sentence), TEXT)
    notice = Notice("failed", session, title, text, str(workspace), time.time())
    for deliver in list_ways(settings) if "failed" in settings.on else ():
        with contextlib.suppress(DeliveryFailed):
            await deliver(notice)
