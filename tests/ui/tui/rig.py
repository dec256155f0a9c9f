"""The whole application on a session of this process, with a fake model: for tests with the Pilot."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from aura.app.build import open_session
from aura.app.hosted import HostedSession
from aura.app.options import SessionOptions
from aura.core.errors import AuraError
from aura.testing import FakeModel
from aura.ui.joining import Joined
from aura.ui.look import Look
from aura.ui.manners import Preferences
from aura.ui.prompter import host
from aura.ui.tui.app import AuraApp
from aura.ui.tui.window import Begin


@dataclass
class Rig:
    """An application that runs, its pilot, its session and its model."""

    app: AuraApp
    pilot: Pilot[int]
    model: FakeModel

    @property
    def session(self) -> HostedSession:
        """The session of the application."""
        assert isinstance(self.app.session, HostedSession)
        return self.app.session

    async def until(self, holds: Callable[[], Any], what: str = "it") -> None:
        """Return when a condition holds; fails after 10 seconds with what is on the screen."""
        for _ in range(1000):
            if holds():
                return
            await self.pilot.pause(0.01)
        raise AssertionError(f"{what} never happened; the screen:\n{self.text}")

    async def until_idle(self) -> None:
        """Return when nothing runs any more, and the screen shows that."""
        await self.until(lambda: not self.session.is_running, "the end of the turn")
        await self.pilot.pause(0.3)

    async def type(self, text: str) -> None:
        """Write into the prompt, as if typed."""
        self.app.chat.prompt.insert(text)
        await self.pilot.pause()

    @property
    def text(self) -> str:
        """The screen as lines of text."""
        return "\n".join(
            "".join(segment.text for segment in strip).rstrip()
            for strip in self.app.screen._compositor.render_strips(self.app.size)
        )


@contextlib.asynccontextmanager
async def rig(
    place: Path,
    *acts: Any,
    size: tuple[int, int] = (120, 40),
    look: Look | None = None,
    begin: Begin | None = None,
    refuse: AuraError | None = None,
    **options: Any,
) -> AsyncIterator[Rig]:
    """The application on a new session in a folder; `refuse` is raised instead of opening one, once."""
    model = FakeModel(*acts)
    workspace = place / "relay"
    workspace.mkdir(exist_ok=True)
    wanted = SessionOptions(workspace, model=model, sessions=place / "sessions", trusted=True, **options)
    opened: list[HostedSession] = []
    refusals = [refuse] if refuse is not None else []

    async def join(asked: SessionOptions) -> Joined:
        if refusals:
            raise refusals.pop()
        session = host(await open_session(asked))
        opened.append(session)
        return Joined(session)

    app = AuraApp(
        join, wanted, begin or Begin(look=look or Look(motion=False), wanted=Preferences(motion=False))
    )
    try:
        async with app.run_test(size=size) as pilot:
            made = Rig(app, pilot, model)
            if refuse is None:
                await made.until(lambda: app.session is not None, "the session")
            await pilot.pause()
            yield made
    finally:
        for session in opened:
            with contextlib.suppress(AuraError, asyncio.CancelledError):
                await session.leave(keep=False)
