"""What a person does with blocks: move a cursor, expand, copy, open, mark with the mouse."""

from collections.abc import Mapping

from textual import events
from textual.binding import Binding, BindingsMap
from textual.message import Message

from aura.ui.blocks import Block, CardGroup, CommandLog, Injection, Prose, Said, Shortened, Thought, ToolCard
from aura.ui.tail import find_place
from aura.ui.tui.frames import name_pill
from aura.ui.tui.view import View

CARDS = (ToolCard, CardGroup, Thought, Injection, CommandLog, Shortened)  # what Ctrl+O looks for


class Reader(View):
    """A view with a cursor on one block."""

    FOCUS_ON_CLICK = False  # a click must not take the keys away from who writes
    BINDINGS = [  # noqa: RUF012 - Textual's own way
        Binding("up", "cursor(-1)", show=False),
        Binding("down", "cursor(1)", show=False),
        Binding("enter,space", "act('expand')", show=False),
        Binding("y", "act('copy')", show=False),
        Binding("Y", "act('copy_reply')", show=False),
        Binding("o", "act('open')", show=False),
        Binding("r", "act('rewind')", show=False),
        Binding("home", "edge(-1)", show=False),
        Binding("end", "edge(1)", show=False),
    ]

    class Copied(Message):
        """Text is to be copied: marked with the mouse, or of a block."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class RewindWanted(Message):
        """Somebody wants to go back to before a block: the place of its first event."""

        def __init__(self, seq: int) -> None:
            super().__init__()
            self.seq = seq

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._usual = self._bindings
        self._pressed: tuple[int, int] | None = None

    # --- the cursor ---

    def move_cursor(self, step: int) -> None:
        """Move the cursor up (-1) or down (1) by a block; without one it comes to the lowest that is visible."""
        rows, blocks = self.frame.rows, self.column.blocks
        if not rows or not blocks:
            return
        place = self._place_of(self.cursor)
        if place is None:
            place = min(rows[-1].place, len(blocks) - 1)
        else:
            place = min(max(0, place + step), len(blocks) - 1)
            while 0 < place < len(blocks) - 1 and not self.column.strips(place):
                place += step
        self.set_cursor(blocks[place])

    def _place_of(self, block: Block | None) -> int | None:
        """Where a block stands; None when there is none, or it is gone."""
        if block is None:
            return None
        blocks = self.column.blocks
        place = find_place(blocks, block)
        return place if place < len(blocks) and blocks[place] is block else None

    def set_cursor(self, block: Block | None) -> None:
        """Put the cursor on a block, and the block in view."""
        self.cursor = block
        place = self._place_of(self.cursor)
        if place is not None:
            self._show(place)
        self.refresh()

    def _show(self, place: int) -> None:
        """Scroll as little as is needed to have a block in view, its head first."""
        lines = len(self.column.strips(place))
        top, height = self.column.heights.top(place), self.frame.size[1]
        if top < self.frame.top or lines >= height:
            self.go_to(top)
        elif top + lines > self.frame.top + height:
            self.go_to(top + lines - height)

    def _chosen(self) -> Block | None:
        place = self._place_of(self.cursor)
        return self.column.blocks[place] if place is not None else None

    # --- what can be done with a block ---

    def toggle(self, block: Block) -> None:
        """Expand a block, or fold it; its first line stays in view."""
        place = self._place_of(block)
        if place is None:
            return
        block.expanded = not block.expanded
        self.column.strips(place)
        if not self.follows or (block.expanded and self.column.heights[place] > self.frame.size[1]):
            self._show(place)
        self.settle()

    def expand_last(self) -> None:
        """Expand the block with the cursor, else the last card; once it is expanded, open all of it."""
        block = self._chosen()
        if block is None:
            newest = reversed(self.column.blocks)
            near = (one for _, one in zip(range(500), newest, strict=False))
            block = next((one for one in near if isinstance(one.body, CARDS)), None)
        if block is None:
            return
        if block.expanded:
            self.open_block(block)
        else:
            self.toggle(block)

    def open_block(self, block: Block) -> None:
        """Show all of a block on a screen of its own."""
        from aura.ui.tui.pager import Pager, find_changes, find_source, name_block

        place = self._place_of(block)
        body = self.column.body(place) if place is not None else None
        if body is not None:
            self.app.push_screen(Pager(find_source(body), name_block(body), self.look, find_changes(body)))

    def _copy(self, block: Block, *, whole: bool) -> None:
        """Copy a block's source, or that of the reply it is a part of."""
        from aura.ui.tui.paint import source_of

        place = self._place_of(block)
        if place is None:
            return
        first = last = place
        while whole and first and self.column.blocks[first - 1].first == block.first:
            first -= 1
        while (
            whole and last + 1 < len(self.column.blocks) and self.column.blocks[last + 1].first == block.first
        ):
            last += 1
        bodies = [body for at in range(first, last + 1) if (body := self.column.body(at)) is not None]
        if whole and isinstance(self.column.body(place), Prose):
            text = "".join(body.text for body in bodies if isinstance(body, Prose))
        else:
            text = "\n\n".join(source_of(body) for body in bodies)
        self.post_message(self.Copied(text))

    # --- keys ---

    def take_letters(self, letters: Mapping[str, str]) -> None:
        """Letters that mean something here, beside those that always do: what each does."""
        own = [Binding(key, action, show=False) for key, action in letters.items()]
        self._bindings = BindingsMap.merge([self._usual, BindingsMap(own)])

    def wants(self, event: events.Key) -> bool:
        """Whether a key means something here; what else is typed is meant for the prompt."""
        return not event.is_printable or event.key in self._bindings.key_to_bindings

    def action_cursor(self, step: int) -> None:
        """↑ and ↓."""
        self.move_cursor(step)

    def action_act(self, what: str) -> None:
        """Enter, `y`, `Y`, `o` and `r`: something with the block under the cursor."""
        block = self._chosen()
        if block is None:
            return
        match what:
            case "expand":
                self.toggle(block)
            case "copy" | "copy_reply":
                self._copy(block, whole=what == "copy_reply")
            case "open":
                self.open_block(block)
            case "rewind" if block.first:
                self.post_message(self.RewindWanted(block.first))
            case _:
                pass

    def action_edge(self, way: int) -> None:
        """Home and End."""
        if way < 0:
            self.go_to_top()
        else:
            self.go_to_end()

    # --- the mouse ---

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Hold the mouse, so that its button's release is heard wherever it happens."""
        self._pressed = (event.x, event.y)
        self.capture_mouse()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """A click acts on what is there; what was marked is copied."""
        self.release_mouse()
        pressed, self._pressed = self._pressed, None
        if pressed == (event.x, event.y):
            self._click(event.x, event.y)
        elif text := self.screen.get_selected_text():
            self.post_message(self.Copied(text))

    def _click(self, x: int, y: int) -> None:
        if (
            not self.follows
            and y == self.frame.size[1] - 1
            and x >= self.frame.size[0] - len(name_pill(self.news, self.look))
        ):
            self.go_to_end()
        elif 0 <= y < len(self.frame.rows):
            row = self.frame.rows[y]
            if row.line == 0 and not isinstance(row.block.body, Prose | Said):
                self.toggle(row.block)
