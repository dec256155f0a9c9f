"""The prompt's frame: how high it is, what stands on it."""

from pathlib import Path

import pytest
from textual.events import Resize
from textual.geometry import Size

from aura.ui.look import ASCII, Look
from aura.ui.tui.frame import Typing, write_placeholder, write_queue, write_subtitle, write_title
from aura.ui.tui.snapshot import State
from tests.ui.tui.asking_prompt import PromptApp, make_snapshot, write


@pytest.mark.parametrize(("size", "rows"), [((120, 40), 8), ((80, 24), 6), ((60, 16), 3)])
async def test_it_grows_with_its_text_to_a_third_of_the_screen(
    tmp_path: Path, size: tuple[int, int], rows: int
) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test(size=size) as pilot:
        assert app.prompt.size.height == 3
        await write(pilot, "a\nb")
        await pilot.pause()
        assert app.prompt.size.height == 4
        app.prompt.set_text("x\n" * 20)
        await pilot.pause()
        assert app.prompt.size.height == rows + 2
        assert app.prompt.size.height <= size[1] / 3
        size_after = Size(120, 40)
        app.post_message(Resize(size_after, size_after))
        await pilot.pause()
        await pilot.pause()
        assert app.prompt.size.height == 10


def test_the_border_tells_mode_and_state_in_words() -> None:
    idle, auto = (
        make_snapshot("/w"),
        make_snapshot("/w", "working", auto=True, queue={"q1": "one", "q2": "two"}),
    )
    look = Look()
    assert write_title(idle, Typing(), look).plain == "ask"
    assert write_title(auto, Typing(), look).plain == "● AUTO · working"
    assert write_title(auto, Typing(), Look(signs=ASCII)).plain == "@ AUTO - working"
    assert write_title(make_snapshot("/w", "asking"), Typing(), look).plain.endswith("waits for you")
    assert write_title(make_snapshot("/w", "lost"), Typing(), look).plain == "ask · ✗ engine gone"
    assert write_title(idle, Typing(is_shell=True), look).plain == "! shell"
    assert write_subtitle(auto, Typing(), look, 80).plain == "2 queued ↑"
    typing = write_subtitle(auto, Typing(is_empty=False), look, 80).plain
    assert typing == "Enter steer · Tab queue · Ctrl+S now · 2 queued ↑"
    assert write_subtitle(auto, Typing(is_empty=False), look, 30).plain == "Ctrl+S now · 2 queued ↑"
    assert write_queue(["one", "two"], look, 80).plain == "  next: one  +1 more"
    assert write_queue([], look, 80).plain == ""


@pytest.mark.parametrize("state", ["starting", "idle", "working", "stopping", "asking", "lost"])
def test_the_placeholder_fits(state: State) -> None:
    snapshot = make_snapshot("/w", state)
    for width in (5, 20, 55, 75, 115):
        assert 0 < len(write_placeholder(snapshot, width)) <= width


async def test_a_shell_line_says_so(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await write(pilot, "!ls")
        frame = app.prompt.query_one("Frame")
        assert str(frame.border_title) == "! shell" or "! shell" in str(frame.border_title)
        await pilot.press("home", "delete")
        assert "shell" not in str(frame.border_title)


async def test_hostile_words_in_the_queue_are_shown_as_text(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        app.prompt.show(make_snapshot(tmp_path, "working", queue={"q1": "[b]x[/b] \x1b[2J [/nope]"}))
        await pilot.pause()
        line = app.prompt.query_one("#queue").render()
        assert "[b]x[/b]" in str(line)
        assert "\x1b" not in str(line)
