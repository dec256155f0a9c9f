"""One prompt in, events out, until there is a reason to stop."""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from aura.agent.auto import Stop, decide, find_limit, find_warnings
from aura.agent.breaker import tell_allowed
from aura.agent.compaction import Compactor, is_due
from aura.agent.context import Conversation, estimate_context
from aura.agent.continuation import CUT_SHORT, NEARLY_SPENT, WRAP_UP, continue_text
from aura.agent.dispatch import Dispatcher, ToolHooks
from aura.agent.guard import Guard
from aura.agent.respond import Responder
from aura.core.clock import Clock
from aura.core.errors import ModelError, ModelErrorKind
from aura.core.events import (
    Event,
    Injected,
    LimitReached,
    LimitWarned,
    Steered,
    StepEnded,
    StepStarted,
    TurnStarted,
    TurnStopped,
)
from aura.core.limits import StopReason
from aura.core.messages import AURA, Message, ToolCall, ToolResult, is_empty, user
from aura.core.models import Completion, Finish, Request
from aura.core.recorder import Recorder
from aura.core.turn import Turn
from aura.hookspecs import BeforeCompaction

OVERFLOWS = 2
RETRIES = 3
WRAP_UP_SECONDS = 120.0


class Said(Protocol):
    """What the plugins said at one boundary."""

    @property
    def events(self) -> Sequence[Event]:
        """What is to be recorded; at most one injection."""
        ...

    @property
    def disable_tools(self) -> bool:
        """Whether tools are off in this step."""
        ...

    @property
    def objection(self) -> bool:
        """Whether the end of the turn is objected to."""
        ...

    @property
    def stalled(self) -> str:
        """Why the turn has to stop as stalled; empty: it has not."""
        ...


class LoopHooks(ToolHooks, Protocol):
    """The hooks that the loop asks."""

    @property
    def runs_commands(self) -> bool:
        """Whether asking may run commands, so that it has to happen in a thread."""
        ...

    def before_chat(self, turn: Turn) -> Said:
        """Before a model call."""
        ...

    def after_response(self, turn: Turn, reply: Message) -> Said:
        """After a reply without tool calls."""
        ...

    def after_tools(self, turn: Turn, answered: Sequence[tuple[ToolCall, ToolResult]]) -> Said:
        """After all calls of a step."""
        ...

    def before_stop(self, turn: Turn) -> Said:
        """When the turn would end by itself."""
        ...

    def before_compaction(self, turn: Turn, forced: bool) -> BeforeCompaction | None:  # noqa: FBT001 - as the hook
        """Before older messages are summarised."""
        ...

    def transform_messages(self, turn: Turn, messages: Sequence[Message]) -> Sequence[Message]:
        """What this one call sees."""
        ...

    def on_error(self, turn: Turn, error: ModelError) -> tuple[bool, Sequence[Event]]:
        """Whether to try once more, and what was said."""
        ...

    def drain(self) -> Sequence[Event]:
        """What became of plugins and was not reported yet."""
        ...


@dataclass(frozen=True, slots=True)
class Habits:
    """Settings of the loop: the share of the window at which to compact, and what watches over progress."""

    compact_at: float = 0.8
    guard: Guard = Guard()


@dataclass(frozen=True, slots=True)
class Objection:
    """What aura itself says at a boundary where no plugin spoke."""

    events: Sequence[Event] = ()
    disable_tools: bool = False
    objection: bool = False
    stalled: str = ""


Steering = Callable[[], Message | None]


class Loop:
    """Runs the turns of one session; what has to last is in the recorder's turn, nowhere else."""

    def __init__(
        self,
        record: Recorder,
        responder: Responder,
        dispatcher: Dispatcher,
        compactor: Compactor,
        hooks: LoopHooks,
        clock: Clock,
    ) -> None:
        self.responder = responder
        self.dispatcher = dispatcher
        self.compactor = compactor
        self.hooks = hooks
        self.habits = Habits()
        self.system = ""
        self._record = record
        self._clock = clock
        self._started = 0.0
        self._counted = 0.0
        self._retries = 0
        self._narrowed = 0
        self._conversation = Conversation()

    async def run(self, message: Message, steering: Steering) -> None:
        """One turn, from its prompt to its stop; `steering` hands out what people say meanwhile.

        Raises only what cancels the task and faults of the store; then the caller records the stop.
        """
        self._started = self._counted = self._clock.monotonic()
        self._retries = 0
        self.responder.restart_chain()
        self._record(TurnStarted(self._record.turn.number + 1, message))
        try:
            stop = await self._run_steps(steering)
        except ModelError as error:
            stop = self._give_up(error)
        self._record.all(self.hooks.drain())
        self._record(TurnStopped(stop.reason, stop.detail, self._clock.monotonic() - self._counted))

    async def _run_steps(self, steering: Steering) -> Stop:
        record = self._record
        while True:
            self._check_limits()
            self._warn()
            self._deliver(steering)
            self._tell_allowed()
            said: Said = await self._step()
            decision = decide(record.turn, objected=said.objection)
            if isinstance(decision, Stop):
                is_final = record.turn.pace.limit is not None or decision.reason is StopReason.CANCELLED
                if not is_final and self._deliver(steering):
                    continue
                return decision
            self._check_limits()
            if record.turn.pace.limit is not None:
                record.all(event for event in said.events if not isinstance(event, Injected))
                continue
            record.all(said.events)
            if decision.prompt:
                record(Injected(user(continue_text(record.turn), AURA), nudge=True))

    def _deliver(self, steering: Steering) -> bool:
        """Hand over what people said meanwhile; whether there was anything."""
        delivered = False
        while (message := steering()) is not None:
            self._record(Steered(message))
            delivered = True
        return delivered

    def _tell_allowed(self) -> None:
        """Tell the model, once, which refused calls a person allowed."""
        told = tell_allowed(self._record.turn)
        if told is not None:
            self._record(told)

    def _check_limits(self) -> None:
        """Record the limit that is reached, once a turn; not when the work is done anyway."""
        turn = self._record.turn
        if turn.pace.limit is not None or turn.done.accepted is not None:
            return
        reached = find_limit(turn, self._clock.monotonic() - self._started)
        if reached is not None:
            self._record(LimitReached(reached.reason, reached.detail))

    def _warn(self) -> None:
        """Tell people and the model, once, of each window that is nearly used up; only where nobody watches."""
        turn = self._record.turn
        if not turn.auto or turn.pace.limit is not None or turn.done.accepted is not None:
            return
        near = find_warnings(turn, self._clock.monotonic() - self._started)
        for one in near:
            self._record(LimitWarned(one.name, one.used, one.limit))
        if near:
            limits = " and ".join(f"{one.share:.0%} of the limit of {one.name}" for one in near)
            self._record(Injected(user(NEARLY_SPENT.format(limits=limits), AURA)))

    def _time_left(self) -> float | None:
        """Seconds until the first time limit; a wrap-up step gets some of its own; None: no limit."""
        turn = self._record.turn
        if turn.pace.limit is not None:
            return WRAP_UP_SECONDS
        elapsed = self._clock.monotonic() - self._started
        left = []
        if turn.limits.turn_seconds:
            left.append(turn.limits.turn_seconds - elapsed)
        if turn.limits.seconds:
            left.append(turn.limits.seconds - turn.window.seconds - (elapsed - turn.pace.seconds))
        return max(0.0, min(left)) if left else None

    async def _step(self) -> Said:
        """One model call and its tools; what was said about ending here comes back, unrecorded."""
        record = self._record
        said = await self._ask(self.hooks.before_chat, record.turn)
        record.all(said.events)
        tools_on = not said.disable_tools and record.turn.pace.limit is None
        if record.turn.pace.limit is not None and not any(
            isinstance(event, Injected) for event in said.events
        ):
            detail = record.turn.pace.limit.detail
            record(Injected(user(WRAP_UP.format(detail=detail), AURA), lifetime="turn"))
        number, is_last = record.turn.steps + 1, record.turn.pace.limit is not None
        record(StepStarted(number, self.responder.model.info.name, tools=tools_on))
        result: Said = Objection()
        try:
            async with asyncio.timeout(self._time_left()):
                result = await self._exchange(tools_on=tools_on)
        except TimeoutError:
            self._check_limits()
            if is_last:
                raise ModelError(ModelErrorKind.TIMEOUT, "The last step took too long.") from None
            if record.turn.pace.limit is None:
                record(
                    LimitReached(StopReason.MAX_TIME, "the time limit was reached in the middle of a step")
                )
        now = self._clock.monotonic()
        record(StepEnded(number, now - self._counted))
        self._counted = now
        return result

    async def _exchange(self, *, tools_on: bool) -> Said:
        """The reply and, if it asks for tools, their results."""
        record = self._record
        completion = await self._reply(tools_on=tools_on)
        calls = completion.message.tool_calls
        if not calls:
            return await self._object(completion)
        answered = await self.dispatcher.run(calls, lambda: not tools_on or self._time_left() == 0.0)
        self._check_limits()
        if isinstance(decide(record.turn, objected=False), Stop):
            return Objection()
        said = await self._ask(self.hooks.after_tools, record.turn, answered)
        await self.habits.guard(record, said)
        return Objection()

    async def _ask(self, hook: Callable[..., Said], *arguments: object) -> Said:
        """Ask a hook, in a thread when conditions of plugins run commands."""
        if self.hooks.runs_commands:
            return await asyncio.to_thread(hook, *arguments)
        return hook(*arguments)

    async def _object(self, completion: Completion) -> Said:
        """What is said to ending here: by plugins to the reply, by plugins to the stop, by aura to a cut reply."""
        turn = self._record.turn
        said = await self._ask(self.hooks.after_response, turn, completion.message)
        if said.objection or is_empty(completion.message):
            return said
        self._record.all(said.events)
        if completion.finish is Finish.LENGTH:
            return Objection((Injected(user(CUT_SHORT, AURA), nudge=True),), objection=True)
        return await self._ask(self.hooks.before_stop, turn)

    async def _reply(self, *, tools_on: bool) -> Completion:
        """The reply of the model; an overflow compacts and repeats, a plugin may ask for another try."""
        overflows = 0
        while True:
            await self._make_room()
            turn = self._record.turn
            messages = self.hooks.transform_messages(turn, self._conversation.select(turn))
            specs = tuple(tool.spec for tool in self.dispatcher.tools.values()) if tools_on else ()
            try:
                thinking = turn.switches.thinking or None
                return await self.responder.reply(Request(self.system, messages, specs, thinking=thinking))
            except ModelError as error:
                if error.kind is ModelErrorKind.CONTEXT_OVERFLOW and overflows < OVERFLOWS:
                    overflows += 1
                    self._narrowed = int(min(self._window() or math.inf, estimate_context(turn)) * 0.9)
                    if await self._compact("the provider said the context is too long", forced=True):
                        continue
                if not self._may_retry(error):
                    raise

    def _may_retry(self, error: ModelError) -> bool:
        retry, events = self.hooks.on_error(self._record.turn, error)
        self._record.all(events)
        self._retries += retry
        return retry and self._retries <= RETRIES

    def _window(self) -> int:
        """The window in tokens (0: unknown); narrower than the model's own once an overflow showed it."""
        window = self.responder.model.info.window
        return min(window or self._narrowed, self._narrowed) if self._narrowed else window

    async def _make_room(self) -> None:
        window = self._window()
        if is_due(self._record.turn, window, self.habits.compact_at):
            share = f"{self.habits.compact_at:.0%}"
            await self._compact(f"{share} of the context window is used", forced=False)

    async def _compact(self, reason: str, *, forced: bool) -> bool:
        wish = self.hooks.before_compaction(self._record.turn, forced)
        if wish is not None and wish.skip and not forced:
            return False
        return await self.compactor.compact(
            self._window(), reason, wish.instructions if wish is not None else ""
        )

    async def compact(self, instructions: str = "") -> bool:
        """Compact now, because a person asks for it."""
        window = self._window() or estimate_context(self._record.turn)
        return await self.compactor.compact(
            min(window, estimate_context(self._record.turn)), "asked for", instructions
        )

    def _give_up(self, error: ModelError) -> Stop:
        """The stop for a model call that failed for good; a limit that was reached before keeps its name."""
        limit = self._record.turn.pace.limit
        if limit is not None:
            return Stop(limit.reason, f"{limit.detail}; the summary failed: {error.sentence}")
        match error.kind:
            case ModelErrorKind.NOT_FOUND:
                return Stop(StopReason.CONFIG, error.sentence)
            case ModelErrorKind.BAD_REQUEST | ModelErrorKind.CONTEXT_OVERFLOW | ModelErrorKind.TOO_LARGE:
                return Stop(StopReason.ERROR, error.sentence)
            case _:
                return Stop(StopReason.PROVIDER, error.sentence)
