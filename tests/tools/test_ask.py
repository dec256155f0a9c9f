"""Ask: typed questions, refused when they make no sense."""

from pathlib import Path
from typing import Any

import pytest

from aura.core.errors import ToolError
from aura.core.tools import Answer, Option, Question
from aura.tools.ask import make_ask
from tests.tools.fakes import make_context

ASK = make_ask()


async def ask(folder: Path, answer: Answer | None = None, **arguments: Any) -> tuple[list[Any], str]:
    asked: list[Any] = []
    output = await ASK(make_context(folder, answer=answer, asked=asked), ASK.validate(arguments))
    assert not output.is_error
    return asked, output.content


@pytest.mark.parametrize(
    ("arguments", "question"),
    [
        ({"question": " Name? "}, Question("Name?")),
        ({"question": "Mail?", "pattern": "email"}, Question("Mail?", pattern="email")),
        ({"question": "Go?", "kind": "approval"}, Question("Go?", "approval", (Option("yes"), Option("no")))),
        (
            {"question": "Which?", "options": ["a", {"label": "b", "detail": "slow"}], "default": "a"},
            Question("Which?", "choice", (Option("a"), Option("b", "slow")), default="a"),
        ),
        (
            {"question": "Which?", "kind": "choices", "options": '["a", "b"]'},
            Question("Which?", "choices", (Option("a"), Option("b"))),
        ),
    ],
)
async def test_questions(tmp_path: Path, arguments: dict[str, Any], question: Question) -> None:
    asked, _ = await ask(tmp_path, **arguments)
    assert asked == [question]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer("Eve"), "Eve"),
        (Answer("", ("a", "b")), "a, b"),
        (Answer("a", ("a",)), "a"),
        (Answer("because", ("a",)), "a: because"),
        (Answer(""), "(an empty answer)"),
        (Answer("Proceed as you think best.", answered=False), "Proceed as you think best."),
        (
            Answer("", answered=False),
            "Nobody is there to answer; go on with a reasonable assumption and name it.",
        ),
    ],
)
async def test_answers(tmp_path: Path, answer: Answer, told: str) -> None:
    assert (await ask(tmp_path, answer, question="?"))[1] == told


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"question": " "}, "it is empty"),
        ({"question": "?", "kind": "choice"}, "needs at least two options"),
        ({"question": "?", "kind": "choice", "options": ["a", "a"]}, "labels of the options have to differ"),
        ({"question": "?", "kind": "text", "options": ["a", "b"]}, "kind text takes no options"),
        ({"question": "?", "options": ["a", "b"], "default": "c"}, "'c' is not one of the options"),
        ({"question": "?", "pattern": "("}, "not a regular expression"),
        ({"question": "?", "kind": "approval", "pattern": "x"}, "only kind text takes a pattern"),
    ],
)
async def test_questions_without_sense(tmp_path: Path, arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(ToolError, match="was not asked") as caught:
        await ask(tmp_path, **arguments)
    assert reason in caught.value.sentence
