"""A session as a face has it, in the process that owns it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from aura import __version__
from aura.app.approvals import DENIED, Grant
from aura.app.build import Opened
from aura.app.panels import show_panels
from aura.app.pursuit import Pursuit
from aura.app.rewinding import make_rewinding
from aura.app.session import Others
from aura.app.shell import ShellLines
from aura.app.steering import Steering
from aura.app.work import RunLine, Work
from aura.core.errors import AuraError, StoreError
from aura.core.events import Event, FactsChanged, ModelChanged, Recorded, StepStarted
from aura.core.facts import CommandFact, Facts
from aura.core.messages import Image
from aura.core.permissions import Allow, Deny
from aura.core.run import Phase
from aura.core.tools import Answer
from aura.core.turn import Turn
from aura.runs.orders import Wanted
from aura.store.index import remove_session
from aura.store.memory import MemoryLog

Query = Callable[..., Awaitable[Any]]


class HostedSession:
    """The session of this process as faces know it; see `aura.app.session.Session`.

    `run_line` runs a prompt or a slash command to its end, `is_command` tells them apart, `commands` are those there
    are, `queries` answer what only this process knows. `work` is what people have under way, `pursuit` drives the run,
    `steering` is what is wanted of it.
    """

    def __init__(
        self,
        opened: Opened,
        run_line: RunLine,
        is_command: Callable[[str], bool],
        commands: Callable[[], Sequence[CommandFact]],
        queries: Mapping[str, Query],
        pursuit: Pursuit,
    ) -> None:
        self.opened = opened
        self._session = opened.session
        self._session.keeps_late = True
        shell = ShellLines(opened.runners.own, opened.workspace, opened.session.recorder)
        self.work = Work(opened.session, run_line, is_command, shell)
        self.work.on_rest = self.refresh
        self.steering = Steering(opened.session, pursuit, self.work, opened.switch_model)
        self._rewinding = make_rewinding(opened)
        self._commands = commands
        self._queries: Mapping[str, Query] = {
            **queries,
            "points": self._rewinding.query,
            "rewind_preview": self._rewinding.preview,
        }
        self._is_used = False
        self._facts = self._gather()
        self._session.watchers.append(self._watch)
        opened.approvals.is_watched = True
        show_panels(opened.session, opened.plugins)

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
        return self.work.is_running

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
            sandbox_asked=opened.runners.requested,
            sandbox_missing=opened.runners.capability.missing,
            trusted=opened.is_trusted,
            notices=opened.notices,
            commands=tuple(self._commands()),
            ui=opened.settings.ui.model_dump(),
        )

    def _watch(self, recorded: Recorded) -> None:
        if isinstance(recorded.event, ModelChanged | StepStarted):
            asyncio.get_running_loop().call_soon(self.refresh)

    def refresh(self) -> None:
        """Tell the watchers when what holds is other than before."""
        facts = self._gather()
        if facts != self._facts:
            self._facts = facts
            self._session.record(FactsChanged(facts))

    async def submit(self, line: str, images: Sequence[Image] = ()) -> None:
        """Take a line of a person and return when it was begun; see `Session.submit`."""
        self._is_used = True
        self.work.submit(line, images)
        await asyncio.sleep(0)

    def steer(self, text: str) -> None:
        """Say something to the running turn, or begin one."""
        self.work.steer(text)

    def enqueue(self, text: str) -> None:
        """Have a line taken when all that runs is over and ended well."""
        self.work.enqueue(text)

    def unqueue(self, name: str) -> None:
        """Take a waiting line back."""
        self.work.unqueue(name)

    async def interrupt(self, *, kill: bool = False) -> None:
        """Stop what runs; what was said and not delivered waits in the queue."""
        if kill:
            self.opened.kill()
        await self.work.stop()

    async def decide(self, name: str, verdict: Allow | Deny, scope: Grant = "") -> None:
        """Settle a call that waits for a yes, or allow a refused one; a run that is blocked goes on then."""
        self.opened.approvals.decide(name, verdict, scope)
        if name.startswith(DENIED) and self.turn.run.name and self.turn.run.phase is Phase.BLOCKED:
            await self.steering.order(Wanted("resume"))

    async def answer(self, name: str, answer: Answer) -> None:
        """Answer a question; the answer to one that stayed open is said to the run."""
        words = self.opened.approvals.answer(name, answer)
        if words:
            await self.steering.order(Wanted("steer" if self._session.is_running else "answer", text=words))

    async def rewind(
        self, to: int, *, files: bool = False, conversation: bool = True, others: Others = "mine"
    ) -> str:
        """Go back to an earlier place; see `Session.rewind`."""
        if self.work.is_running:
            raise AuraError("Something runs: stop it first (Ctrl+C), then rewind.")
        return await self._rewinding.rewind(to, files=files, conversation=conversation, others=others)

    def record(self, event: Event) -> None:
        """Record what a person did."""
        self._session.record(event)

    async def query(self, name: str, **arguments: Any) -> Any:
        """Ask for something that only this process knows."""
        if name not in self._queries:
            raise AuraError(f"This version of aura cannot answer {name!r}; restart the session's engine.")
        return await self._queries[name](**arguments)

    async def leave(self, *, keep: bool) -> None:
        """Close the session; in this process nothing can go on without a face.

        One in which nobody said anything is not kept.
        """
        await self.interrupt()
        await self.opened.close()
        turn = self.turn
        is_used = self._is_used or turn.number or turn.todos or turn.rest.queue
        if self._session.is_new and self._facts.folder and not is_used:
            with contextlib.suppress(StoreError):
                await asyncio.to_thread(remove_session, self._session.folder)
