"""The conversation as the log has it."""

from collections.abc import Iterator, Sequence

from aura.app.session import LocalSession
from aura.core.events import Recorded
from aura.store.log import SessionLog
from aura.store.memory import MemoryLog


def read_said(session: LocalSession, log: SessionLog | MemoryLog, types: Sequence[str]) -> Iterator[Recorded]:
    """The events of a session's log of these types that its conversation is made of."""
    trail = session.turn.rest.trail
    return (one for one in log.read(types=types) if trail.holds(one.seq))
