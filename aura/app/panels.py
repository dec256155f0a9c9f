"""What plugins show in the interface, kept up to date after events, beside the session and never for long."""

import asyncio
import contextlib
import threading
from collections.abc import Callable

from aura.app.session import LocalSession
from aura.core.errors import StoreError
from aura.core.events import Event, PanelsShown, Recorded, is_durable
from aura.core.turn import Turn
from aura.plugins import Plugins
from aura.plugins.shown import Source

PAUSE = 0.5  # seconds between two beginnings
PATIENCE = 1.0  # seconds that all sources together may take


class Panels:
    """Makes a `PanelsShown` when durable events may have changed what plugins show, and only if it differs.

    Sources run in a thread of their own; the plugin of one that keeps all others waiting for longer than `patience`
    seconds is unplugged.
    """

    def __init__(
        self,
        plugins: Plugins,
        turn: Callable[[], Turn],
        record: Callable[[Event], None],
        *,
        pause: float = PAUSE,
        patience: float = PATIENCE,
    ) -> None:
        self._plugins = plugins
        self._turn = turn
        self._record = record
        self._pause = pause
        self._patience = patience
        self._shown = PanelsShown()
        self._task: asyncio.Task[None] | None = None
        self._is_due = False
        self._is_over = False

    def take(self, recorded: Recorded) -> None:
        """Look again soon if the event is a durable one."""
        if is_durable(recorded.event):
            self.look()

    def look(self) -> None:
        """Ask all sources soon; asking again meanwhile changes nothing."""
        if self._is_over or not (self._plugins.shown.sources or self._shown != PanelsShown()):
            return
        self._is_due = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Ask nobody any more."""
        self._is_over, self._is_due = True, False
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        """Look as long as something is due, with a pause behind each look."""
        while self._is_due:
            await asyncio.sleep(0)  # what happens at once is looked at once
            self._is_due = False
            await self._look()
            await asyncio.sleep(self._pause)

    async def _look(self) -> None:
        shown = PanelsShown()
        if self._plugins.shown.sources:
            shown = await self._ask() or self._shown
        with contextlib.suppress(StoreError):  # who needs the log is told, and stops
            for event in self._plugins.drain():
                self._record(event)
        if shown != self._shown:
            self._shown = shown
            self._record(shown)

    async def _ask(self) -> PanelsShown | None:
        """What the sources show now; None when one of them did not come to an end."""
        loop, shown, turn = asyncio.get_running_loop(), self._plugins.shown, self._turn()
        asked: list[Source] = []
        answer: asyncio.Future[PanelsShown] = loop.create_future()

        def settle(value: PanelsShown) -> None:
            if not answer.done():
                answer.set_result(value)

        def work() -> None:
            value = shown.render(turn, asked.append)
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, value)

        # a daemon: a source that never ends must not keep the process from ending
        threading.Thread(target=work, name="panels", daemon=True).start()
        try:
            async with asyncio.timeout(self._patience):
                return await answer
        except TimeoutError:
            if asked:
                seconds = f"{self._patience:g} second{'' if self._patience == 1 else 's'}"
                shown.unplug(asked[-1], f"{asked[-1].name} took longer than {seconds}")
            self._is_due = True  # what the others show is still wanted
            return None


def show_panels(session: LocalSession, plugins: Plugins) -> Panels:
    """Have the watchers of a session told what its plugins show, until it closes."""
    panels = Panels(plugins, lambda: session.turn, session.record)
    session.watchers.append(panels.take)
    session.on_close(panels.close)
    panels.look()
    return panels
