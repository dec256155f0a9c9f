"""How a run stands, for people: a word, a sign and the role of a colour for each phase."""

import time

from aura.core.run import Phase, Run
from aura.core.text import shorten
from aura.ui.look import Role

SIGNS: dict[Phase, tuple[str, Role]] = {
    Phase.QUEUED: ("waiting", "muted"),
    Phase.RUNNING: ("running", "accent"),
    Phase.WAITING: ("waiting", "accent"),
    Phase.PAUSED: ("paused", "warn"),
    Phase.LIMIT: ("paused", "warn"),
    Phase.NEEDS_INPUT: ("hand", "warn"),
    Phase.BLOCKED: ("denied", "warn"),
    Phase.STALLED: ("flag", "bad"),
    Phase.NOT_VERIFIED: ("flag", "warn"),
    Phase.FAILED: ("failed", "bad"),
    Phase.DONE: ("ok", "good"),
    Phase.CANCELLED: ("failed", "muted"),
}
DAY_AWAY = 18 * 3_600.0  # seconds from which on a time needs its day
DATE_AWAY = 6 * 86_400.0  # seconds from which on it needs its date
LONGEST_WHY = 40
ORDERED = {"pause": "pausing", "cancel": "ending"}


def tell_moment(at: float, now: float) -> str:
    """A Unix time that is to come, as short as it can be told: `14:05`, `Tue 14:05`, `2030-01-31 14:05`."""
    away = at - now
    form = "%H:%M" if away < DAY_AWAY else "%a %H:%M" if away < DATE_AWAY else "%Y-%m-%d %H:%M"
    try:
        return time.strftime(form, time.localtime(at))
    except (ValueError, OverflowError, OSError):
        return "?"


def tell_way_on(run: Run, session: str) -> str:
    """The command with which a run that does not go on by itself does, as a clause."""
    match run.phase:
        case Phase.LIMIT:
            return f"`aura grant {session}` with more of what is used up (as --cost 5) goes on with it"
        case Phase.NEEDS_INPUT:
            return f"`aura answer {session} TEXT` goes on with it"
        case _:
            return f"`aura resume {session}` goes on with it"


def sum_up(run: Run, now: float) -> str:
    """A few words on a run that goes on or waits for a person: `run waiting until 14:05: overloaded`; may be empty."""
    if not run.name or run.phase.is_final or run.phase is Phase.QUEUED:
        return ""
    if run.order in ORDERED:
        return f"run {ORDERED[run.order]}"
    if run.phase is Phase.RUNNING:
        return "run"
    until = f" until {tell_moment(run.wake, now)}" if run.phase is Phase.WAITING and run.wake > now else ""
    word, why = run.phase.word, shorten(run.detail, LONGEST_WHY)
    if why.startswith(word):
        return f"run {why}"
    return f"run {word}{until}{f': {why}' if why else ''}"
