"""Leaving a session: what is over in a moment is not said to go on."""

import asyncio

from aura.app.session import Session

MOMENT = 0.5  # seconds; after a turn's last words its checks, notes and log are still to come
LOOK = 0.02  # seconds between two looks


async def find_whether_it_goes_on(session: Session | None) -> bool:
    """Whether something runs in the session, and still does after `MOMENT`."""
    if session is None:
        return False
    for _ in range(round(MOMENT / LOOK)):
        if not session.is_running:
            return False
        await asyncio.sleep(LOOK)
    return session.is_running
