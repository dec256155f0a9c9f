"""aura inside a program: an agent that is made once and asked often."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from aura.app.build import Opened, open_session
from aura.app.options import SessionOptions
from aura.core.errors import AuraError, ConfigError
from aura.core.events import Event, Recorded, ToolJudged
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


class Stream:
    """The events of one turn, durable and passing; left early (or dropped), it interrupts the turn."""

    def __init__(
        self, begin: Callable[[], Awaitable[AsyncGenerator[Recorded, None]]], on_left: Callable[[], None]
    ) -> None:
        self._begin = begin
        self._on_left = on_left
        self._recorded: AsyncGenerator[Recorded, None] | None = None
        self._is_over = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        if self._is_over:
            raise StopAsyncIteration
        try:
            if self._recorded is None:
                self._recorded = await self._begin()
            return (await anext(self._recorded)).event
        except BaseException:
            self._is_over = True
            raise

    async def aclose(self) -> None:
        """Leave; the turn is interrupted when it still runs."""
        self._is_over = True
        if self._recorded is not None:
            await self._recorded.aclose()

    def __del__(self) -> None:
        if self._recorded is not None and not self._is_over:
            self._on_left()


@dataclass
class Agent:
    """A coding agent for one workspace; each `run`, `ask` or `stream` is a turn of the same session.

    `model` is a name such as `openai/gpt-5`, `script:FILE`, or a `Model`; empty: as `aura run` chooses. `auto` goes on
    by itself until the work is done. `mode` is plan, ask, edit or auto; in ask mode `approver` decides. `checks` are
    commands that Done has to pass, `tools` are offered beside the built-in ones, `settings` maps dotted names to values
    (`{"auto.max_steps": 20}`), `resume` continues a session by its id. `trusted` decides whether what the workspace
    brings may act (None: as the user decided). `auto` None means: as the settings and the resumed session say.

    Raises `AuraError` with one sentence. Use it as an asynchronous context manager, or call `close`.
    """

    model: str | Model = ""
    workspace: str | Path = "."
    auto: bool | None = None
    mode: str = ""
    checks: Sequence[str] = ()
    tools: Sequence[Tool] = ()
    approver: Approver | None = None
    asker: Asker | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    resume: str = ""
    trusted: bool | None = None
    _opened: Opened | None = field(default=None, init=False, repr=False)
    _opening: asyncio.Task[Opened] | None = field(default=None, init=False, repr=False)
    _judged: list[ToolJudged] = field(default_factory=list, init=False, repr=False)
    _was_left: bool = field(default=False, init=False, repr=False)

    def _options(self) -> SessionOptions:
        flags = dict(self.settings)
        if self.auto is not None:
            flags["auto.enabled"] = self.auto
        if self.mode and self.mode not in list(Mode):
            raise ConfigError(f"There is no mode {self.mode!r}; there are {', '.join(Mode)}.")
        if not Path(self.workspace).expanduser().is_dir():
            raise ConfigError(f"The workspace {self.workspace} is not a folder; give one that exists.")
        if isinstance(self.model, str) and self.model:
            flags["model"] = self.model
        return SessionOptions(
            workspace=Path(self.workspace).expanduser().resolve(),
            resume=self.resume,
            flags=flags,
            auto=self.auto,
            mode=Mode(self.mode) if self.mode else None,
            checks=tuple(self.checks),
            unattended=bool(self.auto),
            model=None if isinstance(self.model, str) else self.model,
            trusted=self.trusted,
            extra=(("program", _Tools(self.tools)),),
        )

    @property
    def session_id(self) -> str:
        """The session's name, for `resume`; empty before the first prompt."""
        return self._opened.session.id if self._opened else ""

    async def open(self) -> Opened:
        """The session, opened once, however many ask for it at the same time."""
        if self._opened is None:
            if self._opening is None:
                self._opening = asyncio.create_task(self._open_now())
            opening = self._opening
            try:
                return await asyncio.shield(opening)
            finally:
                if opening.done() and self._opening is opening:
                    self._opening = None
        return self._opened

    async def _open_now(self) -> Opened:
        opened = await open_session(self._options())
        opened.approvals.approver = self.approver
        opened.approvals.asker = self.asker
        opened.session.watchers.append(self._watch)
        self._opened = opened
        return opened

    def _watch(self, recorded: Recorded) -> None:
        if isinstance(recorded.event, ToolJudged):
            self._judged.append(recorded.event)

    async def _begin(self, prompt: str, images: tuple[Image, ...]) -> AsyncGenerator[Recorded, None]:
        """A turn that is about to run; one whose events nobody reads any more is ended first."""
        opened = await self.open()
        if self._was_left:
            self._was_left = False
            await opened.session.interrupt()
        if not opened.session.is_running:
            self._judged.clear()
        return opened.session.prompt(prompt, images)

    def _note_left(self) -> None:
        self._was_left = True

    def stream(self, prompt: str, images: Iterable[Image] = ()) -> AsyncIterator[Event]:
        """Run one turn and yield its events, durable and passing; leaving the loop early interrupts the turn."""
        given = tuple(images)
        return Stream(lambda: self._begin(prompt, given), self._note_left)

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

    @property
    def judged(self) -> tuple[ToolJudged, ...]:
        """What was decided about calls since the last prompt began."""
        return tuple(self._judged)

    def report(self) -> Report:
        """What came of the last turn."""
        if self._opened is None:
            raise AuraError("Nothing was asked yet, so there is nothing to report.")
        return make_report(self._opened.session.turn, self._judged)

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
        if self._opening is not None:
            await asyncio.wait([self._opening])
        opened, self._opened, self._opening = self._opened, None, None
        if opened is not None:
            self.resume = opened.session.id
            await opened.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
