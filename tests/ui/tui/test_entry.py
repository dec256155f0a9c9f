"""One line of text being typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.ui.tui.entry import LONGEST, Entry, Typed, edit, mask
from tests.ui.tui.docks.plain_stage import show

KEYS = ("left", "right", "home", "end", "backspace", "delete", "ctrl+w", "ctrl+u", "ctrl+k", "up", "f5")


@given(st.lists(st.one_of(st.sampled_from(KEYS), st.characters()), max_size=60))
def test_the_caret_stays_within_the_text_whatever_is_pressed(keys: list[str]) -> None:
    typed = Typed()
    for key in keys:
        typed = edit(typed, key, key if len(key) == 1 else None) or typed
        assert 0 <= typed.caret <= len(typed.text)
        assert "\n" not in typed.text and "\x1b" not in typed.text


@given(st.text(max_size=40), st.text(max_size=40), st.integers(0, 40))
def test_what_is_inserted_stands_before_the_caret(text: str, more: str, caret: int) -> None:
    before = Typed().insert(text)
    before = Typed(before.text, min(caret, len(before.text)))
    after = before.insert(more)
    grown = len(after.text) - len(before.text)
    assert after.caret == before.caret + grown
    assert after.text[: before.caret] == before.text[: before.caret]
    assert after.text[after.caret :] == before.text[before.caret :]


@pytest.mark.parametrize(
    ("text", "caret", "key", "expected"),
    [
        ("one two", 7, "ctrl+w", ("one ", 4)),
        ("one two  ", 9, "ctrl+w", ("one ", 4)),
        ("one two", 3, "ctrl+w", (" two", 0)),
        ("one two", 3, "ctrl+u", (" two", 0)),
        ("one two", 3, "ctrl+k", ("one", 3)),
        ("one", 1, "backspace", ("ne", 0)),
        ("one", 0, "backspace", ("one", 0)),
        ("one", 1, "delete", ("oe", 1)),
    ],
)
def test_editing(text: str, caret: int, key: str, expected: tuple[str, int]) -> None:
    after = edit(Typed(text, caret), key)
    assert after is not None and (after.text, after.caret) == expected


def test_other_keys_are_left_to_others() -> None:
    assert edit(Typed("x", 1), "up") is None
    assert edit(Typed("x", 1), "enter", "\r") is None


def test_a_line_has_an_end() -> None:
    assert len(Typed().insert("x" * (LONGEST + 50)).text) == LONGEST


def test_a_secret_shows_its_last_letters_only_when_it_is_long() -> None:
    assert mask("short") == "*****"
    assert mask("sk-ant-0123456789abcdef") == "*" * 19 + "cdef"
    assert len(mask("x" * 500)) < 40


async def test_a_secret_is_never_on_the_screen() -> None:
    entry = Entry()
    entry.secret = True
    async with show(entry) as it:
        entry.paste("  sk-ant-0123456789abcdef\n")
        await it.pilot.pause()
        assert "cdef" in it.text
        assert "sk-ant" not in it.text and "0123" not in it.text
        assert entry.text == "sk-ant-0123456789abcdef"


async def test_of_a_long_line_the_part_around_the_caret_is_seen() -> None:
    entry = Entry("name")
    async with show(entry, size=(30, 5)) as it:
        entry.set_text("a" * 50 + "THE END")
        entry.say("note")
        await it.pilot.pause()
        assert "THE END" in it.lines[0] and it.lines[0].endswith("note")
        entry.press("home")
        await it.pilot.pause()
        assert "THE END" not in it.lines[0] and it.lines[0].startswith("name aaa")
