"""The text of the prompt: several lines, readline's keys, labels that are whole or not at all."""

from collections.abc import Callable, Mapping

from rich.text import Text
from textual import events
from textual.document._document import EditResult, Location, Selection
from textual.document._edit import Edit
from textual.widgets import TextArea

from aura.ui.look import Look
from aura.ui.pastes import Pastes

MOST_KILLS = 20
NEWLINES = ("shift+enter", "alt+enter", "ctrl+j", "ctrl+enter")
Act = Callable[["Editor"], object]


class Editor(TextArea, inherit_bindings=False):
    """Text with a caret. Each key is offered to `guide` first, and handled at once, in the order they came.

    `changed` is called after each change of the text, `moved` after each move of the caret; `is_put` is true while
    the text is one that nobody typed.
    """

    DEFAULT_CSS = """
    Editor { height: auto; border: none; padding: 0; background: transparent; scrollbar-size-vertical: 1;
        &:focus { border: none; }
    }
    """

    def __init__(self) -> None:
        self.look = Look()
        self.pastes = Pastes()
        self.guide: Callable[[str, str | None], bool] = lambda key, character: False
        self.take_paste: Callable[[str], None] = self.type_in
        self.changed: Callable[[], None] = lambda: None
        self.moved: Callable[[], None] = lambda: None
        self.is_put = False
        self._kills: list[str] = []
        self._killing = False
        self._yanked: tuple[Location, Location] | None = None
        super().__init__(highlight_cursor_line=False)
        self.cursor_blink = False
        self.match_cursor_bracket = False

    # --- text and caret, as places in the text ---

    @property
    def caret(self) -> int:
        """The place of the caret in the text."""
        return self.offset_of(self.cursor_location)

    def offset_of(self, location: Location) -> int:
        """A location (row, column) as a place in the text."""
        row, column = location
        return sum(len(self.document.get_line(number)) + 1 for number in range(row)) + column

    def location_of(self, offset: int) -> Location:
        """A place in the text as a location."""
        row = 0
        while row < self.document.line_count - 1 and offset > len(self.document.get_line(row)):
            offset -= len(self.document.get_line(row)) + 1
            row += 1
        return row, min(max(0, offset), len(self.document.get_line(row)))

    def type_in(self, text: str) -> None:
        """Put a text in place of the selection, with the caret behind it."""
        self.replace(text, *self.selection, maintain_selection_offset=False)

    def put(self, text: str, caret: int | None = None) -> None:
        """Another text, with the caret at a place in it (the end); undo brings the former one back."""
        self.is_put = True
        self.replace(text, (0, 0), self.document.end, maintain_selection_offset=False)
        if caret is not None:
            self.move_cursor(self.location_of(caret))
        self.is_put = False

    # --- keys ---

    async def _on_key(self, event: events.Key) -> None:
        key = event.key
        if key != "ctrl+y":
            self._yanked = None
        if self.guide(key, event.character):
            self._consume(event)
        elif key in NEWLINES:
            self.type_in("\n")
            self._consume(event)
        elif key in KEYS and (self.text or key not in ("home", "end", "ctrl+d")):
            KEYS[key](self)
            self._consume(event)
        elif key in ("tab", "enter"):
            self._consume(event)

    @staticmethod
    def _consume(event: events.Key) -> None:
        event.stop()
        event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.take_paste(event.text)

    def kill(self, act: Act) -> None:
        """Remove text so that Ctrl+Y brings it back."""
        self._killing = True
        self.history.checkpoint()  # undo brings it back by itself
        try:
            act(self)
        finally:
            self._killing = False

    def remember(self, text: str) -> None:
        """Keep a text for Ctrl+Y."""
        if text and self._kills[-1:] != [text]:
            self._kills = [*self._kills, text][-MOST_KILLS:]

    def yank(self) -> None:
        """Bring back what was removed last; again: what was removed before that, in its place."""
        if not self._kills:
            return
        if self._yanked is not None:
            self._kills = [self._kills[-1], *self._kills[:-1]]
            self.selection = Selection(*self._yanked)
        start = min(self.selection)
        self.type_in(self._kills[-1])
        self._yanked = (start, self.cursor_location)

    def delete_to_start(self) -> None:
        """Remove what stands before the caret in its line, or the end of the line above."""
        row, column = self.cursor_location
        if not self.selection.is_empty or column == 0:
            self.action_delete_left()
        else:
            self.delete((row, 0), (row, column), maintain_selection_offset=False)

    def delete_to_end(self) -> None:
        """Remove what stands behind the caret in its line, or the end of the line."""
        row, column = self.cursor_location
        length = len(self.document.get_line(row))
        if not self.selection.is_empty or column == length:
            self.action_delete_right()
        else:
            self.delete((row, column), (row, length), maintain_selection_offset=False)

    # --- labels ---

    def span_at(self, location: Location, *, edges: bool = True) -> tuple[Location, Location] | None:
        """The label at a location, as (start, end); without `edges` only one that the location is inside of."""
        row, column = location
        for start, end in self.pastes.spans(self.document.get_line(row)):
            if start < column < end or (edges and column in (start, end)):
                return (row, start), (row, end)
        return None

    def edit(self, edit: Edit) -> EditResult:
        """Perform an edit, widened so that it cuts no label."""
        top, bottom = sorted((edit.from_location, edit.to_location))
        if top != bottom:
            for location in (top, bottom):
                label = self.span_at(location, edges=False)
                top, bottom = (min(top, label[0]), max(bottom, label[1])) if label else (top, bottom)
            edit = Edit(edit.text, top, bottom, edit.maintain_selection_offset)
        result = super().edit(edit)
        if self._killing:
            self.remember(result.replaced_text)
        self.changed()
        return result

    def validate_selection(self, selection: Selection) -> Selection:
        """A caret inside a label goes to its edge, the one it was moving to."""
        if not self.pastes.texts and not self.pastes.pictures:
            return selection
        start, end = selection
        label = self.span_at(end, edges=False)
        if label is not None:
            end = label[0] if self.selection.end >= label[1] else label[1]
        anchor = self.span_at(start, edges=False)
        if anchor is not None:
            start = end if selection.is_empty else anchor[0]
        return Selection(start, end)

    def watch_selection(self) -> None:
        """Say that the caret moved."""
        self.moved()

    def get_line(self, line_index: int) -> Text:
        """A line as it is painted: labels stand out."""
        line = super().get_line(line_index)
        for start, end in self.pastes.spans(line.plain):
            line.stylize(self.look.style("link"), start, end)
        return line


def _kill(act: Act) -> Act:
    return lambda editor: editor.kill(act)


KEYS: Mapping[str, Act] = {
    key: act
    for keys, act in (
        ("up", TextArea.action_cursor_up),
        ("down", TextArea.action_cursor_down),
        ("left", TextArea.action_cursor_left),
        ("right", TextArea.action_cursor_right),
        ("ctrl+left alt+left alt+b", TextArea.action_cursor_word_left),
        ("ctrl+right alt+right alt+f", TextArea.action_cursor_word_right),
        ("home", TextArea.action_cursor_line_start),
        ("end ctrl+e", TextArea.action_cursor_line_end),
        ("shift+left", lambda editor: editor.action_cursor_left(select=True)),
        ("shift+right", lambda editor: editor.action_cursor_right(select=True)),
        ("ctrl+shift+left", lambda editor: editor.action_cursor_word_left(select=True)),
        ("ctrl+shift+right", lambda editor: editor.action_cursor_word_right(select=True)),
        ("shift+home", lambda editor: editor.action_cursor_line_start(select=True)),
        ("shift+end", lambda editor: editor.action_cursor_line_end(select=True)),
        ("f7 ctrl+shift+a super+a", TextArea.action_select_all),
        ("backspace ctrl+h shift+backspace", TextArea.action_delete_left),
        ("delete ctrl+d", TextArea.action_delete_right),
        ("ctrl+w ctrl+backspace alt+backspace", _kill(TextArea.action_delete_word_left)),
        ("alt+d alt+delete ctrl+delete", _kill(TextArea.action_delete_word_right)),
        ("ctrl+u super+backspace", _kill(lambda editor: editor.delete_to_start())),
        ("ctrl+k", _kill(lambda editor: editor.delete_to_end())),
        ("ctrl+y", lambda editor: editor.yank()),
        ("ctrl+underscore super+z", TextArea.action_undo),
        ("alt+underscore super+shift+z", TextArea.action_redo),
        ("ctrl+x super+x", TextArea.action_cut),
        ("ctrl+v super+v", lambda editor: editor.take_paste(editor.app.clipboard)),
    )
    for key in keys.split()
}
