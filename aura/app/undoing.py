"""Taking the files of a session back to how they were, and forward again: what it would mean, then doing it."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from aura.app.session import LocalSession, Others, require_rest
from aura.core.errors import AuraError
from aura.core.events import FilesRestored, Injected, NoticeShown, RunStarted, StepStarted, TurnStarted
from aura.core.messages import AURA, user
from aura.core.text import shorten
from aura.core.threads import work_in_thread
from aura.core.undone import LONGEST_LIST
from aura.safety.snapshots import FAILURES, Change, Conflict, Restored, RestorePlan, Snapshot, Snapshots
from aura.safety.snapshots.differences import compare
from aura.store.log import SessionLog
from aura.store.memory import MemoryLog

Result = TypeVar("Result")
NOTHING_KEPT = (
    "Nothing was kept of the files of this session: no tool of it has changed any, or undo.enabled is off."
)
TOLD = 20  # files that the model is told by name
DIFFS = 2_000_000  # characters of diffs in one preview


@dataclass(frozen=True, slots=True)
class UndoWish:
    """What is wanted: back to `place` (an event's number, `TURN.STEP`, empty: all of the run), or the undo undone.

    `paths` narrows it down (empty: everything); `others` is what becomes of files that a person changed since,
    `choices` the same for some of them by path: `mine` stays, `old` comes back, or the old one is put `beside` it.
    """

    place: str = ""
    redo: bool = False
    paths: tuple[str, ...] = ()
    others: Others = "mine"
    choices: Mapping[str, Others] = field(default_factory=dict)
    by: str = "human"


@dataclass(frozen=True, slots=True)
class FilePreview:
    """What would become of one file; `conflict` says why a person has to choose (empty: they need not)."""

    path: str
    verb: str
    added: int = 0
    removed: int = 0
    diff: str = ""
    note: str = ""
    conflict: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What an undo would do: `what` it is, its files, what cannot be put back, what was never covered."""

    what: str
    snapshot: int
    files: tuple[FilePreview, ...] = ()
    lost: tuple[tuple[str, str], ...] = ()
    gaps: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did; `kept` stayed because a person changed it, `failed` are paths with the reason."""

    what: str
    paths: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


class Undoing:
    """Undoes what one session did to files; this process holds its lease."""

    def __init__(
        self, session: LocalSession, snapshots: Snapshots | None, log: SessionLog | MemoryLog
    ) -> None:
        self._session = session
        self._snapshots = snapshots
        self._log = log

    async def preview(self, wish: UndoWish) -> Preview:
        """What would be done; nothing is changed. Raises `AuraError` for a place that there is not."""
        require_rest(self._session, "undo")
        snapshots = self._need_snapshots()
        await self._log.flush()

        def look() -> Preview:
            to, what = self._find(snapshots, wish)
            plan = self._plan(snapshots, to, wish)
            return Preview(
                what,
                to.id,
                tuple(_describe(snapshots, plan)),
                tuple((show(path), why) for path, why in plan.lost.items()),
                tuple((show(path) or ".", why) for path, why in plan.gaps.items()),
            )

        return await _guard(look)

    async def undo(self, wish: UndoWish) -> Undone:
        """Do it; the log says what was put back, and the model is told. Raises `AuraError`."""
        require_rest(self._session, "undo")
        snapshots = self._need_snapshots()
        await self._log.flush()
        seq = self._log.last_seq

        def act() -> tuple[str, Snapshot, Restored]:
            to, what = self._find(snapshots, wish)
            plan = self._plan(snapshots, to, wish)
            chosen = {one.path: wish.choices.get(show(one.path), wish.others) for one in plan.conflicts}
            done = snapshots.restore(
                plan,
                seq=seq,
                old=[path for path, choice in chosen.items() if choice == "old"],
                beside=[path for path, choice in chosen.items() if choice == "beside"],
            )
            return what, to, done

        what, to, done = await _guard(act)
        paths, beside = tuple(map(show, done.paths)), tuple(map(show, done.beside))
        if paths or beside:
            self._session.record(
                FilesRestored(
                    to.id,
                    done.before.id,
                    what,
                    (paths + beside)[:LONGEST_LIST],
                    len(paths) + len(beside),
                    len(done.kept),
                    len(done.failed),
                    wish.by,
                )
            )
            count = len(paths) + len(beside)
            many = "1 file is" if count == 1 else f"{count} files are"
            self._session.record(
                NoticeShown(
                    f"{many} put back as they were {what}; `aura undo {self._session.id} --redo` undoes it."
                )
            )
            self._session.record(Injected(user(_tell(what, paths + beside), AURA)))
            await self._session.recorder.settle()
        failed = tuple((show(path), why) for path, why in done.failed.items())
        return Undone(what, paths, beside, tuple(map(show, done.kept)), failed)

    def _need_snapshots(self) -> Snapshots:
        if self._snapshots is None or self._snapshots.is_empty:
            raise AuraError(NOTHING_KEPT)
        return self._snapshots

    def _plan(self, snapshots: Snapshots, to: Snapshot, wish: UndoWish) -> RestorePlan:
        plan = snapshots.plan(to)
        if not wish.paths:
            return plan
        known = {show(one.path): one.path for one in (*plan.changes, *plan.conflicts)}
        wanted = {path for shown, path in known.items() if _is_within(shown, wish.paths)}
        return RestorePlan(
            to,
            tuple(one for one in plan.changes if one.path in wanted),
            tuple(one for one in plan.conflicts if one.path in wanted),
            {path: why for path, why in plan.lost.items() if _is_within(show(path), wish.paths)},
            plan.gaps,
        )

    def _find(self, snapshots: Snapshots, wish: UndoWish) -> tuple[Snapshot, str]:
        """The snapshot to go back to, and what that is in words."""
        if wish.redo:
            done = [one.event for one in self._log.read(types=("files_restored",))]
            last = done[-1] if done else None
            if not isinstance(last, FilesRestored):
                raise AuraError("No files of this session were put back yet: there is no undo to undo.")
            found = snapshots.find(last.before)
            what = "before the last undo"
        else:
            seq, what = self._find_place(wish.place)
            found = snapshots.at(seq)
        if found is None:
            raise AuraError("That is too long ago: the snapshots of that time made room for newer ones.")
        return found, what

    def _find_place(self, place: str) -> tuple[int, str]:
        """The event to go back to the time behind, and what that is in words."""
        if not place:
            runs = self._log.read(types=("run_started",))
            started = [one.seq for one in runs if isinstance(one.event, RunStarted)]
            return (started[-1] - 1, "before the run") if started else (0, "when the session began")
        turn, dot, step = place.partition(".")
        if not turn.isdecimal() or (dot and not step.isdecimal()):
            raise AuraError(
                f"A place is the number of an event, or TURN.STEP such as 2.4; {place!r} is neither."
            )
        if not dot:
            last = self._log.last_seq
            if int(turn) > last:
                raise AuraError(f"There is no event {turn} in this session: it has events 1 to {last}.")
            return int(turn), f"after event {turn}"
        return self._find_step(int(turn), int(step)) - 1, f"before step {step} of turn {turn}"

    def _find_step(self, turn: int, step: int) -> int:
        """The event that a step begins with."""
        now = 0
        for one in self._log.read(types=("turn_started", "step_started")):
            if isinstance(one.event, TurnStarted):
                now = one.event.number
            elif isinstance(one.event, StepStarted) and (now, one.event.step) == (turn, step):
                return one.seq
        raise AuraError(
            f"There is no step {step} of turn {turn} in this session; `aura rewind` lists its places."
        )


async def _guard(work: Callable[[], Result]) -> Result:
    """Do it in a thread; what the disk refuses becomes one sentence."""
    try:
        return await work_in_thread(work)
    except FAILURES as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise AuraError(f"The snapshots of this session cannot be used ({reason}).") from error


def show(path: str) -> str:
    """A path as text that can be shown and sent: bytes that are not UTF-8 are written as hexadecimal escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _is_within(path: str, wanted: tuple[str, ...]) -> bool:
    return any(path == one or path.startswith(f"{one.rstrip('/')}/") for one in wanted)


def _describe(snapshots: Snapshots, plan: RestorePlan) -> list[FilePreview]:
    """The files of a plan with what would become of them; diffs are left out once there are too many."""
    room = DIFFS
    files = []
    every: list[Change] = sorted((*plan.changes, *plan.conflicts), key=lambda one: one.path)
    for change in every:
        shown = show(change.path)
        conflict = change.reason if isinstance(change, Conflict) else ""
        if room <= 0:
            files.append(FilePreview(shown, change.verb, note="not compared", conflict=conflict))
            continue
        found = compare(change, snapshots.read(change.path), snapshots.content(change.old), shown)
        room -= len(found.diff)
        files.append(
            FilePreview(shown, change.verb, found.added, found.removed, found.diff, found.note, conflict)
        )
    return files


def _tell(what: str, paths: tuple[str, ...]) -> str:
    """What the model is told of it."""
    named = ", ".join(shorten(path, 200) for path in paths[:TOLD])
    more = f" and {len(paths) - TOLD} more" if len(paths) > TOLD else ""
    return (
        f"The person put files back as they were {what}: {named}{more}. What you know of them is out of date; read"
        " them again before you change them, and do not repeat what was undone unless you are asked to."
    )
