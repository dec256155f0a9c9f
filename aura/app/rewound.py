"""A rewind from any process: told to the engine that has the session, or written under its lease."""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

from aura import __version__
from aura.app.orders import OPENING, PAUSE, find_engine, open_local
from aura.app.rewinding import Rewinding
from aura.core.errors import AuraError, SessionLocked
from aura.runs.points import POINTS, Point, list_points
from aura.store.log import SessionLog, Writing
from aura.store.rows import read_events


@dataclass(frozen=True, slots=True)
class Wish:
    """Where to go back to, and what of it."""

    to: int
    files: bool = False
    conversation: bool = True


def read_points(folder: Path) -> list[Point]:
    """The places of a session that one can go back to, oldest first, read from its log; raises `StoreFault`."""
    return list_points(read_events(folder, types=POINTS))


async def send_rewind(folder: Path, wish: Wish, *, take_over: bool = False) -> str:
    """Go back in the session of a folder, whoever has it open; the prompt that stood there (empty: none).

    Raises `AuraError` with one sentence, also for a process that holds the session and does not answer; `take_over`
    takes it away from that one.
    """
    end = time.monotonic() + OPENING
    while not take_over:
        session = await find_engine(folder)
        if session is not None:
            try:
                return await session.rewind(wish.to, files=wish.files, conversation=wish.conversation)
            finally:
                await session.leave(keep=True)
        try:
            return await _write(folder, wish, Writing())
        except SessionLocked as error:
            if time.monotonic() > end:
                raise AuraError(f"{error.sentence.rstrip('.')}, or use --take-over.") from None
        await asyncio.sleep(PAUSE)
    return await _write(folder, wish, Writing(take_over=True))


async def _write(folder: Path, wish: Wish, writing: Writing) -> str:
    """Take the lease, settle what a dead process left, and go back."""
    log = SessionLog.open(folder, write=True, writing=writing)
    with contextlib.closing(log):
        session = open_local(folder, log)
        session.resume(log.lease.holder.name if log.lease else "", __version__)
        prompt = await Rewinding(session, log).rewind(
            wish.to, files=wish.files, conversation=wish.conversation
        )
        await log.flush()
    return prompt
