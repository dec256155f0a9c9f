"""Names and lines found by a few of their letters."""

import re

from hypothesis import given
from hypothesis import strategies as st

from aura.ui.fuzzy import mark, match, rank, subsequence

WORDS = st.text(alphabet="abc_/.", max_size=12)


def test_what_is_closer_to_the_query_comes_first() -> None:
    texts = ["unplugged log", "plan the log", "say log plainly", "a catalogue", "lost and good", "x"]
    assert [one.text for one in rank("log", texts)] == [
        "unplugged log",
        "plan the log",
        "say log plainly",
        "a catalogue",
        "lost and good",
    ]


def test_words_may_stand_in_any_order() -> None:
    found = match("tests fix", "Fix the flaky tests")
    assert found is not None
    assert "".join("Fix the flaky tests"[place] for place in found.places) == "Fixtests"
    assert match("tests nowhere", "Fix the flaky tests") is None


def test_an_empty_query_takes_all_in_order() -> None:
    assert [one.text for one in rank("  ", ["b", "a"])] == ["b", "a"]


def test_case_does_not_matter_and_letters_that_grow_do_no_harm() -> None:
    assert match("READ", "Readme") is not None
    found = match("x", "İx")  # its small form is two characters
    assert found is not None
    assert found.places == (1,)


@given(WORDS, WORDS)
def test_places_are_the_letters_of_the_query(query: str, text: str) -> None:
    found = match(query, text)
    is_there = re.search(".*".join(re.escape(letter) for letter in query), text) is not None
    assert (found is not None) == is_there
    if found is not None:
        assert "".join(text[place] for place in found.places) == query
        assert list(found.places) == sorted(set(found.places))


@given(WORDS, st.lists(WORDS, max_size=8))
def test_lines_are_found_as_texts_are(query: str, texts: list[str]) -> None:
    lines = "\n".join(texts)
    found = [one[0] for one in subsequence(query).finditer(lines)]
    assert found == [text for text in lines.split("\n") if match(query, text) is not None]


def test_places_become_ranges() -> None:
    assert mark((0, 1, 2, 5, 7, 8)) == [(0, 3), (5, 6), (7, 9)]
    assert mark(()) == []
