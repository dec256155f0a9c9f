"""A dock to choose from a list by typing."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from aura.ui.look import ASCII, Look
from aura.ui.tui.docks.picker import Letter, Picker, rank
from aura.ui.tui.rows import Cell, Column, Row
from tests.ui.tui.docks.plain_stage import BARE, SIZES, show

LETTERS = {"b": Letter("branch", "Branch it?"), "x": Letter("delete", "Delete it?"), "R": Letter("rename")}
NAMES = ("queue", "bug in the queue", "readme", "release notes")


class Names(Picker):
    """Picks a name; what its letters do is kept."""

    def __init__(self, names: Sequence[str] = NAMES, letters: dict[str, Letter] | None = None) -> None:
        self.names = names
        self.acted: list[tuple[str, str]] = []
        self.turns = 0
        super().__init__("Pick", (Column(0),), letters=LETTERS if letters is None else letters, preview=2)

    def on_mount(self) -> None:
        self.fill([Row(name, (Cell(name),)) for name in self.names])

    def act(self, letter: str, row: Row) -> None:
        self.acted.append((letter, row.key))

    def turn(self) -> None:
        self.turns += 1

    def tell(self, row: Row | None) -> Sequence[Text]:
        return (Text(f"about {row.key}" if row else "about nothing"), Text("more"))


@given(
    st.lists(st.text("abc -", max_size=8), max_size=30),
    st.text("abc ", max_size=4),
    st.text("abc ", max_size=3),
)
def test_what_answers_a_longer_query_answers_the_shorter_one(texts: list[str], query: str, more: str) -> None:
    first = rank(query, texts)
    assert sorted(rank(query + more, texts)) == sorted(rank(query + more, texts, first))


@given(st.lists(st.text("abc", max_size=5), max_size=20))
def test_without_a_query_all_stay_in_order(texts: list[str]) -> None:
    assert rank(" ", texts) == list(range(len(texts)))


async def test_typing_filters_and_enter_chooses() -> None:
    async with show(Names()) as it:
        await it.type("rele")
        assert "release notes" in it.text and "readme" not in it.text and "1 of 4" in it.text
        await it.press("enter")
        assert it.app.results == ["release notes"]


async def test_keys_count_at_once_and_none_goes_astray() -> None:
    async with show(Names()) as it:
        await it.type("qu")
        assert it.app.strayed == []
        dock = it.app.widget
        assert isinstance(dock, Names) and dock.entry.text == "qu"


async def test_arrows_and_pages_move_and_home_and_end_go_to_the_ends() -> None:
    dock = Names([f"name {number}" for number in range(100)])
    async with show(dock) as it:
        await it.press("down", "down", "up", "pagedown")
        assert dock.list.cursor == 1 + dock.list.page
        await it.press("end")
        assert "about name 99" in it.text
        await it.press("home", "up")
        assert dock.list.cursor == 99


async def test_a_letter_that_asks_acts_after_enter_only() -> None:
    dock = Names()
    async with show(dock) as it:
        await it.press("x")
        assert "Delete it?" in it.text and dock.acted == []
        await it.press("escape")
        assert dock.acted == [] and it.app.results == []
        await it.press("x", "enter", "x", "x", "b", "enter")
        assert dock.acted == [("x", "queue"), ("x", "queue"), ("b", "queue")]


async def test_a_word_that_begins_with_such_a_letter_can_be_typed() -> None:
    dock = Names()
    async with show(dock) as it:
        await it.type("bug")
        assert dock.entry.text == "bug" and dock.acted == []
        await it.press("b")
        assert dock.entry.text == "bugb"


async def test_after_a_move_letters_act_on_what_was_found() -> None:
    dock = Names()
    async with show(dock) as it:
        await it.type("re")
        await it.press("down", "R")
        assert dock.acted == [("R", dock.list.rows[1].key)]
        assert dock.entry.text == "re"


async def test_a_moved_cursor_takes_a_question_back() -> None:
    dock = Names()
    async with show(dock) as it:
        await it.press("x")
        dock.list.move(1)
        await it.pilot.pause()
        await it.press("enter")
        assert dock.acted == [] and it.app.results == ["bug in the queue"]


async def test_pasted_text_filters_on_one_line() -> None:
    dock = Names()
    async with show(dock) as it:
        await it.paste(" release\nnotes \x1b[31m")
        assert dock.entry.text == "release notes"
        assert it.app.strayed == []
        await it.press("enter")
        assert it.app.results == ["release notes"]


async def test_escape_and_ctrl_c_close_with_nothing() -> None:
    for key in ("escape", "ctrl+c"):
        async with show(Names()) as it:
            await it.type("zzz")
            await it.press("enter", key, key)
            assert it.app.results == [None]


async def test_ctrl_a_is_no_letter_and_no_choice() -> None:
    dock = Names()
    async with show(dock) as it:
        await it.press("ctrl+a")
        assert it.app.results == [] and dock.acted == []
        assert "Ctrl+A" in it.text


async def test_tab_turns_and_a_click_on_the_cursor_chooses() -> None:
    dock = Names()
    async with show(dock) as it:
        await it.press("tab")
        assert dock.turns == 1
        top = next(place for place, line in enumerate(it.lines) if "readme" in line)
        await it.pilot.click(offset=(6, top))
        assert "about readme" in it.text and it.app.results == []
        await it.pilot.click(offset=(6, top))
        await it.pilot.pause()
        assert it.app.results == ["readme"]


async def test_other_rows_keep_the_cursor_where_it_was() -> None:
    dock = Names()
    async with show(dock) as it:
        await it.press("down", "down")
        dock.fill([Row(name, (Cell(name),)) for name in ("new", *NAMES)])
        await it.pilot.pause()
        assert dock.list.current is not None and dock.list.current.key == "readme"


async def test_filtering_moves_nothing_else() -> None:
    dock = Names([f"name {number}" for number in range(5)])
    async with show(dock) as it:
        before = dock.region
        await it.type("name 3")
        assert dock.region == before


@pytest.mark.parametrize("size", SIZES)
async def test_half_of_the_screen_is_left_to_the_conversation(size: tuple[int, int]) -> None:
    dock = Names([f"name {number}" for number in range(500)])
    async with show(dock, size=size) as it:
        assert dock.size.height <= size[1] // 2
        assert dock.list.size.height >= 3
        assert ("about name 0" in it.text) == (size[1] >= 20)
        await it.pilot.resize_terminal(100, 50)
        await it.until(lambda: dock.list.size.height > 15, "a longer list")


async def test_five_thousand_rows_are_filtered_between_two_keys() -> None:
    dock = Names([f"session {number} about the queue" for number in range(5000)])
    async with show(dock) as it:
        await it.type("que 4999")
        assert [row.key for row in dock.list.rows] == ["session 4999 about the queue"]
        await it.press(*["backspace"] * 8)
        assert len(dock.list.rows) == 5000


async def test_without_colour_there_is_none_and_in_ascii_no_other_sign() -> None:
    look = Look(colour=False, signs=ASCII)
    async with show(Names([f"name {number} {'x' * 90}" for number in range(50)]), look=look) as it:
        await it.type("na")
        assert it.colours == set()
        assert it.text.isascii()


async def test_the_cursor_can_be_told_without_colour() -> None:
    async with show(Names(), look=BARE) as it:
        await it.press("down")
        assert any("❯ bug in the queue" in line for line in it.lines)
