"""Fast and deep goals: what is chosen, why, and what it changes."""

from pathlib import Path
from typing import Any

import pytest

from aura.app.build import Opened, open_session
from aura.app.effort import ask_model
from aura.app.options import SessionOptions
from aura.core import events as ev
from aura.core.errors import ModelError, ModelErrorKind
from aura.core.recorder import Recorder
from aura.core.run import Phase
from aura.core.turn import Turn
from aura.testing import FakeModel, call
from aura.ui.prompter import Prompter


async def opened(place: Path, *acts: Any, **flags: Any) -> Opened:
    """An open session in a folder of its own."""
    (place / "w").mkdir()
    given = {name.replace("__", "."): value for name, value in flags.items()}
    options = SessionOptions(
        place / "w", flags=given, model=FakeModel(*acts), sessions=place / "s", trusted=True, unattended=True
    )
    return await open_session(options)


@pytest.mark.parametrize(
    ("use", "goal", "effort", "calls", "thinking"),
    [
        ("auto", "what is this?", "fast", 500, 1_024),
        ("auto", "refactor the parser", "deep", 5_000, 16_384),
        ("deep", "what is this?", "deep", 5_000, 16_384),
    ],
)
async def test_a_profile_holds_for_the_run(
    tmp_path: Path, use: str, goal: str, effort: str, calls: int, thinking: int
) -> None:
    session = await opened(tmp_path, call("Done", summary="It is."), runs__effort__use=use)
    try:
        run = await Prompter(session, print).pursue(goal)
        turn = session.session.turn
        assert run.phase is Phase.DONE
        assert turn.limits.calls == calls
        assert turn.switches.thinking == thinking
        chosen = [one.event for one in session.log.read(types=("effort_chosen",))]
        assert [(one.effort, bool(one.reason)) for one in chosen if isinstance(one, ev.EffortChosen)] == [
            (effort, True)
        ]
    finally:
        await session.close()


async def test_a_time_that_was_given_is_kept(tmp_path: Path) -> None:
    session = await opened(
        tmp_path,
        call("Done", summary="x"),
        runs__effort__use="fast",
        auto__max_seconds=99.0,
        models__thinking=7,
    )
    try:
        await Prompter(session, print).pursue("what is this?")
        assert session.session.turn.limits.seconds == 99
        assert session.session.turn.switches.thinking == 7
    finally:
        await session.close()


@pytest.mark.parametrize(
    ("answer", "effort"),
    [("fast", "fast"), (" **Deep** ", "deep"), ("well, it depends", "deep"), ("quick.", "fast")],
)
async def test_the_small_model_decides_where_words_do_not(answer: str, effort: str) -> None:
    events: list[ev.Event] = []
    record = Recorder(Turn(), events.append)
    assert (await ask_model(record, FakeModel(answer), "bump the version")).effort == effort
    (counted,) = events
    assert isinstance(counted, ev.CallCounted)
    assert counted.part == "choice of effort"
    assert record.turn.spend.input == counted.usage.input > 0


async def test_a_small_model_that_fails_makes_it_deep() -> None:
    model = FakeModel(ModelError(ModelErrorKind.NETWORK, "No route."))
    route = await ask_model(Recorder(Turn(), lambda event: None), model, "bump the version")
    assert (route.effort, "No route." in route.reason) == ("deep", True)
