"""/denials: the list of what was refused, and one key to allow one of it."""

from typing import cast

import pytest

from aura.app.session import Session
from aura.core import events as ev
from aura.core.messages import ToolCall, ToolResult
from aura.core.permissions import Allow
from aura.core.turn import fold
from aura.ui.tui.docks.denials import DenialsDock, Lifted
from tests.ui.tui.docks.desk import Desk
from tests.ui.tui.docks.plain_stage import STILL, VIEWS, show


def desk() -> Desk:
    """A session in which three calls were refused: by the reviewer, by the hard floor, and one that waits."""
    events: list[ev.Event] = []
    judged = [
        ev.ToolJudged("c1", "deny", "reviewer", "nobody asked for it", "high", True, "Bash(git push:*)"),
        ev.ToolJudged("c2", "deny", "hard floor", "never"),
        ev.ToolJudged("c3", "park", "reviewer", "no reviewer can be reached now", may_be_allowed=True),
    ]
    for one, command in zip(judged, ("git push", "touch /canary", "make\x1b[31m deploy"), strict=True):
        done = ev.ToolFinished(
            ToolCall(one.call_id, "Bash", {"command": command}),
            ToolResult(one.call_id, "no", is_error=True),
            "cancelled" if one.verdict == "park" else "denied",
        )
        events += [one, done]
    made = Desk()
    made.turn = fold(events, made.turn)
    return made


@pytest.mark.parametrize(("size", "look"), VIEWS)
async def test_it_lists_them_newest_first_and_says_why(size: tuple[int, int], look: object) -> None:
    async with show(DenialsDock(cast("Session", desk())), size=size) as it:
        rows = [line for line in it.lines if "Bash" in line]
        assert len(rows) >= 3
        assert "make deploy" in rows[0] and "waits" in rows[0]
        assert "by hard floor" in rows[1]
        assert "git push" in rows[2]
        assert "Enter allow once" in it.text
        assert "\x1b" not in it.text


async def test_enter_allows_once_and_r_the_rule() -> None:
    for keys, scope in ((("down", "down", "enter"), ""), (("down", "down", "r"), "session")):
        room = desk()
        dock = DenialsDock(cast("Session", room))
        async with show(dock, look=STILL) as it:
            await it.press(*keys)
            assert await it.finished() == Lifted(1, scope)  # type: ignore[arg-type] # one of the scopes
            await dock.carry_out(cast("Session", room))
        assert room.said == [("denied-1", Allow("human"), scope)]


async def test_what_cannot_be_allowed_stays_and_says_why() -> None:
    async with show(DenialsDock(cast("Session", desk()))) as it:
        await it.press("down", "enter")
        assert "hard floor" in it.text
        assert not it.app.results
        await it.press("up", "r")
        assert "no rule to offer" in it.text
        assert not it.app.results


async def test_nothing_refused_is_said() -> None:
    async with show(DenialsDock(cast("Session", Desk()))) as it:
        assert "Nothing was refused." in it.text
        await it.press("enter", "escape")
        assert it.app.results == [None]
