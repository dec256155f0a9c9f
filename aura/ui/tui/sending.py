"""What becomes of a text when it leaves the prompt; pure, so that every case is a test."""

from collections.abc import Container
from typing import Literal

from aura.ui.tui.snapshot import BUSY, State

Way = Literal["enter", "queue", "now"]
Sending = Literal["submit", "steer", "queue", "now", "hold", "lost", "nothing", "pictures"]


def choose_sending(
    way: Way,
    state: State,
    text: str,
    commands: Container[str],
    *,
    pictures: bool,
    own: Container[str] = (),
) -> Sending:
    """What to do with a text: Enter sends or steers, Tab queues while something runs, Ctrl+S interrupts and sends.

    Commands and shell lines go at once, whatever runs; commands of the app's `own` also without a session. While the
    session is not open the text is held until it is; once the engine is gone it is kept. Pictures go only with a
    prompt of their own.
    """
    if not text.strip():
        return "nothing"
    if way == "enter" and not text.startswith("!") and is_line(text, own):
        return "submit"
    if state == "lost":
        return "lost"
    if state not in BUSY:
        if way == "queue":
            return "nothing"
        return "hold" if state in ("starting", "closed") else "submit"
    if way == "now":
        return "now"
    if is_line(text, commands) and way == "enter":
        return "submit"
    if pictures:
        return "pictures"
    return "steer" if way == "enter" else "queue"


def is_line(text: str, commands: Container[str]) -> bool:
    """Whether a text is a shell line or a known command, which need not wait for a turn to end."""
    if text.startswith("!"):
        return bool(text[1:].strip())
    head = text.split(maxsplit=1)[0]
    return head.startswith("/") and head[1:] in commands
