"""Allowing a refused call from any process: told to the engine that has the session, or written under its lease."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from aura import __version__
from aura.app.approvals import DENIED, Grant
from aura.app.orders import Sent, open_local, reach
from aura.app.pursuit import Pursuit
from aura.core.denials import Denials, lift
from aura.core.events import Event, SessionStarted
from aura.core.messages import HUMAN
from aura.core.permissions import Allow
from aura.core.run import Phase
from aura.core.turn import Turn, fold
from aura.runs.orders import Wanted, plan
from aura.safety.grants import Grants
from aura.store.log import SessionLog
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
    found = await reach(folder, take_over=take_over)
    if isinstance(found, SessionLog):
        return await _write(folder, wanted, found)
    try:
        scope: Grant = "project" if wanted.as_rule else ""
        await found.decide(f"{DENIED}{wanted.number}", Allow(HUMAN), scope)
        return Sent(found.turn.run, was_live=True)
    finally:
        await found.leave(keep=True)


async def _write(folder: Path, wanted: Lift, log: SessionLog) -> Sent:
    """Settle what a dead process left, and record it; the log is closed then."""
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
