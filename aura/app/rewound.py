"""A rewind from any process: told to the engine that has the session, or written under its lease."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from aura import __version__
from aura.app.orders import open_local, reach
from aura.app.remote import RemoteSession
from aura.app.rewinding import Rewinding
from aura.app.undoing import UndoWish
from aura.app.undos import send_undo
from aura.runs.points import POINTS, Point, list_points
from aura.store.rows import read_events


@dataclass(frozen=True, slots=True)
class Wish:
    """Where to go back to, and whether the files go back, too."""

    to: int
    files: bool = False


def read_points(folder: Path) -> list[Point]:
    """The places of a session that one can go back to, oldest first, read from its log; raises `StoreFault`."""
    return list_points(read_events(folder, types=POINTS))


async def send_rewind(folder: Path, wish: Wish, *, take_over: bool = False) -> str:
    """Go back in the session of a folder, whoever has it open; the prompt that stood there (empty: none).

    Raises `AuraError` with one sentence, also for a process that holds the session and does not answer; `take_over`
    takes it away from that one.
    """
    if wish.files:
        await send_undo(folder, UndoWish(str(wish.to)), take_over=take_over)
    found = await reach(folder, take_over=take_over)
    if isinstance(found, RemoteSession):
        try:
            return await found.rewind(wish.to)
        finally:
            await found.leave(keep=True)
    with contextlib.closing(found):
        session = open_local(folder, found)
        session.resume(found.lease.holder.name if found.lease else "", __version__)
        prompt = await Rewinding(session, found).rewind(wish.to)
        await found.flush()
    return prompt
