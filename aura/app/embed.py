"""aura inside a program: an agent that is made once and asked often."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from aura.app.build import Opened, open_session
from aura.app.options import SessionOptions
from aura.core.errors import AuraError
from aura.core.events import Event
from aura.core.messages import Image
from aura.core.models import Model
from aura.core.permissions import Approver, Asker, Mode
from aura.core.tools import Tool
from aura.hookspecs import hookimpl
from aura.runs.report import Report, make_report


class _Tools:
    """The tools of a program, offered like those of any plugin."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._tools = tuple(tools)

    @hookimpl
    def register_tools(self) -> tuple[Tool, ...]:
        """The tools."""
        return self._tools


@dataclass
class Agent:
    """A coding agent for one workspace; each `run`, `ask` or `stream` is a turn of the same session.

    `model` is a name such as `openai/gpt-5`, `script:FILE`, or a `Model`; empty: as `aura run` chooses. `auto` goes on
    by itself until the work is done. `mode` is plan, ask, edit or auto; in ask mode `approver` decides. `checks` are
    commands that Done has to pass, `tools` are offered beside the built-in ones, `settings` maps dotted names to values
    (`{"auto.max_steps": 20}`), `resume` continues a session by its id. `trusted` decides whether what the workspace
    brings may act (None: as the user decided).

    Raises `AuraError` with one sentence. Use it as an asynchronous context manager, or call `close`.
    """

    model: str | Model = ""
    workspace: str | Path = "."
    auto: bool = False
    mode: str = ""
    checks: Sequence[str] = ()
    tools: Sequence[Tool] = ()
    approver: Approver | None = None
    asker: Asker | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    resume: str = ""
    trusted: bool | None = None
    _opened: Opened | None = field(default=None, init=False, repr=False)
    _events: list[Event] = field(default_factory=list, init=False, repr=False)

    def _options(self) -> SessionOptions:
        flags = {**self.settings, "auto.enabled": self.auto}
        if isinstance(self.model, str) and self.model:
            flags["model"] = self.model
        return SessionOptions(
            workspace=Path(self.workspace).resolve(),
            resume=self.resume,
            flags=flags,
            auto=self.auto,
            mode=Mode(self.mode) if self.mode else None,
            checks=tuple(self.checks),
            unattended=self.auto,
            model=None if isinstance(self.model, str) else self.model,
            trusted=self.trusted,
            extra=(("program", _Tools(self.tools)),),
        )

    @property
    def session_id(self) -> str:
        """The session's name, for `resume`; empty before the first prompt."""
        return self._opened.session.id if self._opened else ""

    async def _open(self) -> Opened:
        if self._opened is None:
            self._opened = await open_session(self._options())
            self._opened.approvals.approver = self.approver
            self._opened.approvals.asker = self.asker
            self._opened.session.watchers.append(lambda recorded: self._events.append(recorded.event))
        return self._opened

    async def stream(self, prompt: str, images: Iterable[Image] = ()) -> AsyncIterator[Event]:
        """Run one turn and yield its events, durable and passing; leaving the loop early interrupts the turn."""
        opened = await self._open()
        async with contextlib.aclosing(opened.session.prompt(prompt, tuple(images))) as recorded:
            async for one in recorded:
                yield one.event

    async def ask(self, prompt: str, images: Iterable[Image] = ()) -> Report:
        """Run one turn to its end and return what came of it."""
        async for _ in self.stream(prompt, images):
            pass
        return self.report()

    def run(self, prompt: str) -> Report:
        """Run one turn to its end, open and close the session around it; for programs without an event loop.

        The next `run` goes on with the same session.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(self._run_once(prompt))
        raise AuraError("An event loop is running: use `await agent.ask(...)` instead of `agent.run(...)`.")

    async def _run_once(self, prompt: str) -> Report:
        async with self:
            return await self.ask(prompt)

    def report(self) -> Report:
        """What came of the last turn."""
        if self._opened is None:
            raise AuraError("Nothing was asked yet, so there is nothing to report.")
        return make_report(self._opened.session.turn, self._events)

    def steer(self, text: str) -> None:
        """Say something to the running turn; it is delivered between two steps."""
        if self._opened is not None:
            self._opened.session.steer(text)

    async def interrupt(self) -> None:
        """Stop the running turn; what was produced is kept."""
        if self._opened is not None:
            await self._opened.session.interrupt()

    async def close(self) -> None:
        """Close the session; the next prompt opens it again where it was."""
        opened, self._opened = self._opened, None
        if opened is not None:
            self.resume = opened.session.id
            await opened.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
