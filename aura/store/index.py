"""The sessions of a workspace: their names, what they were about, copies of them.

The truth is in the logs. What was read of one is kept in its folder (`summary.json`), so that listing again reads
only what is new.
"""

import contextlib
import json
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from aura.core.errors import StoreError
from aura.core.events import Event, ModelReplied, SessionStarted, TurnStarted, TurnStopped
from aura.store import codec, run_summary
from aura.store.faults import LOG_NAME, Fault, explain, fault
from aura.store.layout import begin_log, make_folder, open_reader
from aura.store.lease import Lease, find_holder
from aura.store.log import abandon
from aura.store.rows import Row, read_events, read_rows
from aura.store.run_summary import RunSummary, add_to_run

SUMMARY_NAME = "summary.json"
SCRATCHPAD = "scratchpad"
FORM = 4  # of summary.json; another one is read afresh
LONGEST_PROMPT = 300
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # in the order of their code points; none looks like another
TOLD = ("session_started", "turn_started", "model_replied", "turn_stopped", *run_summary.TOLD)


@dataclass(frozen=True, slots=True)
class Summary:
    """One session: `started` and `changed` are Unix times, `prompt` the beginning of the first one.

    `stop` is the last turn's stop reason (empty: it runs, or was cut off), `cost` what is known of it in USD,
    `unpriced` the replies without a price. `holder` names the living process that has it open, `problem` is why it
    cannot be read; both may be empty. `run` is its newest run (its phase is empty: it has none).
    """

    id: str
    started: float = 0.0
    changed: float = 0.0
    prompt: str = ""
    turns: int = 0
    stop: str = ""
    cost: float = 0.0
    unpriced: int = 0
    events: int = 0
    parent: str = ""
    holder: str = ""
    problem: str = ""
    run: RunSummary = RunSummary()


@dataclass(frozen=True, slots=True)
class TurnSummary:
    """One turn: its number, the place and Unix time of its beginning, its prompt, its stop reason (empty: none)."""

    number: int
    seq: int
    started: float
    prompt: str
    stop: str = ""


def make_id(now: float) -> str:
    """A new session's name: 12 lower-case letters and digits that sort by time (`now`: Unix time in seconds)."""
    moment = max(0, int(now * 1000))
    time_part = "".join(LETTERS[moment >> shift & 31] for shift in range(40, -1, -5))
    return time_part + "".join(secrets.choice(LETTERS) for _ in range(3))


def list_sessions(place: Path) -> list[Summary]:
    """The sessions in a folder of sessions, the last changed first; one that cannot be read says so."""
    found = [summarise(folder) for folder in list_folders(place)]
    return sorted(found, key=lambda summary: (summary.changed, summary.id), reverse=True)


def summarise(folder: Path) -> Summary:
    """What a session was about; never raises: see `Summary.problem`."""
    try:
        summary = _read_summary(folder)
    except StoreError as problem:
        changed = 0.0
        with contextlib.suppress(OSError):
            changed = (folder / LOG_NAME).stat().st_mtime
        summary = Summary(folder.name, changed=changed, problem=problem.sentence)
    holder = find_holder(folder)
    return replace(summary, holder=holder.name if holder is not None else "")


def read_workspace(folder: Path) -> Path:
    """The folder that a session works in; raises `StoreError` when its log does not say."""
    for recorded in read_events(folder, types=("session_started",), limit=1):
        if isinstance(recorded.event, SessionStarted):
            return Path(recorded.event.workspace)
    raise StoreError(f"The session {folder.name} does not say what folder it works in; begin a new one.")


def list_turns(folder: Path) -> list[TurnSummary]:
    """The turns of a session, in order; raises `StoreFault`."""
    turns: list[TurnSummary] = []
    for recorded in read_events(folder, types=("turn_started", "turn_stopped")):
        match recorded.event:
            case TurnStarted(number, message):
                prompt = message.text.strip()[:LONGEST_PROMPT]
                turns.append(TurnSummary(number, recorded.seq, recorded.at, prompt))
            case TurnStopped(reason) if turns:
                turns[-1] = replace(turns[-1], stop=reason.value)
            case _:
                pass
    return turns


def fork(folder: Path, new_folder: Path, upto: int | None = None) -> int:
    """Copy a session up to place `upto` (None: all of it) into a new one; the new one's newest place.

    Its first event names what it was made from. Full texts of tool output are shared by hard links where possible,
    the notes of its scratchpad are copied.
    Raises `StoreError`; then nothing was made.
    """
    rows = _prefix(folder, new_folder.name, upto)
    first = next(rows, None)
    if first is None:
        raise StoreError(f"The session {folder.name} holds no events up to place {upto}; choose a later one.")
    last = [first.seq]
    write_log(new_folder, _counted(first, rows, last))
    _share_outputs(folder, new_folder)
    _copy_notes(folder, new_folder)
    return last[0]


def remove_session(folder: Path) -> None:
    """Delete a session and all that lies in its folder; raises `SessionLocked` while one has it open."""
    if not (folder / LOG_NAME).exists():
        raise fault(Fault.MISSING, folder)
    lease = Lease.acquire(folder)
    try:
        gone = folder.rename(folder.with_name(f".{folder.name}.removed"))
        shutil.rmtree(gone)
    except OSError as error:
        raise explain(error, folder) from None
    finally:
        lease.release()


def write_log(folder: Path, rows: Iterator[Row]) -> None:
    """Make a whole log of rows, all or nothing; raises `StoreFault`."""
    try:
        make_folder(folder)
    except OSError as error:
        raise explain(error, folder) from None
    lease = Lease.acquire(folder)
    try:
        begin_log(folder, lease, rows).close()
    finally:
        abandon(lease)


def rename_first(row: Row, session: str, parent: str, parent_seq: int) -> Row:
    """The first row of a log as that of a copy of it."""
    event = codec.decode(row.type, row.data)
    if not isinstance(event, SessionStarted):
        return row
    copy = replace(event, session=session, parent=parent, parent_seq=parent_seq)
    return row._replace(data=codec.encode(copy))


def list_folders(place: Path) -> list[Path]:
    """The folders of the sessions in a folder of sessions, in no order."""
    try:
        folders = [Path(entry.path) for entry in os.scandir(place) if not entry.name.startswith(".")]
    except OSError:
        return []
    return [folder for folder in folders if (folder / LOG_NAME).exists()]


def _prefix(folder: Path, name: str, upto: int | None) -> Iterator[Row]:
    with contextlib.closing(open_reader(folder)) as connection:
        try:
            newest = connection.execute("SELECT max(seq) FROM events").fetchone()[0] or 0
        except sqlite3.Error as error:
            raise explain(error, folder) from None
    end = newest if upto is None else min(upto, newest)
    for row in read_rows(folder):
        if row.seq > end:
            return
        yield rename_first(row, name, folder.name, end) if row.seq == 1 else row


def _counted(first: Row, rest: Iterator[Row], last: list[int]) -> Iterator[Row]:
    """The rows again, while `last` learns the place of the newest."""
    yield first
    for row in rest:
        last[0] = row.seq
        yield row


def _share_outputs(folder: Path, new_folder: Path) -> None:
    """Full texts that were kept beside the log; a copy that lacks one still works."""
    source = folder / "output"
    if not source.is_dir():
        return
    with contextlib.suppress(OSError):
        make_folder(new_folder / "output")
        for path in source.iterdir():
            if path.is_file() and not path.is_symlink():
                os.link(path, new_folder / "output" / path.name)


def _copy_notes(folder: Path, new_folder: Path) -> None:
    """The scratchpad: each of the two sessions goes on with notes of its own."""
    source = folder / SCRATCHPAD
    if source.is_symlink() or not source.is_dir():
        return
    with contextlib.suppress(OSError):
        make_folder(new_folder / SCRATCHPAD)
        for path in source.iterdir():
            if path.is_file() and not path.is_symlink():
                shutil.copy2(path, new_folder / SCRATCHPAD / path.name)


# --- summaries ----------------------------------------------------------------------------------------------


def _read_summary(folder: Path) -> Summary:
    with contextlib.closing(open_reader(folder)) as connection:
        try:
            query = "SELECT seq, at FROM events ORDER BY seq {} LIMIT 1"
            first = connection.execute(query.format("ASC")).fetchone()
            last = connection.execute(query.format("DESC")).fetchone()
        except sqlite3.Error as error:
            raise explain(error, folder) from None
    if first is None:
        return Summary(folder.name)
    summary = _recall(folder, first[1], last[0]) or Summary(folder.name, started=first[1])
    if summary.events == last[0]:
        return summary
    for recorded in read_events(folder, summary.events, TOLD):
        summary = _add(summary, recorded.event)
    summary = replace(summary, events=last[0], changed=last[1])
    _remember(folder, summary)
    return summary


def _add(summary: Summary, event: Event) -> Summary:
    run = add_to_run(summary.run, event)
    if run is not summary.run:
        summary = replace(summary, run=run)
    match event:
        case SessionStarted():
            return replace(summary, parent=event.parent)
        case TurnStarted():
            prompt = summary.prompt or event.message.text.strip()[:LONGEST_PROMPT]
            return replace(summary, prompt=prompt, turns=summary.turns + 1, stop="")
        case ModelReplied(interrupted=False):
            cost = event.completion.cost
            return replace(
                summary, cost=summary.cost + (cost or 0.0), unpriced=summary.unpriced + (cost is None)
            )
        case TurnStopped():
            return replace(summary, stop=event.reason.value)
        case _:
            return summary


def _recall(folder: Path, started: float, newest: int) -> Summary | None:
    """What was kept of an earlier reading, if it is of this log."""
    try:
        kept = json.loads((folder / SUMMARY_NAME).read_text(encoding="utf-8"))
        form, run = kept.pop("form"), kept.pop("run")
        summary = Summary(**kept, run=RunSummary(**run))
        default = asdict(Summary(""))
        known = {**kept, **{f"run {name}": value for name, value in run.items()}}
        types = {**default, **{f"run {name}": value for name, value in default["run"].items()}}
        if any(type(value) is not type(types[name]) for name, value in known.items()):
            return None
        if not all(isinstance(text, str) for text in run["questions"].values()):
            return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    fits = form == FORM and summary.id == folder.name and summary.started == started
    return summary if fits and 0 < summary.events <= newest else None


def _remember(folder: Path, summary: Summary) -> None:
    """Keep a summary; without it the next listing takes longer, and nothing else."""
    unfinished = folder / f"{SUMMARY_NAME}.{secrets.token_hex(4)}"
    with contextlib.suppress(OSError, ValueError):
        text = json.dumps({"form": FORM, **asdict(summary)})
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        try:
            unfinished.replace(folder / SUMMARY_NAME)
        except OSError:
            unfinished.unlink()
