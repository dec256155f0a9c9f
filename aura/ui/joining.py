"""How a face comes to its session."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aura.app.options import SessionOptions
from aura.app.session import Session
from aura.core.events import Recorded

if TYPE_CHECKING:
    from aura.app.opening import Attaching, Starting


@dataclass(frozen=True, slots=True)
class Joined:
    """A session and what happened before it was joined: the newest place of its log, and what still matters.

    `listen` begins the stream of events; it is called when the watchers are there.
    """

    session: Session
    last_seq: int = 0
    shown: tuple[Recorded, ...] = ()
    listen: Callable[[], None] = lambda: None
    on_lost: Callable[[Callable[[str], None]], None] = lambda told: None


Join = Callable[[SessionOptions], Awaitable[Joined]]


def make_join(first: "Starting | Attaching | None") -> Join:
    """A function that joins sessions in engines of their own; the first may be on its way already."""
    import asyncio

    from aura.app.opening import open_remote

    waiting = [first] if first is not None else []

    async def join(wanted: SessionOptions) -> Joined:
        begun = waiting.pop() if waiting else await asyncio.to_thread(open_remote, wanted)
        session = await begun.finish()

        def on_lost(told: Callable[[str], None]) -> None:
            session.on_lost = told

        return Joined(session, session.hello.last_seq, session.hello.shown, session.listen, on_lost)

    return join
