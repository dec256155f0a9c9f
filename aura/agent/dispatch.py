"""The tool calls of one message: judge, ask, run; reads run side by side."""

import asyncio
import difflib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from aura.core.attempts import Outcome
from aura.core.clock import Clock
from aura.core.denials import LIFTED
from aura.core.errors import StoreError, ToolError
from aura.core.events import (
    StatusReported,
    TodosChanged,
    ToolFinished,
    ToolJudged,
    ToolOutputDelta,
    ToolStarted,
)
from aura.core.messages import HUMAN, ToolCall, ToolResult
from aura.core.permissions import TAINT, Allow, Approver, Ask, Asker, Deny, Facts, Mode, Park, judge
from aura.core.recorder import Recorder
from aura.core.tools import (
    Access,
    Claim,
    CommandRunner,
    Effect,
    GateAnswer,
    Surround,
    Tool,
    ToolContext,
    ToolOutput,
    foresee,
    leave_alone,
)
from aura.core.turn import Turn
from aura.hookspecs import BeforeTool

FREE = (Effect.READ, Effect.NONE)
LAST = "Done"
CHANGED = "a person changed it before it ran"  # why a call that a person rewrote was allowed
MOVED = "what it would touch changed while somebody was asked about it"
PARKED = (
    "Not run: {reason}. This is no denial: the call waits for somebody who may allow it. Go on with work that does not"
    " need it; when only this is left, call Done with status blocked."
)
LONGEST_NOTE = 2_000  # characters of what a person made of a call


class ToolHooks(Protocol):
    """The hooks that dispatch asks."""

    def before_tool(self, turn: Turn, call: ToolCall) -> BeforeTool | None:
        """Deny the call or change its arguments."""
        ...

    def rewrite(self, turn: Turn, call: ToolCall, result: ToolResult) -> str | None:
        """Another content for the model, or None."""
        ...


Gate = Callable[[Claim], Awaitable[GateAnswer]]


@dataclass(frozen=True, slots=True)
class Workbench:
    """What calls need besides their arguments; the same for the whole session.

    `object_to` says why a call must not run with these arguments (empty: it may), `find_source` where its result comes
    from, if nobody vouches for that.
    """

    workspace: Path
    session_dir: Path
    runner: CommandRunner
    approve: Approver
    ask: Asker
    examine: Callable[[str, Effect, Access], Facts]
    surround: Surround = leave_alone
    object_to: Callable[[Mapping[str, Any], Effect], str] = lambda arguments, effect: ""
    find_source: Callable[[Effect, Access], str] = lambda effect, access: ""


@dataclass(frozen=True, slots=True)
class Ready:
    """A call that may run: its tool, its validated arguments, what the model is told before the result."""

    call: ToolCall
    tool: Tool
    note: str = ""


def _name_places(facts: Facts) -> tuple[object, ...]:
    """What a call touches, as far as that may keep it from running."""
    return facts.floor, facts.denied_by, facts.secret, facts.outside, facts.sensitive


def tell_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What the model is told of a call that a person changed: which arguments it really ran with."""
    names = [name for name in after if name not in before or before[name] != after[name]]
    told = json.dumps({name: after[name] for name in names}, ensure_ascii=False, default=str)
    if len(told) > LONGEST_NOTE:
        told = f"{told[:LONGEST_NOTE]}… (cut; read the result where you need it)"
    return f"[A person changed this call before it ran. It ran with: {told}]\n"


class Dispatcher:
    """Answers every tool call of a message, in the order of the calls, each exactly once."""

    def __init__(
        self,
        tools: Mapping[str, Tool],
        bench: Workbench,
        hooks: ToolHooks,
        gate: Gate,
        record: Recorder,
        clock: Clock,
    ) -> None:
        self.tools = dict(tools)
        self._bench = bench
        self._hooks = hooks
        self._gate = gate
        self._record = record
        self._clock = clock
        self._pairs: list[tuple[ToolCall, ToolResult]] = []

    async def run(
        self, calls: Sequence[ToolCall], out_of_time: Callable[[], bool]
    ) -> tuple[tuple[ToolCall, ToolResult], ...]:
        """Run the calls and return each with its result; neighbours that only read run side by side, `Done` runs last.

        `out_of_time` is asked before each group: once it says yes, the rest is answered without being run.
        """
        ordered = [call for call in calls if call.name != LAST] + [
            call for call in calls if call.name == LAST
        ]
        answered: set[str] = set()
        self._pairs.clear()
        try:
            for group in self._group(ordered):
                if out_of_time():
                    break
                await self._run_group(group, answered)
        except asyncio.CancelledError:
            self._answer_rest(ordered, answered, "cancelled", "Not run: the turn was stopped first.")
            raise
        self._answer_rest(ordered, answered, "cancelled", "Not run: a limit was reached first.")
        places = {call.id: place for place, call in enumerate(calls)}
        return tuple(sorted(self._pairs, key=lambda pair: places[pair[0].id]))

    def _group(self, calls: Sequence[ToolCall]) -> list[list[ToolCall]]:
        groups: list[list[ToolCall]] = []
        joinable = False
        for call in calls:
            tool = self.tools.get(call.name)
            free = tool is not None and tool.effect is Effect.READ
            if free and joinable:
                groups[-1].append(call)
            else:
                groups.append([call])
            joinable = free
        return groups

    async def _run_group(self, group: list[ToolCall], answered: set[str]) -> None:
        ready = []
        for call in group:
            prepared = await self._prepare(call)
            if prepared is None:
                answered.add(call.id)
            else:
                ready.append(prepared)
        if not ready:
            return
        tasks = [asyncio.ensure_future(self._run_one(one, answered)) for one in ready]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    def _answer_rest(
        self, calls: Sequence[ToolCall], answered: set[str], outcome: Outcome, text: str
    ) -> None:
        for call in calls:
            if call.id not in answered:
                self._answer(call, outcome, text)

    def _answer(self, call: ToolCall, outcome: Outcome, text: str) -> None:
        result = ToolResult(call.id, text, is_error=True)
        self._pairs.append((call, result))
        self._record(ToolFinished(call, result, outcome))

    async def _prepare(self, call: ToolCall) -> Ready | None:
        """The call, ready to run; None when it was answered with a refusal instead."""
        try:
            tool = self._find_tool(call)
            said = self._hooks.before_tool(self._record.turn, call)
            if said is not None and said.deny:
                self._refuse(call, Deny(said.deny, by=said.by or "plugin"))
                return None
            if said is not None and said.arguments is not None:
                call = replace(call, arguments=dict(said.arguments))
            call = replace(call, arguments=tool.validate(call.arguments))
            if objection := self._bench.object_to(call.arguments, tool.effect):
                raise ToolError(objection)
            facts = self._bench.examine(tool.spec.name, tool.effect, tool.access(call.arguments))
        except ToolError as error:
            self._answer(call, "invalid", error.sentence)
            return None
        except Exception as error:  # noqa: BLE001 - what cannot be judged is not run, and the turn goes on
            self._answer(call, "invalid", f"Not run, it cannot be judged: {type(error).__name__}: {error}")
            return None
        verdict = judge(facts, self._mode())
        if isinstance(verdict, Ask):
            return await self._ask(Ready(call, tool), verdict, facts)
        if isinstance(verdict, Deny):
            for_person = verdict.by == TAINT  # a person may agree to it, and only a person
            if for_person and self._is_lifted(call):
                return Ready(call, tool)
            self._refuse(call, verdict, Ask(verdict.reason) if for_person else None)
            return None
        return Ready(call, tool)

    def _is_lifted(self, call: ToolCall) -> bool:
        """Whether a person allowed this very call after it was refused; then that is used up."""
        lifted = self._record.turn.rest.denials.find_lifted(call)
        if lifted:
            self._record(ToolJudged(call.id, "allow", HUMAN, LIFTED, lifts=lifted))
        return lifted > 0

    async def _ask(self, ready: Ready, ask: Ask, facts: Facts) -> Ready | None:
        """The call that somebody said yes to, as they want it; None when it was answered instead."""
        call = ready.call
        if self._is_lifted(call):
            return ready
        vain = await self._foresee(ready)
        if vain is not None:
            self._finish(ready, vain, "error" if vain.is_error else "ok", 0.0)
            return None
        verdict = await self._bench.approve(call, ask)
        if isinstance(verdict, Allow) and self._has_changed(ready, facts):
            verdict = Deny(MOVED, "Make the call again.", by="policy")
        if isinstance(verdict, Deny):
            self._refuse(call, verdict, ask)
            return None
        if isinstance(verdict, Park):
            self._park(call, verdict, ask)
            return None
        if verdict.arguments is None or verdict.arguments == call.arguments:
            self._record(ToolJudged(call.id, "allow", verdict.by, verdict.reason, verdict.risk))
            return ready
        return self._change(ready, verdict.arguments, verdict.by)

    def _has_changed(self, ready: Ready, facts: Facts) -> bool:
        """Whether the call would touch something else now than when it was asked about."""
        tool = ready.tool
        now = self._bench.examine(tool.spec.name, tool.effect, tool.access(ready.call.arguments))
        return _name_places(now) != _name_places(facts)

    async def _foresee(self, ready: Ready) -> ToolOutput | None:
        """What a call is answered with that would change no file: nobody is asked for a yes in vain.

        None where it would, or where the files may not simply be read: the answer could tell what is in them.
        """
        call, tool = ready.call, ready.tool
        if getattr(tool, "foresee", None) is None:
            return None
        reading = self._bench.examine("Read", Effect.READ, Access(reads=tool.access(call.arguments).writes))
        if not isinstance(judge(reading, self._mode()), Allow):
            return None
        foreseen = await asyncio.to_thread(foresee, tool, self.context(call), call.arguments)
        return foreseen if isinstance(foreseen, ToolOutput) else None

    def _change(self, ready: Ready, arguments: Mapping[str, Any], by: str) -> Ready | None:
        """The call with what a person made of it, judged anew: their yes is no way round what is forbidden."""
        tool = ready.tool
        try:
            call = replace(ready.call, arguments=tool.validate(arguments))
            facts = self._bench.examine(tool.spec.name, tool.effect, tool.access(call.arguments))
        except ToolError as error:
            self._answer(ready.call, "invalid", f"Not run. A person changed this call: {error.sentence}")
            return None
        verdict = judge(facts, self._mode())
        if isinstance(verdict, Deny):
            self._refuse(call, verdict)
            return None
        self._record(ToolJudged(call.id, "allow", by, CHANGED))
        return Ready(call, tool, tell_changes(ready.call.arguments, call.arguments))

    def _mode(self) -> Mode:
        """The mode in force: auto mode lifts ask and edit to auto, and nothing else."""
        switches = self._record.turn.switches
        return Mode.AUTO if switches.auto and switches.mode in (Mode.ASK, Mode.EDIT) else switches.mode

    def _find_tool(self, call: ToolCall) -> Tool:
        if call.problem:
            raise ToolError(
                f"The arguments could not be read: {call.problem}. Send the call again with valid JSON."
            )
        tool = self.tools.get(call.name)
        if tool is None:
            near = difflib.get_close_matches(call.name, self.tools, n=3, cutoff=0.4) or sorted(self.tools)
            raise ToolError(f"There is no tool {call.name!r}. Nearest: {', '.join(near)}.")
        return tool

    def _refuse(self, call: ToolCall, verdict: Deny, ask: Ask | None = None) -> None:
        """Refuse the call; one that was asked about (`ask`) may be allowed by a person later."""
        by, rule = verdict.by or "policy", ask.rule if ask is not None else ""
        self._record(ToolJudged(call.id, "deny", by, verdict.reason, verdict.risk, ask is not None, rule))
        suggestion = f" {verdict.suggestion}" if verdict.suggestion else ""
        text = f"Refused: {verdict.reason.rstrip('.')}.{suggestion} Do not try the same by another route."
        self._answer(call, "denied", text)

    def _park(self, call: ToolCall, verdict: Park, ask: Ask) -> None:
        """Leave the call: it was not denied, nobody could be asked about it."""
        self._record(
            ToolJudged(call.id, "park", verdict.by, verdict.reason, may_be_allowed=True, rule=ask.rule)
        )
        self._answer(call, "cancelled", PARKED.format(reason=verdict.reason.rstrip(".")))

    async def _run_one(self, ready: Ready, answered: set[str]) -> None:
        call, tool = ready.call, ready.tool
        started = self._clock.monotonic()
        self._record(ToolStarted(call))
        outcome: Outcome = "ok"
        try:
            output = await self._call(tool, call)
            outcome = "error" if output.is_error else "ok"
        except asyncio.CancelledError:
            answered.add(call.id)
            self._answer(call, "cancelled", "Stopped while it ran; it may have taken effect.")
            raise
        except ToolError as error:
            outcome, output = "error", ToolOutput(error.sentence, is_error=True)
        except StoreError:
            answered.add(call.id)
            self._answer(call, "cancelled", "Not run: the session's log cannot be written.")
            raise
        except Exception as error:  # noqa: BLE001 - a tool of a plugin may raise anything; the turn goes on
            text = f"The tool {call.name} failed by itself: {type(error).__name__}: {error}"
            outcome, output = "error", ToolOutput(text, is_error=True)
        answered.add(call.id)
        self._finish(ready, output, outcome, self._clock.monotonic() - started)

    async def _call(self, tool: Tool, call: ToolCall) -> ToolOutput:
        """Run a tool; around one that may change something, what it finds is kept."""
        if tool.effect in FREE:
            return await tool(self.context(call), call.arguments)
        await self._record.settle()
        async with self._bench.surround(call, tool.effect, tool.access(call.arguments)):
            return await tool(self.context(call), call.arguments)

    def context(self, call: ToolCall) -> ToolContext:
        """What a call is handed now."""
        turn, bench = self._record.turn, self._bench
        return ToolContext(
            workspace=bench.workspace,
            session_dir=bench.session_dir,
            call_id=call.id,
            runner=bench.runner,
            output=lambda text: self._record(ToolOutputDelta(call.id, text)),
            ask=bench.ask,
            finish=self._gate,
            seen=turn.rest.seen,
            todos=turn.todos,
        )

    def _finish(self, ready: Ready, output: ToolOutput, outcome: Outcome, seconds: float) -> None:
        call, content = ready.call, ready.note + output.content
        display = output.display or (output.content if ready.note else "")
        result = ToolResult(call.id, content, display, output.is_error, output.ends_turn, output.images)
        rewritten = self._hooks.rewrite(self._record.turn, call, result)
        if rewritten is not None:
            result = replace(result, content=rewritten, display=result.display or result.content)
        self._pairs.append((call, result))
        if output.todos is not None:
            self._record(TodosChanged(output.todos, "model"))
        if output.status is not None:
            self._record(StatusReported(output.status.state, output.status.detail))
        self._record(
            ToolFinished(
                call,
                result,
                outcome,
                seconds,
                changes=output.changes,
                command=output.command,
                seen=dict(output.seen),
                waiting=output.waiting,
                source=self._bench.find_source(ready.tool.effect, ready.tool.access(call.arguments)),
            )
        )
