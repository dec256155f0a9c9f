"""A list of rows: columns that fit, and only what is on the screen is painted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from aura.ui.look import ASCII, Look
from aura.ui.tui.rows import GAP, Cell, Column, Row, RowList, find_words, fit, lay_out, make_cell
from tests.ui.tui.docks.plain_stage import BARE, show

COLUMNS = st.builds(Column, most=st.integers(0, 40), weight=st.integers(0, 9), right=st.booleans())
TEXTS = st.text(
    st.one_of(st.characters(exclude_categories=("Cc", "Cs", "Cf")), st.sampled_from("漢字é…")), max_size=40
)


@given(st.lists(st.tuples(COLUMNS, st.integers(0, 80)), min_size=1, max_size=7), st.integers(0, 200))
def test_columns_never_take_more_than_the_width(given_columns: list[tuple[Column, int]], width: int) -> None:
    columns = [column for column, _ in given_columns]
    sizes = lay_out(columns, [natural for _, natural in given_columns], width)
    shown = [size for size in sizes if size]
    assert sum(shown) + GAP * max(0, len(shown) - 1) <= max(0, width)
    for size, column in zip(sizes, columns, strict=True):
        assert size >= 0 and (not column.most or size <= column.most)


def test_the_lightest_column_goes_first() -> None:
    columns = (Column(10, weight=3), Column(0, weight=9), Column(10, weight=1), Column(10, weight=2))
    natural = (10, 40, 10, 10)
    assert lay_out(columns, natural, 80) == (10, 44, 10, 10)
    assert lay_out(columns, natural, 48) == (10, 24, 0, 10)
    assert lay_out(columns, natural, 28) == (10, 16, 0, 0)
    assert lay_out(columns, natural, 20) == (0, 20, 0, 0)


@given(TEXTS, st.integers(1, 60), st.booleans())
def test_a_text_is_made_to_fit_exactly(text: str, size: int, right: bool) -> None:
    assert cell_len(fit(text, size, "…", right=right)) == size


@given(TEXTS, st.lists(TEXTS, max_size=4))
def test_words_are_found_where_they_stand_without_overlaps(text: str, words: list[str]) -> None:
    end = 0
    for start, stop in find_words(text, words):
        assert end <= start < stop <= len(text)
        assert text[start:stop].lower() in [word.lower() for word in words]
        end = stop


def test_a_cell_is_cleaned() -> None:
    assert make_cell("a\x1b[31mb\nc\x07").text == "ab c\u2407"


def make_rows(count: int) -> list[Row]:
    return [Row(str(number), (Cell("✓", "good"), Cell(f"row {number}"))) for number in range(count)]


class Counting(RowList):
    """Counts the rows that are painted."""

    painted = 0

    def _paint(self, *arguments: object, **more: object) -> object:  # type: ignore[override] # handed on as it is
        self.painted += 1
        return super()._paint(*arguments, **more)  # type: ignore[arg-type]


async def test_of_many_rows_only_those_on_the_screen_are_painted() -> None:
    rows = Counting((Column(2), Column(0)))
    async with show(rows) as it:
        everything = make_rows(50_000)
        rows.measure(everything)
        rows.styles.height = 10
        rows.painted = 0
        rows.show(everything)
        await it.pilot.pause()
        rows.go(49_999)
        await it.pilot.pause()
        assert "row 49999" in it.text and "row 0" not in it.text
        assert rows.painted < 100


async def test_the_cursor_goes_round_the_ends_by_one_and_stops_there_by_pages() -> None:
    rows = RowList((Column(2), Column(0)))
    async with show(rows):
        rows.show(make_rows(30))
        rows.move(-1)
        assert rows.cursor == 29
        rows.move(1)
        assert rows.cursor == 0
        rows.move(-10)
        assert rows.cursor == 0
        rows.move(1000)
        assert rows.cursor == 29


async def test_a_click_moves_the_cursor_and_a_second_one_picks() -> None:
    said: list[str] = []

    class Telling(RowList):
        def on_row_list_picked(self) -> None:
            said.append(self.current.key if self.current else "")

    rows = Telling((Column(2), Column(0)))
    async with show(rows) as it:
        rows.show(make_rows(5))
        await it.pilot.pause()
        await it.pilot.click(offset=(4, 3))
        assert rows.cursor == 3 and not said
        await it.pilot.click(offset=(4, 3))
        await it.pilot.pause()
        assert said == ["3"]
        await it.pilot.click(offset=(4, 15))
        assert rows.cursor == 3


async def test_an_empty_list_says_why() -> None:
    rows = RowList((Column(0),), empty="Looking …")
    async with show(rows, look=Look(signs=ASCII)) as it:
        assert "Looking ..." in it.text
        assert rows.current is None
        rows.move(1)
        rows.go(4)
        assert rows.cursor == 0


async def test_a_text_goes_on_over_what_is_empty_right_of_it() -> None:
    rows = RowList((Column(4), Column(0), Column(20)))
    lines = [
        Row("1", (Cell("a"), Cell("x" * 60), Cell())),
        Row("2", (Cell("a"), Cell("y" * 60), Cell("/" * 20))),
    ]
    async with show(rows) as it:
        rows.measure(lines)
        rows.show(lines)
        await it.pilot.pause()
        assert "x" * 60 in it.text
        assert "y" * 60 not in it.text


@pytest.mark.parametrize("count", [3, 300])
async def test_without_colour_there_is_none(count: int) -> None:
    rows = RowList((Column(2), Column(0)))
    rows.styles.height = 5
    async with show(rows, look=BARE) as it:
        rows.show(make_rows(count), words=["row"])
        await it.pilot.pause()
        rows.styles.scrollbar_size_vertical = 0
        await it.pilot.pause()
        assert it.colours == set()
        assert "❯ " in it.text
