"""What a line means as an answer; how options are named is tested with the terminal."""

import time

import pytest

from aura.core.answers import explain_misfit, read_answer
from aura.core.tools import Answer, Option, Question
from aura.ui.answers import SKIPPED, TALK


@pytest.mark.parametrize(
    ("pattern", "fits", "misfits", "sentence"),
    [
        ("email", "a@b.cd", "a@b", "This is not an email address."),
        ("number", "-1.5", "1,5", "This is not a number."),
        ("path", "~", "~/no such file", "This is not a path that exists."),
        (r"v\d+", "v12", "12", r"This is not what fits v\d+."),
    ],
)
def test_a_text_has_to_fit_its_pattern(pattern: str, fits: str, misfits: str, sentence: str) -> None:
    question = Question("?", pattern=pattern)
    assert read_answer(question, fits) == Answer(fits)
    assert read_answer(question, misfits) is None
    assert explain_misfit(question) == sentence


@pytest.mark.parametrize(
    "pattern", ["(a+)+b", "((a+))+b", "(a?){60}b", "(a|a)*b", "(a*)*b", "((a)|b*)+c", "(?:a+){2,}b"]
)
def test_a_pattern_that_would_take_for_ever_is_not_tried(pattern: str) -> None:
    begun = time.monotonic()
    assert read_answer(Question("?", pattern=pattern), "a" * 60) == Answer("a" * 60)
    assert time.monotonic() - begun < 1.0


def test_what_is_no_option_is_said() -> None:
    question = Question("?", "approval", (Option("yes"), Option("no")))
    assert read_answer(question, "perhaps") is None
    assert explain_misfit(question) == "There is no such option; there are 1 yes, 2 no."


def test_neither_skipping_nor_talking_is_an_answer() -> None:
    assert not SKIPPED.answered
    assert not TALK.answered
