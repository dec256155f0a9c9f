"""/limits, /model and /think: what a person sets while a session is open."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aura.app.build import Opened, open_session
from aura.app.options import SessionOptions
from aura.core.errors import AuraError, ConfigError
from aura.testing import FakeModel
from aura.ui.prompter import Prompter

SCRIPT = "replies:\n  - say: from the script\n"


class Desk:
    """An open session, and what its commands said."""

    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        self.said: list[str] = []
        self.prompt = Prompter(opened, self.said.append)

    async def __call__(self, line: str) -> str:
        self.said.clear()
        await self.prompt(line)
        return "\n".join(self.said)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    options = SessionOptions(tmp_path, model=FakeModel("hello"), sessions=tmp_path / "sessions", trusted=True)
    opened = await open_session(options)
    yield Desk(opened)
    await opened.close()


async def test_limits_are_shown_set_raised_and_switched_off(desk: Desk) -> None:
    assert "steps: 0 of 50" in await desk("/limits")
    assert "cost: $0.00 of $2.50" in await desk("/limits cost $2.50")
    assert "cost: $0.00 of $4.50" in await desk("/limits cost +2")
    assert "time: 0s of 1h30m" in await desk("/limits time 1.5h")
    assert "tokens: 0 of 200000" in await desk("/limits tokens 200k")
    assert "steps" not in await desk("/limits steps 0")
    limits = desk.opened.session.turn.limits
    assert (limits.steps, limits.tokens, limits.cost, limits.seconds) == (0, 200_000, 4.5, 5400.0)
    assert isinstance(limits.tokens, int)


@pytest.mark.parametrize("line", ["/limits steps", "/limits speed 9", "/limits cost -1", "/limits cost many"])
async def test_a_limit_that_is_none_shows_the_usage(desk: Desk, line: str) -> None:
    before = desk.opened.session.turn.limits
    with pytest.raises(AuraError, match="Usage: /limits"):
        await desk(line)
    assert desk.opened.session.turn.limits == before


async def test_another_model_answers_from_the_next_step_on(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(SCRIPT)
    assert "script:s.yaml" in await desk(f"/model script:{tmp_path / 's.yaml'}")
    await desk.prompt("say something")
    reply = desk.opened.session.turn.last_reply
    assert reply is not None and reply.text == "from the script"
    assert "script:s.yaml" in await desk("/model")


async def test_a_model_that_cannot_be_opened_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        await desk(f"/model script:{tmp_path / 'missing.yaml'}")
    await desk.prompt("say something")
    assert desk.opened.session.turn.switches.model == "fake/model"


@pytest.mark.parametrize(("word", "tokens"), [("off", 0), ("low", 1024), ("high", 16384), ("2_000", 2000)])
async def test_thinking_is_set_by_level_or_tokens_and_asked_of_the_model(
    desk: Desk, word: str, tokens: int
) -> None:
    await desk(f"/think {word}")
    await desk.prompt("think")
    model = desk.opened.loop.responder.model
    assert isinstance(model, FakeModel)
    assert model.requests[0].thinking == (tokens or None)


async def test_a_level_of_thinking_that_is_none_shows_the_usage(desk: Desk) -> None:
    with pytest.raises(AuraError, match="Usage: /think"):
        await desk("/think a lot")
