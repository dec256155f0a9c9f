"""What the prompt remembers: entries, queued lines, drafts, text that was sent too early."""

from pathlib import Path

from aura.ui.history import History
from tests.ui.tui.asking_prompt import PromptApp, make_snapshot, paste, write

# --- history ------------------------------------------------------------------------------------------------


async def test_arrows_at_the_edges_walk_through_history(tmp_path: Path) -> None:
    history = History(str(tmp_path))
    for text in ("fix one", "two\nlines", "fix three"):
        history.add(text)
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        seen = []
        for key in ("up", "up", "up", "up", "down", "down", "down", "down"):
            await pilot.press(key)
            seen.append(app.prompt.text)
        assert seen == ["fix three", "two\nlines", "fix one", "fix one", "two\nlines", "fix three", "", ""]
        await write(pilot, "fix")
        await pilot.press("up", "up")
        assert app.prompt.text == "fix one"
        await pilot.press("down", "down")
        assert app.prompt.text == "fix"


async def test_arrows_inside_a_text_move_the_caret(tmp_path: Path) -> None:
    History(str(tmp_path)).add("older")
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await write(pilot, "a\nb")
        await pilot.press("up", "X")
        assert app.prompt.text == "aX\nb"
        await pilot.press("down", "Y")
        assert app.prompt.text == "aX\nbY"


async def test_a_queued_line_is_taken_back_first_and_once(tmp_path: Path) -> None:
    History(str(tmp_path)).add("older")
    app = PromptApp(tmp_path, "working")
    async with app.run_test() as pilot:
        snapshot = make_snapshot(tmp_path, "working", queue={"q1": "one", "q2": "two"})
        app.prompt.show(snapshot)
        await pilot.press("up")
        await pilot.pause()
        assert app.prompt.text == "two"
        app.prompt.clear_text()
        await pilot.press("up")
        assert app.prompt.text == "one"
        app.prompt.clear_text()
        app.prompt.show(make_snapshot(tmp_path, "working"))
        await pilot.press("up")
        await pilot.pause()
        assert app.prompt.text == "one"  # cleared last, so it is the newest of history
        assert app.heard == [("QueueEdited", "two"), ("QueueEdited", "one")]


async def test_ctrl_r_searches_and_takes(tmp_path: Path) -> None:
    history = History(str(tmp_path))
    for text in ("run the tests", "say nothing", "test\nall"):
        history.add(text)
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await pilot.press("ctrl+r")
        await pilot.press("t", "e", "s")
        assert [choice.insert for choice in app.prompt.shelf.choices] == ["test\nall", "run the tests"]
        await pilot.press("ctrl+r", "enter")
        assert app.prompt.text == "run the tests"
        assert not app.prompt.shelf.is_open
        await pilot.press("ctrl+r", "x", "escape", "y")
        assert app.prompt.text == "run the testsy"


async def test_secrets_are_sent_but_not_written_down(tmp_path: Path) -> None:
    key = "sk-" + "x1" * 12
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await paste(pilot, f"use {key}")
        await pilot.press("enter", "up")
        assert app.prompt.text == f"use {key}"
    assert History(str(tmp_path)).entries == []


# --- held text ----------------------------------------------------------------------------------------------


async def test_what_is_sent_too_early_goes_when_the_session_is_open(tmp_path: Path) -> None:
    app = PromptApp(tmp_path, "starting")
    async with app.run_test() as pilot:
        app.prompt.preload("do\x7f\x7fgo\x1b[A on")
        await pilot.press("enter")
        await pilot.pause()
        assert [name for name, _ in app.heard] == ["Hint"]
        assert app.prompt.text == "go on"
        app.prompt.show(make_snapshot(tmp_path))
        await pilot.pause()
        assert app.heard[1:] == [("Submitted", "go on")]


async def test_a_text_changed_after_enter_waits_for_another_enter(tmp_path: Path) -> None:
    app = PromptApp(tmp_path, "starting")
    async with app.run_test() as pilot:
        await pilot.press("a", "enter", "b")
        app.prompt.show(make_snapshot(tmp_path))
        await pilot.pause()
        assert app.prompt.text == "ab"
        assert "Submitted" not in [name for name, _ in app.heard]


async def test_without_an_engine_the_text_stays(tmp_path: Path) -> None:
    app = PromptApp(tmp_path, "lost")
    async with app.run_test() as pilot:
        await pilot.press("a", "enter")
        await pilot.pause()
        assert [name for name, _ in app.heard] == ["Hint"]
        assert app.prompt.text == "a"
