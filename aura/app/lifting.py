"""Allowing a refused call from any process: told to the engine that has the session, or written under its lease."""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

from aura import __version__
from aura.app.approvals import DENIED, Grant
from aura.app.orders import OPENING, PAUSE, Sent, find_engine, open_local
from aura.app.pursuit import Pursuit
from aura.core.denials import Denials, lift
from aura.core.errors import AuraError, SessionLocked
from aura.core.events import Event, SessionStarted
from aura.core.messages import HUMAN
from aura.core.permissions import Allow
from aura.core.run import Phase
from aura.core.turn import Turn, fold
from aura.runs.orders import Wanted, plan
from aura.safety.grants import Grants
from aura.store.log import SessionLog, Writing
from aura.store.rows import read_events


@dataclass(frozen=True, slots=True)
class Lift:
    """Which refused call is to be allowed, and whether its rule is to hold for the project from now on."""

    number: int
    as_rule: bool = False


def read_denials(folder: Path) -> Denials:
    """What was refused in a session, from its log; raises `StoreError`."""
    return fold(recorded.event for recorded in read_events(folder)).rest.denials


async def send_lift(folder: Path, wanted: Lift, *, take_over: bool = False) -> Sent:
    """Allow a refused call in the session of a folder, whoever has it open; a run that is blocked goes on then.

    Raises `AuraError` with one sentence, also for a process that holds the session and does not answer; `take_over`
    takes it away from that one.
    """
    end = time.monotonic() + OPENING
    while not take_over:
        session = await find_engine(folder)
        if session is not None:
            try:
                scope: Grant = "project" if wanted.as_rule else ""
                await session.decide(f"{DENIED}{wanted.number}", Allow(HUMAN), scope)
                return Sent(session.turn.run, was_live=True)
            finally:
                await session.leave(keep=True)
        try:
            return await _write(folder, wanted, Writing())
        except SessionLocked as error:
            if time.monotonic() > end:
                raise AuraError(f"{error.sentence.rstrip('.')}, or use --take-over.") from None
        await asyncio.sleep(PAUSE)
    return await _write(folder, wanted, Writing(take_over=True))


async def _write(folder: Path, wanted: Lift, writing: Writing) -> Sent:
    """Take the lease, settle what a dead process left, and record it."""
    log = SessionLog.open(folder, write=True, writing=writing)
    with contextlib.closing(log):
        session = open_local(folder, log)
        allowed = lift(session.turn.rest.denials, wanted.number, HUMAN, as_rule=wanted.as_rule)
        events = [allowed, *_resume(session.turn, session.clock.now())]
        if allowed.rule:
            begun = next(one.event for one in log.read() if isinstance(one.event, SessionStarted))
            Grants(Path(begun.workspace)).add(allowed.rule, "project")
        session.resume(log.lease.holder.name if log.lease else "", __version__)
        for event in events:
            session.record(event)
        run = await Pursuit(session).halt()
        await log.flush()
    return Sent(run, was_live=False)


def _resume(turn: Turn, now: float) -> tuple[Event, ...]:
    """The order to go on with a run that is blocked."""
    return plan(turn, Wanted("resume"), now) if turn.run.name and turn.run.phase is Phase.BLOCKED else ()
