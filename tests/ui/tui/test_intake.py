"""What a terminal sends: keys, and pastes that are only ever pastes."""

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.geometry import Size

from aura.ui.tui.intake import PASTE_ENDED, PASTE_STARTED, Intake

HOSTILE = st.text(alphabet="ab\r\n\x1b[2013~;?\x07m", max_size=40).filter(
    lambda text: PASTE_ENDED not in text
)


def read(*pieces: str) -> list[object]:
    """The keys and pastes of what arrives in pieces."""
    intake = Intake()
    found: list[object] = []
    for piece in pieces:
        found += [one.key if isinstance(one, events.Key) else one for one in intake.feed(piece)]
    return [("paste", one.text) if isinstance(one, events.Paste) else one for one in found]


def cut(text: str, places: Iterable[int]) -> list[str]:
    """The text in pieces."""
    ends = sorted({0, len(text), *(place for place in places if place < len(text))})
    return [text[start:end] for start, end in itertools.pairwise(ends)]


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ("\x1b\r", "alt+enter"),
        ("\x1b[27;2;13~", "shift+enter"),
        ("\x1b[13;2u", "shift+enter"),
        ("\x1b[13;3u", "alt+enter"),
        ("\n", "ctrl+j"),
        ("\r", "enter"),
        ("a", "a"),
        ("\x1b[A", "up"),
    ],
)
def test_keys_are_told_apart(sent: str, key: str) -> None:
    assert read(sent) == [key]
    assert read(*sent) == [key]


def test_a_sequence_that_cannot_be_read_ends_nothing() -> None:
    assert read("\x1b[47:63;2;63u", "a")[-1] == "a"


def test_keys_around_a_paste_stay_keys() -> None:
    pasted = "x\x1b[31m\r\x1b\r\x1b[Aend"
    assert read(f"a{PASTE_STARTED}{pasted}{PASTE_ENDED}b\x1b\r") == ["a", ("paste", pasted), "b", "alt+enter"]


def test_what_is_known_of_the_terminal_outlives_a_lost_sequence() -> None:
    intake = Intake()
    sizes = [
        message for message in intake.feed("\x1b[48;24;80;480;800t") if isinstance(message, events.Resize)
    ]
    assert [size.size for size in sizes] == [Size(80, 24)]
    list(intake.feed("\x1b"))
    assert [message.key for message in intake.feed("\r") if isinstance(message, events.Key)] == ["alt+enter"]
    moved = [message for message in intake.feed("\x1b[<35;100;200M") if isinstance(message, events.MouseMove)]
    assert [(event.x, event.y) for event in moved] == [(9, 9)]  # still told in pixels


@given(HOSTILE, st.lists(st.integers(0, 60), max_size=6))
def test_a_paste_is_one_whatever_is_in_it_and_however_it_arrives(text: str, places: list[int]) -> None:
    sent = f"{PASTE_STARTED}{text}{PASTE_ENDED}z"
    if sent.find(PASTE_ENDED) == len(PASTE_STARTED) + len(text):
        assert read(*cut(sent, places)) == [("paste", text), "z"]


def test_a_megabyte_is_read_in_no_time() -> None:
    text = "hello world\n" * 90_000
    sent = f"{PASTE_STARTED}{text}{PASTE_ENDED}"
    assert read(*cut(sent, range(0, len(sent), 4_096))) == [("paste", text)]
