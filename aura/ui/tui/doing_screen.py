"""Actions on what is shown: scrolling, cards, panel, palette, help, themes."""

from aura.ui.tui.actions import Action
from aura.ui.tui.window import Window


async def show_palette(app: Window, rest: str) -> None:
    """Ctrl+P."""
    from aura.ui.tui.docks.palette import PaletteDock

    await app.chat.open_dock(PaletteDock(app.actions, app.facts))


async def toggle_panel(app: Window, rest: str) -> None:
    """Ctrl+T."""
    app.chat.toggle_panel()


async def expand(app: Window, rest: str) -> None:
    """Ctrl+O: the last card or the one with the cursor; again: the pager."""
    if not app.chat.prompt.expand_paste():
        app.chat.transcript.expand_last()


async def redraw(app: Window, rest: str) -> None:
    """Ctrl+L."""
    app.refresh(repaint=True, layout=True)


async def choose_theme(app: Window, rest: str) -> None:
    """/theme NAME, or the picker."""
    if rest:
        app.set_theme(rest)
        return
    from aura.ui.tui.docks.themes import ThemeDock

    await app.chat.open_dock(ThemeDock(app.look))


async def page_up(app: Window, rest: str) -> None:
    """PgUp."""
    app.chat.transcript.action_page_up()


async def page_down(app: Window, rest: str) -> None:
    """PgDn."""
    app.chat.transcript.action_page_down()


async def to_top(app: Window, rest: str) -> None:
    """Ctrl+Home."""
    app.chat.transcript.go_to_top()


async def to_end(app: Window, rest: str) -> None:
    """Ctrl+End: follow what happens."""
    app.chat.transcript.go_to_end()


async def cursor_up(app: Window, rest: str) -> None:
    """Shift+↑: the transcript has the keys then, unless a dialog has them."""
    _move_cursor(app, -1)


async def cursor_down(app: Window, rest: str) -> None:
    """Shift+↓."""
    _move_cursor(app, 1)


def _move_cursor(app: Window, step: int) -> None:
    transcript = app.chat.transcript
    transcript.move_cursor(step)
    if transcript.cursor is None or app.chat.docks:
        return
    transcript.focus()
    app.hint("Enter expands · y copies · o opens all of it · r rewinds to here · Esc back")


ACTIONS = (
    Action("palette", "All actions", "Screen", show_palette, ("ctrl+p",), "palette"),
    Action("panel", "Todo panel on or off", "Screen", toggle_panel, ("ctrl+t",), "panel"),
    Action("expand", "Expand a card; again: all of it", "Look back", expand, ("ctrl+o",), "expand"),
    Action("redraw", "Redraw the screen", "Screen", redraw, ("ctrl+l",), "redraw"),
    Action("theme", "Colours", "Screen", choose_theme, (), "theme", "[auto|dark|light|ansi|contrast]"),
    Action("page_up", "A page up", "Look back", page_up, ("pageup",), "up", hot=False),
    Action("page_down", "A page down", "Look back", page_down, ("pagedown",), "down", hot=False),
    Action("to_top", "To the beginning", "Look back", to_top, ("ctrl+home",), "top", hot=False),
    Action("to_end", "To the end, and follow", "Look back", to_end, ("ctrl+end",), "end", hot=False),
    Action("cursor_up", "Cursor a block up", "Look back", cursor_up, ("shift+up",), "previous"),
    Action("cursor_down", "Cursor a block down", "Look back", cursor_down, ("shift+down",), "next"),
)
