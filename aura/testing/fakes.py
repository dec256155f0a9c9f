"""Fakes with behaviour: a clock, a log, a model, tools, commands and a person that do as they are told."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from aura.core import events as ev
from aura.core.errors import ModelError, ToolError
from aura.core.messages import MODEL, Message, Part, Text, ToolCall
from aura.core.models import Completion, Delta, Finish, ModelInfo, Request, TextDelta, ToolSpec, Usage
from aura.core.permissions import Allow, Ask, Deny
from aura.core.tools import (
    Access,
    Answer,
    CommandResult,
    Effect,
    OutputSink,
    Question,
    ToolContext,
    ToolOutput,
)

CHARS_PER_TOKEN = 4


class FakeClock:
    """A clock that moves only when it is told to; `sleep` moves it and remembers the wait in `waits`."""

    def __init__(self, start: float = 1_000.0) -> None:
        self.time = start
        self.waits: list[float] = []

    def now(self) -> float:
        """Seconds that only this clock knows."""
        return self.time

    def monotonic(self) -> float:
        """The same seconds."""
        return self.time

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.time += seconds

    async def sleep(self, seconds: float) -> None:
        """Let time pass at once; whoever else waits gets a turn."""
        self.waits.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)


class MemoryLog:
    """A log in memory; `failure`, once set, is raised instead of taking an event."""

    def __init__(self) -> None:
        self.records: list[ev.Recorded] = []
        self.flushes = 0
        self.failure: Exception | None = None

    @property
    def events(self) -> list[ev.Event]:
        """The durable events, in order."""
        return [recorded.event for recorded in self.records]

    def append(self, event: ev.DurableEvent, at: float) -> int:
        """Take one event."""
        if self.failure is not None:
            raise self.failure
        self.records.append(ev.Recorded(len(self.records) + 1, at, event))
        return len(self.records)

    async def recover(self) -> None:
        """As `flush`: this log's disk is never full for long."""
        await self.flush()

    async def flush(self) -> None:
        """Everything is durable already."""
        if self.failure is not None:
            raise self.failure
        self.flushes += 1


def call(name: str, /, *, id: str = "", **arguments: Any) -> ToolCall:
    """A tool call; without an id it gets one from the model that sends it."""
    return ToolCall(id, name, arguments)


def reply(
    text: str = "",
    *calls: ToolCall,
    usage: Usage | None = None,
    finish: Finish | None = None,
    cost: float | None = 0.0,
) -> Completion:
    """A reply of text, calls or both; without `usage` the model counts by itself."""
    parts: tuple[Part, ...] = (Text(text), *calls) if text else calls
    ending = finish or (Finish.TOOL_CALLS if calls else Finish.STOP)
    return Completion(Message("assistant", parts, MODEL), usage or Usage(), ending, cost=cost)


Act = str | Completion | ModelError | ToolCall
Player = Callable[[Request], Act | Awaitable[Act]]


class FakeModel:
    """A model that plays Python values in order, the last one for ever if `repeat` is set.

    A text or a call is a reply of it, an error is raised, a function is asked with the request (it may wait).
    Tokens are counted by length, as a provider would. `requests` keeps what was sent.
    """

    def __init__(
        self, *acts: Act | Player, name: str = "fake/model", window: int = 200_000, repeat: bool = False
    ) -> None:
        self.info = ModelInfo(name, window=window, capabilities=frozenset({"tools"}))
        self.requests: list[Request] = []
        self._acts = deque(acts)
        self._repeat = repeat

    async def stream(self, request: Request) -> AsyncIterator[Delta | Completion]:
        """Play the next act; a play that is over fails the test that runs it."""
        self.requests.append(request)
        if not self._acts:
            raise AssertionError(
                f"{self.info.name} was asked {len(self.requests)} times, more than it has acts"
            )
        act = self._acts[0] if self._repeat and len(self._acts) == 1 else self._acts.popleft()
        if callable(act):
            said = act(request)
            act = await said if isinstance(said, Awaitable) else said
        if isinstance(act, ModelError):
            raise act
        if isinstance(act, str):
            act = reply(act)
        elif isinstance(act, ToolCall):
            act = reply("", act)
        if act.message.text:
            yield TextDelta(act.message.text)
        yield self._complete(act, request)

    def _complete(self, act: Completion, request: Request) -> Completion:
        """The reply with ids for its calls and tokens counted."""
        number, numbers = len(self.requests), count(1)
        parts = tuple(
            ToolCall(
                part.id or f"call-{number}-{next(numbers)}", part.name, part.arguments, part.raw, part.problem
            )
            if isinstance(part, ToolCall)
            else part
            for part in act.message.parts
        )
        message = Message("assistant", parts, act.message.origin)
        usage = act.usage if act.usage != Usage() else count_usage(request, message)
        return Completion(message, usage, act.finish, self.info.name, act.cost)


def count_usage(request: Request, message: Message) -> Usage:
    """Tokens by length: all that was sent, all that came back."""
    specs = sum(len(spec.name) + len(spec.description) + len(str(spec.parameters)) for spec in request.tools)
    sent = len(request.system) + specs + sum(_measure(entry) for entry in request.messages)
    return Usage(input=sent // CHARS_PER_TOKEN, output=max(1, _measure(message) // CHARS_PER_TOKEN))


def _measure(message: Message) -> int:
    calls = sum(len(one.name) + len(one.raw) + len(json.dumps(one.arguments)) for one in message.tool_calls)
    return 16 + len(message.text) + calls + sum(len(result.content) for result in message.results)


Does = Callable[..., Any]


class FakeTool:
    """A tool made of a function of the arguments; it returns a text, a `ToolOutput`, or raises.

    A coroutine function may wait. Arguments named `path`, `command` and `url` are what a call touches; a tool with
    the effect `write` writes its path. `calls` keeps the arguments of the calls that ran.
    """

    def __init__(
        self,
        name: str,
        effect: Effect = Effect.READ,
        does: Does | None = None,
        *,
        required: Sequence[str] = (),
    ) -> None:
        self.spec = ToolSpec(name, f"The fake {name}.", {"type": "object", "properties": {}})
        self.effect = effect
        self.calls: list[Mapping[str, Any]] = []
        self._does = does or (lambda **arguments: "ok")
        self._required = tuple(required)

    def validate(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """The arguments as they are; one that is required and missing is refused."""
        for name in self._required:
            if name not in arguments:
                raise ToolError(f"{name} is missing.")
        return dict(arguments)

    def access(self, arguments: Mapping[str, Any]) -> Access:
        """What the well-known arguments name."""
        paths = (str(arguments["path"]),) if "path" in arguments else ()
        changes = self.effect is Effect.WRITE
        return Access(
            reads=() if changes else paths,
            writes=paths if changes else (),
            command=str(arguments.get("command", "")),
            url=str(arguments.get("url", "")),
        )

    async def __call__(self, context: ToolContext, arguments: Mapping[str, Any]) -> ToolOutput:
        """Run the function; `context` is handed to one that asks for it by name."""
        self.calls.append(arguments)
        wants = "context" in getattr(getattr(self._does, "__code__", None), "co_varnames", ())
        given = {**arguments, "context": context} if wants else dict(arguments)
        output = self._does(**given)
        if isinstance(output, Awaitable):
            output = await output
        return output if isinstance(output, ToolOutput) else ToolOutput(str(output))


Ended = int | tuple[int | None, str]


class FakeRunner:
    """A runner whose commands end as it is told: an exit code, or one with the output; several are used in order.

    The last one stays; commands that nobody spoke of end well and print nothing. `ran` keeps the commands.
    """

    def __init__(self, endings: Mapping[str, Ended | Sequence[Ended]] | None = None) -> None:
        self.ran: list[str] = []
        self._endings: dict[str, deque[Ended]] = {}
        for command, ended in (endings or {}).items():
            self.set(command, *(ended if isinstance(ended, list) else [ended]))

    def set(self, command: str, *endings: Any) -> None:
        """From now on the command ends like this."""
        self._endings[command] = deque(endings)

    async def run(
        self, command: str, *, cwd: Path, timeout: float, on_output: OutputSink | None = None
    ) -> CommandResult:
        """End as told."""
        self.ran.append(command)
        endings = self._endings.get(command, deque([0]))
        ended = endings[0] if len(endings) == 1 else endings.popleft()
        code, output = ended if isinstance(ended, tuple) else (ended, "")
        if on_output is not None and output:
            on_output(output)
        return CommandResult(code, output, 1.0, timed_out=code is None)


class FakePerson:
    """Somebody who approves and answers: yes or no to calls, texts to questions, in order; then yes and nothing.

    Arguments instead of a yes take the place of the call's own. `asked` keeps what was put to them.
    """

    def __init__(self, *answers: bool | str | Mapping[str, Any]) -> None:
        self.asked: list[ToolCall | Question] = []
        self._answers = deque(answers)

    async def approve(self, call: ToolCall, ask: Ask) -> Allow | Deny:
        """Yes, or no with a reason."""
        self.asked.append(call)
        answer = self._answers.popleft() if self._answers else True
        if isinstance(answer, Mapping):
            return Allow("human", arguments=answer)
        return Allow("human") if answer else Deny("the person said no", by="human")

    async def answer(self, question: Question) -> Answer:
        """The next text."""
        self.asked.append(question)
        return Answer(str(self._answers.popleft()) if self._answers else "")
