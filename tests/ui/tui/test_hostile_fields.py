"""Hostile text in every field that any event can carry, in the real interface: what is painted is only visible text."""

import asyncio
from functools import cache
from typing import Any

import pytest
from hypothesis import Phase, find, settings
from hypothesis import strategies as st
from textual.pilot import Pilot

from aura.core.events import Event, SessionStarted, TurnStarted
from aura.core.messages import user
from aura.core.turn import fold
from aura.ui.look import PALETTES, Look
from tests.store import samples
from tests.test_boundary import FORBIDDEN, HOSTILE
from tests.ui.tui.still import FACTS, make_app, stop_clock

QUICK = settings(max_examples=20, phases=[Phase.generate], database=None, derandomize=True)
PARTS = 6


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    stop_clock(monkeypatch)


@cache
def make_events() -> tuple[Event, ...]:
    """An event of every type, durable or passing, as far as a session could hold it at all."""
    text = st.just(HOSTILE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(samples, "TEXTS", text)
        patch.setattr(
            samples, "JSON", st.fixed_dictionaries({HOSTILE: st.lists(text, min_size=1, max_size=1)})
        )
        found = [find(samples.events(kind), lambda event: True, settings=QUICK) for kind in samples.EVERY]
    return tuple(event for event in found if can_follow(event))


def can_follow(event: Event) -> bool:
    """Whether the state of a session can be told after it."""
    begin: list[Any] = [SessionStarted(FACTS.session, FACTS.workspace, "0.1.0"), TurnStarted(1, user("go"))]
    try:
        fold([*begin, event])
    except Exception:  # noqa: BLE001 - values that no session has
        return False
    return not isinstance(event, SessionStarted)


def painted(pilot: Pilot[Any]) -> str:
    """All text on the screen, as it goes to the terminal."""
    app = pilot.app
    update = app.screen._compositor.render_update(full=True)
    assert update is not None
    segments = app.console.render(update)
    return "".join(segment.text for segment in segments if not segment.control)


def check(text: str) -> None:
    found = FORBIDDEN.search(text)
    assert not found, repr(text[max(0, found.start() - 80) : found.start() + 40])


@pytest.mark.parametrize("part", range(PARTS))
async def test_only_visible_text_is_painted(part: int) -> None:
    chosen = make_events()[part::PARTS]
    assert len(chosen) >= 3
    app = make_app([TurnStarted(1, user(f"go {HOSTILE}")), *chosen], Look(PALETTES["dark"], motion=False))
    async with app.run_test(size=(120, 60)) as pilot:
        for _ in range(20):
            await pilot.pause()
            await asyncio.sleep(0.02)
            check(painted(pilot))
        for key in ("escape", "pageup", "pageup", "ctrl+home", "pagedown"):
            await pilot.press(key)
            await pilot.pause()
            check(painted(pilot))
        assert app.title == "" or FORBIDDEN.search(app.title) is None
        assert "evil" in painted(pilot) or "red" in painted(pilot), "else nothing hostile was shown"


def test_most_events_are_tried() -> None:
    assert len(make_events()) > 0.6 * len(samples.EVERY)
