"""Pictures of the screens people see most; `pytest --snapshot-update` takes them anew, then look at each."""

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from aura.core.events import ApprovalAsked, Event, QuestionAsked
from aura.core.messages import ToolCall
from aura.core.tools import Option, Question
from aura.ui.look import ASCII, PALETTES, Look
from aura.ui.tui.app import AuraApp
from tests.ui.tui.still import CHANGE, chat, done, make_app, stop_clock, working

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


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until the events are shown."""
    await pilot.pause(0.6)
    pilot.app.screen.set_focus(None)
    await pilot.pause(0.1)


@pytest.mark.parametrize(
    ("name", "events", "size", "look"),
    [
        ("working-wide-dark", working, WIDE, DARK),
        ("working-wide-light", working, WIDE, LIGHT),
        ("working-wide-contrast", working, WIDE, CONTRAST),
        ("working-wide-plain", working, WIDE, PLAIN),
        ("working-narrow-dark", working, NARROW, DARK),
        ("working-narrow-light", working, NARROW, LIGHT),
        ("working-tiny-dark", working, TINY, DARK),
        ("done-wide-dark", done, WIDE, DARK),
        ("done-narrow-light", done, NARROW, LIGHT),
        ("chat-narrow-dark", chat, NARROW, DARK),
        ("edit-wide-dark", lambda: [*working(), EDIT], WIDE, DARK),
        ("edit-narrow-light", lambda: [*working(), EDIT], NARROW, LIGHT),
        ("command-wide-light", lambda: [*working(), COMMAND], WIDE, LIGHT),
        ("command-narrow-plain", lambda: [*working(), COMMAND], NARROW, PLAIN),
        ("question-wide-dark", lambda: [*working(), ASKED], WIDE, DARK),
        ("question-narrow-dark", lambda: [*working(), ASKED], NARROW, DARK),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_picture(
    name: str, events: Callable[[], list[Event]], size: tuple[int, int], look: Look, snap_compare: Compare
) -> None:
    assert snap_compare(make_app(events(), look), run_before=settle, terminal_size=size)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("action", ["palette", "help", "theme"])
def test_picture_of_a_dialog(action: str, size: tuple[int, int], snap_compare: Compare) -> None:
    async def open_it(pilot: Pilot[Any]) -> None:
        await pilot.pause(0.3)
        assert isinstance(pilot.app, AuraApp)
        await pilot.app.do(action)
        await settle(pilot)

    assert snap_compare(make_app(working(), DARK), run_before=open_it, terminal_size=size)
