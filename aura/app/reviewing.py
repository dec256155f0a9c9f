"""Calls of auto mode that policy wants seen: put to the reviewer, and what happens when none can be reached."""

import asyncio
import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from aura.agent.aside import ask_aside
from aura.agent.reviewer import BY, LONGEST_CALL, PART, Case, decide, make_request, read_full, read_quick
from aura.core.clock import Clock
from aura.core.errors import ModelError, ModelErrorKind
from aura.core.events import NoticeShown
from aura.core.messages import ToolCall
from aura.core.models import Model, Request
from aura.core.permissions import Allow, Ask, Deny, Park
from aura.core.recorder import Recorder

TRIES = 3  # of one reviewer for one question
FIRST_WAIT, LONGEST_WAIT = 1.0, 8.0  # seconds between tries
SECONDS = 45.0  # for one answer
PAUSE = 60.0  # seconds after an outage in which each reviewer is tried once only


class Unreachable(Exception):
    """One reviewer gives no answer; the text says why."""


@dataclass(frozen=True, slots=True)
class ReviewBench:
    """What a review needs: the reviewers in order, and what is shown of a call."""

    reviewers: Callable[[], Sequence[Model]]
    describe: Callable[[ToolCall, Ask], Case]


class Reviewing:
    """Reviews one call at a time: its yes is for that call alone.

    Without an answer the next reviewer is asked; without any, the call is parked, which is said once and is never a
    denial. What rules and sandbox let run by themselves goes on meanwhile: it never comes here.
    """

    def __init__(
        self,
        record: Recorder,
        bench: ReviewBench,
        clock: Clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._record = record
        self._bench = bench
        self._clock = clock
        self._chance = chance
        self._mark = secrets.token_hex(4)
        self._turnstile = asyncio.Lock()
        self._out_since: float | None = None

    def find(self) -> "Reviewing | None":
        """Itself; None when there is nobody to ask at all."""
        return self if self._bench.reviewers() else None

    async def __call__(self, call: ToolCall, ask: Ask) -> Allow | Deny | Park:
        """Allow or deny the call, or park it when no reviewer answers."""
        async with self._turnstile:
            case = await asyncio.to_thread(self._bench.describe, call, ask)
            if case.is_too_long:
                why = f"{ask.reason}, and a call of more than {LONGEST_CALL:,} characters cannot be reviewed"
                return Deny(why, "Make it shorter, or in several calls.", by=BY)
            problems = []
            for model in self._bench.reviewers():
                try:
                    verdict = await self._consult(model, case)
                except Unreachable as error:
                    problems.append(f"{model.info.name}: {error}")
                else:
                    self._tell_return()
                    return verdict
            return self._do_without(ask, "; ".join(problems))

    async def _consult(self, model: Model, case: Case) -> Allow | Deny:
        """One reviewer's verdict: a quick yes, or a second look."""
        quick = await self._ask(model, make_request(case, self._mark, full=False))
        if read_quick(quick) == "yes" and not case.needs_words:
            return Allow(BY, reason="clearly within what was asked for", risk="low")
        return decide(read_full(await self._ask(model, make_request(case, self._mark, full=True))), case)

    async def _ask(self, model: Model, request: Request) -> str:
        """What the reviewer says; tried again where that may help. Raises `Unreachable`."""
        tries = TRIES if self._out_since is None or self._clock.monotonic() - self._out_since > PAUSE else 1
        for number in range(1, tries + 1):
            try:
                async with asyncio.timeout(SECONDS):
                    return await ask_aside(self._record, model, request, PART)
            except TimeoutError:
                error = ModelError(ModelErrorKind.TIMEOUT, f"no answer in {SECONDS:g} s.")
            except ModelError as failure:
                error = failure
            if number == tries or not error.retryable:
                _give_up(error)
            wait = min(LONGEST_WAIT, error.retry_after or FIRST_WAIT * 2 ** (number - 1))
            await self._clock.sleep(wait * (0.5 + self._chance()))
        raise AssertionError(tries)

    def _do_without(self, ask: Ask, problems: str) -> Park:
        """No reviewer answers: only what rules and sandbox let run goes on."""
        if self._out_since is None:
            text = (
                f"No reviewer can be reached ({problems}). What needs one waits for it or for you (/denials); all else"
                " goes on."
            )
            self._record(NoticeShown(text, "warning"))
        self._out_since = self._clock.monotonic()
        return Park(f"{ask.reason}, and no reviewer can be reached now", by=BY)

    def _tell_return(self) -> None:
        if self._out_since is not None:
            self._out_since = None
            self._record(NoticeShown("The reviewer answers again."))


def _give_up(error: ModelError) -> NoReturn:
    raise Unreachable(error.sentence.rstrip(".")) from None
