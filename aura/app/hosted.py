"""A session as a face has it, in the process that owns it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import count
from typing import Any

from aura import __version__
from aura.app.approvals import Grant
from aura.app.build import Opened
from aura.core.errors import AuraError
from aura.core.events import (
    CommandRan,
    Event,
    FactsChanged,
    Injected,
    NoticeShown,
    PromptQueued,
    PromptUnqueued,
    Recorded,
    ToolOutputDelta,
)
from aura.core.evidence import CommandRun
from aura.core.facts import CommandFact, Facts
from aura.core.limits import StopReason
from aura.core.messages import Image, user
from aura.core.permissions import Allow, Deny
from aura.core.tools import Answer
from aura.core.turn import Turn
from aura.store.memory import MemoryLog

GOES_ON = (StopReason.DONE, StopReason.END_TURN)
SHELL_SECONDS = 600.0
TAIL = 4_000  # characters of a shell line's output that the log and the model get

RunLine = Callable[[str, Sequence[Image]], Awaitable[StopReason | None]]
Query = Callable[..., Awaitable[Any]]


class HostedSession:
    """The session of this process as faces know it; see `aura.app.session.Session`.

    `run_line` runs a prompt or a slash command to its end, `is_command` tells them apart, `commands` are those there
    are, `queries` answer what only this process knows.
    """

    def __init__(
        self,
        opened: Opened,
        run_line: RunLine,
        is_command: Callable[[str], bool],
        commands: Callable[[], Sequence[CommandFact]],
        queries: Mapping[str, Query],
    ) -> None:
        self.opened = opened
        self._session = opened.session
        self._session.keeps_late = True
        self._run_line = run_line
        self._is_command = is_command
        self._commands = commands
        self._queries = queries
        self._numbers = count(1)
        self._pursuit: asyncio.Task[None] | None = None
        self._others: set[asyncio.Task[None]] = set()
        self._facts = self._gather()
        opened.approvals.is_watched = True

    @property
    def id(self) -> str:
        """The session's name."""
        return self._session.id

    @property
    def watchers(self) -> list[Callable[[Recorded], None]]:
        """Who is told of every event."""
        return self._session.watchers

    @watchers.setter
    def watchers(self, watchers: list[Callable[[Recorded], None]]) -> None:
        self._session.watchers = watchers

    @property
    def turn(self) -> Turn:
        """Where it stands."""
        return self._session.turn

    @property
    def facts(self) -> Facts:
        """What holds for it."""
        return self._facts

    @property
    def is_running(self) -> bool:
        """Whether a turn, a command or a shell line is under way."""
        return self._session.is_running or self._pursuit is not None or bool(self._others)

    def _gather(self) -> Facts:
        opened = self.opened
        kept = not isinstance(opened.log, MemoryLog)
        info = opened.loop.responder.model.info
        return Facts(
            session=self._session.id,
            workspace=str(opened.workspace),
            folder=str(self._session.folder) if kept else "",
            version=__version__,
            model=info.name,
            window=info.window,
            priced=info.input_price is not None,
            sandbox=opened.sandbox,
            trusted=opened.is_trusted,
            notices=opened.notices,
            commands=tuple(self._commands()),
            ui=opened.settings.ui.model_dump(),
        )

    def refresh(self) -> None:
        """Tell the watchers when what holds is other than before."""
        facts = self._gather()
        if facts != self._facts:
            self._facts = facts
            self._session.record(FactsChanged(facts))

    async def submit(self, line: str, images: Sequence[Image] = ()) -> None:
        """Take a line of a person and return when it was begun; see `Session.submit`."""
        if line.startswith("!") and line[1:].strip():
            self._start(self._run_shell(line))
        elif self._is_command(line):
            self._start(self._run_command(line))
        elif self._pursuit is not None or self._session.is_running:
            raise AuraError("A turn is running: steer it, queue this, or stop it first.")
        else:
            self._pursuit = asyncio.create_task(self._pursue(line, images))
        await asyncio.sleep(0)

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._others.add(task)
        task.add_done_callback(self._others.discard)

    async def _run_command(self, line: str) -> None:
        """Run one command; what it does not like becomes a notice. It may have changed what holds."""
        try:
            await self._run_line(line, ())
        except AuraError as error:
            self._session.record(NoticeShown(error.sentence, "error"))
        self.refresh()

    async def _pursue(self, line: str, images: Sequence[Image]) -> None:
        """Run a prompt, then what waits behind it, as long as all ends well."""
        try:
            following: str | None = line
            while following is not None:
                reason = await self._run_line(following, images)
                images = ()
                following = self._take_next() if reason in GOES_ON else None
        except AuraError as error:
            self._session.record(NoticeShown(error.sentence, "error"))
        finally:
            self._pursuit = None
            for text in self._session.take_late():
                self.enqueue(text)
            self.refresh()

    def _take_next(self) -> str | None:
        """What was said too late for the last turn, else the first line that waits."""
        late = self._session.take_late()
        if late:
            return "\n\n".join(late)
        for name, text in self.turn.rest.queue.items():
            self._session.record(PromptUnqueued(name, sent=True))
            return text
        return None

    async def _run_shell(self, line: str) -> None:
        """Run a person's own shell line; the model reads of it with the next prompt."""
        command, name = line[1:].strip(), f"shell-{next(self._numbers)}"
        opened, record = self.opened, self._session.record
        result = await opened.runner.run(
            command,
            cwd=opened.workspace,
            timeout=SHELL_SECONDS,
            on_output=lambda text: record(ToolOutputDelta(name, text)),
        )
        tail = result.output[-TAIL:]
        record(CommandRan(line, tail, CommandRun(command, result.exit_code, tail, result.seconds)))
        ended = "was killed" if result.exit_code is None else f"ended with exit code {result.exit_code}"
        said = f"The person ran `{command}` in the workspace; it {ended} and printed:\n{tail or '(nothing)'}"
        record(Injected(user(said, "shell")))

    def steer(self, text: str) -> None:
        """Say something to the running turn, or begin one."""
        if self._session.is_running:
            self._session.steer(text)
        elif self._pursuit is None:
            self._pursuit = asyncio.create_task(self._pursue(text, ()))
        else:
            self.enqueue(text)

    def enqueue(self, text: str) -> None:
        """Have a line taken when all that runs is over."""
        taken = self.turn.rest.queue
        name = next(f"p{number}" for number in count(1) if f"p{number}" not in taken)
        self._session.record(PromptQueued(name, text))

    def unqueue(self, name: str) -> None:
        """Take a waiting line back."""
        if name in self.turn.rest.queue:
            self._session.record(PromptUnqueued(name))

    async def interrupt(self, *, kill: bool = False) -> None:
        """Stop what runs; what was said and not delivered waits in the queue."""
        if kill:
            self.opened.kill()
        await self._session.interrupt()
        tasks = [task for task in (*self._others, self._pursuit) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def decide(self, name: str, verdict: Allow | Deny, scope: Grant = "") -> None:
        """Settle a call that waits for a yes."""
        self.opened.approvals.decide(name, verdict, scope)

    async def answer(self, name: str, answer: Answer) -> None:
        """Answer a question."""
        self.opened.approvals.answer(name, answer)

    def record(self, event: Event) -> None:
        """Record what a person did."""
        self._session.record(event)

    async def query(self, name: str, **arguments: Any) -> Any:
        """Ask for something that only this process knows."""
        if name not in self._queries:
            raise AuraError(f"This version of aura cannot answer {name!r}; restart the session's engine.")
        return await self._queries[name](**arguments)

    async def leave(self, *, keep: bool) -> None:
        """Close the session; in this process nothing can go on without a face."""
        await self.interrupt()
        await self.opened.close()
