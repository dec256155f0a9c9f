"""Changing sessions: keys are heard while the next one is on its way, and the prompt says what happens."""

import asyncio
from pathlib import Path

from aura.app.options import SessionOptions
from aura.ui.joining import Join, Joined
from tests.ui.tui.rig import Rig, rig


class Slow:
    """Joins sessions as another function does, but not before it is let go; counts those that nobody waited for."""

    def __init__(self, join: Join) -> None:
        self.free = asyncio.Event()
        self.asked: list[SessionOptions] = []
        self.left = 0
        self._join = join

    async def __call__(self, wanted: SessionOptions) -> Joined:
        """Wait, then join."""
        self.asked.append(wanted)
        try:
            await self.free.wait()
        except asyncio.CancelledError:
            self.left += 1
            raise
        return await self._join(wanted)


def slow_down(it: Rig) -> Slow:
    slow = Slow(it.app.link._join)
    it.app.link._join = slow
    return slow


async def test_keys_are_heard_while_another_session_opens(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        first = it.session.id
        slow = slow_down(it)
        await it.app.do("new")
        await it.until(lambda: slow.asked and "starting" in it.text, "the word of the frame")
        assert it.app.session is None
        await it.pilot.press("a", "b")
        assert it.app.chat.prompt.text == "ab"
        await it.pilot.press("ctrl+c")
        assert it.app.chat.prompt.is_empty
        await it.pilot.press("c")
        slow.free.set()
        await it.until(lambda: it.app.session is not None, "the session")
        assert it.session.id != first
        assert it.app.chat.prompt.text == "c"


async def test_ctrl_c_twice_quits_while_a_session_opens(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        slow = slow_down(it)
        await it.app.do("restart")
        await it.until(lambda: slow.asked, "the opening")
        await it.pilot.press("ctrl+c", "ctrl+c")
        await it.until(lambda: it.app.return_code == 0 or not it.app.is_running, "the end")


async def test_the_newest_wish_counts(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        slow = slow_down(it)
        await it.app.do("new")
        await it.until(lambda: len(slow.asked) == 1, "the first opening")
        await it.app.do("new")
        await it.until(lambda: len(slow.asked) == 2, "the second opening")
        assert slow.left == 1
        slow.free.set()
        await it.until(lambda: it.app.session is not None, "the session")
        assert len(slow.asked) == 2


async def test_what_a_session_says_while_it_is_left_is_no_fault(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        before = it.session
        slow = slow_down(it)
        await it.app.do("new")
        await it.until(lambda: slow.asked, "the opening")
        assert it.app.watch_event not in before.watchers
        slow.free.set()
        await it.until(lambda: it.app.session is not None, "the session")
        assert not it.app.has_told
