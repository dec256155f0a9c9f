"""Drafts: what is written stays until it is sent."""

from pathlib import Path

import pytest

from aura.ui.drafts import Draft, load_draft
from tests.ui.tui.asking_prompt import PromptApp, make_snapshot, paste, write


async def test_a_draft_survives_and_goes_when_it_is_sent(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        app.prompt.restore("s1")
        await write(pilot, "unsent")
        await paste(pilot, "x\n" * 40)
        await pilot.press("left", "left")
        app.prompt.save_now()
    later = PromptApp(tmp_path)
    async with later.run_test() as pilot:
        later.prompt.restore("s1")
        assert later.prompt.text == "unsent[paste #1, 40 lines]"
        assert later.prompt.caret == app.prompt.caret
        await pilot.press("enter")
        await pilot.pause()
        assert later.heard == [("Submitted", "unsent" + "x\n" * 39 + "x")]
        assert load_draft("s1") is None


async def test_the_draft_is_saved_by_itself(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        app.prompt.restore("s1")
        await write(pilot, "typed")
        while load_draft("s1") is None:
            await pilot.pause(0.05)
        draft = load_draft("s1")
        assert draft is not None
        assert draft.text == "typed"


async def test_each_session_has_its_own_draft(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        app.prompt.restore("s1")
        await write(pilot, "of the first")
        app.prompt.restore("s2")
        assert app.prompt.is_empty
        await write(pilot, "of the second")
        app.prompt.restore("s1")
        assert app.prompt.text == "of the first"


async def test_what_was_typed_ahead_joins_the_draft(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        app.prompt.restore("s1")
        await write(pilot, "kept")
        app.prompt.save_now()
    later = PromptApp(tmp_path, "starting")
    async with later.run_test():
        later.prompt.preload("ahead")
        later.prompt.restore("s1")
        assert later.prompt.text == "kept\nahead"


async def test_after_a_loss_the_text_goes_along_to_the_next_session(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        app.prompt.restore("s1")
        await write(pilot, "still here")
        app.prompt.show(make_snapshot(tmp_path, "lost"))
        app.prompt.show(make_snapshot(tmp_path, "starting"))
        app.prompt.restore("s2")
        assert app.prompt.text == "still here"


async def test_a_text_that_comes_back_does_not_replace_the_draft(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await write(pilot, "new")
        app.prompt.set_text("undelivered")
        assert app.prompt.text == "undelivered\nnew"


async def test_what_was_written_in_a_session_without_a_word_is_there_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        app.prompt.restore("s1", str(tmp_path))
        await write(pilot, "unsent")
        app.prompt.save_now()
    monkeypatch.setattr("aura.ui.drafts._runs", lambda process: False)
    later = PromptApp(tmp_path)
    async with later.run_test():
        later.prompt.restore("s2", str(tmp_path))
        assert later.prompt.text == "unsent"
        later.prompt.save_now()
    assert load_draft("s1") is None
    assert load_draft("s2") is not None


async def test_what_waits_for_a_yes_is_part_of_the_draft(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        app.prompt.restore("s1")
        await write(pilot, "fix it")
        await pilot.press("enter")
        assert app.heard == [("Submitted", "fix it")]
        app.prompt.hold_back("fix it")
        assert load_draft("s1") == Draft("fix it", 6)
        await write(pilot, "a stray")
        app.prompt.save_now()
        assert load_draft("s1") == Draft("fix it\na stray", 14)
        app.prompt.hold_back("")
        assert load_draft("s1") == Draft("a stray", 7)
