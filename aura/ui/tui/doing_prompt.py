"""Actions on what is being written, and on the block with the cursor; most have keys that the prompt itself takes."""

from aura.ui.tui.actions import Action
from aura.ui.tui.prompt import Prompt
from aura.ui.tui.window import Window


async def send_now(app: Window, rest: str) -> None:
    """Ctrl+S: end the step that runs, and send what is written, or what follows the command."""
    if rest:
        app.chat.prompt.post_message(Prompt.SentNow(rest))
    else:
        _press(app, "ctrl+s")


async def queue(app: Window, rest: str) -> None:
    """Tab, while something runs: have a line taken when that is over."""
    if app.session is None or not app.session.is_running:
        app.hint("Nothing runs: Enter sends it.")
        if rest:
            app.chat.prompt.set_text(rest)
    elif rest:
        app.chat.prompt.post_message(Prompt.Queued(rest))
    else:
        _press(app, "tab")


async def search_history(app: Window, rest: str) -> None:
    """Ctrl+R."""
    _press(app, "ctrl+r")


async def bring_back(app: Window, rest: str) -> None:
    """Ctrl+Y."""
    if not app.chat.docks:
        app.chat.prompt.focus()
        app.chat.prompt.editor.yank()


async def copy_block(app: Window, rest: str) -> None:
    """`y`: the block with the cursor, else the whole of what stands lowest."""
    transcript = app.chat.transcript
    if transcript.cursor is not None:
        transcript.action_act("copy")
        return
    transcript.move_cursor(-1)
    transcript.action_act("copy_reply")
    transcript.set_cursor(None)


async def open_block(app: Window, rest: str) -> None:
    """`o`: the block with the cursor, else the lowest, on a screen of its own."""
    transcript = app.chat.transcript
    had_cursor = transcript.cursor is not None
    if not had_cursor:
        transcript.move_cursor(-1)
    transcript.action_act("open")
    if not had_cursor:
        transcript.set_cursor(None)


def _press(app: Window, key: str) -> None:
    """Do what a key does in the prompt; a dialog that is open has the keys."""
    if not app.chat.docks:
        app.chat.prompt.focus()
        app.chat.prompt.take_key(key, None)


ACTIONS = (
    Action(
        "send_now", "End the step and send now", "Work", send_now, ("ctrl+s",), "now", "[TEXT]", hot=False
    ),
    Action("queue", "Queue for when the run is over", "Work", queue, (), "queue", "[TEXT]"),
    Action(
        "history", "Search what was sent before", "Work", search_history, ("ctrl+r",), "history", hot=False
    ),
    Action(
        "bring_back", "Bring back what was cleared", "Work", bring_back, ("ctrl+y",), "restore", hot=False
    ),
    Action("copy", "Copy the block with the cursor, or the last", "Look back", copy_block, (), "copy"),
    Action("open", "Open the block in a pager", "Look back", open_block, (), "open"),
)
