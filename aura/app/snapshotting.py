"""Takes snapshots of the workspace around what a session does: who changed a file is known from when it changed."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from aura.app.found_changes import find_changes
from aura.app.session import LocalSession
from aura.config.paths import data_dir, state_dir
from aura.config.undoing import Undo
from aura.core.events import NoticeShown, Recorded, SnapshotTaken
from aura.core.evidence import FileChange
from aura.core.messages import ToolCall
from aura.core.permissions import Facts
from aura.core.threads import work_in_thread
from aura.core.tools import Access, CommandResult, CommandRunner, Effect, OutputSink
from aura.safety.snapshots import FAILURES, Bounds, Snapshot, Snapshots

MEGABYTE = 1_000_000
Gather = Callable[[str, Effect, Access], Facts]


def open_snapshots(session_dir: Path, workspace: Path, settings: Undo) -> Snapshots:
    """The snapshots of a session, as the settings bound them; for the holder of its lease."""
    bounds = Bounds(
        bytes=settings.megabytes * MEGABYTE,
        file_bytes=int(settings.file_megabytes * MEGABYTE),
        files=settings.files,
        seconds=settings.seconds,
    )
    return Snapshots(session_dir, workspace, bounds, excluded=(data_dir(), state_dir()))


class Runner(Protocol):
    """What says whether a command runs, and when the last one has ended."""

    on_idle: Callable[[], None]

    @property
    def is_busy(self) -> bool:
        """Whether a command runs now, in the background or not."""
        ...


class Snapshotting:
    """Keeps the files of one session's workspace before and after what may change them.

    `snapshots` is None when the settings say so. `runner` is where the session's commands run, in the background,
    too. A failure never stops a turn: it is told once, and what could not be kept is a person's from then on.
    """

    def __init__(
        self,
        session: LocalSession,
        workspace: Path,
        settings: Undo,
        gather: Gather,
        runner: Runner,
    ) -> None:
        self.workspace = workspace
        self.snapshots = open_snapshots(session.folder, workspace, settings) if settings.enabled else None
        self.seq = 0
        self._session = session
        self._gather = gather
        self._runner = runner
        runner.on_idle = self.note_idle
        self._depth = 0
        self._was_told = False
        self._has_jobs = False
        self._settling: asyncio.Task[None] | None = None
        session.watchers.append(self._watch)

    def surround(self, call: ToolCall, effect: Effect, access: Access) -> AbstractAsyncContextManager[None]:
        """What happens around a call; one that is known to change nothing is left alone."""
        facts = self._gather(call.name, effect, access)
        if effect is Effect.EXECUTE and access.command and not (facts.risky or facts.consent):
            return contextlib.nullcontext()
        if effect is Effect.NETWORK and access.url:
            return contextlib.nullcontext()
        paths = self._locate(access.writes) if effect is Effect.WRITE and access.writes else None
        return self.keep(call.name, paths)

    @contextlib.asynccontextmanager
    async def keep(self, label: str, paths: Collection[str] | None = None) -> AsyncIterator[None]:
        """Keep the workspace, or some paths, before and after what is done within; what is found then is its doing."""
        snapshots = self.snapshots
        if snapshots is None or self._depth:
            yield
            return
        self._depth += 1
        try:
            await self._wait()
            was_kept = await self._try(lambda: snapshots.enter(self.seq, label, paths))
            try:
                yield
            finally:
                if was_kept:
                    await asyncio.sleep(0)  # a job that was begun just now runs from here on
                    self._has_jobs = self._runner.is_busy
                    await self._try(
                        lambda: snapshots.leave(self.seq, label, paths, is_busy=self._has_jobs),
                        is_told=paths is None,
                    )
        finally:
            self._depth -= 1

    @property
    def is_settling(self) -> bool:
        """Whether what ended jobs did is being kept."""
        return self._settling is not None and not self._settling.done()

    def note_idle(self) -> None:
        """No command runs any more: what background jobs wrote until now is the session's doing."""
        if self._has_jobs and not self._depth:
            self._has_jobs = False
            self._settling = asyncio.get_running_loop().create_task(self._settle())

    async def close(self) -> None:
        """Keep what the last jobs did and let go of the files; after the commands were ended."""
        await self._wait()
        if self._has_jobs:
            await self._settle(is_recorded=False)
        if self.snapshots is not None:
            with contextlib.suppress(*FAILURES):
                self.snapshots.close()

    async def _wait(self) -> None:
        if self._settling is not None:
            await asyncio.wait([self._settling])
            self._settling = None

    async def _settle(self, *, is_recorded: bool = True) -> None:
        snapshots = self.snapshots
        if snapshots is not None:
            self._has_jobs = False
            await self._try(
                lambda: snapshots.leave(self.seq, "background job"),
                is_recorded=is_recorded,
                is_told=is_recorded,
            )

    async def _try(
        self, take: Callable[[], Snapshot | None], *, is_recorded: bool = True, is_told: bool = False
    ) -> bool:
        """Take a snapshot in a thread and record it, with (`is_told`) what became of files; False when that failed."""
        files: tuple[FileChange, ...] = ()

        def work() -> Snapshot | None:
            nonlocal files
            taken = take()
            if taken is not None and is_told and self.snapshots is not None:
                files = find_changes(self.snapshots, taken)
            return taken

        try:
            taken = await work_in_thread(work)
        except FAILURES as error:
            if is_recorded:
                self._tell(error)
            return False
        if taken is not None and is_recorded:
            self._session.record(SnapshotTaken(taken.id, taken.label, taken.by, taken.changed, files))
        return True

    def _tell(self, error: Exception) -> None:
        if not self._was_told:
            self._was_told = True
            reason = getattr(error, "strerror", None) or str(error)
            self._session.record(
                NoticeShown(
                    f"What is changed now cannot be kept for `aura undo` ({reason}); the work goes on.",
                    "warning",
                )
            )

    def _locate(self, writes: Collection[str]) -> list[str]:
        """The paths that a tool names, as snapshots name them, with the folders that it would make."""
        root = os.path.realpath(self.workspace)
        paths: list[str] = []
        for given in writes:
            if not _is_path(given):  # the tool will say so
                continue
            full = os.path.realpath(os.path.join(root, os.path.expanduser(given)))  # noqa: PTH111, PTH118 - as tools do
            above = os.path.dirname(full)  # noqa: PTH120
            while above.startswith(f"{root}/") and not os.path.lexists(above):
                paths.append(above)
                above = os.path.dirname(above)  # noqa: PTH120
            paths.append(full)
        return [path.removeprefix(f"{root}/") for path in dict.fromkeys(paths)]

    def _watch(self, recorded: Recorded) -> None:
        self.seq = recorded.seq or self.seq


def _is_path(given: str) -> bool:
    try:
        return b"\0" not in os.fsencode(given)
    except UnicodeEncodeError:
        return False


class KeptRunner:
    """A command runner whose commands are aura's own (checks): what they change is kept as the session's doing."""

    def __init__(self, runner: CommandRunner, snapshotting: Snapshotting) -> None:
        self._runner = runner
        self._snapshotting = snapshotting

    async def run(
        self, command: str, *, cwd: Path, timeout: float, on_output: OutputSink | None = None
    ) -> CommandResult:
        """Run to the end; see `CommandRunner`."""
        async with self._snapshotting.keep("check"):
            return await self._runner.run(command, cwd=cwd, timeout=timeout, on_output=on_output)
