"""The boundary function: what it takes away, what it makes visible, what it leaves."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.text import clean, shorten

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


BIDI = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
