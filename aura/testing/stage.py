"""A session with real workings between fakes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aura.agent.compaction import Compactor
from aura.agent.dispatch import Dispatcher, Workbench
from aura.agent.finish import Gate, Verifier
from aura.agent.loop import Loop, LoopHooks, Objection
from aura.agent.respond import Responder, RetryPolicy
from aura.app.approvals import Approvals
from aura.app.session import LocalSession
from aura.core import events as ev
from aura.core.clock import Clock
from aura.core.errors import ModelError
from aura.core.messages import Message, ToolCall, ToolResult
from aura.core.models import Model
from aura.core.permissions import Facts
from aura.core.tools import Access, CommandRunner, Effect, Tool
from aura.core.turn import Turn, fold
from aura.hookspecs import BeforeCompaction, BeforeTool
from aura.testing.fakes import FakeClock, FakePerson, FakeRunner, MemoryLog


class QuietHooks:
    """No plugin says anything; a test that wants one to speak overrides a method."""

    runs_commands = False

    def before_chat(self, turn: Turn) -> Objection:
        """Nothing."""
        return Objection()

    def after_response(self, turn: Turn, reply: Message) -> Objection:
        """Nothing."""
        return Objection()

    def after_tools(self, turn: Turn, answered: Sequence[tuple[ToolCall, ToolResult]]) -> Objection:
        """Nothing."""
        return Objection()

    def before_stop(self, turn: Turn) -> Objection:
        """Nothing."""
        return Objection()

    def before_tool(self, turn: Turn, call: ToolCall) -> BeforeTool | None:
        """Nothing."""
        return None

    def rewrite(self, turn: Turn, call: ToolCall, result: ToolResult) -> str | None:
        """Nothing."""
        return None

    def before_compaction(self, turn: Turn, forced: bool) -> BeforeCompaction | None:  # noqa: FBT001 - as the hook
        """Nothing."""
        return None

    def transform_messages(self, turn: Turn, messages: Sequence[Message]) -> Sequence[Message]:
        """The messages as they are."""
        return messages

    def on_error(self, turn: Turn, error: ModelError) -> tuple[bool, Sequence[ev.Event]]:
        """No other try."""
        return False, ()

    def drain(self) -> Sequence[ev.Event]:
        """Nothing is left to report."""
        return ()


def examine_freely(tool: str, effect: Effect, access: Access) -> Facts:
    """Facts that let reads and edits pass and have commands asked about."""
    return Facts(effect, access, risky="it runs a command" if effect is Effect.EXECUTE else "", boxed=True)


@dataclass
class Props:
    """What stands on a stage besides models and tools; every one has a default that does nothing by itself."""

    clock: Clock = field(default_factory=FakeClock)
    runner: CommandRunner = field(default_factory=FakeRunner)
    hooks: LoopHooks = field(default_factory=QuietHooks)
    log: MemoryLog = field(default_factory=MemoryLog)
    policy: RetryPolicy = RetryPolicy(attempts=3, base=1.0)
    examine: Callable[[str, Effect, Access], Facts] = examine_freely
    verifier: Verifier | None = None
    workspace: Path = Path("/workspace")


class Stage:
    """A session with real workings between fakes.

    `begin` is recorded first (switches, limits, todos). A log that holds events already is resumed. Somebody who
    answers is `person` (None: nobody is there).
    """

    def __init__(
        self,
        models: Model | Sequence[Model],
        tools: Iterable[Tool] = (),
        begin: Iterable[ev.Event] = (),
        *,
        props: Props | None = None,
        person: FakePerson | None = None,
    ) -> None:
        self.props = props = props or Props()
        self.log = props.log
        chain = list(models) if isinstance(models, Sequence) else [models]
        folder = props.workspace.parent / f"{props.workspace.name}-session"
        self.session = LocalSession("stage", folder, fold(self.log.events), self.log, props.clock)
        record = self.session.recorder
        self.approvals = approvals = Approvals(record)
        if person is not None:
            approvals.approver, approvals.asker = person.approve, person.answer
        bench = Workbench(
            props.workspace, folder, props.runner, approvals.approve, approvals.ask, props.examine
        )
        gate = Gate(record, props.runner, props.workspace, props.verifier)
        named = {tool.spec.name: tool for tool in tools}
        dispatcher = Dispatcher(named, bench, props.hooks, gate, record, props.clock)
        responder = Responder(chain, record, props.clock, props.policy, chance=lambda: 0.5)
        compactor = Compactor(record, lambda: chain[0])
        self.loop = Loop(record, responder, dispatcher, compactor, props.hooks, props.clock)
        self.session.engine = self.loop
        if self.log.events:
            self.session.resume("stage", "0")
        for event in begin:
            self.session.record(event)

    @property
    def turn(self) -> Turn:
        """Where the session stands."""
        return self.session.turn

    @property
    def events(self) -> list[ev.Event]:
        """The log."""
        return self.log.events

    def of(self, *kinds: type) -> list[Any]:
        """The events of these types, in order."""
        return [event for event in self.events if isinstance(event, kinds)]

    async def prompt(self, text: str = "go") -> Turn:
        """Run one turn to its end."""
        async for _ in self.session.prompt(text):
            pass
        return self.turn
