"""Puts aside what a command is about to delete or overwrite, where the snapshots do not keep it."""

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from aura.app.session import LocalSession
from aura.app.snapshotting import MEGABYTE, Snapshotting
from aura.config.undoing import Undo
from aura.core.events import FilesTrashed
from aura.core.messages import ToolCall
from aura.core.text import shorten
from aura.core.threads import work_in_thread
from aura.core.tools import Access, Effect
from aura.core.trashed import LONGEST_LIST
from aura.safety.refs import rewrites_history, save_refs
from aura.safety.shell import CommandFacts
from aura.safety.snapshots import FAILURES
from aura.safety.trash import Kept, Trash

DELETE = frozenset({"rm", "rmdir", "unlink"})
LONGEST_WHY = 200
LEFT = ("/tmp", "/var/tmp", "/dev")  # noqa: S108 - what lies there is not meant to last
MISSED = 10  # paths that are named because they could not be kept


class Trashing:
    """Surrounds the calls of a session: snapshots first (`files`), then the trash for what they do not cover.

    `examine` reads a shell text. A failure never stops a turn: what could not be kept is named.
    """

    def __init__(
        self,
        session: LocalSession,
        files: Snapshotting,
        examine: Callable[[str], CommandFacts],
        settings: Undo,
    ) -> None:
        self._session = session
        self._files = files
        self._examine = examine
        self._trash = Trash(session.folder, settings.megabytes * MEGABYTE)
        self._left = tuple(
            os.path.realpath(place) for place in (session.folder, tempfile.gettempdir(), *LEFT)
        )

    def surround(self, call: ToolCall, effect: Effect, access: Access) -> AbstractAsyncContextManager[None]:
        """What happens around a call."""
        inner = self._files.surround(call, effect, access)
        is_edit = effect is Effect.WRITE and bool(access.writes)
        if not is_edit and (effect is not Effect.EXECUTE or not access.command):
            return inner
        return self._keep(inner, call, access)

    @contextlib.asynccontextmanager
    async def _keep(
        self, inner: AbstractAsyncContextManager[None], call: ToolCall, access: Access
    ) -> AsyncIterator[None]:
        async with inner:
            facts = (
                self._examine(access.command) if access.command else CommandFacts((), writes=access.writes)
            )
            paths = self._find_places(facts, access)
            rewrites = any(rewrites_history(part.argv) for part in facts.parts)
            if paths or rewrites:
                event = await work_in_thread(
                    lambda: self._save(call, access, facts, paths, rewrites=rewrites)
                )
                if event.count or event.missed or event.refs:
                    self._session.record(event)
                    await self._session.recorder.settle()
            yield

    def _save(
        self, call: ToolCall, access: Access, facts: CommandFacts, paths: list[str], *, rewrites: bool
    ) -> FilesTrashed:
        acting = [part for part in facts.parts if not part.harmless]
        is_deleted = bool(acting) and all(
            bool(part.argv) and part.argv[0].rpartition("/")[2] in DELETE for part in acting
        )
        kept, refs = Kept(), ""
        try:
            kept = self._trash.keep(
                paths,
                shorten(access.command or call.name, LONGEST_WHY),
                is_covered=self._is_covered,
                is_deleted=is_deleted and not any(">" in word for part in acting for word in part.argv),
            )
            refs = (
                save_refs(self._files.workspace, f"{self._session.id}/{int(self._session.clock.now())}")
                if rewrites
                else ""
            )
        except OSError as error:
            kept.missed[access.command] = error.strerror or str(error)
        missed = [f"{path}: {why}" for path, why in kept.missed.items()][:MISSED]
        names = tuple(one.path for one in kept.entries[:LONGEST_LIST])
        size = sum(one.size for one in kept.entries)
        return FilesTrashed(call.id, names, len(kept.entries), size, tuple(missed), refs)

    def _find_places(self, facts: CommandFacts, access: Access) -> list[str]:
        """The paths that a call writes, below its own folder too, without those of what is not meant to last."""
        root = os.path.realpath(self._files.workspace)
        folders = [Path(root, folder) for folder in access.reads]
        found = []
        for given in facts.writes:
            path = os.path.normpath(os.path.join(root, os.path.expanduser(given)))  # noqa: PTH111, PTH118 - as tools do
            if path.startswith(f"{root}/"):
                found += [path, *(str(folder / path.removeprefix(f"{root}/")) for folder in folders)]
            elif not any(path == place or path.startswith(f"{place}/") for place in self._left):
                found.append(path)
        return found

    def _is_covered(self, path: str) -> bool:
        """Whether the snapshot that was taken just now holds what stands at a path."""
        snapshots = self._files.snapshots
        root = os.path.realpath(self._files.workspace)
        if snapshots is None or snapshots.is_empty:
            return False
        with contextlib.suppress(*FAILURES):
            return snapshots.content(path.removeprefix(f"{root}/")) is not None
        return False
