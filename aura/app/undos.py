"""An undo from any process: told to the engine that has the session, or done under its lease."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

from aura import __version__
from aura.app.orders import open_local, reach
from aura.app.remote import RemoteSession
from aura.app.session import LocalSession
from aura.app.snapshotting import open_snapshots
from aura.app.undoing import Preview, Undoing, Undone, UndoWish
from aura.config.load import load
from aura.core.errors import AuraError
from aura.store.codec import decode_value
from aura.store.index import read_workspace
from aura.store.log import SessionLog


async def preview_undo(folder: Path, wish: UndoWish, *, take_over: bool = False) -> Preview:
    """What an undo in the session of a folder would do; raises `AuraError` with one sentence."""
    async with _open(folder, take_over=take_over) as found:
        if isinstance(found, RemoteSession):
            preview: Preview = decode_value(Preview, await found.query("undo_preview", wish=asdict(wish)))
            return preview
        return await found[1].preview(wish)


async def send_undo(folder: Path, wish: UndoWish, *, take_over: bool = False) -> Undone:
    """Undo in the session of a folder, whoever has it open.

    Raises `AuraError` with one sentence, also for a process that holds the session and does not answer; `take_over`
    takes it away from that one.
    """
    async with _open(folder, take_over=take_over) as found:
        if isinstance(found, RemoteSession):
            undone: Undone = decode_value(Undone, await found.query("undo", wish=asdict(wish)))
            return undone
        session, undoing, log = found
        session.resume(log.lease.holder.name if log.lease else "", __version__)
        return await undoing.undo(wish)


Held = tuple[LocalSession, Undoing, SessionLog]


@contextlib.asynccontextmanager
async def _open(folder: Path, *, take_over: bool) -> AsyncIterator[RemoteSession | Held]:
    """The living engine, or the session itself under its lease."""
    found = await reach(folder, take_over=take_over)
    if isinstance(found, RemoteSession):
        try:
            yield found
        finally:
            await found.leave(keep=True)
        return
    with contextlib.closing(found):
        workspace = read_workspace(folder)
        if not workspace.is_dir():
            raise AuraError(f"The folder of the session is gone: {workspace}. Bring it back, then undo.")
        snapshots = open_snapshots(folder, workspace, load(workspace, trusted=False).undo)
        with contextlib.closing(snapshots):
            session = open_local(folder, found)
            yield session, Undoing(session, snapshots, found), found
            await found.flush()
