"""Pastes into the prompt: folded, written out, whole or not at all; files and pictures; another editor."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.errors import AuraError
from aura.ui.tui.outside import choose_editor, edit_outside
from aura.ui.tui.prompt import Prompt
from tests.ui.tui.asking_prompt import PromptApp, paste, write

LONG = "line\n" * 40
LABEL = "[paste #1, 40 lines]"
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 20


async def test_a_long_paste_is_folded_and_sent_whole(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await write(pilot, "see ")
        await paste(pilot, LONG.replace("\n", "\r\n"))
        await write(pilot, " please")
        assert app.prompt.text == f"see {LABEL} please"
        await pilot.press("enter")
        await pilot.pause()
        assert app.heard == [("Submitted", f"see {LONG} please")]
        await pilot.press("up")
        assert app.prompt.text == f"see {LABEL} please"


async def test_the_same_paste_again_writes_it_out(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await paste(pilot, LONG)
        await paste(pilot, LONG)
        assert app.prompt.text == LONG


async def test_ctrl_o_on_a_label_writes_it_out_and_elsewhere_is_for_others(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await write(pilot, "ab")
        await paste(pilot, LONG)
        await pilot.press("home")
        assert not app.prompt.expand_paste()
        await pilot.press("right", "right")
        assert app.prompt.expand_paste()
        assert app.prompt.text == f"ab{LONG}"


async def test_a_label_is_whole_or_not_at_all(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        prompt = app.prompt
        await paste(pilot, LONG)
        await write(pilot, "x")
        await pilot.press("left", "left")
        assert prompt.caret == 0
        await pilot.press("right")
        assert prompt.caret == len(LABEL)
        await pilot.press("backspace")
        assert prompt.text == "x"
        await pilot.press("ctrl+underscore")
        assert prompt.text == f"{LABEL}x"
        await pilot.press("home", "alt+d")
        assert prompt.text == "x"
        await pilot.press("ctrl+y", "end", "backspace", "ctrl+w")
        assert prompt.text == ""


async def test_a_paste_sends_nothing_and_obeys_nothing(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await paste(pilot, "rm -rf x\x1b[201~\r\x1b[31mred\n")
        assert app.prompt.text == "rm -rf x\nred\n"
        assert app.heard == []


async def test_a_copied_line_does_not_bring_its_line_end(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await paste(pilot, "one line\n")
        assert app.prompt.text == "one line"


async def test_a_megabyte_is_no_burden(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    text = "hello world this is text\n" * 42_000
    async with app.run_test() as pilot:
        await paste(pilot, text)
        assert app.prompt.text == "[paste #1, 42000 lines]"
        await paste(pilot, text)
        await pilot.pause()
        assert app.prompt.text == "[paste #1, 42000 lines]"
        assert app.heard[-1][0] == "Hint"
        await pilot.press("enter")
        await pilot.pause()
        assert app.heard[-1] == ("Submitted", text.rstrip("\n"))


# --- files and pictures -------------------------------------------------------------------------------------


async def test_dropped_files_become_mentions(tmp_path: Path) -> None:
    (tmp_path / "a b.py").write_text("x")
    (tmp_path / "c.py").write_text("x")
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await paste(pilot, f"'{tmp_path}/a b.py' file://{tmp_path}/c.py ")
        assert app.prompt.text == '@"a b.py" @c.py '
        app.prompt.clear_text()
        await write(pilot, "!cat ")
        await paste(pilot, f"'{tmp_path}/a b.py'")
        assert app.prompt.text == f"!cat '{tmp_path}/a b.py'"


async def test_a_dropped_picture_goes_along(tmp_path: Path) -> None:
    (tmp_path / "shot.png").write_bytes(PNG)
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await write(pilot, "look ")
        await paste(pilot, str(tmp_path / "shot.png"))
        assert app.prompt.text == "look [image #1 shot.png] "
        await pilot.press("enter")
        await pilot.pause()
        (sent,) = app.told
        assert isinstance(sent, Prompt.Submitted)
        assert sent.text == "look [image #1 shot.png]"
        assert [image.media_type for image in sent.images] == ["image/png"]


async def test_a_picture_that_is_none_is_mentioned(tmp_path: Path) -> None:
    (tmp_path / "fake.png").write_text("text")
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await paste(pilot, str(tmp_path / "fake.png"))
        assert app.prompt.text == "@fake.png "
        assert [name for name, _ in app.heard] == ["Hint"]


async def test_pictures_do_not_get_lost_in_a_steer(tmp_path: Path) -> None:
    (tmp_path / "shot.png").write_bytes(PNG)
    app = PromptApp(tmp_path, "working")
    async with app.run_test() as pilot:
        await paste(pilot, str(tmp_path / "shot.png"))
        await pilot.press("enter")
        await pilot.pause()
        assert [name for name, _ in app.heard] == ["Hint"]
        assert not app.prompt.is_empty
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert isinstance(app.told[-1], Prompt.SentNow)
        assert len(app.told[-1].images) == 1


PIECES = st.lists(st.sampled_from(["word ", "\n", LONG, "other\n" * 12, "x" * 2_500]), min_size=1, max_size=5)


@given(PIECES)
def test_what_was_pasted_is_what_is_sent(pieces: list[str]) -> None:
    from aura.ui.pastes import Pastes

    pastes = Pastes()
    written = "".join(pastes.fold(piece) for piece in pieces)
    assert len(written) <= 60 * len(pieces)
    assert pastes.expand(written) == "".join(pieces)


# --- another editor -----------------------------------------------------------------------------------------


def script(folder: Path, lines: str) -> dict[str, str]:
    path = folder / "my editor"
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)
    return {"EDITOR": f"'{path}' --wait"}


def test_the_editor_is_chosen_with_its_arguments() -> None:
    assert choose_editor({"VISUAL": "code --wait", "EDITOR": "vi"}) == ["code", "--wait"]
    assert choose_editor({"VISUAL": " ", "EDITOR": "nano"}) == ["nano"]
    assert choose_editor({}) == ["vi"]
    with pytest.raises(AuraError, match="quote"):
        choose_editor({"EDITOR": "'vi"})


def test_an_editor_changes_the_text_in_a_private_file_that_goes(tmp_path: Path) -> None:
    environ = script(
        tmp_path, f'cp -p "$2" {tmp_path}/copy; echo "$2" > {tmp_path}/name; printf "two\\n" >> "$2"'
    )
    assert edit_outside("one\n", environ) == "one\ntwo\n"
    assert edit_outside("one ", environ) == "one two"
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    name = (tmp_path / "name").read_text().strip()
    assert name.endswith(".md")
    assert not os.path.lexists(name)


def test_an_editor_that_changes_nothing_changes_nothing(tmp_path: Path) -> None:
    assert edit_outside("one\ntwo", script(tmp_path, 'printf "\\n" >> "$2"')) == "one\ntwo"
    assert edit_outside("one\n", script(tmp_path, "true")) == "one\n"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [("exit 3", "ended with 3"), ('rm "$2"', "was not found"), ('printf "\\377" > "$2"', "not UTF-8")],
)
def test_an_editor_that_fails_is_told_in_a_sentence(tmp_path: Path, lines: str, sentence: str) -> None:
    with pytest.raises(AuraError, match=sentence):
        edit_outside("text", script(tmp_path, lines))


def test_an_editor_that_is_not_there_is_told_in_a_sentence() -> None:
    with pytest.raises(AuraError, match=r"nowhere was not found: set \$VISUAL"):
        edit_outside("text", {"EDITOR": "nowhere"})


def test_what_an_editor_leaves_is_cleaned(tmp_path: Path) -> None:
    assert edit_outside("", script(tmp_path, 'printf "a\\033[31mb\\n" > "$2"')) == "ab"


async def test_where_the_terminal_cannot_be_lent_nothing_is_lost(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await write(pilot, "kept")
        await pilot.press("ctrl+g")
        await pilot.pause()
        assert [name for name, _ in app.heard] == ["Hint"]
        assert app.prompt.text == "kept"
