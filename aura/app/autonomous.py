"""A run inside a program: a goal pursued over turns, with a handle to watch and to steer it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Self

from aura.app.effort import fit_effort
from aura.app.embed import Agent
from aura.app.pursuit import Pursuit, make_wish
from aura.core.durations import read_duration
from aura.core.errors import AuraError, ConfigError
from aura.core.events import Event, Recorded, RunOrdered
from aura.core.limits import Limits, Spend, StopReason
from aura.core.models import ThinkingDelta
from aura.core.run import STATES, WEEK, Phase, Run
from aura.core.tools import Question, Tool
from aura.runs.orders import find_question, make_answer
from aura.runs.report import Report, make_report
from aura.tools.status import OnStatus, accept, make_status

PROGRAM = "program"  # who gives the orders

Build = Callable[[Sequence[Tool]], Agent]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run goes; made by `configure`.

    `limits` are those of its window (None: as the settings say), `max_duration` is how many seconds it may exist, waits
    included. Without `auto_retry` a failing provider ends it. `states` are those the model may report, `on_status` is
    asked about each and may refuse it with a sentence.
    """

    mode: Literal["", "auto", "fast", "deep"] = ""
    include_thoughts: bool = False
    max_duration: float = WEEK
    auto_retry: bool = True
    limits: Limits | None = None
    states: tuple[str, ...] = STATES
    on_status: OnStatus = accept


def configure(
    mode: Literal["", "auto", "fast", "deep"] = "",
    *,
    include_thoughts: bool = False,
    max_duration: str | float = "1w",
    auto_retry: bool = True,
    **more: Any,
) -> RunOptions:
    """The options of a run; `max_duration` is seconds or a text such as `90s`, `2h`, `1w`, `more` as in `RunOptions`.

    Raises `ConfigError` for a mode, a time or a name that there is not.
    """
    if mode not in ("", "auto", "fast", "deep"):
        raise ConfigError(f"There is no mode {mode!r} of a run; there are auto, fast and deep.")
    seconds = read_duration(max_duration) if isinstance(max_duration, str) else float(max_duration)
    if not 0 <= seconds < float("inf"):
        raise ConfigError(
            f"A run cannot exist for {max_duration} seconds; give a time, or 0 for as long as it takes."
        )
    try:
        return RunOptions(mode, include_thoughts, seconds, auto_retry, **more)
    except TypeError as error:
        raise ConfigError(f"The options of a run cannot be read: {error}.") from None


@dataclass(frozen=True, slots=True)
class RunStatus:
    """Where a run stands: its phase, what it waits for until when (Unix time, 0: nothing), what it did and took.

    `questions` are those that wait for an answer, by their names.
    """

    id: str
    phase: Phase
    detail: str
    wake: float
    turns: int
    steps: int
    todos_done: int
    todos: int
    state: str
    spend: Spend
    questions: Mapping[str, Question] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The same in words."""
        todos = f", todo {self.todos_done}/{self.todos}" if self.todos else ""
        return f"{self.phase.value}: turn {self.turns}, {self.steps} steps{todos}"


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run came to rest: its phase, the stop reason and its detail, the report with the evidence."""

    id: str
    phase: Phase
    reason: StopReason
    detail: str
    report: Report
    spend: Spend

    @property
    def is_done(self) -> bool:
        """Whether the goal was reached, as far as the model says and the checks show."""
        return self.phase is Phase.DONE


@dataclass
class RunHandle:
    """A run of this event loop: made by `start_autonomous`, driven until it rests or is cancelled.

    All methods belong to that loop; `aura.api.run_autonomous` gives the same to programs without one.
    """

    agent: Agent
    options: RunOptions
    _pursuit: Pursuit
    _task: asyncio.Task[Run] | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        """The run's id, which is its session's: for `aura report` and for `Agent(resume=…)`."""
        return self._pursuit.turn.rest.session

    def status(self) -> RunStatus:
        """Where it stands now."""
        turn = self._pursuit.turn
        run = turn.run
        spend = turn.spend - run.since.before
        closed = len(turn.todos) - len(turn.open_todos)
        return RunStatus(
            id=self.id,
            phase=run.phase,
            detail=run.detail,
            wake=run.wake,
            turns=spend.turns,
            steps=spend.steps,
            todos_done=closed,
            todos=len(turn.todos),
            state=run.state,
            spend=spend,
            questions=turn.rest.pending.questions,
        )

    async def result(self) -> RunResult:
        """How it came to rest, as soon as it does; raises what ended it early."""
        if self._task is not None:
            await asyncio.shield(self._task)
        turn = self._pursuit.turn
        run = turn.run
        reason = run.reason or StopReason.CANCELLED
        report = make_report(turn, self.agent.judged).ending(reason, run.detail)
        return RunResult(self.id, run.phase, reason, run.detail, report, turn.spend - run.since.before)

    async def pause(self) -> None:
        """Have it stop before its next step; returns when it rests."""
        self._order("pause")
        await self._rest()

    async def resume(self, text: str = "") -> None:
        """Have it go on, with `text` as its next prompt if there is one; nothing happens to one that goes on."""
        if self._task is not None and not self._task.done():
            if text:
                await self.steer(text)
            return
        self._pursuit.take_up(PROGRAM, text)
        self._go()

    async def steer(self, text: str) -> None:
        """Say something: it is delivered between two steps, ends a wait, or has a run that rests go on."""
        opened = await self.agent.open()
        if opened.session.is_running:
            opened.session.steer(text)
        elif self._task is not None and not self._task.done():
            opened.session.record(RunOrdered("resume", PROGRAM, text))
        else:
            await self.resume(text)

    async def answer(self, text: str, question: str = "") -> None:
        """Answer the question of that name, or the only one that is open; a run that rested for it goes on.

        An option is chosen by its number or its words. Raises `AuraError` when nothing is asked, or it does not fit.
        """
        opened = await self.agent.open()
        found = find_question(opened.session.turn, question)
        if found is None:
            raise AuraError("The run asks nothing now.")
        words = opened.approvals.answer(found[0], make_answer(found[1], text))
        if words:
            await self.steer(words)

    async def cancel(self) -> None:
        """Give it up: what runs is stopped, what was produced is kept."""
        self._order("cancel")
        await self.agent.interrupt()
        if self._task is None or self._task.done():
            self._go()
        await self._rest()

    async def events(self) -> AsyncIterator[Event]:
        """What happens from now on until the run rests; thinking only where the options include it."""
        opened = await self.agent.open()
        queue: asyncio.Queue[Recorded | None] = asyncio.Queue()
        task = self._task
        opened.session.watchers.append(queue.put_nowait)
        if task is not None:
            task.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while task is not None and (recorded := await queue.get()) is not None:
                if self.options.include_thoughts or not isinstance(recorded.event, ThinkingDelta):
                    yield recorded.event
        finally:
            opened.session.watchers.remove(queue.put_nowait)

    def metrics(self) -> Mapping[str, Any]:
        """Numbers of the run so far: seconds of work, model and tool calls, tokens, cost in USD (known prices)."""
        turn = self._pursuit.turn
        spend = turn.spend - turn.run.since.before
        return {
            "duration": spend.seconds,
            "model_calls": spend.steps,
            "tool_calls": turn.counters.tool_calls,
            "tool_errors": turn.counters.tool_errors,
            "by_tool": dict(turn.counters.by_tool),
            "tokens_used": spend.tokens,
            "cost_usd": spend.cost,
            "unpriced_calls": spend.unpriced,
            "compactions": turn.counters.compactions,
        }

    def usage(self) -> Mapping[str, Any]:
        """What was spent and may be spent: each number of `Spend` and of `Limits`."""
        turn = self._pursuit.turn
        return {"spent": asdict(turn.spend - turn.run.since.before), "limits": asdict(turn.limits)}

    async def close(self) -> None:
        """Close the session; a run that goes on is left for `resume` in another process."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])
        await self.agent.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _order(self, order: Literal["pause", "cancel"]) -> None:
        self._pursuit.record(RunOrdered(order, PROGRAM))

    def _go(self) -> None:
        self._task = asyncio.create_task(self._pursuit.drive())

    async def _rest(self) -> None:
        if self._task is not None:
            await asyncio.wait([self._task])


async def start_autonomous(build: Build, goal: str = "", options: RunOptions | None = None) -> RunHandle:
    """Begin a run, or (without a goal) go on with the one of the agent's session, and return its handle at once.

    `build` makes the agent; it is handed the tools of the run and has to give them to the agent beside its own.
    Raises `AuraError` when the agent cannot be made or has no run to go on with.
    """
    options = options or RunOptions()
    status = make_status(lambda: options.states, options.on_status)
    agent = build((status,))
    if status not in agent.tools:
        raise ConfigError(
            "build has to give the agent the tools it is handed: Agent(tools=[*mine, *extras])."
        )
    if options.mode:
        agent.settings = {**agent.settings, "runs.effort.use": options.mode}
    agent.auto = True if agent.auto is None else agent.auto
    opened = await agent.open()
    pursuit = Pursuit(opened.session)
    handle = RunHandle(agent, options, pursuit)
    try:
        await _begin(handle, pursuit, goal)
    except BaseException:
        await agent.close()
        raise
    return handle


async def _begin(handle: RunHandle, pursuit: Pursuit, goal: str) -> None:
    options, opened = handle.options, await handle.agent.open()
    if goal.strip():
        wish = make_wish(opened.settings, goal, PROGRAM)
        limits = await fit_effort(opened, goal, options.limits or wish.limits)
        outage = wish.terms.outage if options.auto_retry else 1.0
        terms = replace(wish.terms, lifetime=options.max_duration, outage=outage, states=options.states)
        pursuit.begin(replace(wish, limits=limits, terms=terms))
    else:
        pursuit.take_up(PROGRAM)
    handle._go()  # noqa: SLF001 - of this module
