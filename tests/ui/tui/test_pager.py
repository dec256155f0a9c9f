"""The pager: a text or a file line by line, never all of a file at once."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App
from textual.pilot import Pilot

from aura.core.evidence import CommandRun, FileChange
from aura.core.messages import ToolCall
from aura.ui.blocks import CardGroup, Injection, ToolCard
from aura.ui.look import Look
from aura.ui.tui.pager import Pager, find_changes, find_source, name_block
from aura.ui.tui.texts import CHUNK, LONGEST, STRIDE, FileSource, Source, TextSource, find_line


def index(path: Path) -> FileSource:
    source = FileSource(path)
    while source.advance():
        pass
    return source


@given(
    st.lists(st.sampled_from(["", "a", "some words", "é", "x" * 300]), max_size=600), st.booleans(), st.data()
)
def test_a_file_has_the_lines_it_has(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], is_ended: bool, data: st.DataObject
) -> None:
    text = "\n".join(lines) + ("\n" if is_ended and lines else "")
    expected = text.split("\n")
    if expected[-1] == "":
        expected.pop()
    path = tmp_path_factory.mktemp("files") / "log.txt"
    path.write_text(text)
    source = index(path)
    assert source.count == len(expected)
    first = data.draw(st.integers(0, len(expected)))
    number = data.draw(st.integers(0, 2 * STRIDE))
    assert source.lines(first, number) == expected[first : first + number]
    source.close()


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    with path.open("w") as file:
        for number in range(400_000):
            file.write(f"line {number} of a long log\n")
    source = FileSource(path)
    assert source.advance()
    assert source.lines(0, 2) == ["line 0 of a long log", "line 1 of a long log"]
    assert source.count < 100_000, "only the first chunk was looked at"
    while source.advance():
        pass
    assert source.lines(399_999, 5) == ["line 399999 of a long log"]
    assert len(source._places) * 8 < 40_000


def test_endless_lines_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"x" * (3 * CHUNK) + b"\nend\n")
    source = index(path)
    first, last = source.lines(0, 2)
    assert (len(first), source.count) == (LONGEST, 2)
    assert last in ("end", ""), "what follows a line that is too long to be read may be left out"


def test_what_a_file_holds_is_made_safe(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"\x1b[31mred\x1b[0m \xff\x07\n\x1b]0;title\x07bell\n")
    assert index(path).lines(0, 2) == ["red \N{REPLACEMENT CHARACTER}\N{SYMBOL FOR BELL}", "bell"]


def test_a_text_is_wrapped_to_the_window() -> None:
    source = TextSource("one two three\nfour")
    source.fit(8)
    assert source.lines(0, 9) == ["one two", "three", "four"]


@pytest.mark.parametrize("count", [5, 1_000])
def test_search_finds_the_next_place_in_either_direction(count: int) -> None:
    source = TextSource("\n".join(f"Line {number}" for number in range(count)))
    source.fit(80)
    assert find_line(source, "LINE 3", 0, 1) == 3
    assert find_line(source, "line", 2, 1) == 2
    assert find_line(source, f"line {count - 1}", 0, 1) == count - 1
    assert find_line(source, "line 0", count - 1, -1) == 0
    assert find_line(source, "line 4", 4, -1) == 4
    assert find_line(source, "nowhere", 0, 1) is None
    assert find_line(source, "nowhere", count - 1, -1) is None


@asynccontextmanager
async def paged(
    source: Source, changes: tuple[FileChange, ...] = (), columns: int = 40
) -> AsyncIterator[tuple[Pager, Pilot[None]]]:
    app: App[None] = App()
    async with app.run_test(size=(columns, 11)) as pilot:
        pager = Pager(source, "a title", Look(), changes)
        await app.push_screen(pager)
        await until(pilot, lambda: bool(pager.page.lines))
        yield pager, pilot


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    for _ in range(300):
        await pilot.pause(0.01)
        if condition():
            return
    raise AssertionError("it did not come true")


async def test_keys_move_through_the_text() -> None:
    async with paged(TextSource("\n".join(f"line {number}" for number in range(100)))) as (pager, pilot):
        page = pager.page
        assert page.lines == [f"line {number}" for number in range(10)]
        await pilot.press("down", "down")
        assert page.top == 2
        await pilot.press("pagedown")
        assert page.top == 11
        await pilot.press("end")
        assert page.lines[-1] == "line 99"
        await pilot.press("down")
        assert page.lines[-1] == "line 99"
        await pilot.press("home")
        assert page.top == 0
        assert "1-10 of 100" in pager.query_one("Foot").text  # type: ignore[attr-defined] # the widget of this module


async def test_a_search_marks_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text(
        "".join(f"{'needle' if number % 70 == 60 else 'straw'} {number}\n" for number in range(500))
    )
    async with paged(FileSource(path)) as (pager, pilot):
        await pilot.press("slash", *"Needle", "enter")
        await until(pilot, lambda: pager.page.top == 60)
        marked = [one.text for one in pager.page.render_line(0) if one.style and one.style.bold]
        assert marked == ["needle"]
        await pilot.press("n")
        await until(pilot, lambda: pager.page.top == 130)
        await pilot.press("N")
        await until(pilot, lambda: pager.page.top == 60)
        await pilot.press("N")
        await until(pilot, lambda: pager.page.top == 480)


async def test_a_search_that_finds_nothing_says_so_and_stays() -> None:
    async with paged(TextSource("a\n" * 50)) as (pager, pilot):
        await pilot.press("down", "slash", "q", "z", "enter")
        await until(pilot, lambda: "not found" in pager._foot.text)
        assert pager.page.top == 1


async def test_escape_leaves_the_search_then_the_pager() -> None:
    async with paged(TextSource("a")) as (pager, pilot):
        await pilot.press("slash", "escape")
        assert pager.is_current
        await pilot.press("escape")
        await until(pilot, lambda: not pager.is_current)


def read(source: Source) -> str:
    source.fit(200)
    while source.advance():
        pass
    return "\n".join(source.lines(0, 500))


def test_a_call_s_whole_output_comes_from_its_file(tmp_path: Path) -> None:
    log = tmp_path / "1-2-3.txt"
    log.write_text("all of it\n")
    card = ToolCard(ToolCall("c1", "Bash", {"command": "make"}), outcome="ok", result="a part", log=str(log))
    assert read(find_source(card)) == "all of it"
    log.unlink()
    assert "a part" in read(find_source(card))
    assert "is gone" in read(find_source(card))


def test_a_call_shows_what_changed_and_what_the_model_was_given() -> None:
    change = FileChange("a.py", "modified", 1, 1, "-old\n+new\n")
    card = ToolCard(ToolCall("c1", "Edit", {"path": "a.py"}), outcome="ok", result="Done.", changes=(change,))
    text = read(find_source(card))
    assert "+new" in text
    assert text.endswith("the model was given:\nDone.")
    assert text in read(find_source(CardGroup((card, card))))
    plain = ToolCard(
        ToolCall("c1", "Bash", {"command": "ls"}), outcome="ok", result="a\nb", command=CommandRun("ls", 0)
    )
    assert read(find_source(plain)) == "$ ls\na\nb"
    assert name_block(plain) == "Bash ls"


def test_an_injection_is_shown_word_for_word() -> None:
    text = read(find_source(Injection("todo", ((3, "Two are open."), (5, "One is.")))))
    assert "step 3, told to the model by todo:\nTwo are open." in text
    assert "step 5" in text


async def test_a_long_file_is_indexed_while_its_beginning_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("a line of a log\n" * 300_000)
    async with paged(FileSource(path)) as (pager, pilot):
        assert pager.page.lines[0] == "a line of a log"
        await until(pilot, lambda: pager.page.source.count == 300_000)
        await pilot.press("G")
        assert pager.page.top == 300_000 - 10


DIFF = "--- a/q\n+++ b/q\n@@ -1,2 +1,2 @@\n same\n-old words\n+new words\n"


@pytest.mark.parametrize("columns", [119, 120])
async def test_changes_are_shown_side_by_side_where_there_is_room(columns: int) -> None:
    change = FileChange("q", "modified", 1, 1, DIFF)
    async with paged(TextSource(DIFF), (change,), columns) as (pager, pilot):
        app = pager.app
        assert ("d side by side" in pager.query_one("Foot").text) is (columns == 120)  # type: ignore[attr-defined] # the widget of this module
        await pilot.press("d")
        assert (app.screen is pager) is (columns < 120)
        if columns < 120:
            return
        await pilot.pause()
        assert [line for line in shown(app) if "2 - old words" in line and "2 + new words" in line]
        await pilot.press("d")
        assert not [line for line in shown(app) if "old words" in line and "new words" in line]
        await pilot.press("q")
        assert app.screen is pager


def shown(app: App[None]) -> list[str]:
    strips = app.screen._compositor.render_strips(app.size)
    return ["".join(segment.text for segment in strip) for strip in strips]


async def test_what_changed_nothing_has_no_sides() -> None:
    async with paged(TextSource("text"), (), 200) as (pager, pilot):
        await pilot.press("d")
        assert pager.app.screen is pager
        assert find_changes(Injection("x", ())) == ()
