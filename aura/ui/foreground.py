"""A run in the foreground of a program: driven to its rest here, and open to people who come from elsewhere."""

import asyncio
from collections.abc import Callable

from aura.app.build import Opened
from aura.app.engine import Engine
from aura.core.events import Recorded
from aura.core.run import Phase, Run
from aura.ui.prompter import Prompter, host

PAUSED = "aura: the run is paused ({detail}). `aura resume {id}` lets it go on; Ctrl+C leaves it as it is."
ENDED = "The program that the run belonged to ended; `aura attach {id}` opens it again."


class Foreground:
    """The session of this program as others have it: they may watch, steer, pause and answer.

    While nobody is attached, questions are answered as if nobody was there. `tell` shows a line to whoever watches.
    """

    def __init__(self, opened: Opened, prompter: Prompter, tell: Callable[[str], None]) -> None:
        self._opened = opened
        self._tell = tell
        self._hosted = host(opened, prompter)
        self._hosted.steering.is_held = True
        self._engine = Engine(self._hosted, on_close="keep", linger=float("inf"))
        self._engine.on_faces = self._watch_faces
        self._watch_faces(0)

    def _watch_faces(self, count: int) -> None:
        self._opened.approvals.is_watched = count > 0

    async def open(self) -> None:
        """Let others come."""
        await self._engine.open_door()

    async def drive(self, was_stopped: Callable[[], bool]) -> Run:
        """Drive the run to its rest; where it stands then.

        One that somebody else pauses is waited for, unless `was_stopped` says that it is this program that stops.
        """
        while True:
            run = await self._hosted.steering.pursue()
            if run.phase is not Phase.PAUSED or was_stopped():
                return run
            self._tell(PAUSED.format(detail=run.detail, id=self._opened.session.id))
            await self._until_taken_up()

    async def _until_taken_up(self) -> None:
        """Return when the run is paused no more."""
        session, changed = self._opened.session, asyncio.Event()

        def look(recorded: Recorded) -> None:
            if session.turn.run.phase is not Phase.PAUSED:
                changed.set()

        session.watchers.append(look)
        try:
            if session.turn.run.phase is Phase.PAUSED:
                await changed.wait()
        finally:
            session.watchers.remove(look)

    async def stop(self) -> None:
        """Stop what is under way."""
        await self._hosted.interrupt()

    async def close(self) -> None:
        """Let nobody come any more, and tell who is there."""
        await self._engine.dismiss(ENDED.format(id=self._opened.session.id))
