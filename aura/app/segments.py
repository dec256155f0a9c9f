"""A piece of a run: a worker looks after it for a while, in an engine of its own that outlives the worker."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aura.app import sockets
from aura.app.folders import find_wanted
from aura.app.notifying import tell_failure
from aura.app.opening import Starting
from aura.app.options import SessionOptions
from aura.app.orders import fail_run
from aura.app.remote import EngineGone, RemoteSession, attach
from aura.app.wire import EngineFailed
from aura.core.run import Phase, Run
from aura.store.codec import decode_value

PATIENCE = 60.0  # seconds: longer waits end a segment
AGAIN = 15.0  # seconds until the next try when the session is open elsewhere, or its engine died or hangs
HELLO_SECONDS = 10.0
ELSEWHERE = "The session is open in another process; it is tried again."
HANGING = "The engine of the session does not answer; it is tried again."
DIED = "The engine of the session ended; the next one goes on where it was."


@dataclass(frozen=True, slots=True)
class SegmentEnd:
    """How a segment ended: where the run stands, the Unix time at which the next one should begin (0: at once), why.

    An active phase wants another segment, all others are where the run rests.
    """

    phase: Phase
    wake: float = 0.0
    detail: str = ""


async def run_segment(
    workspace: Path, session: str, sessions: Path | None, flags: Mapping[str, Any], seconds: float
) -> SegmentEnd:
    """Have the run of a session pursued until it rests, waits for longer than a minute, or `seconds` are over.

    The engine that lives is joined, else one is started; it goes on when the segment ends or this process dies.
    `sessions` is the folder that the session lies in (None: the user's for the workspace), `flags` are settings for
    an engine that is started. A run that cannot be opened is marked as failed; one whose living engine does not
    speak with this version is left as it is, to be tried again. Raises `ConfigError` when there is no such session.
    Cancelled, it leaves the engine at work.
    """
    options = SessionOptions(workspace, resume=session, sessions=sessions, flags=flags, unattended=True)
    folder = find_wanted(options)
    try:
        remote = await _open(options, folder)
    except TimeoutError:
        return SegmentEnd(Phase.WAITING, time.time() + AGAIN, HANGING)
    except EngineGone:
        return SegmentEnd(Phase.RUNNING, time.time() + AGAIN, DIED)
    except EngineFailed as error:
        if error.is_locked:
            return SegmentEnd(Phase.WAITING, time.time() + AGAIN, ELSEWHERE)
        if sockets.is_live(folder):  # it has the run and speaks with somebody else: another version of aura
            return SegmentEnd(Phase.RUNNING, time.time() + AGAIN, error.sentence)
        await fail_run(folder, error.sentence)
        await tell_failure(workspace, folder.name, error.sentence)
        return SegmentEnd(Phase.FAILED, 0.0, error.sentence)
    try:
        return await _pursue(remote, seconds)
    finally:
        with contextlib.suppress(EngineFailed):
            await remote.leave(keep=True)


async def _open(options: SessionOptions, folder: Path) -> RemoteSession:
    """The session in its living engine, else in one that is started."""
    connection = sockets.connect(folder)
    if connection is not None:
        with contextlib.suppress(EngineGone):  # one that ends at this very moment is replaced
            async with asyncio.timeout(HELLO_SECONDS):
                return await attach(connection)
    return await Starting(options, folder=folder).finish()


async def _pursue(remote: RemoteSession, seconds: float) -> SegmentEnd:
    lost: list[str] = []
    remote.on_lost = lost.append
    remote.listen()
    try:
        async with asyncio.timeout(seconds):
            run: Run = decode_value(Run, await remote.line.ask("pursue", patience=PATIENCE))
    except TimeoutError:
        run = remote.turn.run
        return SegmentEnd(run.phase if run.phase.is_active else Phase.RUNNING, 0.0, "The run goes on.")
    except EngineFailed as error:
        await asyncio.sleep(0)
        if lost or remote.line.is_closed:
            return SegmentEnd(Phase.RUNNING, time.time() + 1.0, DIED)
        return SegmentEnd(Phase.FAILED, 0.0, error.sentence)
    return SegmentEnd(run.phase, run.wake, run.detail)
