"""Orders from any process: told to the engine that has the session, or written under its lease when none is alive."""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

from aura import __version__
from aura.app import sockets
from aura.app.approvals import tell_answer
from aura.app.pursuit import Pursuit
from aura.app.remote import EngineGone, RemoteSession, attach
from aura.app.session import LocalSession
from aura.core.clock import SystemClock
from aura.core.errors import AuraError, SessionLocked
from aura.core.events import CHOSEN, Checkpointed, ModelChanged, QuestionAnswered
from aura.core.limits import StopReason
from aura.core.run import Phase, Run
from aura.core.turn import fold
from aura.runs.orders import Wanted, find_question, make_answer, plan
from aura.store.codec import decode_value
from aura.store.lease import read_holder
from aura.store.log import SessionLog, Writing

HELLO_SECONDS = 3.0  # until a living engine counts as hanging
OPENING = 5.0  # seconds that a process which is opening or closing the session is waited for
PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of an order: where the run stands, and whether a living process took it (it acts by itself)."""

    run: Run
    was_live: bool


async def send_order(folder: Path, wanted: Wanted, *, take_over: bool = False) -> Sent:
    """Have an order carried out for the run in a session's folder.

    Raises `AuraError` with one sentence: for what cannot be done, and for a process that holds the session and does
    not answer; `take_over` takes it away from that one, which cannot write any more then.
    """
    found = await reach(folder, take_over=take_over)
    if isinstance(found, SessionLog):
        return Sent(await _write(folder, wanted, found), was_live=False)
    try:
        return Sent(await _tell(found, wanted), was_live=True)
    finally:
        await found.leave(keep=True)


async def reach(folder: Path, *, take_over: bool) -> RemoteSession | SessionLog:
    """The living engine, or the log with its lease; a process that is opening or closing it is waited for."""
    end = time.monotonic() + OPENING
    while not take_over:
        session = await find_engine(folder)
        if session is not None:
            return session
        try:
            return SessionLog.open(folder, write=True, writing=Writing())
        except SessionLocked as error:
            if time.monotonic() > end:
                raise AuraError(f"{error.sentence.rstrip('.')}, or use --take-over.") from None
        await asyncio.sleep(PAUSE)
    return SessionLog.open(folder, write=True, writing=Writing(take_over=True))


async def find_engine(folder: Path) -> RemoteSession | None:
    """The living engine; None when there is none. Raises `AuraError` when it lives and does not answer."""
    connection = sockets.connect(folder)
    if connection is None:
        return None
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            session = await attach(connection)
    except EngineGone:
        return None
    except TimeoutError:
        holder = read_holder(folder)
        which = f" (process {holder.pid} on {holder.host})" if holder is not None else ""
        raise AuraError(
            f"The process that has the run {folder.name}{which} does not answer: it is stopped, or it hangs. End it,"
            " or repeat this with --take-over to take the run away from it."
        ) from None
    session.listen()
    return session


async def _tell(session: RemoteSession, wanted: Wanted) -> Run:
    """Have the engine carry it out; an answer goes to the question that waits there, if one does."""
    found = find_question(session.turn, wanted.question) if wanted.kind == "answer" else None
    if found is not None:
        await session.answer(found[0], make_answer(found[1], wanted.text))
        return session.turn.run
    run: Run = decode_value(Run, await session.line.ask("order", wanted=wanted))
    return run


async def _write(folder: Path, wanted: Wanted, log: SessionLog) -> Run:
    """Settle what a dead process left, write the order and what follows from it; the log is closed then."""
    with contextlib.closing(log):
        session = open_local(folder, log)
        now = session.clock.now()
        plan(session.turn, wanted, now)  # what cannot be done is refused before anything is recorded
        wanted = _answer(session, wanted)
        events = plan(session.turn, wanted, now)
        session.resume(log.lease.holder.name if log.lease else "", __version__)
        if wanted.model:
            session.record(ModelChanged(wanted.model, CHOSEN))
        for event in events:
            session.record(event)
        run = await Pursuit(session).halt()
        await log.flush()
    return run


def _answer(session: LocalSession, wanted: Wanted) -> Wanted:
    """An answer to a question whose asker is gone: it is recorded, and becomes what the run goes on with."""
    found = find_question(session.turn, wanted.question) if wanted.kind == "answer" else None
    if found is None:
        return wanted
    name, question = found
    answer = make_answer(question, wanted.text)
    session.record(QuestionAnswered(name, answer, wanted.by))
    return Wanted("answer", wanted.by, tell_answer(question, answer))


async def fail_run(folder: Path, sentence: str) -> None:
    """Write down that the run cannot go on, unless it rests; nothing is written while somebody has the session."""
    with contextlib.suppress(AuraError):
        log = SessionLog.open(folder, write=True)
        with contextlib.closing(log):
            session = open_local(folder, log)
            turn, run = session.turn, session.turn.run
            if run.name and run.phase.is_active:
                spend = turn.spend - run.since.before
                session.record(
                    Checkpointed(
                        run.name,
                        Phase.FAILED,
                        spend,
                        run.taken,
                        run.prompt,
                        run.prompt_by,
                        reason=StopReason.CONFIG,
                        detail=sentence,
                    )
                )
                await log.flush()


def open_local(folder: Path, log: SessionLog) -> LocalSession:
    """The session of a log that this process writes, without anything that could run a turn."""
    return LocalSession(
        folder.name, folder, fold(recorded.event for recorded in log.read()), log, SystemClock()
    )
