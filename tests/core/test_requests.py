"""What tools of programs ask people: well-formed questions, and answers that allow nothing by accident."""

from pathlib import Path
from typing import Any

import pytest

from aura.api import Answer, Option, Question, ToolError, request_approval, request_input
from tests.tools.fakes import make_context

YES_NO = (Option("yes"), Option("no"))


async def test_a_text_with_a_rule_for_it(tmp_path: Path) -> None:
    asked: list[Any] = []
    context = make_context(tmp_path, answer=Answer("a@b.cd"), asked=asked)
    answer = await request_input(context, " Whom to write to? ", validation="email", default="x@y.zz")
    assert answer == Answer("a@b.cd")
    assert asked == [Question("Whom to write to?", pattern="email", default="x@y.zz")]


async def test_choices_from_texts_and_options(tmp_path: Path) -> None:
    asked: list[Any] = []
    context = make_context(tmp_path, answer=Answer("a", ("a",)), asked=asked)
    await request_input(context, "Which?", input_type="choices", options=["a", Option("b", "slow")])
    assert asked == [Question("Which?", "choices", (Option("a"), Option("b", "slow")))]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"message": " "}, "it is empty"),
        ({"message": "?", "input_type": "choice", "options": ["a"]}, "at least two options"),
        ({"message": "?", "options": ["a", "b"]}, "takes no options"),
        ({"message": "?", "input_type": "choice", "options": ["a", "A "]}, "have to differ"),
        (
            {"message": "?", "input_type": "choice", "options": ["a", "b"], "default": "c"},
            "not one of the options",
        ),
        ({"message": "?", "validation": "("}, "not a regular expression"),
    ],
)
async def test_what_cannot_be_asked_is_refused(tmp_path: Path, given: dict[str, Any], problem: str) -> None:
    asked: list[Any] = []
    with pytest.raises(ToolError, match=problem):
        await request_input(make_context(tmp_path, asked=asked), **given)
    assert not asked


@pytest.mark.parametrize(
    ("answer", "decided"),
    [
        (Answer("yes", ("yes",)), "yes"),
        (Answer("no"), "no"),
        (Answer("maybe"), ""),
        (Answer("yes", answered=False), ""),
        (Answer("The question stays open.", answered=False), ""),
    ],
)
async def test_only_a_person_who_chose_an_option_decides(
    tmp_path: Path, answer: Answer, decided: str
) -> None:
    asked: list[Any] = []
    assert await request_approval(make_context(tmp_path, answer=answer, asked=asked), "Deploy?") == decided
    assert asked == [Question("Deploy?", "approval", YES_NO)]


async def test_an_approval_needs_something_to_choose(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="needs options"):
        await request_approval(make_context(tmp_path), "Deploy?", ())
