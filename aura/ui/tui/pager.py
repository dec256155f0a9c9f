"""The pager: all of a text or a file on a screen of its own, with search."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from aura.core.evidence import FileChange
from aura.core.text import shorten
from aura.ui.blocks import Body, CardGroup, Injection, ToolCard
from aura.ui.cells import fit
from aura.ui.look import Look
from aura.ui.tui.frames import ground
from aura.ui.tui.texts import FileSource, Source, TextSource, find_line

SIDEWAYS = 20  # columns that ← and → move
WHEEL = 3


class Page(Widget):
    """The visible lines of a source; `needle` is marked in them."""

    DEFAULT_CSS = "Page { height: 1fr; width: 1fr; }"

    def __init__(self, source: Source, look: Look) -> None:
        super().__init__()
        self.source = source
        self.look = look
        self.top = 0
        self.left = 0
        self.needle = ""
        self.lines: list[str] = []

    def on_resize(self, event: events.Resize) -> None:
        """Another width, another wrap."""
        share = self.top / max(1, self.source.count)
        self.source.fit(event.size.width)
        self.go(round(share * self.source.count))

    def go(self, top: int, left: int | None = None) -> None:
        """Show the lines from one on."""
        self.top = max(0, min(top, self.source.count - self.size.height))
        self.left = max(0, self.left if left is None else left)
        self.lines = self.source.lines(self.top, self.size.height)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line."""
        base = ground(self.look)
        line = self.lines[y][self.left :] if y < len(self.lines) else ""
        shown, _ = fit(line, self.size.width)
        segments, at = [], 0
        folded, needle = shown.casefold(), self.needle.casefold()
        while needle and len(folded) == len(shown) and (found := folded.find(needle, at)) >= 0:
            end = found + len(needle)
            segments += [Segment(shown[at:found]), Segment(shown[found:end], self.look.style("accent"))]
            at = end
        strip = Strip([*segments, Segment(shown[at:])])
        return strip.crop_extend(0, self.size.width, base).apply_style(base)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel."""
        event.prevent_default().stop()
        self.go(self.top - WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel."""
        event.prevent_default().stop()
        self.go(self.top + WHEEL)


class Foot(Widget):
    """The last line: what is shown, where one is, which keys there are."""

    DEFAULT_CSS = "Foot { height: 1; dock: bottom; }"

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.text = ""

    def tell(self, text: str) -> None:
        """Say something else."""
        if text != self.text:
            self.text = text
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        base = ground(self.look) + self.look.style("bar")
        shown, _ = fit(self.text, self.size.width)
        strip = Strip([Segment(shown, self.look.style("muted"))])
        return strip.crop_extend(0, self.size.width, base).apply_style(base)


class Pager(ModalScreen[None]):
    """Shows a source; `/` searches in it, `q` and Esc leave.

    Where the screen is wide enough, `d` shows `changes` side by side.
    """

    DEFAULT_CSS = """
    Pager { background: $background; }
    Pager Input { display: none; dock: bottom; height: 1; border: none; padding: 0; }
    Pager.-searching Input { display: block; }
    Pager.-searching Foot { display: none; }
    """
    BINDINGS: ClassVar = [
        Binding("escape", "leave", show=False, priority=True),
        Binding("q", "leave", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j,enter", "move(1)", show=False),
        Binding("left", "sideways(-1)", show=False),
        Binding("right", "sideways(1)", show=False),
        Binding("pageup,b", "page(-1)", show=False),
        Binding("pagedown,space", "page(1)", show=False),
        Binding("home,g", "edge(0)", show=False),
        Binding("end,G", "edge(1)", show=False),
        Binding("slash", "search", show=False),
        Binding("n", "again(1)", show=False),
        Binding("N", "again(-1)", show=False),
        Binding("d", "beside", show=False),
    ]

    def __init__(self, source: Source, title: str, look: Look, changes: Sequence[FileChange] = ()) -> None:
        super().__init__()
        self._changes = changes
        self.page = Page(source, look)
        self._input = Input(placeholder="search", compact=True)
        self._input.can_focus = False  # until a search begins
        self._foot = Foot(look)
        self._title = title
        self._note = ""

    def compose(self) -> ComposeResult:
        """The page, the line below it, and in its place the field to search with."""
        yield self.page
        yield self._foot
        yield self._input

    def on_mount(self) -> None:
        """Index the rest while the beginning is shown."""
        self.run_worker(self._index(), exclusive=True, group="index")

    async def _index(self) -> None:
        source, more = self.page.source, True
        while more:
            more = await asyncio.to_thread(source.advance)
            if len(self.page.lines) < self.page.size.height:
                self._go(self.page.top)
            self._tell()
            await asyncio.sleep(0)
        self._tell()

    def _tell(self) -> None:
        page = self.page
        last = min(page.top + page.size.height, page.source.count)
        note = f" · {self._note}" if self._note else ""
        place = f"{page.top + 1:,}-{last:,} of {page.source.count:,}{note}"
        keys = f"/ search · n next{' · d side by side' if self._is_wide else ''} · q close"
        self._foot.tell(f" {self._title} · {place} · {keys}")

    @property
    def _is_wide(self) -> bool:
        """Whether there are changes to show in two columns, and room for them."""
        from aura.ui.tui.docks.calls import WIDE

        return bool(self._changes) and self.app.size.width >= WIDE

    def action_beside(self) -> None:
        """Two columns, on a screen of their own."""
        from aura.ui.tui.docks.full import make_sides

        if self._is_wide:
            self.app.push_screen(make_sides(self._title, self._changes, self.page.look))

    def _go(self, top: int, left: int | None = None) -> None:
        self.page.go(top, left)
        self._tell()

    def action_leave(self) -> None:
        """Leave the search, else the pager."""
        if self.has_class("-searching"):
            self._end_search()
        else:
            self.dismiss()

    def action_move(self, lines: int) -> None:
        """A line up or down."""
        self._go(self.page.top + lines)

    def action_sideways(self, way: int) -> None:
        """To the left or to the right."""
        self._go(self.page.top, self.page.left + way * SIDEWAYS)

    def action_page(self, way: int) -> None:
        """A page up or down."""
        self._go(self.page.top + way * max(1, self.page.size.height - 1))

    def action_edge(self, end: int) -> None:
        """To the beginning or to the end of what is known."""
        self._go(self.page.source.count if end else 0, 0)

    def action_search(self) -> None:
        """Ask for what to look for."""
        self.add_class("-searching")
        self._input.can_focus = True
        self._input.value = ""
        self._input.focus()

    def _end_search(self) -> None:
        self.remove_class("-searching")
        self.set_focus(None)
        self._input.can_focus = False

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Look for it from here on."""
        event.stop()
        self._end_search()
        self.page.needle = event.value
        self._look_for(self.page.top, 1)

    def action_again(self, way: int) -> None:
        """The next place, or the one before."""
        if self.page.needle:
            self._look_for(self.page.top + way, way)

    def _look_for(self, start: int, way: int) -> None:
        self.run_worker(self._find(start, way), exclusive=True, group="find")

    async def _find(self, start: int, way: int) -> None:
        """Look through the rest of the text, then through what is before it."""
        page, needle = self.page, self.page.needle
        found = None
        if needle:
            found = await asyncio.to_thread(find_line, page.source, needle, start, way)
        if needle and found is None:
            again = 0 if way > 0 else page.source.count - 1
            found = await asyncio.to_thread(find_line, page.source, needle, again, way)
        self._note = "" if found is not None or not needle else "not found"
        self._go(page.top if found is None else found)


def find_source(body: Body) -> Source:
    """All that there is of a block: the file with a call's whole output, if there is one, else its text."""
    from aura.ui.tui.paint import source_of

    if isinstance(body, ToolCard) and body.log:
        try:
            return FileSource(Path(body.log))
        except OSError:
            return TextSource(f"{source_of(body)}\n\n(the file with the whole output is gone)")
    if isinstance(body, ToolCard):
        return TextSource(_tell_call(body))
    if isinstance(body, CardGroup):
        return TextSource("\n\n".join(_tell_call(card) for card in body.cards))
    if isinstance(body, Injection):
        told = (f"step {step}, told to the model by {body.origin}:\n{text}" for step, text in body.texts)
        return TextSource("\n\n".join(told))
    return TextSource(source_of(body))


def _tell_call(card: ToolCard) -> str:
    """A call with what it changed or showed and, where that is something else, what the model was given."""
    from aura.ui.tui.paint import source_of

    text = source_of(card)
    shown = bool(card.changes or card.display)
    return f"{text}\n\nthe model was given:\n{card.result}" if shown and card.result else text


def find_changes(body: Body) -> Sequence[FileChange]:
    """What a block tells of files that were changed."""
    return body.changes if isinstance(body, ToolCard) else ()


def name_block(body: Body) -> str:
    """A few words on what the pager shows."""
    if isinstance(body, ToolCard):
        detail = body.log or next((str(value) for value in body.call.arguments.values()), "")
        return shorten(f"{body.call.name} {detail}", 50)
    if isinstance(body, Injection):
        return shorten(body.origin, 50)
    return type(body).__name__.lower()
