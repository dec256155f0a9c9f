"""Text as a plain terminal takes it."""

import re
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.ui.look import ASCII, DARK, Look
from aura.ui.repl.sheet import Depth, Sheet

COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:[34][0-8]|9[0-7]|10[0-7])(?:;\d+)*m")
SEQUENCE = re.compile(r"\x1b\[[\d;]*m")
HOSTILE = "a\x1b]52;c;aGk=\x07b\x9b31mc\u202ed\x00e\ud800"
REPLY = """\
# Title

The **lock** closes the `window`, see [here](http://example.org/x).

```python
def f(x):


    return x
```

- one
- two

| a | b |
|---|---|
| 1 | 2 |

> said
"""


@pytest.mark.parametrize(
    ("depth", "colour"), zip(get_args(Depth), ("#f2bf61", "#f2bf62", "#f2bf63", "#f2bf64"), strict=True)
)
def test_a_line_is_styled_as_far_as_the_terminal_goes(depth: Depth, colour: str) -> None:
    own = replace(DARK, name=depth, styles=(("warn", colour),))  # rich keeps how a colour was written first
    line = Sheet(Look(own), depth).line(("word", "warn"))
    assert SEQUENCE.sub("", line) == "word\n"
    assert ("38;2" in line) is (depth == "truecolor")
    assert ("38;5" in line) is (depth == "256")
    assert bool(COLOUR.search(line)) is (depth != "none")


def test_without_colour_there_is_none_in_anything() -> None:
    for sheet in (Sheet(Look(colour=False), "truecolor"), Sheet(Look(colour=False), "none")):
        for text in (sheet.prose(REPLY), sheet.line(("x", "bad"), ("y", "accent"), ("z", "added"))):
            assert not COLOUR.search(text)
        assert "\x1b[1m" in sheet.prose(REPLY)


def test_a_bare_terminal_gets_no_sequence_at_all() -> None:
    sheet = Sheet(bare=True)
    assert sheet.prose(REPLY) == REPLY
    assert sheet.line(("x", "bad"), (HOSTILE, "text")) == "xabc<U+202E>d␀e\ufffd\n"


@pytest.mark.parametrize("sheet", [Sheet(spoken=True), Sheet(Look(signs=ASCII)), Sheet(bare=True)])
def test_markdown_is_left_as_written_where_it_cannot_be_drawn(sheet: Sheet) -> None:
    assert sheet.prose(REPLY) == REPLY


def test_markdown_is_drawn_without_boxes_and_backgrounds() -> None:
    drawn = Sheet(width=80).prose(REPLY)
    text = SEQUENCE.sub("", drawn)
    assert text.startswith(
        "Title\n\nThe lock closes the window, see here (http://example.org/x).\n\n  def f(x):\n"
    )
    assert " • one\n • two\n" in text
    assert "▌ said" in text
    assert not re.search(r"\x1b\[(?:\d+;)*4[0-8]", drawn)
    assert not any(line.endswith(" ") for line in text.splitlines())


def test_code_keeps_its_empty_lines() -> None:
    text = SEQUENCE.sub("", Sheet().prose("```\na\n\n\nb\n```\n"))
    assert text == "  a\n\n\n  b\n"


def test_prose_is_no_wider_than_the_terminal() -> None:
    words = "word " * 100
    for width in (30, 60, 100):
        lines = SEQUENCE.sub("", Sheet(width=width).prose(words)).splitlines()
        assert max(map(len, lines)) < width
    assert len(SEQUENCE.sub("", Sheet(width=400).prose(words)).splitlines()) > 1


def test_nothing_said_is_nothing_written() -> None:
    for sheet in (Sheet(), Sheet(bare=True)):
        assert sheet.prose("") == ""
        assert sheet.prose(" \n\n ") == ""


@given(st.text(max_size=400))
def test_no_text_brings_a_sequence_of_its_own(text: str) -> None:
    for sheet in (Sheet(), Sheet(Look(colour=False)), Sheet(bare=True), Sheet(spoken=True)):
        for written in (sheet.line((text, "bad")), sheet.prose(text)):
            left = SEQUENCE.sub("", written)
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", left)
            assert not sheet.bare or "\x1b" not in written


def test_hostile_markdown_is_harmless() -> None:
    source = (
        f"[{HOSTILE}](http://x/{HOSTILE})\n\n```{HOSTILE}\n{HOSTILE}\n```\n\n# {HOSTILE}\n\n![i](file:///x)\n"
    )
    written = Sheet().prose(source)
    left = SEQUENCE.sub("", written)
    assert "\x1b" not in left
    assert "]8;" not in written
