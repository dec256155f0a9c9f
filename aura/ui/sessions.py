"""Older sessions as people choose among them: where each stands, how old it is, what was said last.

Everything here reads files and may take a while; a face calls it in a thread.
"""

import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aura.app.sockets import is_live
from aura.config.paths import data_dir, sessions_dir
from aura.core.errors import AuraError, StoreError
from aura.core.events import ModelReplied, Rewound, SessionStarted, TodosChanged, TurnStarted
from aura.core.limits import StopReason, name_cost
from aura.core.text import shorten
from aura.core.todos import Todo
from aura.store.index import Summary, list_sessions, remove_session
from aura.store.rows import read_events
from aura.ui.look import Role, Signs

NAME_FILE = "name"
LONGEST_NAME = 60
LOOKED_BACK = 3_000  # events of a log's end in which the last prompt, reply and todo list are looked for
SHOWN = ("turn_started", "model_replied", "todos_changed", "rewound")
LONGEST_SAID = 600  # characters of a prompt or reply that a preview keeps


@dataclass(frozen=True, slots=True)
class Known:
    """One session that may be opened: what it was about, its folder, where it worked, the name a person gave it.

    `is_live` when an engine serves it, so that it can be joined while it works.
    """

    summary: Summary
    folder: Path
    workspace: Path
    name: str = ""
    is_live: bool = False

    @property
    def title(self) -> str:
        """Its name, else how it began."""
        return self.name or shorten(self.summary.prompt, LONGEST_SAID) or self.summary.problem or "(empty)"


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a session stands: a sign, a word, and the role whose colour both have."""

    sign: str
    word: str
    role: Role


@dataclass(frozen=True, slots=True)
class Preview:
    """What was said last in a session, and its todo list; all texts are cleaned."""

    prompt: str = ""
    reply: str = ""
    todos: tuple[Todo, ...] = ()


STOPS: dict[str, tuple[str, str, Role]] = {
    StopReason.DONE: ("ok", "done", "good"),
    StopReason.END_TURN: ("ok", "answered", "good"),
    StopReason.NOT_VERIFIED: ("flag", "checks fail", "warn"),
    StopReason.BLOCKED: ("paused", "blocked", "warn"),
    StopReason.NEEDS_INPUT: ("hand", "needs you", "accent"),
    StopReason.MAX_STEPS: ("paused", "paused: steps", "warn"),
    StopReason.MAX_TURNS: ("paused", "paused: turns", "warn"),
    StopReason.MAX_TOKENS: ("paused", "paused: tokens", "warn"),
    StopReason.MAX_COST: ("paused", "paused: cost", "warn"),
    StopReason.MAX_TIME: ("paused", "paused: time", "warn"),
    StopReason.STALLED: ("paused", "stalled", "warn"),
    StopReason.DENIED: ("denied", "denied", "bad"),
    StopReason.PROVIDER: ("failed", "provider", "bad"),
    StopReason.CONFIG: ("failed", "setting", "bad"),
    StopReason.ERROR: ("failed", "error", "bad"),
    StopReason.CANCELLED: ("denied", "stopped", "muted"),
}


def tell_stand(known: Known, signs: Signs) -> Stand:
    """Where a session stands, as a sign and a word."""
    summary = known.summary
    if summary.problem:
        return Stand(signs.failed, "damaged", "bad")
    if summary.holder:
        return Stand(signs.running, "live" if known.is_live else "open", "accent")
    if not summary.turns:
        return Stand(signs.waiting, "empty", "muted")
    sign, word, role = STOPS.get(summary.stop, ("flag", "cut off", "warn"))
    return Stand(str(getattr(signs, sign)), word, role)


def tell_age(changed: float, now: float) -> str:
    """When a session changed last, short: `05:38` today, `Tue` this week, `3 Oct`, `2024-10-03`."""
    try:
        then, today = time.localtime(changed), time.localtime(now)
    except (ValueError, OverflowError, OSError):
        return "?"
    if changed <= 0:
        return "?"
    if (then.tm_year, then.tm_yday) == (today.tm_year, today.tm_yday):
        return time.strftime("%H:%M", then)
    if 0 <= now - changed < 6 * 86_400:
        return time.strftime("%a", then)
    if then.tm_year == today.tm_year:
        return f"{then.tm_mday} {time.strftime('%b', then)}"
    return time.strftime("%Y-%m-%d", then)


def tell_cost(summary: Summary) -> str:
    """What is known of a session's cost: `$0.41`, `$0.41+` when calls without a price came on top, else empty."""
    if not summary.cost:
        return ""
    return f"{name_cost(summary.cost)}{'+' if summary.unpriced else ''}"


def find_sessions(workspace: Path, *, everywhere: bool = False) -> list[Known]:
    """The sessions of a workspace, or of all of them, the last changed first."""
    places = _all_places() if everywhere else [sessions_dir(workspace)]
    found: list[Known] = []
    for place in places:
        summaries = list_sessions(place)
        home = _find_workspace(place, summaries) if everywhere else workspace
        found += [_know(summary, place / summary.id, home) for summary in summaries]
    return sorted(found, key=lambda known: known.summary.changed, reverse=True)


def _know(summary: Summary, folder: Path, workspace: Path) -> Known:
    return Known(
        summary, folder, workspace, read_name(folder), is_live=bool(summary.holder) and is_live(folder)
    )


def _all_places() -> list[Path]:
    try:
        entries = sorted(os.scandir(data_dir() / "sessions"), key=lambda entry: entry.name)
        return [Path(entry.path) for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    except OSError:
        return []


def _find_workspace(place: Path, summaries: Sequence[Summary]) -> Path:
    """The folder that the sessions of a place work in: the first that can be read says it."""
    for summary in summaries:
        with contextlib.suppress(StoreError):
            for recorded in read_events(place / summary.id, types=("session_started",), limit=1):
                if isinstance(recorded.event, SessionStarted):
                    return Path(recorded.event.workspace)
    return Path()


def read_preview(known: Known) -> Preview:
    """What was said last in a session; what cannot be read is left out."""
    prompt, reply = shorten(known.summary.prompt, LONGEST_SAID), ""
    todos: tuple[Todo, ...] = ()
    after = max(0, known.summary.events - LOOKED_BACK)
    try:
        for recorded in read_events(known.folder, after, SHOWN):
            match recorded.event:
                case Rewound():
                    prompt, reply = shorten(recorded.event.title, LONGEST_SAID) or prompt, ""
                    todos = recorded.event.earlier.todos

                case TurnStarted():
                    prompt, reply = shorten(recorded.event.message.text, LONGEST_SAID), ""
                case ModelReplied():
                    reply = shorten(recorded.event.completion.message.text, LONGEST_SAID) or reply
                case TodosChanged():
                    todos = recorded.event.todos
                case _:
                    pass
    except StoreError as problem:
        reply = reply or problem.sentence
    return Preview(prompt, reply, todos)


def read_name(folder: Path) -> str:
    """The name that a person gave a session; empty: none."""
    try:
        with (folder / NAME_FILE).open(encoding="utf-8", errors="replace") as file:
            return shorten(file.read(4 * LONGEST_NAME), LONGEST_NAME)
    except OSError:
        return ""


def write_name(folder: Path, name: str) -> None:
    """Name a session, or with an empty text no more; raises `StoreError`."""
    path = folder / NAME_FILE
    try:
        if not name.strip():
            path.unlink(missing_ok=True)
            return
        unfinished = folder / f"{NAME_FILE}.{os.getpid()}"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(shorten(name, LONGEST_NAME))
        unfinished.replace(path)
    except OSError as error:
        raise StoreError(f"The session could not be named: {error.strerror or error}.") from None


def delete_session(known: Known) -> None:
    """Delete a session for good; raises `AuraError` for one that is open, or that cannot be deleted."""
    if known.summary.holder:
        raise AuraError("A session that is live is not deleted; end it first.")
    remove_session(known.folder)
