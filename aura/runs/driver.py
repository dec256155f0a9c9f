"""Pursues a goal over turns: state in, state out, the same code for a start and for a resume."""

import asyncio
import random
from collections.abc import Callable
from typing import Any, Protocol

from aura.core.errors import AuraError, StoreError
from aura.core.events import Checkpointed, Event
from aura.core.limits import StopReason
from aura.core.messages import Message, user
from aura.core.run import Phase, Run
from aura.core.turn import Turn
from aura.runs.advance import GoOn, Hold, NextTurn, Rest, advance


class Place(Protocol):
    """The session that a run lives in."""

    @property
    def turn(self) -> Turn:
        """Where it stands."""
        ...

    @property
    def is_ending(self) -> bool:
        """Whether the process is about to end, so that whatever stops now is to go on in the next one."""
        ...

    def record(self, event: Event) -> None:
        """Record what becomes of the run."""
        ...

    async def settle(self) -> None:
        """Return when all that was recorded is durable."""
        ...

    async def run_turn(self, message: Message) -> None:
        """Run one turn to its stop."""
        ...

    async def wait(self, seconds: float) -> None:
        """Return after so many seconds, or as soon as a person says something to the run."""
        ...


class Time(Protocol):
    """What the driver has to know of the time."""

    def now(self) -> float:
        """Unix time in seconds."""
        ...


class Driver:
    """Drives the run of one session; what has to last is in the session's log, nowhere else.

    `go_on` makes the prompt of a turn from what is left. Waits longer than `patience` seconds are left to who called.
    """

    def __init__(
        self,
        place: Place,
        go_on: GoOn,
        clock: Time,
        *,
        patience: float = float("inf"),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._place = place
        self._go_on = go_on
        self._clock = clock
        self._patience = patience
        self._chance = chance
        self._written: Checkpointed | None = None

    async def drive(self) -> Run:
        """Go on until the run comes to rest, or waits for longer than is waited here; where it stands then.

        Raises what a turn raises, after the run was marked as failed. Cancelled, it leaves the run paused, unless the
        process is ending: then it stays as it is and goes on with the next one.
        """
        try:
            return await self._drive()
        except asyncio.CancelledError:
            if not self._place.is_ending and self._place.turn.run.phase.is_active:
                self._rest(Rest(Phase.PAUSED, StopReason.CANCELLED, "stopped by a person"))
            raise
        except StoreError:
            raise  # nothing can be written down any more
        except Exception as error:
            sentence = error.sentence if isinstance(error, AuraError) else f"{type(error).__name__}: {error}"
            self._rest(Rest(Phase.FAILED, StopReason.ERROR, sentence))
            raise

    def halt(self) -> Run:
        """Write down that the run rests, if that follows without another turn; where it stands then."""
        following = advance(self._place.turn, self._clock.now(), self._go_on)
        if isinstance(following, Rest):
            self._rest(following)
        return self._place.turn.run

    async def _drive(self) -> Run:
        while not self._place.is_ending:
            now = self._clock.now()
            following = advance(self._place.turn, now, self._go_on, self._chance())
            match following:
                case NextTurn(prompt, origin):
                    self._begin(following)
                    await self._place.settle()
                    await self._place.run_turn(user(prompt, origin))
                case Hold(until):
                    self._hold(following)
                    await self._place.settle()
                    if until - now > self._patience:
                        break
                    await self._place.wait(until - now)
                case Rest():
                    self._rest(following)
                    await self._place.settle()
                    break
        return self._place.turn.run

    def _begin(self, following: NextTurn) -> None:
        turn = self._place.turn
        run = turn.run
        is_over = turn.number > run.taken and turn.pace.replied  # whatever failed in a row
        self._write(
            phase=Phase.RUNNING,
            prompt=following.prompt,
            prompt_by=following.origin,
            failures=0 if is_over else run.failures,
            failing=0.0 if is_over else run.since.failing,
        )

    def _hold(self, hold: Hold) -> None:
        run = self._place.turn.run
        self._write(
            phase=Phase.WAITING,
            prompt=run.prompt,
            prompt_by=run.prompt_by,
            wake=hold.until,
            detail=hold.why,
            failures=hold.failures,
            failing=hold.failing,
        )

    def _rest(self, rest: Rest) -> None:
        run = self._place.turn.run
        if run.phase.is_active:  # what was to be said next is kept for when it goes on
            kept = {"prompt": run.prompt, "prompt_by": run.prompt_by}
            self._write(phase=rest.phase, reason=rest.reason, detail=rest.detail, **kept)

    def _write(self, phase: Phase, **more: Any) -> None:
        """Write a checkpoint, unless the newest one says the same."""
        turn = self._place.turn
        run = turn.run
        made = Checkpointed(run.name, phase, turn.spend - run.since.before, turn.number, **more)
        if made != self._written:
            self._written = made
            self._place.record(made)
