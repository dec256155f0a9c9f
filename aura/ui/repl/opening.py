"""How a talk begins and ends: the session it is with, what is said first and last."""

from pathlib import Path

from aura import __version__
from aura.core.errors import AuraError
from aura.core.facts import Facts
from aura.core.text import shorten
from aura.core.turn import Turn
from aura.store.rows import read_events
from aura.ui.joining import Joined
from aura.ui.repl.feed import retell
from aura.ui.repl.sheet import Sheet

LONGEST_PAST = 400  # events of the last turn that are told again


def name_sandbox(sandbox: str) -> str:
    """What is enforced, with the word for it once."""
    return sandbox if not sandbox or "sandbox" in sandbox else f"sandbox {sandbox}"


def tell_welcome(facts: Facts, turn: Turn, sheet: Sheet) -> str:
    """What this is, where, with which model and what may happen."""
    auto = "on" if turn.auto else "off"
    place = shorten(Path(facts.workspace).name or facts.workspace, 40)
    parts = (
        place,
        shorten(facts.model, 60) or "no model",
        f"permission {turn.switches.mode}",
        f"auto {auto}",
        name_sandbox(shorten(facts.sandbox, 40)),
    )
    said = ", ".join(part for part in parts if part)
    told = sheet.line(
        (f"aura {__version__}: " if sheet.spoken else f"aura {__version__} ", "strong"), (said, "muted")
    )
    lead = "note: " if sheet.spoken else ""
    for notice in facts.notices:
        told += sheet.line((f"{lead}{notice}", "warn"))
    return told


def tell_past(joined: Joined, sheet: Sheet) -> str:
    """The last turn of a session that is taken up again, from its log; reads files, so call it in a thread."""
    facts, turn = joined.session.facts, joined.session.turn
    if not turn.number or not facts.folder:
        return ""
    folder, trail = Path(facts.folder), turn.rest.trail
    try:
        begun = read_events(folder, types=("turn_started",))
        starts = [one.seq for one in begun if one.seq <= joined.last_seq and trail.holds(one.seq)]
        if not starts:
            return ""
        past = read_events(folder, starts[-1] - 1, limit=LONGEST_PAST)
        events = [one for one in past if one.seq <= joined.last_seq and trail.holds(one.seq)]
    except AuraError:
        return ""
    lead = "note: " if sheet.spoken else ""
    told = sheet.line((f"{lead}turn {turn.number} of this session was:", "muted"))
    return told + retell(events, turn, sheet)


def tell_farewell(facts: Facts | None, turn: Turn | None, sheet: Sheet, *, keep: bool) -> str:
    """How to come back, if there is anything to come back to."""
    if facts is None or turn is None or not turn.number or not facts.folder:
        return ""
    lead = "note: " if sheet.spoken else ""
    name = shorten(facts.session, 60)
    if keep:
        return sheet.line((f"{lead}It goes on without you. To look in: aura attach {name}", "muted"))
    return sheet.line((f"{lead}To go on: aura --resume {name}", "muted"))
