"""The run of a session of this process: it is begun, driven, and hears what people order."""

import asyncio
import contextlib
from dataclasses import dataclass, replace

from aura.agent.continuation import continue_text
from aura.app.begin import is_explicit
from aura.app.session import LocalSession
from aura.config.schema import Settings
from aura.core.clock import Span
from aura.core.errors import AuraError
from aura.core.events import (
    AutoSwitched,
    Checkpointed,
    DoneSwitched,
    Event,
    LifetimeSet,
    LimitsSet,
    QuestionAnswered,
    Recorded,
    RunOrdered,
    RunStarted,
    Steered,
)
from aura.core.limits import PROCESS_ENDED, Limits
from aura.core.messages import Message
from aura.core.run import Phase, Run, Terms
from aura.core.turn import Turn
from aura.runs.driver import Driver

LONGEST_SLEEP = 60.0  # seconds: a machine that was suspended finds a time to wake that is past soon enough
STIRRING = (RunOrdered, QuestionAnswered, LifetimeSet, LimitsSet, Steered)


@dataclass(frozen=True, slots=True)
class Wish:
    """A run as it is asked for.

    `limits` are those of its window, `terms` all else that holds for it, `wake` is the Unix time in seconds at which
    it begins (0: at once), `by` who asks. Without `requires_done` a reply that asks for no tool ends it.
    """

    goal: str
    limits: Limits
    terms: Terms = Terms()
    requires_done: bool = True
    wake: float = 0.0
    by: str = "human"


class Pursuit:
    """Begins and drives the runs of one session, one at a time.

    `is_ending` is true once the process is about to end: what stops with it goes on in the next one.
    """

    def __init__(self, session: LocalSession) -> None:
        self._session = session
        self._stirred = asyncio.Event()
        self._is_driving = False
        self._time = Span(session.clock)
        self._joined: set[asyncio.Event] = set()
        session.watchers.append(self._watch)

    # --- what people do ---

    @property
    def is_driving(self) -> bool:
        """Whether the run is being driven here, also while it waits."""
        return self._is_driving

    def begin(self, wish: Wish) -> Run:
        """Record that a run begins; raises `AuraError` for an empty goal or while another one is driven."""
        turn = self._session.turn
        if not wish.goal.strip():
            raise AuraError("A run needs a goal: say what is to be reached.")
        if self._is_driving:
            raise AuraError("A run goes on in this session already: steer it, pause it or cancel it.")
        for event in prepare(turn, wish, self._session.clock.now()):
            self._session.record(event)
        return self._session.turn.run

    def take_up(self, by: str = "human", text: str = "") -> None:
        """Have a run that rests go on, with `text` as its next prompt if there is one.

        Nothing is recorded for one that goes on by itself, nor for one that is over for good without a text. Raises
        `AuraError` when the session has none.
        """
        run = self._session.turn.run
        if not run.name:
            raise AuraError("There is no run in this session to go on with; begin one with a goal.")
        if text or not (run.phase.is_active or run.phase.is_final):
            self._session.record(RunOrdered("resume", by, text))

    async def drive(self, patience: float = float("inf")) -> Run:
        """Drive the run until it rests, or waits for longer than `patience` seconds; where it stands then."""
        if self._is_driving:
            raise AuraError("The run is being driven already.")
        self._is_driving = True
        try:
            self._time = Span(self._session.clock)
            return await Driver(self, continue_text, self._time, patience=patience).drive()
        finally:
            self._is_driving = False
            self._inform()

    async def join(self, patience: float = float("inf")) -> Run:
        """Where the run stands once nobody drives it here, or it waits for longer than `patience` seconds."""
        changed = asyncio.Event()
        self._joined.add(changed)
        try:
            while self._is_driving and not self._waits_for_longer_than(patience):
                changed.clear()
                await changed.wait()
        finally:
            self._joined.discard(changed)
        return self._session.turn.run

    async def halt(self) -> Run:
        """Carry out what was ordered of a run that nobody drives; where it stands then."""
        if not self._is_driving:
            Driver(self, continue_text, Span(self._session.clock)).halt()
            await self.settle()
        return self._session.turn.run

    def _waits_for_longer_than(self, patience: float) -> bool:
        run = self._session.turn.run
        return run.phase is Phase.WAITING and run.wake - self._time.now() > patience

    def _inform(self) -> None:
        for changed in self._joined:
            changed.set()

    # --- the session, as the driver has it ---

    @property
    def is_ending(self) -> bool:
        """Whether the process is about to end."""
        return self._session.stop_detail == PROCESS_ENDED

    @property
    def turn(self) -> Turn:
        """Where the session stands."""
        return self._session.turn

    def record(self, event: Event) -> None:
        """Record what becomes of the run."""
        self._session.record(event)

    async def settle(self) -> None:
        """Return when all that was recorded is durable."""
        await self._session.recorder.settle()

    async def run_turn(self, message: Message) -> None:
        """Run one turn to its stop."""
        async for _ in self._session.prompt(message.text, origin=message.origin):
            pass

    async def wait(self, seconds: float) -> None:
        """Return after so many seconds, `LONGEST_SLEEP` at most, or when a person says something to the run.

        What was said since the last wait, while a checkpoint was written, ends it at once.
        """
        sleeping = asyncio.ensure_future(self._session.clock.sleep(min(seconds, LONGEST_SLEEP)))
        stirring = asyncio.ensure_future(self._stirred.wait())
        try:
            await asyncio.wait((sleeping, stirring), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sleeping, stirring):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            self._stirred.clear()

    def _watch(self, recorded: Recorded) -> None:
        if isinstance(recorded.event, STIRRING):
            self._stirred.set()
        elif isinstance(recorded.event, Checkpointed):
            self._inform()


def make_wish(settings: Settings, goal: str, by: str = "human") -> Wish:
    """A run as the settings want it; a limit of steps that was given for this start ends it with its first turn."""
    runs, limits = settings.runs, settings.limits(unattended=True)
    if is_explicit(settings, "auto.max_steps") and not is_explicit(settings, "auto.max_turns"):
        limits = replace(limits, turns=1)
    return Wish(
        goal,
        limits,
        Terms(runs.lifetime, runs.outage, runs.states, runs.ask),
        requires_done=settings.requires_done(unattended=True),
        by=by,
    )


def prepare(turn: Turn, wish: Wish, now: float) -> list[Event]:
    """What is recorded when a run begins: auto mode and a fresh window of limits, then the run."""
    events: list[Event] = []
    if not turn.auto:
        events.append(AutoSwitched(on=True, by="run"))
    if turn.switches.done_required != wish.requires_done:
        events.append(DoneSwitched(wish.requires_done, by="run"))
    name = f"{turn.rest.session}-{turn.number + 1}"
    return [
        *events,
        LimitsSet(wish.limits, fresh=True, by="run"),
        RunStarted(name, wish.goal.strip(), now, wish.terms, wish.wake, wish.by),
    ]
