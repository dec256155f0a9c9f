"""The run of a hosted session: driven as its work, steered by who looks and by who comes from elsewhere."""

import asyncio
from pathlib import Path

import pytest

from aura.core import events as ev
from aura.core.errors import AuraError
from aura.core.limits import PROCESS_ENDED, Limits
from aura.core.messages import HUMAN
from aura.core.run import Phase
from aura.runs.orders import Wanted
from aura.testing import Act, call
from tests.app.hosting import Hosting, hosting

GOAL = "/run make it work"
HOLD = call("Hold")


def done(summary: str = "all works") -> Act:
    """A reply that claims to be done."""
    return call("Done", summary=summary)


async def begin(desk: Hosting) -> None:
    """Begin a run and wait until its first call is under way."""
    await desk.session.submit(GOAL)
    await desk.held.begun.wait()


def phase_of(desk: Hosting) -> Phase:
    """Where the run stands."""
    return desk.session.turn.run.phase


async def test_a_run_is_work_of_its_session_and_what_is_queued_follows(tmp_path: Path) -> None:
    async with hosting(tmp_path, HOLD, done(), "hello") as desk:
        await begin(desk)
        assert desk.session.is_running
        desk.session.enqueue("say hello")
        joined = asyncio.create_task(desk.session.steering.pursue())
        desk.held.let_go.set()
        assert (await joined).phase is Phase.DONE
        await desk.rest()
        assert desk.prompts == ["make it work", "say hello"]


async def test_a_pause_stops_between_two_steps_and_a_resume_drives_it_again(tmp_path: Path) -> None:
    async with hosting(tmp_path, HOLD, done()) as desk:
        await begin(desk)
        run = await desk.session.steering.order(Wanted("pause"))
        assert (run.phase, run.order) == (Phase.RUNNING, "pause")
        desk.held.let_go.set()
        await desk.rest()
        assert (phase_of(desk), desk.session.turn.steps) == (Phase.PAUSED, 1)
        await desk.session.steering.order(Wanted("resume", text="now finish"))
        await desk.until(lambda: phase_of(desk) is Phase.DONE)
        assert desk.prompts == ["make it work", "now finish"]


async def test_commands_in_the_window_do_the_same(tmp_path: Path) -> None:
    async with hosting(tmp_path, HOLD, done()) as desk:
        await begin(desk)
        await desk.session.submit("/pause")
        desk.held.let_go.set()
        await desk.until(lambda: phase_of(desk) is Phase.PAUSED)
        await desk.rest()
        await desk.session.submit("/continue")
        await desk.until(lambda: phase_of(desk) is Phase.DONE)
        said = [event.text for event in desk.of(ev.CommandSaid)]
        assert "The run pauses after the step that runs; /continue goes on." in said
        await desk.rest()
        await desk.session.submit("/cancel")
        await desk.rest()
        assert (
            desk.of(ev.NoticeShown)[-1].text
            == "The run is done, so there is nothing to cancel; begin a new one."
        )


async def test_a_cancel_interrupts_at_once(tmp_path: Path) -> None:
    async with hosting(tmp_path, HOLD) as desk:
        await begin(desk)
        run = await desk.session.steering.order(Wanted("cancel"))
        assert (run.phase, run.detail) == (Phase.CANCELLED, "given up by a person")
        await desk.rest()


async def test_an_interrupt_pauses_and_keeps_what_was_said(tmp_path: Path) -> None:
    async with hosting(tmp_path, HOLD) as desk:
        await begin(desk)
        await desk.session.interrupt()
        assert phase_of(desk) is Phase.PAUSED
        assert not desk.session.is_running


async def test_a_process_that_ends_leaves_the_run_as_it_is(tmp_path: Path) -> None:
    async with hosting(tmp_path, HOLD) as desk:
        await begin(desk)
        desk.session.opened.session.stop_detail = PROCESS_ENDED
        await desk.session.interrupt()
        assert phase_of(desk) is Phase.RUNNING
        assert desk.session.turn.rest.detail == PROCESS_ENDED


async def test_what_is_typed_to_an_active_run_that_nobody_drives_takes_it_up(tmp_path: Path) -> None:
    async with hosting(tmp_path, HOLD, done()) as desk:
        await begin(desk)
        session = desk.session.opened.session
        session.stop_detail = PROCESS_ENDED
        await desk.session.interrupt()
        session.stop_detail = "stopped by a person"
        await desk.session.submit("finish it")
        await desk.until(lambda: phase_of(desk) is Phase.DONE)
        assert desk.of(ev.TurnStarted)[-1].message.text == "finish it"
        assert desk.of(ev.TurnStarted)[-1].message.origin == HUMAN


async def test_two_people_at_once_are_both_heard(tmp_path: Path) -> None:
    async with hosting(tmp_path, HOLD, done()) as desk:
        await begin(desk)
        steering = desk.session.steering
        await asyncio.gather(
            steering.order(Wanted("pause", "ann")),
            steering.order(Wanted("resume", "ben")),
            steering.order(Wanted("pause")),
        )
        desk.held.let_go.set()
        await desk.rest()
        assert phase_of(desk) is Phase.PAUSED
        assert [(event.order, event.by) for event in desk.of(ev.RunOrdered)] == [
            ("pause", "ann"),
            ("resume", "ben"),
            ("pause", "human"),
        ]


async def test_what_two_people_say_to_a_run_at_rest_begins_one_turn(tmp_path: Path) -> None:
    async with hosting(tmp_path, HOLD, done()) as desk:
        await begin(desk)
        await desk.session.interrupt()
        assert phase_of(desk) is Phase.PAUSED
        desk.session.steer("finish it")
        desk.session.steer("and be quick")
        await desk.until(lambda: phase_of(desk) is Phase.DONE)
        assert desk.prompts == ["make it work", "finish it\n\nand be quick"]
        assert not [one for one in desk.of(ev.NoticeShown) if one.level == "error"]


async def test_a_shell_line_of_a_person_does_not_hold_up_the_run(tmp_path: Path) -> None:
    async with hosting(tmp_path, HOLD, done()) as desk:
        await begin(desk)
        await desk.session.interrupt()
        await desk.session.submit("!sleep 60")
        await desk.session.steering.order(Wanted("resume", text="now finish"))
        await desk.until(lambda: phase_of(desk) is Phase.DONE)
        assert desk.session.is_running
        await desk.session.interrupt()


async def test_a_grant_raises_and_resumes_and_is_refused_when_it_would_not_be_enough(tmp_path: Path) -> None:
    flags = {"auto.max_turns": 1, "auto.max_steps": 1}
    async with hosting(tmp_path, HOLD, "summed up", done(), flags=flags) as desk:
        await begin(desk)
        desk.held.let_go.set()
        await desk.until(lambda: phase_of(desk) is Phase.LIMIT)
        await desk.rest()
        steering = desk.session.steering
        with pytest.raises(AuraError, match="turns would end the run again at once: 1 of 1 is used"):
            await steering.order(Wanted("resume"))
        with pytest.raises(AuraError, match="no limit of tokens"):
            await steering.order(Wanted("grant", more={"tokens": 5.0}))
        await steering.order(Wanted("grant", more={"turns": 2.0}))
        await desk.until(lambda: phase_of(desk) is Phase.DONE)
        assert desk.session.turn.limits.turns == 3
        assert isinstance(desk.session.turn.limits, Limits)


async def test_what_is_typed_to_a_run_that_was_stopped_goes_on_with_it_unless_auto_mode_is_off(
    tmp_path: Path,
) -> None:
    async with hosting(tmp_path, HOLD, "an answer", done()) as desk:
        await begin(desk)
        await desk.session.interrupt()
        desk.session.record(ev.AutoSwitched(on=False, by="human"))
        desk.session.record(ev.DoneSwitched(required=False, by="human"))
        await desk.session.submit("what did you do?")
        await desk.rest()
        assert phase_of(desk) is Phase.PAUSED
        desk.session.record(ev.AutoSwitched(on=True, by="human"))
        await desk.session.submit("go on")
        await desk.until(lambda: phase_of(desk) is Phase.DONE)


async def test_a_resume_with_another_model_switches_the_living_session(tmp_path: Path) -> None:
    async with hosting(tmp_path, HOLD, done()) as desk:
        await begin(desk)
        with pytest.raises(AuraError, match="no-such-model"):
            await desk.session.steering.order(Wanted("resume", model="no-such-model"))
        script = tmp_path / "other.yaml"
        script.write_text("- call: {tool: Done, with: {summary: the other one}}\n", encoding="utf-8")
        await desk.session.steering.order(Wanted("resume", model=f"script:{script}"))
        desk.held.let_go.set()
        await desk.until(lambda: phase_of(desk) is Phase.DONE)
        assert desk.session.turn.run.detail == "the other one"
