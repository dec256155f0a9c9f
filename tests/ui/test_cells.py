"""Text in cells: safe, wrapped, cut."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from aura.ui.cells import (
    NARROW,
    break_text,
    chop,
    crop,
    cut,
    cut_left,
    fit,
    join_sides,
    measure,
    pad,
    tidy,
    tidy_line,
    wrap,
)

UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ud800-\udfff]"
)
TEXTS = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("ab \n\t\r\x1b[0m\u202e\u200d\ufe0f日本👍e\u0301\u2028"),
    ),
    max_size=80,
)


def text_of(line: list[Segment]) -> str:
    return "".join(segment.text for segment in line)


@given(TEXTS)
@example("\x1b]8;;http://evil\x07link\x1b]8;;\x07")
@example("a\u2028b\x0bc")
def test_tidy_text_is_safe_and_stays_so(text: str) -> None:
    once = tidy(text)
    assert not UNSAFE.search(once)
    assert tidy(once) == once


def test_tidy_shows_what_it_takes_away() -> None:
    assert tidy("a\u202eb\u00adc\x1b[31md") == "a<U+202E>b<U+00AD>cd"
    assert tidy("a\tb") == "a   b"
    assert tidy("line\u2028next\x0cpage") == "line\nnext\npage"
    assert tidy("heart\u2764\ufe0f") == "heart\u2764"
    assert tidy("e" + "\u0301" * 9) == "e" + "\u0301" * 3


def test_a_tidy_line_has_no_breaks_and_an_end() -> None:
    assert tidy_line(" a\n b\t c ") == "a b c"
    assert len(tidy_line("x" * 10_000)) == 2_000


def test_what_is_taken_to_be_narrow_is() -> None:
    narrow = [chr(code) for code in range(0x11000) if NARROW.fullmatch(chr(code)) and code != 10]
    assert len(narrow) > 1_000
    assert {cell_len(character) for character in narrow} == {1}


@given(TEXTS.map(tidy), st.integers(2, 30))
@example("\n⺀0", 2)
@example("日e\u0301x", 2)
def test_wrapped_lines_fit_and_lose_only_spaces(text: str, width: int) -> None:
    spans = break_text(text, width)
    assert spans
    assert all(cell_len(text[begin:end]) <= width for begin, end in spans)
    kept = "".join(text[begin:end] for begin, end in spans)
    assert re.sub(r"[ \n]", "", kept) == re.sub(r"[ \n]", "", text)


@given(TEXTS.map(tidy), TEXTS.map(tidy), st.integers(2, 30))
def test_styles_survive_wrapping(first: str, second: str, width: int) -> None:
    bold, plain = Style(bold=True), Style()
    lines = wrap([Segment(first, bold), Segment(second, plain)], width)
    assert all(measure(line) <= width for line in lines)
    told = "".join(segment.text for line in lines for segment in line if segment.style is bold)
    assert re.sub(r"[ \n]", "", told) == re.sub(r"[ \n]", "", first)


def test_wrapping_breaks_at_spaces_and_keeps_an_indent() -> None:
    lines = wrap([Segment("  in all, this is too long for a line")], 14)
    assert [text_of(line) for line in lines] == ["  in all, this", "is too long", "for a line"]
    assert [text_of(line) for line in wrap([Segment("a\n\nb")], 9)] == ["a", "", "b"]
    assert [text_of(line) for line in wrap([Segment("日本語のテキスト")], 7)] == ["日本語", "のテキ", "スト"]


@given(TEXTS.map(tidy_line), st.integers(2, 30))
def test_cut_text_fits(text: str, width: int) -> None:
    assert cell_len(cut(text, width, "…")) <= width
    assert cell_len(cut_left(text, width, "…")) <= width
    kept, rest = fit(text, width)
    assert kept + rest == text and cell_len(kept) <= width
    assert measure(crop([Segment(text)], width, "...")) <= width


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [("abcdef", 6, "abcdef"), ("abcdefg", 6, "abcde…"), ("日本語", 5, "日本…"), ("ab<U+202E>c", 8, "ab…")],
)
def test_the_ellipsis_says_that_there_was_more(text: str, width: int, expected: str) -> None:
    assert cut(text, width, "…") == expected
    assert text_of(crop([Segment(text)], width, "…")) == expected


def test_of_a_path_the_end_stays() -> None:
    assert cut_left("src/deep/queue.py", 10, "…") == "…/queue.py"


@given(TEXTS.map(tidy_line), TEXTS.map(tidy_line), st.integers(8, 60))
def test_two_sides_are_one_line(left: str, right: str, width: int) -> None:
    line = join_sides([Segment(left)], [Segment(right)], width, "…")
    assert measure(line) <= width
    if right and cell_len(right) <= width * 3 // 5:
        assert text_of(line).endswith(right)


def test_chopped_lines_are_full_and_padded_ones_too() -> None:
    assert [text_of(line) for line in chop([Segment("abc d"), Segment("efgh")], 4)] == ["abc ", "defg", "h"]
    assert text_of(pad([Segment("ab")], 4)) == "ab  "
