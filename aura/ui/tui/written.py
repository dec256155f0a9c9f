"""What is written in the prompt: its text, its pastes, its draft."""

import os
import time

from textual.app import SuspendNotSupported
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer

from aura.core.errors import AuraError
from aura.core.text import SEQUENCES, STRINGS
from aura.ui.drafts import load_draft, make_draft, prune_drafts, remove_draft, save_draft, take_orphan
from aura.ui.dropped import mention, read_paths, shorten_path
from aura.ui.pastes import PICTURES, Pastes, read_picture, tidy
from aura.ui.tui.editor import Editor

COMMAND_SECONDS = 1.0  # what a command does to the prompt begins within this time
SAVED_AFTER = 0.5  # seconds
MOST_SHOWN = 100_000  # characters of a paste that is expanded in place
MOST_PASTES = 20  # that are kept after they were sent


class Written(Vertical):
    """A text being written; it is kept until it is sent."""

    class Hint(Message):
        """Something a person should be told for some seconds."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__()
        self.editor = Editor()
        self.workspace = ""
        self.unsaid_in = ""
        self.carries = False
        self._held_back = ""
        self._is_away = False  # what was written in the session under way was put away
        self._commanded = -COMMAND_SECONDS  # when a command was sent
        self._session = ""
        self._saving: Timer | None = None
        self._saved = ("", 0)

    # --- the text ---

    @property
    def text(self) -> str:
        """What is written, with labels for long pastes."""
        return self.editor.text

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written."""
        return not self.editor.text

    @property
    def caret(self) -> int:
        """The place of the caret in the text."""
        return self.editor.caret

    @property
    def selected_text(self) -> str:
        """What is selected in it."""
        return self.editor.selected_text

    def set_text(self, text: str) -> None:
        """Write another text; a draft that is there already stays below it."""
        text, draft = tidy(text), self.editor.text
        if draft and draft != text:
            text = f"{text}\n{draft}"
        self.editor.put(self.editor.pastes.refold(text))

    def insert(self, text: str) -> None:
        """Write at the caret, as if it were typed."""
        self.editor.type_in(tidy(text))

    def preload(self, text: str) -> None:
        """Take what was typed before the prompt was there: Enter is a new line, and a backspace takes back."""
        text = SEQUENCES.sub("", STRINGS.sub("", text)).replace("\r\n", "\n").replace("\r", "\n")
        for letter in text:
            if letter in "\x7f\x08":
                self.editor.action_delete_left()
            elif letter.isprintable() or letter in "\n\t":
                self.editor.type_in(letter)

    def clear_text(self) -> None:
        """Remove the text; Ctrl+Y brings it back."""
        self.editor.remember(self.editor.text)
        self.editor.put("")

    def continue_line(self) -> bool:
        r"""Make a new line of a `\` before the caret at the end of a line; whether there was one."""
        row, column = self.editor.cursor_location
        line = self.editor.document.get_line(row)
        if column != len(line) or not line.endswith("\\") or not self.editor.selection.is_empty:
            return False
        self.editor.replace("\n", (row, column - 1), (row, column), maintain_selection_offset=False)
        return True

    def delete_forward(self) -> None:
        """Remove the character behind the caret."""
        self.editor.action_delete_right()

    # --- pastes ---

    def take_paste(self, text: str) -> None:
        """Write a pasted text: folded when it is long, files as mentions, pictures as labels."""
        text = tidy(text)
        if text.count("\n") == 1 and text.endswith("\n"):
            text = text[:-1]
        editor = self.editor
        named, hint = (
            ("", "") if editor.text.startswith("!") else name_files(text, self.workspace, editor.pastes)
        )
        if hint:
            self.post_message(self.Hint(hint))
        label = editor.pastes.find(text)
        if label and label in editor.text and not named:
            self._expand(label, editor.text.index(label))
        else:
            editor.type_in(named or editor.pastes.fold(text, editor.text))

    def expand_paste(self) -> bool:
        """Write out the folded paste that the caret is on; whether it is on one."""
        span = self.editor.span_at(self.editor.cursor_location)
        label = self.editor.get_text_range(*span) if span else ""
        if span is None or label not in self.editor.pastes.texts:
            return False
        self._expand(label, self.editor.offset_of(span[0]))
        return True

    def _expand(self, label: str, place: int) -> None:
        text = self.editor.pastes.texts[label]
        if len(text) > MOST_SHOWN:
            self.post_message(
                self.Hint("That paste is too long to show here; Ctrl+G opens it in your editor.")
            )
            return
        start, end = (self.editor.location_of(at) for at in (place, place + len(label)))
        self.editor.replace(text, start, end, maintain_selection_offset=False)

    def open_editor(self) -> None:
        """Write in the editor of the person's choice; what was pasted is written out there."""
        from aura.ui.tui.outside import edit_outside

        before = self.editor.pastes.expand(self.editor.text)
        after, hint = before, ""
        try:
            with self.app.suspend():
                try:  # an error must not leave the block: the terminal would stay suspended
                    after = edit_outside(before, os.environ)
                except AuraError as error:
                    hint = error.sentence
        except SuspendNotSupported:
            hint = "This terminal cannot be handed to an editor."
        if after != before:
            self.editor.put(self.editor.pastes.refold(after))
        else:
            self.post_message(self.Hint(hint or "Nothing was changed."))

    # --- the draft ---

    def restore(self, session: str, unsaid_in: str = "") -> None:
        """Take up the draft of a session; what is written belongs to the former one, unless that was lost.

        `unsaid_in` is the workspace of a session in which nothing was said yet.
        """
        former, self._session = self._session, session
        typed = self.editor.text
        stays, self._is_away = self.carries or self._is_away, False
        if former and former != session and not stays:
            save_draft(former, make_draft(typed, self.caret, self.editor.pastes), self.unsaid_in)
            typed = ""
        self.unsaid_in = unsaid_in
        draft = load_draft(session) if former != session or not typed else None
        if draft is None and unsaid_in and not former:
            draft = take_orphan(unsaid_in)
        if draft is not None and draft.text != typed:
            self.editor.pastes = draft.pastes
            self.editor.put(
                f"{draft.text}\n{typed}" if typed else draft.text, draft.caret if not typed else None
            )
        elif typed != self.editor.text:
            self.editor.put(typed)
        self.save_soon()
        prune_drafts()

    def save_now(self, *, put_away: bool = False) -> None:
        """Keep what is written; with `put_away` it stays with this session, and what comes now is for the next one.

        What was typed right behind the command that puts away came after it already.
        """
        if put_away and time.monotonic() - self._commanded < COMMAND_SECONDS and not self.carries:
            self._is_away = True
        if self._saving is not None:
            self._saving.stop()
            self._saving = None
        state = (self.editor.text, self.caret)
        if self._held_back:
            whole = "\n".join(part for part in (self._held_back, state[0]) if part)
            state = (whole, len(whole))
        if self._session and state != self._saved and not self._is_away:
            self._saved = state
            save_draft(self._session, make_draft(*state, self.editor.pastes), self.unsaid_in)
        if put_away and not self.carries and not self._is_away:
            self._is_away = True
            self.editor.put("")

    def hold_back(self, text: str) -> None:
        """Keep a text with the draft that left the prompt and is not sent yet; empty: it is, or it came back."""
        self._held_back = text
        self.save_now()

    def save_soon(self) -> None:
        """Keep what is written in a moment."""
        if self._saving is None and self.is_mounted:
            self._saving = self.set_timer(SAVED_AFTER, self.save_now)

    def forget(self) -> None:
        """The text was sent: nothing is written any more."""
        if self.editor.text.startswith("/"):
            self._commanded = time.monotonic()
        self.editor.put("")
        for kept in (self.editor.pastes.texts, self.editor.pastes.pictures):
            for label in list(kept)[:-MOST_PASTES]:
                del kept[label]
        if self._saving is not None:
            self._saving.stop()
            self._saving = None
        self._saved = ("", 0)
        remove_draft(self._session)


def name_files(text: str, workspace: str, pastes: Pastes) -> tuple[str, str]:
    """Mentions and picture labels for a pasted text that is nothing but paths (empty for any other), and a hint."""
    named, hint = [], ""
    for path in read_paths(text):
        if path.suffix.lower() in PICTURES:
            try:
                named.append(pastes.add_picture(read_picture(path)))
                continue
            except AuraError as error:
                hint = error.sentence
        named.append(mention(tidy(shorten_path(path, workspace))))
    return " ".join([*named, ""]) if named else "", hint
