"""Actions on what is being written, and on the block with the cursor; most have keys that the prompt itself takes."""

from itertools import islice

from aura.ui.blocks import Prose
from aura.ui.tui.actions import Action
from aura.ui.tui.prompt import Prompt
from aura.ui.tui.transcript import Transcript
from aura.ui.tui.window import Window

MOST_LOOKED_AT = 500  # blocks


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
    """`y`: the block with the cursor, else the whole of the last reply."""
    transcript = app.chat.transcript
    if transcript.cursor is not None:
        transcript.action_act("copy")
    else:
        _act_on_last(transcript, "copy_reply", Prose)


async def open_block(app: Window, rest: str) -> None:
    """`o`: the block with the cursor, else the last one, on a screen of its own."""
    transcript = app.chat.transcript
    if transcript.cursor is not None:
        transcript.action_act("open")
    else:
        _act_on_last(transcript, "open", object)


def _act_on_last(transcript: Transcript, what: str, kind: type) -> None:
    """Do something with the last block of a kind, which needs not be in view."""
    newest = islice(reversed(transcript.column.blocks), MOST_LOOKED_AT)
    transcript.cursor = next((block for block in newest if isinstance(block.body, kind)), None)
    transcript.action_act(what)
    transcript.cursor = None


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
    Action("copy", "Copy the block with the cursor, or the last reply", "Look back", copy_block, (), "copy"),
    Action("open", "Open the block in a pager", "Look back", open_block, (), "open"),
)
