"""The keys of the prompt in plain mode; all others edit as in a shell."""

from typing import Protocol

from prompt_toolkit.filters import Condition
from prompt_toolkit.filters import is_searching as in_search
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.keys import Keys

from aura.core.text import clean
from aura.ui.repl.completing import Completions
from aura.ui.repl.define import Listener


class Editing(Protocol):
    """What the keys work on: the prompt of a terminal."""

    completions: Completions
    cleared: str
    is_spoken: bool

    @property
    def draft(self) -> str:
        """What is typed and not sent."""
        ...

    def print(self, text: str) -> None:
        """Print whole lines."""
        ...

    def note_focus(self, *, is_focused: bool) -> None:
        """The terminal says whether anybody looks at it."""
        ...


def bind_keys(terminal: Editing, listener: Listener) -> KeyBindings:
    """Keys that send, stop, switch and complete."""
    keys = KeyBindings()
    is_asking = Condition(lambda: listener.is_asking)
    _bind_sending(keys, terminal, listener)
    _bind_completing(keys, terminal, listener)

    @keys.add("c-c")
    def stop(event: KeyPressEvent) -> None:
        listener.press_stop()

    @keys.add("c-d", filter=Condition(lambda: not terminal.draft))
    def end(event: KeyPressEvent) -> None:
        listener.press_end()

    @keys.add("c-a", filter=~Condition(lambda: listener.wants_emacs))
    @keys.add("escape", "a")
    def auto(event: KeyPressEvent) -> None:
        if listener.press_auto():
            event.current_buffer.cursor_position = 0

    @keys.add("escape", filter=is_asking & ~in_search, eager=True)
    def cancel(event: KeyPressEvent) -> None:
        listener.press_cancel()

    @keys.add("c-y", filter=Condition(lambda: bool(terminal.cleared) and not terminal.draft))
    def restore(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text(terminal.cleared)

    @keys.add("c-z")
    def suspend(event: KeyPressEvent) -> None:
        event.app.suspend_to_background()

    @keys.add("c-g", filter=~in_search)
    def edit(event: KeyPressEvent) -> None:
        event.current_buffer.open_in_editor()

    @keys.add(Keys.F23)
    def focus(event: KeyPressEvent) -> None:
        terminal.note_focus(is_focused=True)

    @keys.add(Keys.F24)
    def blur(event: KeyPressEvent) -> None:
        terminal.note_focus(is_focused=False)

    return keys


def _bind_sending(keys: KeyBindings, terminal: Editing, listener: Listener) -> None:
    """Enter sends; four ways make a new line."""

    @keys.add("enter", filter=~in_search)
    def enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state is not None and buffer.complete_state.current_completion is not None:
            buffer.complete_state = None
            return
        line = buffer.text
        if line.endswith("\\") and buffer.cursor_position == len(line):
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
            return
        if line.strip() and not listener.is_asking:
            buffer.append_to_history()
        buffer.reset()
        listener.enter(line)

    @keys.add(Keys.BracketedPaste)
    def paste(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text(clean(event.data.replace("\r\n", "\n").replace("\r", "\n")))

    @keys.add("c-j")
    @keys.add("escape", "enter")
    def newline(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")


def _bind_completing(keys: KeyBindings, terminal: Editing, listener: Listener) -> None:
    """Tab completes; where there is nothing to complete and a turn runs, the line waits for its end."""

    @keys.add("tab", filter=~in_search)
    def complete(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state is not None:
            buffer.complete_next()
            return
        found = terminal.completions.find(buffer.document)
        if not found:
            if listener.is_working and not listener.is_asking and buffer.text.strip():
                line = buffer.text
                buffer.append_to_history()
                buffer.reset()
                listener.queue(line)
            return
        if terminal.is_spoken and len(found) > 1:
            terminal.print(", ".join(one.text for one in found[:20]) + "\n")
        buffer.start_completion(insert_common_part=True)

    @keys.add("s-tab", filter=~in_search)
    def complete_back(event: KeyPressEvent) -> None:
        if event.current_buffer.complete_state is not None:
            event.current_buffer.complete_previous()
