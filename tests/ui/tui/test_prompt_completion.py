"""What the prompt completes: commands, their arguments, files."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from aura.core.facts import CommandFact
from aura.ui import files as listing
from aura.ui.look import Look
from aura.ui.tui.completion import Word, find_word
from aura.ui.tui.shelf import Choice, Shelf, paint_row
from tests.ui.tui.asking_prompt import PromptApp, make_snapshot, write


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("src/queue.py", "src/relay.py", "a b.py", "build/out.o"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    (tmp_path / ".gitignore").write_text("build/\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "src"], cwd=tmp_path, check=True)
    return tmp_path


def labels(shelf: Shelf) -> list[str]:
    return [choice.label for choice in shelf.choices]


async def wait_for(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Wait until something that a thread has to do is done; the test's own time limit ends it."""
    while not holds():
        await pilot.pause(0.01)


# --- words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "row", "word"),
    [
        ("/mo", 0, Word("command", "mo", 0, 0)),
        ("/", 0, Word("command", "", 0, 0)),
        ("/mo", 1, None),
        ("/etc/hosts", 0, None),
        ("/model son", 0, Word("argument", "son", 0, 7)),
        ("/model a  b", 0, Word("argument", "b", 0, 10)),
        ("/model ", 0, Word("argument", "", 0, 7)),
        ("see @qu", 2, Word("file", "qu", 2, 4)),
        ("@", 0, Word("file", "", 0, 0)),
        ("(@a", 0, Word("file", "a", 0, 1)),
        ("me@example", 0, None),
        ('see @"a b', 0, Word("file", "a b", 0, 4)),
        ('see @"a b" ', 0, None),
        ("@./src", 0, Word("file", "src", 0, 0)),
        ("/model @a", 0, Word("file", "a", 0, 7)),
        ("plain", 0, None),
        ("x" * 5_000 + " @a", 0, None),
    ],
)
def test_the_word_at_the_caret(line: str, row: int, word: Word | None) -> None:
    assert find_word(line, row, len(line)) == word


@given(st.text(alphabet='/@" ab\\', max_size=20), st.integers(0, 20))
def test_a_word_ends_at_the_caret(line: str, column: int) -> None:
    word = find_word(line, 0, min(column, len(line)))
    if word is not None:
        assert 0 <= word.column <= column


# --- commands -----------------------------------------------------------------------------------------------


async def test_commands_are_filtered_chosen_and_sent(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        app.prompt.completion.own = (CommandFact("mood", "Of the app itself", "/mood"),)
        await pilot.press("slash")
        assert labels(app.prompt.shelf) == ["/help", "/mode NAME", "/model NAME", "/mood"]
        await pilot.press("m", "o")
        assert labels(app.prompt.shelf) == ["/mode NAME", "/model NAME", "/mood"]
        await pilot.press("down", "enter")
        assert app.prompt.text == "/model "
        assert not app.prompt.shelf.is_open
        await pilot.press("x", "enter")
        await pilot.pause()
        assert app.heard == [("Submitted", "/model x")]


async def test_a_command_typed_in_full_is_sent_at_once(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await write(pilot, "/help")
        assert app.prompt.shelf.is_open
        await pilot.press("enter")
        await pilot.pause()
        assert app.heard == [("Submitted", "/help")]


async def test_esc_closes_for_this_word_and_tab_opens_again(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await pilot.press("slash", "h", "escape", "e")
        assert not app.prompt.shelf.is_open
        await pilot.press("tab")
        assert labels(app.prompt.shelf) == ["/help"]
        assert app.prompt.close_overlay()
        assert not app.prompt.close_overlay()


async def test_tab_chooses_while_a_list_is_open_and_queues_when_none_is(tmp_path: Path) -> None:
    app = PromptApp(tmp_path, "working")
    async with app.run_test() as pilot:
        await pilot.press("slash", "h", "tab")
        assert app.prompt.text == "/help "
        await pilot.press("tab")
        await pilot.pause()
        assert app.heard == [("Queued", "/help")]


async def test_what_was_not_typed_opens_nothing(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        app.prompt.set_text("/mo")
        await pilot.pause()
        assert not app.prompt.shelf.is_open


async def test_arguments_come_from_a_hook(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    lines: list[str] = []

    def offer(line: str) -> list[Choice]:
        lines.append(line)
        return [Choice("sonnet", "sonnet", "200k"), Choice("haiku", "haiku", "100k")]

    async with app.run_test() as pilot:
        app.prompt.completion.arguments = offer
        await write(pilot, "/model ha")
        assert labels(app.prompt.shelf) == ["haiku"]
        await pilot.press("tab")
        assert app.prompt.text == "/model haiku "
        assert lines[0] == "/model ha"


# --- files --------------------------------------------------------------------------------------------------


async def test_files_are_found_and_put_in(tree: Path) -> None:
    app = PromptApp(tree)
    async with app.run_test() as pilot:
        shelf = app.prompt.shelf
        await write(pilot, "see @")
        await wait_for(pilot, lambda: set(labels(shelf)) == {".gitignore", "a b.py", "src/"})
        await pilot.press("q", "u")
        await wait_for(pilot, lambda: labels(shelf) == ["src/queue.py"])
        await pilot.press("tab")
        assert app.prompt.text == "see @src/queue.py "
        await write(pilot, "@a")
        await wait_for(pilot, lambda: "a b.py" in labels(shelf))
        while shelf.chosen is None or shelf.chosen.label != "a b.py":
            await pilot.press("down")
        await pilot.press("enter")
        assert app.prompt.text == 'see @src/queue.py @"a b.py" '
        assert app.heard == []


async def test_a_folder_goes_on(tree: Path) -> None:
    app = PromptApp(tree)
    async with app.run_test() as pilot:
        await write(pilot, "@sr")
        await wait_for(pilot, lambda: "src/" in labels(app.prompt.shelf))
        await pilot.press("tab")
        assert app.prompt.text == "@src/"
        await wait_for(pilot, lambda: labels(app.prompt.shelf) == ["src/queue.py", "src/relay.py"])
        await pilot.press("tab")
        assert app.prompt.text == "@src/queue.py "


async def test_a_folder_shows_what_is_in_it_and_enter_still_means_the_line(tree: Path) -> None:
    deep = tree / "src" / "sub" / "deep.py"
    deep.parent.mkdir()
    deep.write_text("x")
    (tree / "srcery").mkdir()
    (tree / "srcery" / "x.py").write_text("x")
    app = PromptApp(tree)
    shelf = app.prompt.shelf
    async with app.run_test() as pilot:
        await write(pilot, "@src/")
        every = ["src/sub/", "src/queue.py", "src/relay.py", "src/sub/deep.py"]
        await wait_for(pilot, lambda: labels(shelf) == every)  # what git tracks comes first
        await pilot.press("escape")
        assert not shelf.is_open
        await pilot.press("tab")
        await wait_for(pilot, lambda: "src/sub/" in labels(shelf))
        await pilot.press("tab")
        await wait_for(pilot, lambda: labels(shelf) == ["src/sub/deep.py"])
        assert app.prompt.text == "@src/sub/"
        await pilot.press("enter")
        assert app.heard == [("Submitted", "@src/sub/")]
        await write(pilot, "@src/")
        await wait_for(pilot, lambda: "src/queue.py" in labels(shelf))
        await pilot.press("down", "enter")
        assert app.prompt.text == "@src/queue.py "


async def test_new_files_come_with_the_next_listing_and_gone_ones_are_not_offered(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = PromptApp(tree)
    async with app.run_test() as pilot:
        await write(pilot, "@src/r")
        await wait_for(pilot, lambda: "src/relay.py" in labels(app.prompt.shelf))
        (tree / "src" / "relay.py").unlink()
        (tree / "src" / "raw.py").write_text("x")
        monkeypatch.setattr(listing, "FRESH", 0.0)
        app.prompt.clear_text()
        await write(pilot, "@src/r")
        await wait_for(pilot, lambda: "src/raw.py" in labels(app.prompt.shelf))
        assert "src/relay.py" not in labels(app.prompt.shelf)


async def test_the_last_word_wins(tree: Path) -> None:
    """Keys that come while files are being listed end that search, not the listing."""
    app = PromptApp(tree)
    async with app.run_test() as pilot:
        await pilot.press("at", "q", "u", "e", "u")
        await wait_for(pilot, lambda: labels(app.prompt.shelf) == ["src/queue.py"])
        await pilot.press("space")
        await pilot.pause()
        assert not app.prompt.shelf.is_open


# --- the list -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "rows"), [((120, 40), 8), ((80, 24), 6), ((60, 16), 4)])
async def test_the_list_is_short_and_above_the_prompt(
    tmp_path: Path, size: tuple[int, int], rows: int
) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test(size=size) as pilot:
        app.prompt.completion.own = tuple(
            CommandFact(f"c{number}", "help", f"/c{number}") for number in range(30)
        )
        await pilot.press("slash", "c")
        await pilot.pause()
        shelf = app.prompt.shelf
        assert shelf.size.height == rows
        assert shelf.region.bottom == app.prompt.query_one("Frame").region.y
        await pilot.press("up")
        assert shelf.chosen is not None
        assert shelf.chosen.label == labels(shelf)[-1]
        last = shelf.render_line(rows - 1).text
        assert shelf.chosen.label in last and "❯" in last


async def test_a_row_can_be_clicked(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test() as pilot:
        await pilot.press("slash", "m")
        await pilot.pause()
        await pilot.click(app.prompt.shelf, offset=(6, 1))
        await pilot.pause()
        assert app.prompt.text == "/model "


@given(st.text(max_size=30), st.text(max_size=30), st.integers(20, 60), st.booleans())
def test_a_row_is_as_wide_as_it_should_be(label: str, detail: str, width: int, is_path: bool) -> None:
    choice = Choice("x", " ".join(label.split()), detail, tuple(range(len(label) // 2)), is_path=is_path)
    strip = paint_row(choice, Look(), width, is_chosen=True)
    assert strip.cell_length == width
    assert "\x1b" not in strip.text or "\x1b" in label


def test_without_colour_the_chosen_row_is_told_by_its_sign() -> None:
    look = Look(colour=False)
    strip = paint_row(Choice("x", "label", "detail", (1,)), look, 40, is_chosen=True)
    assert strip.text.startswith("  ❯ label")
    assert all(
        part.style is None or (part.style.color is None and part.style.bgcolor is None) for part in strip
    )


async def test_recent_files_come_first(tree: Path) -> None:
    from dataclasses import replace

    app = PromptApp(tree)
    async with app.run_test() as pilot:
        snapshot = make_snapshot(tree)
        seen = {str(tree / "src" / "relay.py"): "1", str(tree / "src" / "queue.py"): "2"}
        turn = replace(snapshot.turn, rest=replace(snapshot.turn.rest, seen=seen))
        app.prompt.show(replace(snapshot, turn=turn))
        await write(pilot, "@")
        await wait_for(pilot, lambda: labels(app.prompt.shelf)[:2] == ["src/queue.py", "src/relay.py"])
