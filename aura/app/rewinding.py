"""Taking a session back to an earlier place: its conversation, its files, or both."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Literal

from aura.app.build import Opened
from aura.app.session import LocalSession, Others, require_rest
from aura.app.undoing import Undoing, Undone, UndoWish
from aura.core.errors import AuraError
from aura.core.events import NoticeShown, Recorded
from aura.core.evidence import FileChange
from aura.core.rewind_rules import make_rewound
from aura.core.text import shorten
from aura.core.turn import FOLDED, Turn, fold
from aura.runs.points import LONGEST, POINTS, Point, find_prompt, list_points
from aura.store.log import SessionLog
from aura.store.memory import MemoryLog

NEWEST = 20_000  # events whose steps are listed; of what is older only the prompts
FEW = 5  # failures that are named
KINDS: dict[str, Literal["created", "modified", "deleted"]] = {
    "restore": "modified",
    "delete": "deleted",
    "recreate": "created",
}


class Rewinding:
    """Goes back in one session, whose log this process writes; `undoing` takes back its files (None: it cannot)."""

    def __init__(
        self, session: LocalSession, log: SessionLog | MemoryLog, undoing: Undoing | None = None
    ) -> None:
        self._session = session
        self._log = log
        self._undoing = undoing

    async def points(self) -> list[Point]:
        """The places that one can go back to, oldest first."""
        await self._log.flush()
        return await asyncio.to_thread(self._find_points)

    async def query(self) -> list[dict[str, Any]]:
        """The same as plain values."""
        return [asdict(point) for point in await self.points()]

    async def preview(self, to: int) -> dict[str, Any]:
        """What going back with the files would mean: the changes, and the paths that a person changed since."""
        if self._undoing is None:
            return {"changes": [], "conflicts": []}
        files = (await self._undoing.preview(UndoWish(str(to)))).files
        safe = [one for one in files if not one.conflict]
        changes = [FileChange(one.path, KINDS[one.verb], one.added, one.removed, one.diff) for one in safe]
        conflicts = [one.path for one in files if one.conflict]
        return {"changes": [asdict(one) for one in changes], "conflicts": conflicts}

    async def rewind(
        self, to: int, *, files: bool = False, conversation: bool = True, others: Others = "mine"
    ) -> str:
        """Have the conversation and the todos be as they were after event number `to`; the log keeps everything.

        With `files` those of the workspace go back first, as `Undoing` does it, with `others` for what a person changed
        since; without `conversation` only those. Returns the prompt that a person said there, to be said anew (empty:
        none). Raises `AuraError` while a turn or a run is under way, and for a place that there is not.
        """
        require_rest(self._session, "rewind")
        if not files and not conversation:
            raise AuraError("There is nothing to rewind: name the files, the conversation, or both.")
        last = self._log.last_seq
        if not 1 <= to <= last:
            raise AuraError(f"There is no event {to} in this session: it has events 1 to {last}.")
        undone = await self._take_back(to, others) if files else Undone("")
        prompt = await self._turn_back(to, len(undone.paths) + len(undone.beside)) if conversation else ""
        if undone.failed:
            told = "; ".join(f"{path}: {why}" for path, why in undone.failed[:FEW])
            self._session.record(NoticeShown(f"Not everything could be put back. {told}.", "warning"))
        return prompt

    async def _take_back(self, to: int, others: Others) -> Undone:
        if self._undoing is None:
            raise AuraError("Nothing is kept of the files of this session: rewind the conversation alone.")
        return await self._undoing.undo(UndoWish(str(to), others=others))

    async def _turn_back(self, to: int, files: int) -> str:
        await self._log.flush()
        now, last = self._session.turn, self._log.last_seq
        then, prompt = await asyncio.to_thread(self._look_back, to)
        require_rest(self._session, "rewind")
        if self._session.turn is not now or self._log.last_seq != last:
            raise AuraError("Something happened in the session meanwhile; look at it, and rewind again.")
        title = shorten(prompt, LONGEST)
        self._session.record(make_rewound(now, then, (to, last + 1), "human", title, files))
        await self._session.recorder.settle()
        return prompt

    def _look_back(self, to: int) -> tuple[Turn, str]:
        """Where the session stood after an event, and what a person said next."""
        then = fold(one.event for one in self._until(to, FOLDED))
        return then, find_prompt(self._log.read(to, limit=1))

    def _until(self, to: int, types: Sequence[str]) -> Iterator[Recorded]:
        for one in self._log.read(types=types):
            if one.seq > to:
                return
            yield one

    def _find_points(self) -> list[Point]:
        last = self._log.last_seq
        recent = max(0, last - NEWEST)
        old = [one for one in self._log.read(types=("turn_started", "rewound")) if one.seq <= recent]
        return list_points([*old, *self._log.read(recent, types=POINTS)])


def make_rewinding(opened: Opened) -> Rewinding:
    """The rewinding of an open session."""
    return Rewinding(opened.session, opened.log, Undoing(opened.session, opened.files.snapshots, opened.log))
