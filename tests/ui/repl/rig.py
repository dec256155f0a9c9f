"""Plain mode on a session of this process, at a terminal that is played: for tests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aura.app.build import open_session
from aura.app.hosted import HostedSession
from aura.app.options import SessionOptions
from aura.core.errors import AuraError
from aura.testing import FakeModel
from aura.ui.joining import Joined
from aura.ui.look import Signs
from aura.ui.notices import Kind, TerminalNotices
from aura.ui.prompter import host
from aura.ui.repl.exchange import Exchange
from aura.ui.repl.feed import Feed, Verbosity
from aura.ui.repl.outside import Outside
from aura.ui.repl.sheet import Sheet
from aura.ui.repl.talk import Talk

PATIENCE = 10.0  # seconds


@dataclass
class PlayedTerminal:
    """A terminal that remembers what was printed and sent; what is typed is what a test says."""

    is_focused: bool = True
    has_gauges: bool = True
    keeps_lines: bool = False
    draft: str = ""
    aside: str = ""
    width: int = 80
    text: str = ""
    sent: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    def clear(self) -> None:
        self.draft = ""

    def put_aside(self) -> None:
        self.aside, self.draft = self.draft or self.aside, ""

    def bring_back(self) -> None:
        self.draft, self.aside = self.draft or self.aside, ""

    def print(self, text: str) -> None:
        self.text += text
        self.changed.set()

    def refresh(self) -> None:
        self.changed.set()

    def send(self, sequence: str) -> None:
        self.sent.append(sequence)

    async def run(self, typed: str = "") -> None:
        self.draft = typed
        await self.closed.wait()

    def close(self) -> None:
        self.closed.set()


@dataclass
class Rig:
    """A talk that is under way."""

    talk: Talk
    exchange: Exchange
    terminal: PlayedTerminal
    model: FakeModel
    opened: list[HostedSession]
    lose: list[Callable[[str], None]]

    @property
    def session(self) -> HostedSession:
        """The session that was opened last."""
        return self.opened[-1]

    @property
    def gauges(self) -> str:
        """The line below the prompt."""
        return "".join(text for text, _ in self.talk.gauges(100))

    async def until(self, holds: Callable[[], object]) -> None:
        """Return when a condition holds; it is looked at whenever the terminal is told something."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not holds():
                    self.terminal.changed.clear()
                    await self.terminal.changed.wait()
        except TimeoutError:
            raise AssertionError(f"it never happened; what was printed:\n{self.terminal.text}") from None

    async def until_printed(self, text: str) -> str:
        """Return what was printed when a text is part of it."""
        await self.until(lambda: text in self.terminal.text)
        return self.terminal.text

    async def until_idle(self) -> None:
        """Return when nothing runs any more."""
        await self.until(lambda: self.opened and not self.session.is_running)


@contextlib.asynccontextmanager
async def rig(
    place: Path,
    *acts: Any,
    sheet: Sheet = Sheet(bare=True),  # noqa: B008 - a frozen value
    verbosity: Verbosity = "call",
    refuse: AuraError | None = None,
    **options: Any,
) -> AsyncIterator[Rig]:
    """A talk with a new session in a folder; `refuse` is raised instead of opening one, once."""
    model = FakeModel(*acts)
    workspace = place / "relay"
    workspace.mkdir(exist_ok=True)
    wanted = SessionOptions(workspace, model=model, sessions=place / "sessions", trusted=True, **options)
    opened: list[HostedSession] = []
    lose: list[Callable[[str], None]] = []
    refusals = [refuse] if refuse is not None else []

    async def join(asked: SessionOptions) -> Joined:
        if refusals:
            raise refusals.pop()
        session = host(await open_session(asked))
        opened.append(session)
        return Joined(session, session.opened.log.last_seq, on_lost=lose.append)

    exchange = Exchange(join, wanted, Feed(sheet, verbosity))
    terminal = PlayedTerminal(has_gauges=not sheet.spoken)
    exchange.terminal = terminal
    exchange.outside = Outside(TerminalNotices(terminal.send, Kind("osc9")), Signs())
    talk = Talk(exchange, sheet)
    work = asyncio.create_task(exchange.work())
    made = Rig(talk, exchange, terminal, model, opened, lose)
    try:
        if refuse is None:
            await made.until(lambda: exchange.session is not None and exchange.course.state == "idle")
        yield made
    finally:
        work.cancel()
        await asyncio.wait([work])
        for session in opened:
            with contextlib.suppress(AuraError, asyncio.CancelledError):
                await session.leave(keep=False)
