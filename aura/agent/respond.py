"""One model call: stream it, retry it, fall back to another model; every attempt is an event."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from aura.agent.aside import Meter
from aura.core.clock import Clock
from aura.core.counted import CUT
from aura.core.errors import ModelError, ModelErrorKind, find_hope
from aura.core.events import ModelChanged, ModelFailed, ModelReplied
from aura.core.messages import MODEL, Message, Text
from aura.core.models import Completion, Finish, Model, Request, TextDelta
from aura.core.recorder import Recorder

FALL_BACK = frozenset(
    {
        ModelErrorKind.RATE_LIMIT,
        ModelErrorKind.OVERLOADED,
        ModelErrorKind.NETWORK,
        ModelErrorKind.CUT,
        ModelErrorKind.TIMEOUT,
        ModelErrorKind.QUOTA,
        ModelErrorKind.AUTH,
        ModelErrorKind.NOT_FOUND,
        ModelErrorKind.CONTENT_FILTER,
        ModelErrorKind.BAD_REPLY,
        ModelErrorKind.UNKNOWN,
    }
)

RUN_PATIENCE = 60.0  # seconds that a step of a run waits for its provider
PROBES = 2  # tries of a turn that follows an outage, until a reply comes


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often one model is tried for one step, and how long may be waited (seconds).

    Waits grow from `base` by doubling up to `longest`, with full jitter; a provider's Retry-After is honoured up to
    `patience`: a longer one ends the tries of this model.
    """

    attempts: int = 8
    base: float = 1.0
    longest: float = 60.0
    patience: float = 60.0


def choose_wait(policy: RetryPolicy, attempt: int, error: ModelError, chance: float) -> float | None:
    """Seconds until the next try after failure number `attempt` (from 1), or None to give up on this model.

    `chance` is a random number from 0 to 1.
    """
    if not error.retryable or attempt >= policy.attempts:
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= policy.patience else None
    ceiling = min(policy.longest, policy.base * 2.0 ** min(attempt - 1, 30))
    return ceiling / 2 + chance * ceiling / 2


def _hope(error: ModelError) -> float:
    return find_hope(error.kind, error.retry_after)


class Responder:
    """Asks the models of a chain, in order, for one reply."""

    def __init__(
        self,
        models: Sequence[Model],
        record: Recorder,
        clock: Clock,
        policy: RetryPolicy,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.models = list(models)
        self._record = record
        self._clock = clock
        self._policy = policy
        self._chance = chance
        self._current = 0

    @property
    def model(self) -> Model:
        """The model that answers now."""
        return self.models[self._current]

    def restart_chain(self) -> None:
        """Begin with the first model again, as each turn does."""
        self._current = 0

    async def reply(self, request: Request) -> Completion:
        """The reply, recorded; raises the `ModelError` that may pass soonest when every try of every model failed."""
        soonest: ModelError | None = None
        while True:
            try:
                return await self._try_model(request)
            except ModelError as error:
                if soonest is None or _hope(error) <= _hope(soonest):
                    soonest = error
                if error.kind not in FALL_BACK or self._current + 1 >= len(self.models):
                    raise soonest from None
                self._current += 1
                self._record(ModelChanged(self.model.info.name, f"fallback after {error.kind.value}"))

    def _find_policy(self) -> RetryPolicy:
        """How often to try now; in a run a long wait is between two turns, where it outlives the process."""
        turn, policy = self._record.turn, self._policy
        if not turn.run.phase.is_active or not turn.run.name:
            return policy
        is_probe = turn.run.failures > 0 and not turn.pace.replied
        attempts = min(policy.attempts, PROBES) if is_probe else policy.attempts
        return replace(policy, attempts=attempts, patience=min(policy.patience, RUN_PATIENCE))

    async def _try_model(self, request: Request) -> Completion:
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._stream(request)
            except ModelError as error:
                wait = choose_wait(self._find_policy(), attempt, error, self._chance())
                self._record(
                    ModelFailed(
                        error.kind.value,
                        error.sentence,
                        attempt,
                        self.model.info.name,
                        wait,
                        error.partial[-2000:],
                        error.retry_after,
                    )
                )
                if wait is None:
                    raise
                await self._clock.sleep(wait)

    async def _stream(self, request: Request) -> Completion:
        """One attempt; on cancellation what has arrived is recorded as an interrupted reply."""
        started = self._clock.monotonic()
        text: list[str] = []
        completion: Completion | None = None
        meter = Meter(request)
        try:
            async for piece in self.model.stream(request):
                meter.hear(piece)
                if isinstance(piece, Completion):
                    completion = piece
                    continue
                if isinstance(piece, TextDelta):
                    text.append(piece.text)
                self._record(piece)
        except asyncio.CancelledError:
            self._keep_partial("".join(text), self._clock.monotonic() - started)
            raise
        finally:
            counted = meter.tell(CUT, self.model)
            if counted is not None:
                self._record(counted)
        if completion is None:
            raise ModelError(
                ModelErrorKind.CUT, "The model's stream ended without an end.", partial="".join(text)
            )
        if completion.finish is Finish.CONTENT_FILTER and not completion.message.tool_calls:
            sentence = "The provider's content filter stopped the reply. Say it in other words, or use another model."
            raise ModelError(ModelErrorKind.CONTENT_FILTER, sentence, partial=completion.message.text)
        self._record(ModelReplied(completion, self._clock.monotonic() - started))
        return completion

    def _keep_partial(self, text: str, seconds: float) -> None:
        if not text:
            return
        message = Message("assistant", (Text(text),), MODEL)
        completion = Completion(message, model=self.model.info.name)
        self._record(ModelReplied(completion, seconds, interrupted=True))
