"""Who gets nowhere is stopped within twelve steps; who only looks like it is left alone."""

from itertools import cycle

import pytest

from aura.core import events as ev
from aura.core.limits import Limits, StopReason
from aura.core.messages import AURA
from aura.core.models import Request
from aura.testing import Act, FakeModel, FakeTool, Stage, call
from tests.agent.habits import ENDLESS, HONEST, WARM_UP, Bench

GIVEN_UP = {StopReason.STALLED, StopReason.DENIED, StopReason.BLOCKED, StopReason.NOT_VERIFIED}
plugged = pytest.mark.parametrize("plugins", [False, True], ids=["alone", "with plugins"])


@plugged
@pytest.mark.parametrize("name", ENDLESS)
async def test_circles_are_left_within_twelve_steps(name: str, plugins: bool) -> None:
    habit, begin = ENDLESS[name]
    stage = Bench().stage(habit, *begin, plugins=plugins)
    turn = await stage.prompt("Do it.")
    assert turn.stop in GIVEN_UP, turn.rest
    wrapped_up = turn.pace.limit is not None
    assert turn.steps - WARM_UP - wrapped_up <= 12
    assert turn.rest.detail


@plugged
@pytest.mark.parametrize("name", HONEST)
async def test_honest_work_is_left_alone(name: str, plugins: bool) -> None:
    habit, begin = HONEST[name]
    stage = Bench().stage(habit, *begin, plugins=plugins)
    turn = await stage.prompt("Do it.")
    assert turn.stop is StopReason.END_TURN, turn.rest
    assert turn.messages[-1].text == "Finished."
    if not plugins and "asked" not in name:  # who waits long is told once, and may go on
        assert not [one for one in stage.of(ev.Injected) if one.message.origin == AURA]


async def test_the_model_hears_of_it_before_it_is_stopped() -> None:
    habit, begin = ENDLESS["three calls in turn"]
    stage = Bench().stage(habit, *begin)
    await stage.prompt("Do it.")
    told, wrap_up = [one.message.text for one in stage.of(ev.Injected)]
    assert "the same 3 steps" in told
    assert "tools are off" in wrap_up
    assert stage.turn.messages[-1].text == "That is how far I came."


async def test_reading_the_same_large_files_after_each_compaction_comes_to_an_end() -> None:
    """They never fit at once: each compaction allows to look again, but not for ever."""

    def act(request: Request) -> Act:
        if "hand-over note" in request.system:
            return "Some files were read."
        return call("Read", path=next(names)) if request.tools else "They do not fit."

    names = cycle(["a", "b", "c"])
    tool = FakeTool("Read", does=lambda path: f"{path} " * 7_000)
    stage = Stage(FakeModel(act, repeat=True, window=10_000), [tool], [ev.LimitsSet(Limits(steps=100))])
    turn = await stage.prompt("Compare a, b and c.")
    assert turn.stop is StopReason.STALLED
    assert len(stage.of(ev.Compacted)) > 2
    assert turn.steps <= 40
