"""Hosted sessions for tests: real workings, a model that plays a part, tools that wait for a word."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from aura.app.build import Opened, open_session
from aura.app.hosted import HostedSession
from aura.app.options import SessionOptions
from aura.core import events as ev
from aura.core.permissions import Mode
from aura.core.tools import Effect, ToolContext
from aura.hookspecs import hookimpl
from aura.testing import Act, FakeModel, FakeTool, Player
from aura.ui.prompter import host

SECONDS = 20.0
Open = Callable[..., Awaitable[Opened]]


class Held:
    """What a tool does that says when it began and waits until it is let go."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.let_go = asyncio.Event()

    async def __call__(self, context: ToolContext | None = None, **arguments: Any) -> str:
        self.begun.set()
        await self.let_go.wait()
        return "let go"


class _Tools:
    def __init__(self, *tools: FakeTool) -> None:
        self._tools = tools

    @hookimpl
    def register_tools(self) -> tuple[FakeTool, ...]:
        """The tools."""
        return self._tools


class Hosting:
    """A hosted session and what its watchers were told."""

    def __init__(self, session: HostedSession, model: FakeModel, held: Held) -> None:
        self.session, self.model, self.held = session, model, held
        self.recorded: list[ev.Recorded] = []
        session.watchers.append(self.recorded.append)

    def of(self, *kinds: type) -> list[Any]:
        """The events of these types, in order."""
        return [one.event for one in self.recorded if isinstance(one.event, kinds)]

    @property
    def prompts(self) -> list[str]:
        """What began a turn, in order."""
        return [event.message.text for event in self.of(ev.TurnStarted)]

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something is so; looked at after every event."""
        await until(self.session, holds)

    async def rest(self) -> None:
        """Wait until nothing runs."""
        await self.until(lambda: not self.session.is_running)


async def until(session: Any, holds: Callable[[], object]) -> None:
    """Wait until something is so; looked at after every event of a session."""
    looked = asyncio.Event()

    def look(recorded: ev.Recorded) -> None:
        looked.set()

    session.watchers.append(look)
    try:
        async with asyncio.timeout(SECONDS):
            while not holds():
                looked.clear()
                await looked.wait()
                await asyncio.sleep(0)
    finally:
        session.watchers.remove(look)


async def until_true(holds: Callable[[], object]) -> None:
    """Wait for what no event tells."""
    async with asyncio.timeout(SECONDS):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@asynccontextmanager
async def hosting(folder: Path, *acts: Act | Player, **options: Any) -> AsyncIterator[Hosting]:
    """A session in a folder, closed at the end; its tool `Hold` waits, the model plays the acts."""
    workspace = folder / "work"
    workspace.mkdir(exist_ok=True)
    model, held = FakeModel(*acts), Held()
    tools = _Tools(FakeTool("Hold", Effect.NONE, held))
    given: dict[str, Any] = {
        "model": model,
        "mode": Mode.EDIT,
        "sessions": folder / "sessions",
        "trusted": False,
        "extra": (("held", tools),),
    }
    opened = await open_session(SessionOptions(workspace, **{**given, **options}))
    session = host(opened)
    try:
        yield Hosting(session, model, held)
    finally:
        await session.leave(keep=False)


@asynccontextmanager
async def opening(place: Path, monkeypatch: pytest.MonkeyPatch, mode: Mode) -> AsyncIterator[Open]:
    """Opens sessions in the workspace `place`/work, in this mode if no other is said, and closes them at the end."""
    monkeypatch.setenv("AURA_HOME", str(place / "home"))
    (place / "work").mkdir()
    every: list[Opened] = []

    async def start(*acts: Act | Player, **options: Any) -> Opened:
        given: dict[str, Any] = {"model": FakeModel(*acts), "sessions": place / "s", "mode": mode}
        opened = await open_session(SessionOptions(place / "work", **{**given, **options}))
        every.append(opened)
        return opened

    try:
        yield start
    finally:
        for opened in every:
            await opened.close()
