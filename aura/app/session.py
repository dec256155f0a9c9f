"""A session in this process: the one place where events are recorded, logged and handed out."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

from aura.agent.auto import Stop, decide
from aura.app.approvals import Grant
from aura.core.clock import Clock
from aura.core.errors import AuraError
from aura.core.events import (
    DurableEvent,
    Event,
    QuestionAnswered,
    Recorded,
    SessionResumed,
    Steered,
    ToolFinished,
    TurnStopped,
    is_durable,
)
from aura.core.facts import Facts
from aura.core.limits import PROCESS_ENDED, StopReason
from aura.core.messages import HUMAN, Image, Message, ToolResult, user
from aura.core.permissions import Allow, Deny
from aura.core.recorder import Recorder
from aura.core.repair import UNKNOWN, find_unanswered
from aura.core.tools import Answer
from aura.core.turn import Turn

DISK_PATIENCE = 30.0  # seconds until a log that cannot be written ends the turn
STOP_PATIENCE = 3.0  # the same for a turn that is being stopped: somebody waits for that
STOPPED = "stopped by a person"
WITHDRAWN = "The question was withdrawn: the process that asked it ended."
NOT_STARTED = "Not run: the session was interrupted before this call began."


Others = Literal[
    "mine", "old", "beside"
]  # files that a person changed since: theirs stay, the old come back, or both
OTHERS: Mapping[str, Others] = {name: name for name in get_args(Others)}


class Session(Protocol):
    """A session as faces know it, wherever it lives: in this process or in an engine of its own.

    `watchers` are called with every event, durable and passing, after `turn` was folded from it.
    """

    watchers: list[Callable[[Recorded], None]]

    @property
    def id(self) -> str:
        """The session's name."""
        ...

    @property
    def turn(self) -> Turn:
        """Where it stands; elsewhere than in the session's own process without the messages of older turns."""
        ...

    @property
    def facts(self) -> Facts:
        """What holds for it."""
        ...

    @property
    def is_running(self) -> bool:
        """Whether a turn, a command or a shell line is under way."""
        ...

    async def submit(self, line: str, images: Sequence[Image] = ()) -> None:
        """Take a line of a person: a prompt, a /command or a !shell line; returns when it was begun.

        Raises `AuraError` when it is refused; a prompt is while a turn or a command runs.
        """
        ...

    def steer(self, text: str) -> None:
        """Say something to the running turn; it is delivered between two steps, or begins the next turn."""
        ...

    def enqueue(self, text: str) -> None:
        """Have a line taken when all that runs is over and ended well; until then it waits, also over a restart."""
        ...

    def unqueue(self, name: str) -> None:
        """Take a waiting line back."""
        ...

    async def interrupt(self, *, kill: bool = False) -> None:
        """Stop all that runs and keep what was produced; `kill` ends running commands at once.

        What was said and not delivered yet joins the queue, which stays until a prompt ends well again.
        """
        ...

    async def decide(self, name: str, verdict: Allow | Deny, scope: Grant = "") -> None:
        """Settle a call that waits, or allow a refused one once (`denied-3`); raises `AuraError` when it cannot be."""
        ...

    async def answer(self, name: str, answer: Answer) -> None:
        """Answer a question; raises `AuraError` when it waits no more."""
        ...

    async def rewind(
        self, to: int, *, files: bool = False, conversation: bool = True, others: Others = "mine"
    ) -> str:
        """Go back to how it was after event number `to`: the conversation with its todos, the files, or both.

        `others` is what becomes of files that a person changed since: they stay (`mine`), the `old` ones come back, or
        the old ones are put `beside` them.
        Returns the prompt that stood there, to be said anew (empty: none). Raises `AuraError` while something runs,
        and when there is no such place. Nothing is taken out of the log.
        """
        ...

    def record(self, event: Event) -> None:
        """Record what a person did (a switch, a todo, a limit)."""
        ...

    async def query(self, name: str, **arguments: Any) -> Any:
        """Ask for something that only the session's process knows; plain JSON values come back."""
        ...

    async def leave(self, *, keep: bool) -> None:
        """Let go of the session: it is closed, unless another face has it, or with `keep` it goes on alone."""
        ...


class Log(Protocol):
    """Where durable events go."""

    def append(self, event: DurableEvent, at: float) -> int:
        """Take one event and return its number."""
        ...

    async def flush(self) -> None:
        """Return when all is durable, or raise what keeps it from being so."""
        ...

    async def recover(self) -> None:
        """Return when all is durable, however long the disk refuses; may be cancelled."""
        ...


class TurnRunner(Protocol):
    """What runs a turn."""

    async def run(self, message: Message, steering: Callable[[], Message | None]) -> None:
        """Run one turn to its stop."""
        ...


class LocalSession:
    """The session of this process: owns the log, runs the turns.

    `engine` is set once by the builder, after the recorder it needs exists. What is said too late for a turn is
    recorded behind it, or, with `keeps_late`, kept for whoever calls `take_late`. `is_new` until `resume` is called.
    `stop_detail` is why a turn that is interrupted stops.
    """

    def __init__(self, session_id: str, folder: Path, turn: Turn, log: Log, clock: Clock) -> None:
        self.id = session_id
        self.folder = folder
        self.recorder = Recorder(turn, self._emit, self._settle)
        self.watchers: list[Callable[[Recorded], None]] = []
        self.engine: TurnRunner | None = None
        self.keeps_late = False
        self.is_new = True
        self.stop_detail = STOPPED
        self._log = log
        self.clock = clock
        self._steering: deque[Message] = deque()
        self._running: asyncio.Task[None] | None = None
        self._closers: list[Callable[[], object]] = []
        self._is_closed = False

    @property
    def turn(self) -> Turn:
        """Where the session stands."""
        return self.recorder.turn

    @property
    def is_running(self) -> bool:
        """Whether a turn is under way."""
        return self._running is not None and not self._running.done()

    def record(self, event: Event) -> None:
        """Fold, log and hand out one event."""
        self.recorder(event)

    def _emit(self, event: Event) -> None:
        at = self.clock.now()
        seq = self._log.append(event, at) if is_durable(event) else 0
        recorded = Recorded(seq, at, event)
        for watch in tuple(self.watchers):
            watch(recorded)

    async def _settle(self) -> None:
        """Return when all is durable; a disk that refuses for longer than `DISK_PATIENCE` ends the turn.

        A run has all the patience there is: nobody is there to be told, and space may be made. Whoever stopped it is.
        """
        run = self.turn.run
        patience = None if run.name and run.phase.is_active else DISK_PATIENCE
        if self.turn.stop is StopReason.CANCELLED:
            patience = min(DISK_PATIENCE, STOP_PATIENCE)
        try:
            async with asyncio.timeout(patience):
                await self._log.recover()
        except TimeoutError:
            await self._log.flush()

    def resume(self, holder: str, version: str) -> None:
        """Record that the session goes on, and settle what a dead process left open.

        A call that was running is answered as unknown, one that had not begun as not run, a question as withdrawn
        (those of a run stay open), a turn without a stop as cancelled, unless its Done was accepted already.
        """
        turn, self.is_new = self.turn, False
        self.record(SessionResumed(holder, version))
        running = turn.rest.pending.calls
        for call in running.values():
            self.record(ToolFinished(call, ToolResult(call.id, UNKNOWN, is_error=True), "unknown"))
        for call in find_unanswered(turn.messages):
            if call.id not in running:
                self.record(ToolFinished(call, ToolResult(call.id, NOT_STARTED, is_error=True), "cancelled"))
        for name in () if turn.run.name and not turn.run.phase.is_final else turn.rest.pending.questions:
            self.record(QuestionAnswered(name, Answer(WITHDRAWN, answered=False), "interrupt"))
        if turn.number and turn.stop is None:
            decision = decide(turn, objected=False) if turn.done.accepted is not None else None
            if isinstance(decision, Stop):
                self.record(TurnStopped(decision.reason, decision.detail))
            else:
                self.record(TurnStopped(StopReason.CANCELLED, PROCESS_ENDED))

    async def prompt(
        self, text: str, images: Sequence[Image] = (), origin: str = HUMAN
    ) -> AsyncGenerator[Recorded, None]:
        """Run one turn and yield what happens; leaving early interrupts the turn."""
        if self.is_running:
            raise AuraError("A turn is running already: steer it, or interrupt it first.")
        queue: asyncio.Queue[Recorded | None] = asyncio.Queue()
        self.watchers.append(queue.put_nowait)
        task = asyncio.create_task(self._run(user(text, origin, tuple(images))))
        task.add_done_callback(lambda _: queue.put_nowait(None))
        self._running = task
        try:
            while (recorded := await queue.get()) is not None:
                yield recorded
            if not task.cancelled():
                task.result()
        finally:
            await _end(task)  # its own: another turn may run when a generator is closed late
            self.watchers.remove(queue.put_nowait)
            if not task.cancelled():
                task.exception()  # whoever left early does not want to hear of it

    async def _run(self, message: Message) -> None:
        if self.engine is None:
            raise AuraError("The session has no engine.")
        begun = self.clock.monotonic()
        try:
            await self.engine.run(message, self._next_steering)
        except asyncio.CancelledError:
            self.record(TurnStopped(StopReason.CANCELLED, self.stop_detail, self._uncounted(begun)))
        except Exception as error:
            self.record(TurnStopped(StopReason.ERROR, str(error), self._uncounted(begun)))
            raise
        await self.recorder.settle()
        if self.keeps_late:
            return
        while (late := self._next_steering()) is not None:
            self.record(Steered(late))

    def _uncounted(self, begun: float) -> float:
        """Seconds of the turn that no step has counted."""
        return max(0.0, self.clock.monotonic() - begun - self.turn.pace.seconds)

    def _next_steering(self) -> Message | None:
        return self._steering.popleft() if self._steering else None

    def steer(self, text: str) -> None:
        """Say something to the running turn; it is delivered between two steps, or else to the next turn."""
        if self.is_running:
            self._steering.append(user(text))
        else:
            self.record(Steered(user(text)))

    def take_late(self) -> list[str]:
        """What was said to a turn that ended before it was delivered."""
        late = [message.text for message in self._steering]
        self._steering.clear()
        return late

    async def interrupt(self) -> None:
        """Stop the running turn; what was produced is kept."""
        if self._running is not None:
            await _end(self._running)

    def on_close(self, closer: Callable[[], object]) -> None:
        """Have something called when the session closes; the last one given is called first."""
        self._closers.append(closer)

    async def close(self) -> None:
        """Interrupt what runs, make the log durable, give up the lease and kill what was started.

        A step that fails does not keep the others from being taken; the first failure is raised at the end. Closing
        again does nothing.
        """
        if self._is_closed:
            return
        self._is_closed = True
        await self.interrupt()
        failures: list[Exception] = []
        for step in (self._log.flush, *reversed(self._closers)):
            try:
                outcome = step()
                if asyncio.iscoroutine(outcome):
                    await outcome
            except Exception as error:  # noqa: BLE001 - raised again below
                failures.append(error)
        self._closers.clear()
        if failures:
            raise failures[0]


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it is over, unless it is already."""
    if not task.done():
        task.cancel()
        await asyncio.wait([task])


def require_rest(session: LocalSession, then: str) -> None:
    """Raise `AuraError` while something is under way that `then` (an undo, a rewind) would pull the ground from."""
    run = session.turn.run
    if session.is_running:
        raise AuraError(f"A turn is running: stop it first (Ctrl+C), then {then}.")
    if run.name and run.phase.is_active:
        raise AuraError(f"The run goes on: pause it first (`aura pause {session.id}`), then {then}.")
