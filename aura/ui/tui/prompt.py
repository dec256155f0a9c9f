"""The prompt: where a person writes, with what can be completed, searched and sent from there."""

from collections.abc import Callable
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Static

from aura.core.messages import Image
from aura.core.text import clean
from aura.ui.files import Files
from aura.ui.history import History
from aura.ui.look import Look, Role
from aura.ui.tui.completion import Completion
from aura.ui.tui.docks.choices import spell
from aura.ui.tui.entry import Entry
from aura.ui.tui.frame import Frame, Typing, write_placeholder, write_queue, write_subtitle, write_title
from aura.ui.tui.recall import Recall
from aura.ui.tui.search import HistorySearch
from aura.ui.tui.sending import Way, choose_sending
from aura.ui.tui.shelf import Shelf
from aura.ui.tui.snapshot import BUSY, Snapshot
from aura.ui.tui.spans import is_plain
from aura.ui.tui.written import Written

MOST_LINES = 8
MOST_RECENT = 100  # files that were read or written lately
HINTS = {
    "hold": "Sent as soon as the session is open.",
    "lost": "The engine is gone; what you wrote is kept. /restart begins anew.",
    "pictures": "Pictures go with a prompt of their own: Ctrl+S interrupts and sends now.",
}


class _Line(Message):
    """A text that leaves the prompt, with its pictures."""

    def __init__(self, text: str, images: tuple[Image, ...] = ()) -> None:
        super().__init__()
        self.text = text
        self.images = images


class Prompt(Written):
    """An editor in a frame that tells mode and state; above it what is queued and what can be chosen."""

    class Submitted(_Line):
        """A prompt, a command or a shell line to begin now."""

    class Steered(_Line):
        """Something to say to the running turn."""

    class Queued(_Line):
        """A line for when all that runs is over."""

    class SentNow(_Line):
        """A line for which what runs is interrupted."""

    class QueueEdited(Message):
        """A queued line was taken back into the prompt."""

        def __init__(self, id: str, text: str) -> None:
            super().__init__()
            self.id = id
            self.text = text

    class HelpWanted(Message):
        """`?` in an empty prompt."""

    class BlankEntered(Message):
        """Enter in an empty prompt."""

    class OpenWanted(Message):
        """Something is to be sent, and the session could not be opened before."""

    class PaletteWanted(Message):
        """Ctrl+P."""

    class AwayLeft(Message):
        """← in an empty prompt."""

    DEFAULT_CSS = """
    Prompt { height: auto; }
    Prompt #queue { display: none; height: 1; }
    Prompt Entry { display: none; margin: 0 2; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.shelf = Shelf()
        self.completion = Completion(self.editor, self.shelf)
        self._look = Look()
        self._snapshot: Snapshot | None = None
        self._queue = Static(id="queue", markup=False)
        self._box = Frame()
        self._entry = Entry("search:")
        self._search = HistorySearch(self._entry, self.shelf)
        self._recall = Recall()
        self.held = ""  # what goes as soon as the session is open, if it is still what is written then
        self._shown: object = None
        editor = self.editor
        editor.guide, editor.take_paste = self.take_key, self._take_paste
        editor.changed, editor.moved = self._change, self._move

    def compose(self) -> ComposeResult:
        """The parts from top to bottom."""
        yield self.shelf
        yield self._queue
        with self._box:
            yield self.editor
        yield self._entry

    def on_mount(self) -> None:
        """Take the focus."""
        self.editor.focus()
        self._frame()

    def focus(self, scroll_visible: bool = True, **options: bool) -> "Prompt":  # noqa: FBT001, FBT002 - as Textual has it
        """Give the focus to the text."""
        self.editor.focus(scroll_visible)
        return self

    def on_resize(self) -> None:
        """At most a third of the screen, and never more than `MOST_LINES`."""
        self.editor.styles.max_height = max(1, min(MOST_LINES, self.screen.size.height // 3 - 2))
        self._frame()

    def on_descendant_blur(self) -> None:
        """The focus goes elsewhere."""
        self.save_now()

    # --- what it is told ---

    @property
    def look(self) -> Look:
        """How it looks; setting it paints anew."""
        return self._look

    @look.setter
    def look(self, look: Look) -> None:
        self._look = look
        for part in (self.editor, self.shelf, self._entry):
            part.look = look
            if part.is_mounted:
                part.refresh()
        self._shown = None
        self._frame()

    def show(self, snapshot: Snapshot) -> None:
        """Show where the session stands."""
        before, self._snapshot = self._snapshot, snapshot
        facts = snapshot.facts
        self.completion.facts = facts.commands
        if facts.workspace and facts.workspace != self.workspace:
            self.workspace = facts.workspace
            self._recall.history = History(facts.workspace)
            self.completion.files = Files(Path(facts.workspace))
        files, seen = self.completion.files, snapshot.turn.rest.seen
        if files is not None and (before is None or seen is not before.turn.rest.seen):
            files.recent = tuple(files.near(path) for path in reversed([*seen][-MOST_RECENT:]))
        self.carries = snapshot.state == "lost" or (self.carries and snapshot.state in ("starting", "closed"))
        self._frame()
        if self.held and snapshot.state not in ("starting", "closed", "lost"):
            held, self.held = self.held, ""
            if held == self.text:
                self._send("enter")

    def _frame(self) -> None:
        """Title, subtitle, colour and placeholder, when they differ from what is shown."""
        if not self.is_mounted:
            return
        look, snapshot, text = self._look, self._snapshot, self.editor.text
        width = self.size.width
        note = "Tab choose · Esc close" if self.completion.is_open else ""
        note = "Enter take · Ctrl+R next · Esc back" if self._search.is_open else note
        note = spell(note, look.signs)
        typing = Typing(not text, text.startswith("!"), self.editor.document.line_count, note)
        title = write_title(snapshot, typing, look)
        subtitle = write_subtitle(snapshot, typing, look, width)
        queue = write_queue([*snapshot.turn.rest.queue.values()] if snapshot else (), look, width)
        placeholder = spell(write_placeholder(snapshot, width - 5), look.signs)
        role: Role = "warn" if typing.is_shell else "faint"
        if snapshot is not None and not typing.is_shell:
            role = "bad" if snapshot.state == "lost" else "accent" if snapshot.turn.auto else "faint"
        shown = (title.markup, subtitle.markup, queue.markup, placeholder, role, look)
        if shown != self._shown:
            self._shown = shown
            colour = look.style(role).color
            self._box.paint(title, subtitle, colour, is_bold=role != "faint", is_plain=is_plain(look))
            self._queue.display = bool(queue)
            self._queue.update(queue)
            self.editor.placeholder = placeholder

    # --- keys ---

    def take_key(self, key: str, character: str | None) -> bool:
        """Take a key before the editor does; whether it was taken."""
        if self._search.is_open:
            taken = self._search.take_key(key, character)
            if taken is not None:
                self._put(taken)
            self._frame()
            return True
        if self.completion.take_key(key):
            self._frame()
            return True
        match key:
            case "enter" if self.is_empty:
                self.post_message(self.BlankEntered())
            case "enter":
                if not self.continue_line():
                    self._send("enter")
            case "tab" if self._snapshot is not None and self._snapshot.state in BUSY:
                self._send("queue")
            case "tab":
                self.completion.reopen()
                self._frame()
            case "ctrl+s":
                self._send("now")
            case "ctrl+r" if self._recall.history is not None:
                self._search.open(self._recall.history, self.text)
                self._frame()
            case "ctrl+o":
                return self.expand_paste()
            case "ctrl+g":
                self.open_editor()
            case "ctrl+p":
                self.post_message(self.PaletteWanted())
            case "up" | "down":
                return self._walk(key)
            case "left" | "question_mark" if self.is_empty:
                self.post_message(self.AwayLeft() if key == "left" else self.HelpWanted())
            case _:
                return False
        return True

    def close_overlay(self) -> bool:
        """Close an open list or search; whether there was one."""
        was_open = self._search.is_open
        if was_open:
            self._search.close()
        was_open = self.completion.close(dismiss=True) or was_open
        self._frame()
        return was_open

    def _walk(self, key: str) -> bool:
        """Older or newer entries at the edges of the text; a queued line first, if nothing is written."""
        editor, recall = self.editor, self._recall
        if not recall.is_walking:
            _, line = editor.wrapped_document.location_to_offset(editor.cursor_location)
            if key == "down" or line > 0:
                return False
            queue = self._snapshot.turn.rest.queue if self._snapshot is not None else {}
            if self.is_empty and (taken := recall.take_queued(queue)):
                self.post_message(self.QueueEdited(*taken))
                self._put(clean(taken[1]))
                return True
        text = recall.walk("older" if key == "up" else "newer", self.text)
        if text is not None:
            self._put(text, walking=True)
        return recall.is_walking or key == "up"

    # --- sending ---

    def _send(self, way: Way) -> None:
        """Let the text go where it should, or say why it stays."""
        editor = self.editor
        state = self._snapshot.state if self._snapshot is not None else "starting"
        images = editor.pastes.images(editor.text)
        commands, own = self.completion.commands, [one.name for one in self.completion.own]
        sending = choose_sending(way, state, editor.text, commands, pictures=bool(images), own=own)
        if sending == "hold":
            self.held = editor.text
            if state == "closed":
                self.post_message(self.OpenWanted())
        if sending in HINTS:
            self.post_message(self.Hint(HINTS[sending]))
        messages: dict[str, Callable[[str, tuple[Image, ...]], Message]] = {
            "submit": self.Submitted,
            "steer": self.Steered,
            "queue": self.Queued,
            "now": self.SentNow,
        }
        if sending in messages:
            text = editor.pastes.expand(editor.text).strip("\n").rstrip()
            self._recall.keep(text)
            self.forget()
            self.post_message(messages[sending](text, images))

    def clear_text(self) -> None:
        """Remove the text; Ctrl+Y or ↑ brings it back."""
        self._recall.keep(self.editor.pastes.expand(self.text), in_file=False)
        super().clear_text()

    # --- changes ---

    def _put(self, text: str, *, walking: bool = False) -> None:
        """Another text that was not typed: nothing opens over it."""
        self._recall.goes_on = walking
        self.editor.put(self.editor.pastes.refold(text))
        self._recall.goes_on = False

    def _take_paste(self, text: str) -> None:
        if self._search.is_open:
            self._search.paste(text[:1_000])
        else:
            self.take_paste(text)
            self.completion.close(dismiss=True)

    def _change(self) -> None:
        self._move()
        self.held = ""
        self.completion.look(may_open=not self.editor.is_put)
        self.save_soon()
        self._frame()

    def _move(self) -> None:
        self._recall.stop()
        self.completion.look(may_open=False)

    @on(Shelf.Clicked)
    def _clicked(self, event: Shelf.Clicked) -> None:
        event.stop()
        self.shelf.move(event.place - self.shelf.place)
        self.take_key("tab", None)
