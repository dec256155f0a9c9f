"""The boundary function: what it takes away, what it makes visible, what it leaves."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.text import SHOWN, clean, find_end, shorten

UNSEEN = ("\u00ad", "\u061c", "\u200b", "\u200e", "\u2028", "\u2029", "\u202e", "\u2066", "\ufeff")


@pytest.mark.parametrize("character", UNSEEN)
def test_what_nobody_sees_is_made_visible(character: str) -> None:
    assert clean(f"a{character}b") == f"a<U+{ord(character):04X}>b"
    assert shorten(f"a{character}b", 40) == f"a<U+{ord(character):04X}>b"


@given(st.text())
def test_nothing_is_left_that_orders_text_or_breaks_its_lines(text: str) -> None:
    made = clean(text)
    assert all(unicodedata.bidirectional(one) not in BIDI for one in made)
    assert made.splitlines() == made.split("\n")[: len(made.splitlines())]
    assert clean(made) == made


@given(st.text(st.sampled_from("ab<U+2\u202e\U000e0041")), st.integers(1, 30))
def test_what_is_cut_tells_no_character_by_halves(text: str, width: int) -> None:
    line = clean(text)
    end = find_end(line, width)
    assert end <= width
    assert not any(shown.start() < end < shown.end() for shown in SHOWN.finditer(line))
    assert len(shorten(text, width)) <= width


BIDI = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
