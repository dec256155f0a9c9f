"""Programs in colours."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.segment import Segment

from aura.ui.highlight import LONGEST, find_lexer, highlight
from aura.ui.look import PALETTES, Look

CODE = 'def close(self):\n    """Close\n\n    it."""\n    return 1  # done\n'


def text_of(lines: list[list[Segment]]) -> str:
    return "\n".join("".join(segment.text for segment in line) for line in lines)


@pytest.mark.parametrize(
    "language", ["python", "bash", "json", "diff", "console", "", "no-such-language", "text"]
)
def test_the_text_stays_as_it_is(language: str) -> None:
    assert text_of(highlight(CODE, language, Look())) == CODE


@settings(max_examples=60)
@given(st.text(max_size=120), st.sampled_from(["python", "html", "yaml", "c", "markdown"]))
def test_any_text_stays_as_it_is_once_it_is_safe(code: str, language: str) -> None:
    lines = highlight(code, language, Look())
    assert text_of(lines) == text_of(highlight(code, "", Look()))
    assert all("\n" not in segment.text for line in lines for segment in line)


def test_words_of_different_kinds_have_different_colours() -> None:
    lines = highlight(CODE, "python", Look())
    colours = {
        segment.text.strip(): str(segment.style.color.name)
        for line in lines
        for segment in line
        if segment.style and segment.style.color
    }
    assert len({colours["def"], colours["close"], colours["# done"], colours["1"]}) == 4
    assert colours["def"] == colours["return"]


def test_without_colour_there_is_none() -> None:
    look = Look(PALETTES["light"], colour=False)
    styles = [segment.style for line in highlight(CODE, "python", look) for segment in line]
    assert all(style is not None and style.color is None for style in styles)
    assert any(style is not None and style.bold for style in styles)


def test_a_growing_program_keeps_the_colours_of_its_whole_lines() -> None:
    whole = highlight(CODE, "python", Look())
    for end in range(len(CODE)):
        growing = highlight(CODE[:end], "python", Look(), is_open=True)
        finished = CODE[:end].count("\n")
        assert growing[:1] == whole[:1] or finished < 1
        assert text_of(growing) == CODE[:end]


def test_what_is_too_long_is_plain() -> None:
    long = "x = 1\n" * (LONGEST // 6 + 1)
    assert {segment.style for line in highlight(long, "python", Look()) for segment in line} == {
        Look().style("text")
    }


def test_names_of_languages_as_fences_write_them() -> None:
    assert find_lexer("Python3 title=x.py") is not None
    assert find_lexer("{.python}") is not None
    assert find_lexer("../../etc/passwd") is None
    assert find_lexer("x" * 500) is None
