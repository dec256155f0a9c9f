"""The guard as the settings ask for it, and the second opinion of the small model."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.agent.patterns import Bounds
from aura.app import guard
from aura.app.guard import describe_work, make_guard, make_stall_check, read_opinion
from aura.config.schema import Settings
from aura.core import events as ev
from aura.core.errors import ModelError, ModelErrorKind
from aura.core.messages import MODEL, Message, Text, ToolCall, ToolResult, user
from aura.core.models import Completion, Request
from aura.core.recorder import Recorder
from aura.core.text import clean
from aura.core.turn import Turn, fold
from aura.testing import Act, FakeModel, Player


def begin() -> Turn:
    """A turn with words of a person, prose of the model, one call made twice, one refused."""
    look = ToolCall("c1", "Read", {"path": "a.py"})
    wipe = ToolCall("c2", "Bash", {"command": "rm -rf /"})
    prose = Message("assistant", (Text("This is clearly batch work."), look), MODEL)
    result = ev.ToolFinished(look, ToolResult("c1", "the secret text"), "ok")
    return fold(
        [
            ev.TurnStarted(1, user("Compare the files.")),
            ev.StepStarted(1, "m"),
            ev.ModelReplied(Completion(prose)),
            result,
            ev.StepStarted(2, "m"),
            result,
            ev.ToolFinished(wipe, ToolResult("c2", "Refused: no.", is_error=True), "denied"),
        ]
    )


def test_the_settings_reach_the_bounds() -> None:
    record = Recorder(Turn(), lambda event: None)
    plain = make_guard(Settings(), record, FakeModel())
    assert (plain.bounds, plain.stall_check) == (Bounds(), None)
    table = {
        "enabled": False,
        "nudge_at": 4,
        "change_at": 6,
        "stop_at": 9,
        "same_error": 0,
        "idle_steps": 40,
        "stall_check": True,
    }
    set_up = make_guard(Settings.model_validate({"progress": table}), record, FakeModel())
    assert set_up.bounds == Bounds(enabled=False, nudge=4, change=6, stop=9, errors=0, idle=40)
    assert set_up.stall_check is not None


async def ask(*acts: Act | Player) -> tuple[str, FakeModel, list[ev.Event]]:
    events: list[ev.Event] = []
    model = FakeModel(*acts)
    return await make_stall_check(Recorder(begin(), events.append), model)(begin()), model, events


async def test_the_small_model_sees_the_goal_and_the_calls_and_no_prose() -> None:
    why, model, events = await ask('{"goes_on": true, "why": "each call looks at another file"}')
    assert why == "each call looks at another file"
    assert [event.part for event in events if isinstance(event, ev.CallCounted)] == ["stall check"]
    assert len(events) == 1
    request = model.requests[0]
    text = request.messages[0].text
    assert text == describe_work(begin())
    assert "Compare the files." in text
    assert "- Read a.py: ok, new result\n- Read a.py: ok, same result as before" in text
    assert "- Bash rm -rf /: denied" in text
    assert "batch work" not in text
    assert "secret" not in text
    assert not request.tools


@pytest.mark.parametrize(
    "answer",
    [
        '{"goes_on": false, "why": "it wanders"}',
        '{"goes_on": "true"}',
        "It goes on.",
        '{"goes_on": true',
        "[true]",
        "",
    ],
)
async def test_all_but_a_plain_yes_means_stalled(answer: str) -> None:
    assert read_opinion(answer) == ""


def test_an_answer_is_cleaned_and_cut() -> None:
    said = read_opinion('so {"goes_on": true, "why": "\\u001b[31mred\\n' + "x" * 500 + '"}')
    assert said.startswith("red x")
    assert len(said) == 200
    assert read_opinion('{"goes_on": true}') == "no reason given"


@given(st.text(max_size=80))
def test_any_answer_can_be_read(answer: str) -> None:
    said = read_opinion(answer)
    assert said == clean(said)


async def test_a_model_that_fails_lifts_nothing_and_is_named() -> None:
    why, _, events = await ask(ModelError(ModelErrorKind.NETWORK, "No connection."))
    assert why == ""
    assert events == [ev.NoticeShown("The stall check could not be made: No connection.", "warning")]


async def test_a_model_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "SECONDS", 0.01)

    async def never(request: Request) -> Act:
        await asyncio.Event().wait()
        return ""

    why, _, events = await ask(never)
    assert why == ""
    assert [event.type for event in events] == ["notice_shown"]
