"""The application's link to its session: joining one, losing it, changing it for another."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from aura.app.options import SessionOptions
from aura.app.session import Session
from aura.core.errors import AuraError
from aura.core.events import Recorded, TurnStarted
from aura.core.text import shorten
from aura.ui.answers import list_waiting
from aura.ui.joining import Join, Joined
from aura.ui.tui.standing import TITLE_WIDTH, Standing, clock
from aura.ui.tui.window import Window


class Link:
    """Joins sessions with `join` and lets go of them; `watch` gets the events, `on_lost` the sentence of a loss."""

    def __init__(
        self, window: Window, join: Join, watch: Callable[[Recorded], None], on_lost: Callable[[str], None]
    ) -> None:
        self._window = window
        self._join = join
        self._watch = watch
        self._on_lost = on_lost
        self._is_leaving = False
        self._detached: list[tuple[Session, bool]] = []

    async def open(self, options: SessionOptions) -> Session:
        """Join the session of the options; raises `AuraError`."""
        window = self._window
        window.options = options
        window.standing.set(state="starting")
        window.mark()
        joined = await self._join(options)
        self._take(joined)
        return joined.session

    def _take(self, joined: Joined) -> None:
        window, session = self._window, joined.session
        window.session = session
        window.standing = Standing(session.facts, session.turn)
        window.standing.seed(session.turn, is_running=session.is_running, at=clock())
        window.standing.set(title=find_title(session.facts.folder))
        window.chat.transcript.open(session.facts.folder, joined.last_seq, lambda: session.turn)
        unsaid_in = "" if session.turn.number else session.facts.workspace
        window.chat.prompt.restore(session.id, unsaid_in)
        session.watchers.append(self._watch)
        joined.on_lost(self._lose)
        for recorded in list_waiting(session, joined.shown):
            self._watch(recorded)
        joined.listen()
        window.mark()

    def _lose(self, sentence: str) -> None:
        if not self._is_leaving:
            self._window.standing.set(state="lost")
            self._window.mark()
            self._on_lost(sentence)

    def detach(self, *, keep: bool) -> None:
        """Have nothing more to do with the session: what is sent from now on is for the next one.

        It is left by `let_go`; with `keep` what runs in it goes on.
        """
        window = self._window
        session, window.session = window.session, None
        window.chat.prompt.save_now()
        if session is None:
            return
        if self._watch in session.watchers:
            session.watchers.remove(self._watch)  # what it says while it is closed concerns nobody here
        self._detached.append((session, keep))

    async def let_go(self, *, keep: bool) -> None:
        """Leave the session, if there is one, and those that were detached; with `keep` what runs goes on."""
        self.detach(keep=keep)
        self._is_leaving = True
        try:
            while self._detached:
                session, goes_on = self._detached.pop()
                with contextlib.suppress(AuraError, OSError):
                    await session.leave(keep=goes_on)
        finally:  # another one may be wanted before this one is closed
            self._is_leaving = False

    def again(self) -> SessionOptions:
        """The options that open the present session once more."""
        session = self._window.session
        resume = session.id if session is not None and session.turn.number else ""
        return replace(self._window.options, resume=resume, latest=False, fork=False)

    def another(self, resume: str, workspace: str, *, fork: bool) -> SessionOptions:
        """The options that open another session, or (without `resume`) a new one."""
        options = self._window.options
        folder = Path(workspace) if workspace else options.workspace
        return replace(options, workspace=folder, resume=resume, latest=False, fork=fork)


def find_title(folder: str) -> str:
    """A short name of a session: the first words of its first prompt; empty when there is none."""
    if not folder:
        return ""
    from aura.store.rows import read_events

    with contextlib.suppress(AuraError):
        for recorded in read_events(Path(folder), types=("turn_started",), limit=1):
            if isinstance(recorded.event, TurnStarted):
                return shorten(recorded.event.message.text, TITLE_WIDTH)
    return ""
