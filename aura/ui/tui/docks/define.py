"""What a dock is: a bordered dialog above the prompt, one at a time, with keys that nobody presses by accident."""

import time
from collections.abc import Callable
from typing import Any

from textual import events
from textual.message import Message

from aura.app.session import Session
from aura.ui.tui.docks.frame import DockFrame

DEAD_SECONDS = 0.3  # keys count from here on; each key that comes too early begins the time anew
NO_AUTO = "Ctrl+A does nothing here"


class Dock(DockFrame, can_focus=True):
    """A dialog with a title and, on its lower edge, its keys; the app mounts it, focuses it and removes it.

    A subclass yields its parts in `compose_body`, says in `press` what its keys do and in `pick` what its choices do,
    and calls `close` when it is finished. `cancel` is the safe answer: Esc and Ctrl+C give it. A line of text opens
    with `open_field` and comes back in `take_text`. `asked` names what waits for an answer (empty: nothing does);
    `withdraw` is called when that was answered elsewhere. `clock` is monotonic time in seconds.
    """

    class Closed(Message):
        """The dock is finished; what came of it is in `dock.result` (None: nothing), and `dock.carry_out` does it."""

        def __init__(self, dock: "Dock") -> None:
            super().__init__()
            self.dock = dock

        @property
        def control(self) -> "Dock":
            """The dock."""
            return self.dock

    class Strayed(Message):
        """Text was typed or pasted that the dock did not want: it belongs to the prompt."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    asked: str = ""

    def __init__(
        self, title: str = "", keys: str = "", *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(title, keys)
        self.result: Any = None
        self.is_closed = False
        self._clock = clock
        self._dead_until = float("inf")

    # --- for subclasses

    def press(self, event: events.Key) -> bool:
        """Take a key that the dock was really meant to get; whether it is used."""
        return False

    def take_text(self, text: str) -> None:
        """The line was sent (Enter); the field is closed and empty by then."""

    def leave_field(self) -> None:
        """Esc was pressed in the line of text."""
        self.close_field()

    def cancel(self) -> None:
        """Give the safe answer."""
        self.close()

    def withdraw(self, name: str) -> None:
        """What is called `name` waits no more: nothing is left to decide."""
        if name == self.asked:
            self.close()

    async def carry_out(self, session: Session) -> None:
        """Do what was decided; raises `AuraError` when that is not possible any more."""

    # --- for everybody

    @property
    def is_dead(self) -> bool:
        """Whether keys and clicks do not count yet."""
        return self._clock() < self._dead_until

    @property
    def is_deaf(self) -> bool:
        """Whether clicks do not count now."""
        return self.is_dead or self.is_closed

    def begin_dead_time(self) -> None:
        """Have keys and clicks count only after a while; also when the dock shows something else from now on."""
        self._dead_until = self._clock() + DEAD_SECONDS

    def close(self, result: Any = None) -> None:
        """Finish, once; the app removes the dock."""
        if not self.is_closed:
            self.is_closed = True
            self.result = result
            if self.is_attached:
                self.post_message(self.Closed(self))

    # --- what Textual calls

    def on_mount(self) -> None:
        """What was settled before it was ever shown goes at once."""
        if self.is_closed:
            self.post_message(self.Closed(self))

    def on_show(self) -> None:
        self.begin_dead_time()

    def on_key(self, event: events.Key) -> None:
        self.hint("")
        self.take_key(event)

    def take_key(self, event: events.Key) -> None:
        """Take any key; a subclass extends this one, as Textual calls `on_key` of every class."""
        if self.is_deaf:
            consume(event)
            self._stray(event)
        elif event.key in ("ctrl+a", "alt+a"):
            consume(event)
            self.hint(NO_AUTO)
        elif event.key == "ctrl+c" or (event.key == "escape" and not self.is_typing):
            consume(event)
            self.cancel()
        elif self.is_typing:
            self._type(event)
        elif self.press(event) or self._choose(event) or event.is_printable:
            consume(event)

    def _stray(self, event: events.Key) -> None:
        """A key came too early, or too late: what was typed is not lost."""
        if not self.is_closed:
            self.begin_dead_time()
        if event.character and event.is_printable:
            self.post_message(self.Strayed(event.character))

    def _choose(self, event: events.Key) -> bool:
        return self.choices is not None and self.choices.press(event.key, event.character or "")

    def _type(self, event: events.Key) -> None:
        """A key while the line of text is open."""
        if event.key == "escape":
            consume(event)
            self.leave_field()
        elif event.key == "enter":
            consume(event)
            text = self.field.text.strip()
            if text:
                self.close_field()
                self.take_text(text)
        elif self.field.press(event.key, event.character):
            consume(event)

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.take_paste(event.text)

    def take_paste(self, text: str) -> None:
        """Take pasted text; it never answers anything."""
        if self.is_typing and not self.is_deaf:
            self.field.paste(text)
        else:
            self.post_message(self.Strayed(text))


def consume(event: events.Key) -> None:
    """Keep a key from everybody else."""
    event.stop()
    event.prevent_default()
