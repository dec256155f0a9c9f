"""What the parts of the application know of it: its state, and what can be asked of it."""

import asyncio
import contextlib
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from textual import events
from textual.app import App

from aura.app.options import SessionOptions
from aura.app.session import Session
from aura.core.facts import Facts
from aura.core.messages import Image
from aura.ui.ladders import AutoKey, EscapeKey, Scene, StopKey
from aura.ui.look import Look
from aura.ui.manners import Preferences
from aura.ui.tui.actions import Action
from aura.ui.tui.chat import Chat
from aura.ui.tui.standing import Standing

WANTS_DEMO = 240  # the exit code when a person chose to watch the demo instead
CATCH_UP = 0.25  # seconds that a hot key waits at most for the keys before it


@dataclass(frozen=True, slots=True)
class Begin:
    """How the interface begins: its look, what is wanted of it, what was typed before it was there, a first prompt.

    `intro` is told before the prompt, `choose` begins with the list of sessions, `tell_crash` keeps a fault of aura's
    own and says so in a sentence.
    """

    look: Look = Look()
    wanted: Preferences = Preferences()
    typed: str = ""
    prompt: str = ""
    intro: str = ""
    choose: bool = False
    is_demo: bool = False
    is_dark: bool = True
    tell_crash: Callable[[BaseException], str] = repr


class OwnKeys(Protocol):
    """The keys of the actions, as the settings give them."""

    changed: dict[str, Any]

    @property
    def own(self) -> dict[str, str]:
        """The keys that a person chose, by action."""
        ...

    def change(self, ui: Mapping[str, Any]) -> None:
        """Take other settings at once."""
        ...

    def show(self) -> None:
        """Tell the parts of the screen which keys there are."""
        ...


@dataclass
class Keys:
    """The keys whose meaning depends on what came before."""

    auto: AutoKey
    stop: StopKey
    escape: EscapeKey


class Window(App[int]):
    """The application, as its parts, its dialogs and its actions see it."""

    begin: Begin
    options: SessionOptions
    look: Look
    session: Session | None
    standing: Standing
    chat: Chat
    keys: Keys
    actions: Mapping[str, Action]
    keymap: OwnKeys

    @property
    def workspace(self) -> str:
        """The folder the session works in."""
        return str(self.options.workspace)

    @property
    def facts(self) -> Facts:
        """What holds for the session."""
        return self.standing.snapshot.facts

    def selected_text(self) -> str:
        """What is selected in the prompt, else on the screen."""
        return self.chat.prompt.selected_text or self.chat.get_selected_text() or ""

    def scene(self) -> Scene:
        """What a key meets now."""
        prompt = self.chat.prompt
        return Scene(
            dock=bool(self.chat.docks),
            running=self.session is not None and self.session.is_running,
            selection=bool(self.selected_text()),
            draft=not prompt.is_empty,
            in_prompt=prompt.has_focus_within,
        )

    async def on_event(self, event: events.Event) -> None:
        """Take an event; what is typed while the transcript has the keys, but means nothing there, is for the prompt.

        The focus changes before the key is handed on: the next one may be here already.
        """
        chat = self.chat
        is_text = isinstance(event, events.Paste)
        is_stray = isinstance(event, events.Key) and not chat.transcript.wants(event)
        if (is_text or is_stray) and chat.focused is chat.transcript:
            chat.set_focus(chat.prompt.editor)
        if isinstance(event, events.Key) and not event.is_forwarded and self._is_hot(event):
            await self._catch_up()
        await super().on_event(event)

    def _is_hot(self, event: events.Key) -> bool:
        return not event.is_printable and any(
            event.key in one.keys and one.is_hot(event.key) for one in self.actions.values()
        )

    async def _catch_up(self) -> None:
        """Let the keys before a hot one be taken first: those are on their way to what has the focus."""
        caught_up, focused = asyncio.Event(), self.focused
        if focused is not None and focused.post_message(events.Callback(callback=caught_up.set)):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(caught_up.wait(), CATCH_UP)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A screen over the main one, such as the pager, has the keys for itself, and a dialog that takes all keys."""
        if action != "do" or not self.is_running:
            return True
        return self.screen is self.chat and not getattr(self.focused, "takes_all_keys", False)

    async def action_do(self, name: str) -> None:
        """Run an action by name, for a key."""
        await self.do(name)

    @abstractmethod
    def mark(self) -> None:
        """Something that is shown has changed."""

    @abstractmethod
    def hint(self, text: str) -> None:
        """Say something in the status line for some seconds."""

    @abstractmethod
    def copy(self, text: str) -> None:
        """Copy to the clipboard."""

    @abstractmethod
    def set_theme(self, name: str) -> None:
        """Other colours, by the name of a palette or auto."""

    @abstractmethod
    async def do(self, name: str, rest: str = "") -> None:
        """Run an action by name; what it does not like is told."""

    @abstractmethod
    async def submit(self, text: str, images: Sequence[Image] = ()) -> None:
        """Take what a person entered: an action, or a line for the session."""

    @abstractmethod
    async def submit_line(self, text: str, images: Sequence[Image] = ()) -> None:
        """Hand a line to the session; one that it refuses comes back into the prompt."""

    @abstractmethod
    async def open(self, options: SessionOptions, prompt: str = "") -> None:
        """Join the session of the options; a failure is told with what can be done about it."""

    @abstractmethod
    async def restart(self) -> None:
        """Open the session anew where it was."""

    @abstractmethod
    async def switch(
        self, *, resume: str = "", fork: bool = False, workspace: str = "", back_to: int = 0
    ) -> None:
        """Let go of this session, which goes on if it runs, and open another one (or a new one).

        With `back_to` its conversation goes back to that event then.
        """

    @abstractmethod
    async def leave(self, *, keep: bool) -> None:
        """End the interface; the session is closed, or with `keep` what runs goes on."""
