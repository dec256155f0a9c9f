"""The run of a hosted session: who drives it, and what is ordered of it."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from aura.app.pursuit import Pursuit
from aura.app.session import LocalSession
from aura.app.work import Work
from aura.core.errors import AuraError
from aura.core.events import RunOrdered
from aura.core.limits import StopReason
from aura.core.messages import HUMAN
from aura.core.run import Phase, Run
from aura.runs.orders import Wanted, plan

FOR_EVER = float("inf")


class Steering:
    """Drives the run as work of its session, and takes the orders of people.

    `is_background` is true while the run goes on for somebody who may leave: no window's end is the end of it. Set
    `is_held` where the session belongs to somebody else than its windows.
    """

    def __init__(
        self,
        session: LocalSession,
        pursuit: Pursuit,
        work: Work,
        switch_model: Callable[[str], Awaitable[str]],
    ) -> None:
        self._session = session
        self._switch_model = switch_model
        self._pursuit = pursuit
        self._work = work
        self._was_asked_from_afar = False
        self.is_held = False
        self._later: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()  # something that was under way
        self._on_rest = work.on_rest
        work.on_rest = self._rest
        work.redirect = self._redirect

    @property
    def is_background(self) -> bool:
        """Whether the run goes on when nobody looks."""
        return self.is_held or (self._was_asked_from_afar and self._pursuit.is_driving)

    async def pursue(self, patience: float = FOR_EVER, *, from_afar: bool = False) -> Run:
        """Drive the run, or join who does, until it rests or waits for longer than `patience` seconds.

        A run that rests already is left so. Something else that is under way comes first.
        """
        if not self._session.turn.run.name:
            raise AuraError("There is no run in this session to go on with; begin one with a goal.")
        self._was_asked_from_afar = self._was_asked_from_afar or from_afar
        await self._come_to_turn()
        self._begin(patience)
        await asyncio.sleep(0)  # the drive begins
        return await self._pursuit.join(patience)

    async def order(self, wanted: Wanted, *, from_afar: bool = False) -> Run:
        """Record what is ordered and see to it; raises `AuraError` for what cannot be done."""
        events = plan(self._session.turn, wanted, self._session.clock.now())
        if wanted.model:
            await self._switch_model(wanted.model)
            events = plan(self._session.turn, wanted, self._session.clock.now())  # opening it took a moment
        if wanted.kind == "steer" and self._session.is_running:
            self._session.steer(wanted.text)
            return self._session.turn.run
        for event in events:
            self._session.record(event)
        if wanted.kind == "cancel" and self._pursuit.is_driving:
            await self._session.interrupt()
            await self._pursuit.join()
        await self._pursuit.halt()
        if any(isinstance(event, RunOrdered) and event.order == "resume" for event in events):
            self._was_asked_from_afar = self._was_asked_from_afar or from_afar
            self._begin_soon()
        return self._session.turn.run

    def _begin(self, patience: float) -> None:
        if not self._pursuit.is_driving and self._session.turn.run.phase.is_active:
            self._work.drive(partial(self._drive, patience))

    def _begin_soon(self) -> None:
        """Drive the run now, or as soon as what is under way is over."""
        if not self._work.is_busy:
            self._begin(FOR_EVER)
        elif not self._pursuit.is_driving and (self._later is None or self._later.done()):
            self._later = asyncio.create_task(self._begin_later())

    async def _begin_later(self) -> None:
        await self._come_to_turn()
        self._begin(FOR_EVER)

    async def _drive(self, patience: float) -> StopReason:
        """Drive it; what waits in the queue follows when it is done."""
        run = await self._pursuit.drive(patience)
        return StopReason.DONE if run.phase is Phase.DONE else StopReason.CANCELLED

    async def _come_to_turn(self) -> None:
        """Return when nothing that a prompt has to wait for is under way but the run itself."""
        while self._work.is_busy and not self._pursuit.is_driving:
            self._ended.clear()
            await self._ended.wait()

    def _rest(self) -> None:
        self._ended.set()
        self._on_rest()

    def _redirect(self, text: str) -> bool:
        """Take what a person says while no turn runs as the next prompt of the run, if it goes on or waits for it."""
        turn = self._session.turn
        run = turn.run
        is_held = turn.auto and not run.phase.is_final and run.phase is not Phase.LIMIT
        if not (text.strip() and run.name and (run.phase.is_active or is_held)) or run.order == "cancel":
            return False
        self._session.record(RunOrdered("resume", HUMAN, text))
        self._begin_soon()
        return True
