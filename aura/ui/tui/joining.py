"""How the interface comes to its session."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aura.app.options import SessionOptions
from aura.app.session import Session
from aura.core.events import Recorded

WANTS_DEMO = 240  # the interface's result when a person chose to watch the demo instead


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
