"""Where a growing text is cut: the same pieces however it arrives, and never inside what belongs together."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aura.ui.splitting import FENCE_LINES, LONGEST, Piece, Splitter, split

LINES = st.sampled_from(
    [
        *("", "some words", "# Head", "- item", "  - inner", "1. first", "2. second", "```py", "```", "~~~"),
        *("  ```", "    indented", "> quoted", "a | b", "-|-", "| a | b |", "|---|---|", "---", "***"),
        *("  goes on", "\tx", "\r", "word " * 900, "z" * 9_000, "`" * 5_000, "- " + "y " * 4_500),
    ]
)
TEXTS = st.tuples(st.lists(LINES, max_size=25), st.booleans()).map(lambda it: "\n".join(it[0]) + "\n" * it[1])


@given(TEXTS, st.lists(st.integers(0, 400), max_size=20))
@example("x" * LONGEST + "\n", [LONGEST])
@example("```\n" + "a\n" * FENCE_LINES + "```\n", [4, 80])
def test_pieces_do_not_depend_on_how_the_text_arrives(text: str, sizes: list[int]) -> None:
    splitter, pieces, at = Splitter(), list[Piece](), 0
    for size in sizes:
        pieces += splitter.feed(text[at : at + size])
        at += size
        shown = "".join(piece.text for piece in pieces) + splitter.rest.text
        assert shown == text[: len(shown)], "what is shown is always how the text begins"
    pieces += [*splitter.feed(text[at:]), *splitter.close()]
    assert pieces == split(text)


@given(TEXTS)
def test_pieces_are_the_text(text: str) -> None:
    pieces = split(text)
    assert "".join(piece.text for piece in pieces).rstrip() == text.rstrip()
    assert all(piece.text for piece in pieces)


@given(st.text(alphabet="ab`~#- |\n.1>\t", max_size=300))
def test_any_text_is_cut_without_loss(text: str) -> None:
    assert "".join(piece.text for piece in split(text)).rstrip() == text.rstrip()


def texts(text: str) -> list[str]:
    return [piece.text for piece in split(text)]


def test_blocks_are_cut_at_their_ends() -> None:
    text = "# Head\nOne\nline more.\n\nTwo.\n***\n> quoted\nlazily\n\n    code\n\n    more\nThree."
    assert texts(text) == [
        "# Head\n",
        "One\nline more.\n\n",
        "Two.\n",
        "***\n",
        "> quoted\nlazily\n\n",
        "    code\n\n    more\n",
        "Three.",
    ]


def test_a_list_is_cut_at_its_items_and_keeps_what_belongs_to_them() -> None:
    text = "Do:\n- one\n  - inner\n\n  a paragraph of it\n- two\nlazy\n- ```\n  - code\n  ```\n\nAfter."
    assert texts(text) == [
        "Do:\n",
        "- one\n  - inner\n\n  a paragraph of it\n",
        "- two\nlazy\n",
        "- ```\n  - code\n  ```\n\n",
        "After.",
    ]


def test_a_number_within_a_paragraph_begins_no_list() -> None:
    assert texts("It happened in\n1990. Long ago.") == ["It happened in\n1990. Long ago."]


def test_a_heading_underlined_stays_with_its_line() -> None:
    assert texts("Head\n---\ntext") == ["Head\n---\ntext"]


def test_a_long_fence_is_cut_every_forty_lines() -> None:
    code = "".join(f"x = {number}\n" for number in range(FENCE_LINES * 2 + 5))
    first, second, third, after = split(f"```python\n{code}```\nafter")
    assert first.text == "```python\n" + "".join(f"x = {number}\n" for number in range(FENCE_LINES))
    assert first.fence == ""
    assert second.text == "".join(f"x = {number}\n" for number in range(FENCE_LINES, 2 * FENCE_LINES))
    assert second.fence == third.fence == "```python"
    assert third.text.endswith("x = 84\n```\n")
    assert after == Piece("after")


def test_marks_inside_a_fence_mean_nothing() -> None:
    text = "````\n```\n# no heading\n\n- no item\n| a |\n~~~\n````\n"
    assert texts(text) == [text]


def test_a_fence_that_never_closes_is_code_to_the_end() -> None:
    assert texts("```\na\n\n# b") == ["```\na\n\n# b"]


def test_a_table_is_never_cut() -> None:
    text = "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 2_000
    assert texts(text + "\nafter") == [text + "\n", "after"]


@pytest.mark.parametrize("text", ["word " * 20_000, "x" * 100_000, "a line of words\n" * 6_000])
def test_a_giant_paragraph_is_cut_now_and_then(text: str) -> None:
    pieces = texts(text)
    assert max(map(len, pieces)) <= LONGEST + 20
    assert len(pieces) <= 2 + len(text) // (LONGEST - 100)


def test_words_are_not_cut() -> None:
    assert all(piece.endswith(" ") for piece in texts("word " * 5_000)[:-1])


def test_the_rest_goes_on_with_its_fence() -> None:
    splitter = Splitter()
    assert len(splitter.feed("~~~ sh\n" + "ls\n" * FENCE_LINES + "pw")) == 1
    assert splitter.rest == Piece("pw", "~~~ sh")


def test_a_long_reply_in_small_pieces_takes_linear_time() -> None:
    def cost(count: int) -> float:
        splitter, started = Splitter(), time.process_time()
        for _ in range(count):
            splitter.feed("word ")
        return time.process_time() - started

    cost(1_000)
    assert cost(40_000) < 60 * max(cost(4_000), 0.002), "ten times the text takes about ten times as long"
