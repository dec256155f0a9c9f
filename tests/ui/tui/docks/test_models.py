"""/model: the list of models, and how much they may think."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from aura.commands import think
from aura.core.errors import AuraError
from aura.core.events import Recorded
from aura.core.facts import Facts
from aura.core.turn import Turn
from aura.ui.look import ASCII, Look
from aura.ui.tui.docks.models import LEVELS, ModelDock, name_level, tell_window
from aura.ui.tui.docks.results import ModelChosen
from tests.ui.tui.docks.plain_stage import VIEWS, show

MODELS = (
    {
        "name": "anthropic/claude-sonnet-5-5",
        "window": 1_000_000,
        "role": "main",
        "source": "ANTHROPIC_API_KEY",
    },
    {"name": "anthropic/claude-haiku-5-5", "window": 200_000, "role": "small", "source": "ANTHROPIC_API_KEY"},
    {"name": "ollama/qwen3\x1b[2J:8b", "window": 0, "role": "loaded", "source": "http://127.0.0.1:11434"},
)


class Answering:
    """A session that knows its models; `answer` is what it says, or raises."""

    def __init__(self, answer: object = MODELS, thinking: int = 0) -> None:
        self.watchers: list[Callable[[Recorded], None]] = []
        self.facts = Facts("s", "/relay", model="anthropic/claude-sonnet-5-5")
        turn = Turn()
        self.turn = replace(turn, switches=replace(turn.switches, thinking=thinking))
        self._answer = answer

    async def query(self, name: str, **arguments: Any) -> Any:
        assert name == "models"
        if isinstance(self._answer, AuraError):
            raise self._answer
        return self._answer

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the list of models needs no {name}")


def dock(answer: object = MODELS, thinking: int = 0) -> ModelDock:
    return ModelDock(Answering(answer, thinking))  # as much of a session as it needs


@pytest.mark.parametrize(("size", "look"), VIEWS)
async def test_models_stand_with_the_current_one_marked(size: tuple[int, int], look: Look) -> None:
    async with show(dock(), size=size, look=look) as it:
        await it.until(lambda: "claude-haiku" in it.text, "the models")
        line = next(line for line in it.lines if "claude-sonnet" in line)
        assert f"{look.signs.prompt} {look.signs.ok}" in line
        assert "ollama/qwen3:8b" in it.text
        assert look.colour or it.colours == set()
        assert look.signs != ASCII or it.text.isascii()


async def test_another_model_is_chosen_by_a_few_letters() -> None:
    async with show(dock()) as it:
        await it.until(lambda: "claude-haiku" in it.text, "the models")
        await it.type("haiku")
        await it.press("enter")
        assert it.app.results == [ModelChosen("anthropic/claude-haiku-5-5", "")]


async def test_a_name_that_is_not_listed_is_taken_as_typed() -> None:
    async with show(dock()) as it:
        await it.until(lambda: "claude-haiku" in it.text, "the models")
        await it.type("mistral/new-model")
        await it.press("enter")
        assert it.app.results == [ModelChosen("mistral/new-model", "")]


async def test_tab_goes_through_the_levels_and_only_what_changed_is_said() -> None:
    async with show(dock(thinking=LEVELS["low"])) as it:
        await it.until(lambda: "[low]" in it.text, "the level")
        await it.press("tab")
        assert "[medium]" in it.text and "4,096" in it.text
        await it.press("enter")
        assert it.app.results == [ModelChosen("", "medium")]
    async with show(dock(thinking=LEVELS["high"])) as it:
        await it.until(lambda: "[high]" in it.text and "haiku" in it.text, "the level")
        await it.press(*["tab"] * len(LEVELS), "enter")
        assert it.app.results == [None]


async def test_a_number_between_the_levels_is_told_and_kept() -> None:
    async with show(dock(thinking=12_000)) as it:
        await it.until(lambda: "[12,000 tokens]" in it.text and "haiku" in it.text, "the number")
        await it.press("down", "enter")
        assert it.app.results == [ModelChosen("anthropic/claude-haiku-5-5", "")]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((), "No model was found"),
        (AuraError("The engine of this session ended."), "The engine of this session ended."),
        (({"name": 3, "window": "many"}, "nonsense"), "3"),
    ],
)
async def test_what_cannot_be_listed_is_said_and_a_name_can_be_typed(answer: object, said: str) -> None:
    async with show(dock(answer)) as it:
        await it.until(lambda: said in it.text, "the sentence")
        await it.type("openai/x")
        await it.press("enter")
        assert it.app.results == [ModelChosen("openai/x", "")]


def test_the_levels_are_those_of_the_command() -> None:
    assert list(LEVELS.items()) == list(think.LEVELS.items())


def test_windows_and_levels_are_told_short() -> None:
    told: Sequence[str] = [tell_window(size) for size in (0, 8_192, 32_768, 200_000, 1_000_000, 1_048_576)]
    assert told == ["", "8k", "33k", "200k", "1.0M", "1.0M"]
    assert [name_level(size) for size in LEVELS.values()] == list(LEVELS)
    assert name_level(5) == ""
