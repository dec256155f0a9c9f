"""Which older session to go on with, as numbered lines; asked before anything is opened."""

import time
from collections.abc import Callable
from pathlib import Path

from aura.core.text import shorten
from aura.ui.repl.sheet import Sheet
from aura.ui.sessions import Known, find_sessions, tell_age, tell_cost, tell_stand

MOST = 15
TITLE = 60


def list_choices(sessions: list[Known], sheet: Sheet, now: float) -> str:
    """The newest sessions, each with its number, where it stands, its age and its cost."""
    told = ""
    for number, known in enumerate(sessions[:MOST], start=1):
        stand = tell_stand(known, sheet.look.signs)
        cost = tell_cost(known.summary)
        about = ", ".join(part for part in (stand.word, tell_age(known.summary.changed, now), cost) if part)
        told += sheet.line(
            (f"  {number} ", "strong"), (shorten(known.title, TITLE), "text"), (f" ({about})", "muted")
        )
    if len(sessions) > MOST:
        told += sheet.line((f"  and {len(sessions) - MOST} older ones: aura sessions", "muted"))
    return told


def choose_session(
    workspace: Path, sheet: Sheet, write: Callable[[str], object], read: Callable[[], str]
) -> str | None:
    """The id that a person chooses; empty for a new session, None when they leave.

    `read` gives a line with its end, or nothing at the end of input.
    """
    sessions = find_sessions(workspace)
    if not sessions:
        write(sheet.line(("There is no older session in this folder; this is a new one.", "muted")))
        return ""
    write(list_choices(sessions, sheet, time.time()))
    most = min(len(sessions), MOST)
    while True:
        write(f"Enter 1 to {most}, or nothing for a new session: ")
        line = read()
        word = line.strip()
        if not line or word in ("q", "\x1b"):
            return None
        if not word:
            return ""
        if word.isdecimal() and 1 <= int(word) <= most:
            return sessions[int(word) - 1].summary.id
        write(sheet.line(("That is none of the choices.", "bad")))
