"""Pictures of the screens people see most; `pytest --snapshot-update` takes them anew, then look at each."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from textual.pilot import Pilot

from aura.core.events import ApprovalAsked, Event, QuestionAsked
from aura.core.messages import ToolCall
from aura.core.tools import Option, Question
from aura.ui.look import ASCII, PALETTES, Look
from aura.ui.tui.app import AuraApp
from tests.ui.tui.still import CHANGE, StillSession, chat, done, make_app, stop_clock, working

Compare = Callable[..., bool]
DARK, LIGHT = Look(PALETTES["dark"], motion=False), Look(PALETTES["light"], motion=False)
PLAIN = Look(PALETTES["dark"], ASCII, colour=False, motion=False)
CONTRAST = Look(PALETTES["contrast"], motion=False)
WIDE, NARROW, TINY = (120, 40), (80, 24), (60, 16)

EDIT = ApprovalAsked(
    "a1", ToolCall("c9", "Edit", {"path": "src/queue.py"}), "it changes a file", changes=(CHANGE,)
)
COMMAND = ApprovalAsked(
    "a2",
    ToolCall("c9", "Bash", {"command": "pip install -e ."}),
    "pip may run anything",
    "Bash(pip install:*)",
)
ASKED = QuestionAsked(
    "q1",
    Question(
        "Which storage should the run log use?",
        "choice",
        (
            Option("SQLite", "one file, WAL, crash-safe"),
            Option("JSONL", "append only, greppable"),
            Option("both"),
        ),
    ),
)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    stop_clock(monkeypatch)


async def settle(pilot: Pilot[Any], *, docks: int = 0) -> None:
    """Wait until everything is shown that will be: however slow the machine, the picture is the same."""
    for _ in range(2000):
        await pilot.pause()
        if is_whole(pilot, docks) and is_measured(pilot):
            break
        await asyncio.sleep(0.02)
    seen: list[str] = []
    for _ in range(100):
        pilot.app.screen.set_focus(None)
        await pilot.pause()
        seen.append(pilot.app.export_screenshot())
        if seen[-1:] == seen[-2:-1]:
            return


def is_measured(pilot: Pilot[Any]) -> bool:
    """Whether the blocks near what is seen are measured, and the scrollbar was painted when they were."""
    app = pilot.app
    assert isinstance(app, AuraApp)
    if not app.chat.is_mounted:
        return True
    pulse = app.chat.transcript.pulse
    if not pulse.is_idle or pulse._ahead is not None:
        return False
    app.chat.transcript.settle()
    return pulse._ahead is None


def is_whole(pilot: Pilot[Any], docks: int) -> bool:
    """Whether the session was played to its end, and the dialogs it asks for are open and have had the focus."""
    app = pilot.app
    assert isinstance(app, AuraApp)
    if not isinstance(app.session, StillSession) or not app.session.is_over:
        return False
    opened = app.chat.docks if app.chat.is_mounted else ()
    return len(opened) >= docks and all(dock.has_focus_within for dock in opened[:1])


@pytest.mark.parametrize(
    ("events", "size", "look"),
    [
        pytest.param(working, WIDE, DARK, id="working-wide-dark"),
        pytest.param(working, WIDE, LIGHT, id="working-wide-light"),
        pytest.param(working, WIDE, CONTRAST, id="working-wide-contrast"),
        pytest.param(working, WIDE, PLAIN, id="working-wide-plain"),
        pytest.param(working, NARROW, DARK, id="working-narrow-dark"),
        pytest.param(working, NARROW, LIGHT, id="working-narrow-light"),
        pytest.param(working, TINY, DARK, id="working-tiny-dark"),
        pytest.param(done, WIDE, DARK, id="done-wide-dark"),
        pytest.param(done, NARROW, LIGHT, id="done-narrow-light"),
        pytest.param(chat, NARROW, DARK, id="chat-narrow-dark"),
        pytest.param(lambda: [*working(), EDIT], WIDE, DARK, id="edit-wide-dark"),
        pytest.param(lambda: [*working(), EDIT], NARROW, LIGHT, id="edit-narrow-light"),
        pytest.param(lambda: [*working(), COMMAND], WIDE, LIGHT, id="command-wide-light"),
        pytest.param(lambda: [*working(), COMMAND], NARROW, PLAIN, id="command-narrow-plain"),
        pytest.param(lambda: [*working(), ASKED], WIDE, DARK, id="question-wide-dark"),
        pytest.param(lambda: [*working(), ASKED], NARROW, DARK, id="question-narrow-dark"),
    ],
)
def test_picture(
    events: Callable[[], list[Event]], size: tuple[int, int], look: Look, snap_compare: Compare
) -> None:
    played = events()
    docks = sum(isinstance(event, ApprovalAsked | QuestionAsked) for event in played)
    shown = partial(settle, docks=docks)
    assert snap_compare(make_app(played, look), run_before=shown, terminal_size=size)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("action", ["palette", "help", "theme"])
def test_picture_of_a_dialog(action: str, size: tuple[int, int], snap_compare: Compare) -> None:
    async def open_it(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        assert isinstance(pilot.app, AuraApp)
        await pilot.app.do(action)
        await settle(pilot)

    assert snap_compare(make_app(working(), DARK), run_before=open_it, terminal_size=size)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_picture_of_the_places(size: tuple[int, int], snap_compare: Compare) -> None:
    async def open_it(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        assert isinstance(pilot.app, AuraApp)
        await pilot.app.do("rewind")
        await pilot.app.workers.wait_for_complete()
        await settle(pilot, docks=1)

    assert snap_compare(make_app(chat(), DARK), run_before=open_it, terminal_size=size)
