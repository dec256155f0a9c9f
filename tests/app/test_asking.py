"""Questions of a run: who is asked, what stays open, and how a late answer reaches the model."""

from typing import Any

import pytest

from aura.api import Agent, start_autonomous
from aura.app import approvals
from aura.app.approvals import AUTO_PATIENCE
from aura.core import events as ev
from aura.core.errors import AuraError
from aura.core.run import Phase
from aura.core.tools import Answer
from aura.testing import FakeModel, call
from aura.ui.answers import SKIPPED
from tests.app.hosting import hosting

ASK = call("Ask", question="Which region?", kind="choice", options=["north", "south"])


def needs() -> Any:
    """A reply that gives up until a person helps."""
    return call("Done", summary="Only the region is missing.", status="needs_input")


async def test_what_nobody_answers_stays_open_and_the_answer_goes_on_with_the_run(tmp_path: Any) -> None:
    acts = [ASK, needs(), call("Done", summary="North it is.")]
    async with hosting(tmp_path, *acts, auto=True) as host:
        host.session.opened.approvals.is_seen = lambda: False
        await host.session.submit("/run set the region up")
        await host.until(lambda: host.session.turn.run.phase is Phase.NEEDS_INPUT)
        assert host.session.turn.run.detail == "Only the region is missing. Open question: Which region?"
        (name,) = host.session.turn.rest.pending.questions
        told = host.of(ev.ToolFinished)[0].result.content
        assert "stays open" in told
        assert not host.of(ev.QuestionAnswered)
        await host.until(lambda: not host.session.is_running)
        await host.session.answer(name, Answer("north", ("north",)))
        await host.until(lambda: host.session.turn.run.phase is Phase.DONE)
        assert not host.session.turn.rest.pending.questions
        assert "My answer to your question (Which region?): north" in host.prompts[-1]
        with pytest.raises(AuraError, match="waits for no answer"):
            await host.session.answer(name, Answer("south"))


async def test_terms_may_say_that_nobody_ever_answers(tmp_path: Any) -> None:
    acts = [ASK, call("Done", summary="I took north.")]
    async with hosting(tmp_path, *acts, auto=True, flags={"runs.ask": "nobody"}) as host:
        host.session.opened.approvals.is_seen = lambda: False
        await host.session.submit("/run set the region up")
        await host.until(lambda: host.session.turn.run.phase is Phase.DONE)
        assert [event.by for event in host.of(ev.QuestionAnswered)] == ["nobody"]


async def test_who_watches_is_asked_and_has_a_while(tmp_path: Any) -> None:
    async with hosting(tmp_path, ASK, call("Done", summary="South."), auto=True) as host:
        await host.session.submit("/run set the region up")
        await host.until(lambda: bool(host.of(ev.QuestionAsked)))
        asked = host.of(ev.QuestionAsked)[0]
        assert 0 < asked.deadline - host.recorded[0].at <= AUTO_PATIENCE + 5
        await host.session.answer(asked.id, Answer("south", ("south",)))
        await host.until(lambda: host.session.turn.run.phase is Phase.DONE)
        assert host.of(ev.ToolFinished)[0].result.content == "south"


async def test_a_flag_wins_over_what_the_run_was_begun_with(tmp_path: Any) -> None:
    async with hosting(tmp_path, ASK, needs(), auto=True) as host:
        host.session.opened.approvals.is_seen = lambda: False
        await host.session.submit("/run set the region up")
        await host.until(lambda: host.session.turn.run.phase is Phase.NEEDS_INPUT)
        await host.rest()
        name = host.session.id
    acts = [ASK, call("Done", summary="I took north.")]
    async with hosting(tmp_path, *acts, resume=name, flags={"runs.ask": "nobody"}) as host:
        host.session.opened.approvals.is_seen = lambda: False
        assert host.session.turn.rest.pending.questions, "it is still open after the process ended"
        await host.session.submit("go on")
        await host.until(lambda: not host.session.is_running and bool(host.of(ev.TurnStopped)))
        assert [event.by for event in host.of(ev.QuestionAnswered)] == ["nobody"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"question": "Delete it?", "kind": "approval"}, approvals.NOBODY),
        ({"question": "Which?", "options": ["a", "b"]}, "a"),
        ({"question": "Which?", "options": ["a", "b"], "default": "b"}, "b"),
    ],
)
async def test_time_decides_what_is_harmless_and_approves_nothing(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], told: str
) -> None:
    monkeypatch.setattr(approvals, "AUTO_PATIENCE", 0.01)
    acts = [call("Ask", **arguments), call("Done", summary="x")]
    async with hosting(tmp_path, *acts, flags={"auto.enabled": True}) as host:
        await host.session.submit("tidy up")
        await host.until(lambda: bool(host.of(ev.ToolFinished)))
        assert host.of(ev.ToolFinished)[0].result.content == told
        assert [event.by for event in host.of(ev.QuestionAnswered)] == ["time"]


async def test_a_program_answers_what_its_run_left_open(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = FakeModel(ASK, needs(), call("Done", summary="North it is."))
    async with await start_autonomous(lambda extras: Agent(model, tools=[*extras]), "set it up") as run:
        assert (await run.result()).phase is Phase.NEEDS_INPUT
        (question,) = run.status().questions.values()
        assert question.text == "Which region?"
        with pytest.raises(AuraError, match="no open question"):
            await run.answer("1", "q9")
        await run.answer("1")
        assert (await run.result()).is_done
        assert "My answer to your question (Which region?): north" in model.requests[-1].messages[-1].text
        with pytest.raises(AuraError, match="asks nothing"):
            await run.answer("2")


async def test_an_open_question_may_be_skipped_late(tmp_path: Any) -> None:
    async with hosting(tmp_path, ASK, needs(), call("Done", summary="North.")) as host:
        host.session.opened.approvals.is_seen = lambda: False
        await host.session.submit("/run set the region up")
        await host.until(lambda: host.session.turn.run.phase is Phase.NEEDS_INPUT)
        await host.rest()
        (name,) = host.session.turn.rest.pending.questions
        await host.session.answer(name, SKIPPED)
        await host.until(lambda: host.session.turn.run.phase is Phase.DONE)
        assert host.prompts[-1].startswith("About your question (Which region?): The person skipped")
