"""What people have under way: prompts and the queue behind them, commands and shell lines beside them."""

import asyncio
import time
from pathlib import Path

import pytest

from aura.core import events as ev
from aura.core.errors import AuraError, ModelError, ModelErrorKind, StoreError
from aura.core.limits import StopReason
from aura.core.messages import Image
from aura.core.permissions import Allow
from aura.core.tools import Answer
from aura.testing import call
from tests.app.hosting import Hosting, hosting, until_true

BAD = ModelError(ModelErrorKind.AUTH, "The key is wrong.")


def running(stage: Hosting) -> list[bool]:
    """What was told of whether something runs."""
    return [event.running for event in stage.of(ev.WorkChanged)]


# --- prompts and the queue ----------------------------------------------------------------------------------


async def test_a_prompt_runs_and_what_runs_is_told(tmp_path: Path) -> None:
    async with hosting(tmp_path, "Hello.") as stage:
        busy = [stage.session.is_running]
        await stage.session.submit("Hi")
        busy.append(stage.session.is_running)
        await stage.rest()
        assert busy == [False, True]
        assert stage.prompts == ["Hi"]
        assert running(stage) == [True, False]


async def test_a_second_prompt_is_refused_with_a_sentence(tmp_path: Path) -> None:
    async with hosting(tmp_path, call("Hold"), "Done.") as stage:
        await stage.session.submit("go")
        await stage.held.begun.wait()
        with pytest.raises(AuraError, match="steer it, queue this, or stop it"):
            await stage.session.submit("me too")
        with pytest.raises(AuraError, match="nothing to send"):
            await stage.session.submit("   ")
        stage.held.let_go.set()
        await stage.rest()


async def test_pictures_go_with_the_prompt(tmp_path: Path) -> None:
    async with hosting(tmp_path, "Nice.") as stage:
        await stage.session.submit("", (Image("image/png", "AAAA"),))
        await stage.rest()
        assert stage.of(ev.TurnStarted)[0].message.parts[-1] == Image("image/png", "AAAA")


async def test_the_queue_runs_in_order_when_the_work_ended_well(tmp_path: Path) -> None:
    async with hosting(tmp_path, call("Hold"), "one", "two", "three") as stage:
        await stage.session.submit("first")
        await stage.held.begun.wait()
        stage.session.enqueue("second")
        stage.session.enqueue("third")
        assert list(stage.session.turn.rest.queue.values()) == ["second", "third"]
        stage.held.let_go.set()
        await stage.rest()
        assert stage.prompts == ["first", "second", "third"]
        assert not stage.session.turn.rest.queue
        assert running(stage) == [True, False], "between two turns nothing rests"
        assert all(event.sent for event in stage.of(ev.PromptUnqueued))


async def test_what_is_queued_when_nothing_runs_is_taken_at_once(tmp_path: Path) -> None:
    async with hosting(tmp_path, "one") as stage:
        stage.session.enqueue("first")
        await stage.rest()
        assert stage.prompts == ["first"]


async def test_a_line_can_be_taken_back(tmp_path: Path) -> None:
    async with hosting(tmp_path, call("Hold"), "one", "two") as stage:
        await stage.session.submit("first")
        await stage.held.begun.wait()
        stage.session.enqueue("second")
        stage.session.enqueue("third")
        name = next(iter(stage.session.turn.rest.queue))
        stage.session.unqueue(name)
        stage.session.unqueue(name)
        stage.session.unqueue("never there")
        stage.held.let_go.set()
        await stage.rest()
        assert stage.prompts == ["first", "third"]


async def test_commands_and_shell_lines_wait_in_the_queue_too(tmp_path: Path) -> None:
    async with hosting(tmp_path, call("Hold"), "one", "two") as stage:
        await stage.session.submit("first")
        await stage.held.begun.wait()
        for line in ("/todo add tidy up", "!echo shell ran", "last"):
            stage.session.enqueue(line)
        stage.held.let_go.set()
        await stage.rest()
        assert stage.prompts == ["first", "last"]
        assert [todo.content for todo in stage.session.turn.todos] == ["tidy up"]
        ran = [event.line for event in stage.of(ev.CommandRan)]
        assert ran == ["/todo add tidy up", "!echo shell ran"]


async def test_after_an_interrupt_the_queue_stays_until_a_prompt_ends_well(tmp_path: Path) -> None:
    async with hosting(tmp_path, call("Hold"), "one", "two") as stage:
        await stage.session.submit("first")
        await stage.held.begun.wait()
        stage.session.enqueue("second")
        await stage.session.interrupt()
        assert not stage.session.is_running
        assert stage.session.turn.stop is StopReason.CANCELLED
        assert list(stage.session.turn.rest.queue.values()) == ["second"]
        await stage.session.submit("go on")
        await stage.rest()
        assert stage.prompts == ["first", "go on", "second"]


async def test_after_a_failure_the_queue_stays(tmp_path: Path) -> None:
    async with hosting(tmp_path, call("Hold"), BAD) as stage:
        await stage.session.submit("first")
        await stage.held.begun.wait()
        stage.session.enqueue("second")
        stage.held.let_go.set()
        await stage.rest()
        assert stage.session.turn.stop is StopReason.PROVIDER
        assert list(stage.session.turn.rest.queue.values()) == ["second"]


async def test_the_queue_comes_back_on_resume_and_begins_with_the_next_prompt(tmp_path: Path) -> None:
    async with hosting(tmp_path, call("Hold")) as stage:
        await stage.session.submit("first")
        await stage.held.begun.wait()
        stage.session.enqueue("second")
        name = stage.session.id
    async with hosting(tmp_path, "one", "two", resume=name) as stage:
        assert list(stage.session.turn.rest.queue.values()) == ["second"]
        await stage.session.submit("/status")
        await stage.rest()
        assert stage.prompts == [], "a command does not set it going"
        await stage.session.submit("go on")
        await stage.rest()
        assert stage.prompts == ["go on", "second"]


# --- steering -----------------------------------------------------------------------------------------------


async def test_steering_is_delivered_between_two_steps(tmp_path: Path) -> None:
    async with hosting(tmp_path, call("Hold"), "Yes.") as stage:
        await stage.session.submit("go")
        await stage.held.begun.wait()
        stage.session.steer("be quick")
        stage.held.let_go.set()
        await stage.rest()
        assert [event.message.text for event in stage.of(ev.Steered)] == ["be quick"]
        assert stage.prompts == ["go"]


async def test_steering_when_nothing_runs_is_a_prompt(tmp_path: Path) -> None:
    async with hosting(tmp_path, "Yes.") as stage:
        stage.session.steer("go")
        await stage.rest()
        assert stage.prompts == ["go"]


async def test_steering_that_came_too_late_is_the_next_prompt(tmp_path: Path) -> None:
    async with hosting(tmp_path, "one", "two", "three") as stage:
        late = iter(("too late", "both"))

        def say(recorded: ev.Recorded) -> None:
            if isinstance(recorded.event, ev.TurnStopped):
                for text in late:
                    stage.session.steer(text)

        stage.session.watchers.append(say)
        await stage.session.submit("first")
        stage.session.enqueue("second")
        await stage.rest()
        assert stage.prompts == ["first", "too late\n\nboth", "second"]


async def test_steering_not_delivered_before_an_interrupt_goes_to_the_queue(tmp_path: Path) -> None:
    async with hosting(tmp_path, call("Hold")) as stage:
        await stage.session.submit("go")
        await stage.held.begun.wait()
        stage.session.steer("never heard")
        await stage.session.interrupt()
        assert list(stage.session.turn.rest.queue.values()) == ["never heard"]
        assert stage.of(ev.Steered) == []


# --- interrupts ---------------------------------------------------------------------------------------------


async def test_a_prompt_that_is_stopped_before_it_began_is_not_lost(tmp_path: Path) -> None:
    async with hosting(tmp_path, "never", "never") as stage:
        await stage.session.submit("typed with care")
        await stage.session.interrupt()
        said = [*stage.prompts, *stage.session.turn.rest.queue.values()]
        assert said == ["typed with care"]
        assert not stage.session.is_running


async def test_a_queued_prompt_that_is_stopped_before_it_began_is_not_lost(tmp_path: Path) -> None:
    async with hosting(tmp_path, "one", "never") as stage:
        stopping: list[asyncio.Task[None]] = []

        def stop(recorded: ev.Recorded) -> None:
            if isinstance(recorded.event, ev.PromptUnqueued):
                stopping.append(asyncio.create_task(stage.session.interrupt()))

        stage.session.watchers.append(stop)
        await stage.session.submit("first")
        stage.session.enqueue("second")
        await stage.until(lambda: stopping)
        await stopping[0]
        said = [*stage.prompts, *stage.session.turn.rest.queue.values()]
        assert said == ["first", "second"]


async def test_interrupting_twice_and_when_nothing_runs_is_harmless(tmp_path: Path) -> None:
    async with hosting(tmp_path, call("Hold"), "fine") as stage:
        await stage.session.interrupt()
        await stage.session.submit("go")
        await stage.held.begun.wait()
        await asyncio.gather(stage.session.interrupt(), stage.session.interrupt(kill=True))
        assert not stage.session.is_running
        await stage.session.submit("again")
        await stage.rest()
        assert stage.session.turn.stop is StopReason.END_TURN


async def test_killing_ends_a_command_that_ignores_everything_else(tmp_path: Path) -> None:
    stubborn = call("Bash", command="trap '' TERM INT; touch begun; while :; do sleep 0.05; done")
    async with hosting(tmp_path, stubborn) as stage:
        await stage.session.submit("go")
        await stage.until(lambda: stage.of(ev.ApprovalAsked))
        await stage.session.decide(stage.of(ev.ApprovalAsked)[0].id, Allow("a person"))
        await until_true((tmp_path / "work" / "begun").exists)
        before = time.monotonic()
        await stage.session.interrupt(kill=True)
        assert time.monotonic() - before < 2.0, "a gentle stop would wait for longer"
        assert stage.session.turn.stop is StopReason.CANCELLED


# --- shell lines --------------------------------------------------------------------------------------------


async def test_a_shell_line_is_shown_recorded_and_told_with_the_next_prompt(tmp_path: Path) -> None:
    async with hosting(tmp_path, "I see.") as stage:
        await stage.session.submit("!echo hello; exit 3")
        assert stage.session.is_running
        await stage.rest()
        (ran,) = stage.of(ev.CommandRan)
        assert (ran.line, ran.output, ran.run.exit_code) == ("!echo hello; exit 3", "hello\n", 3)
        (started,) = stage.of(ev.ShellStarted)
        shown = [event for event in stage.of(ev.ToolOutputDelta) if event.call_id == started.id]
        assert "".join(event.text for event in shown) == "hello\n"
        await stage.session.submit("what was that?")
        await stage.rest()
        told = [message.text for message in stage.model.requests[0].messages if message.origin == "shell"]
        assert len(told) == 1
        assert "exit code 3" in told[0]
        assert "hello" in told[0]


async def test_a_shell_line_beside_a_turn_is_told_behind_it(tmp_path: Path) -> None:
    async with hosting(tmp_path, call("Hold"), "one") as stage:
        await stage.session.submit("go")
        await stage.held.begun.wait()
        await stage.session.submit("!echo beside")
        await stage.until(lambda: stage.of(ev.CommandRan))
        assert not stage.of(ev.Injected), "nothing stands between a call and its result"
        stage.held.let_go.set()
        await stage.rest()
        types = [one.event.type for one in stage.recorded]
        assert types.index("injected") > types.index("turn_stopped")


async def test_a_prompt_may_run_beside_a_shell_line(tmp_path: Path) -> None:
    async with hosting(tmp_path, "one") as stage:
        await stage.session.submit("!touch begun; sleep 60")
        await until_true((tmp_path / "work" / "begun").exists)
        await stage.session.submit("go")
        await stage.until(lambda: stage.of(ev.TurnStopped))
        assert stage.session.is_running
        await stage.session.interrupt()
        assert not stage.session.is_running


async def test_an_interrupt_ends_a_shell_line_and_keeps_what_it_printed(tmp_path: Path) -> None:
    async with hosting(tmp_path) as stage:
        await stage.session.submit("!echo so far; sleep 600; touch ended")
        await stage.until(lambda: stage.of(ev.ToolOutputDelta))
        await stage.session.interrupt()
        (ran,) = stage.of(ev.CommandRan)
        assert ran.run.exit_code is None
        assert ran.output == "so far\n"
        assert running(stage) == [True, False]
        assert not (tmp_path / "work" / "ended").exists()


async def test_output_of_a_shell_line_is_bounded_and_harmless(tmp_path: Path) -> None:
    async with hosting(tmp_path) as stage:
        await stage.session.submit("!printf '\\033[31mred\\033[0m\\033]0;title\\007\\n'; seq 1 300000")
        await stage.rest()
        (ran,) = stage.of(ev.CommandRan)
        assert len(ran.output) <= 4_000
        assert ran.output.endswith("300000\n")
        shown = "".join(event.text for event in stage.of(ev.ToolOutputDelta))
        assert "\x1b" not in shown + ran.output
        assert "\x07" not in shown + ran.output


async def test_a_shell_line_that_cannot_be_started_says_so(tmp_path: Path) -> None:
    async with hosting(tmp_path) as stage:
        await stage.session.submit("!" + "x" * 200_000)
        await stage.rest()
        (notice,) = stage.of(ev.NoticeShown)
        assert "too long" in notice.text
        assert notice.level == "error"


# --- commands -----------------------------------------------------------------------------------------------


async def test_commands_run_beside_a_turn(tmp_path: Path) -> None:
    async with hosting(tmp_path, call("Hold"), "one") as stage:
        await stage.session.submit("go")
        await stage.held.begun.wait()
        for line in ("/todo add more", "/check add true", "/auto on"):
            await stage.session.submit(line)
        await stage.until(lambda: stage.session.turn.auto)
        turn = stage.session.turn
        assert [todo.content for todo in turn.todos] == ["more"]
        assert turn.switches.checks == ("true",)
        await stage.session.submit("/auto off")
        await stage.session.submit("/todo clear")
        await stage.session.submit("/check clear")
        stage.held.let_go.set()
        await stage.rest()
        assert stage.session.turn.stop is StopReason.END_TURN


async def test_what_a_command_does_not_like_is_a_notice(tmp_path: Path) -> None:
    async with hosting(tmp_path) as stage:
        await stage.session.submit("/nonsense")
        await stage.rest()
        (notice,) = stage.of(ev.NoticeShown)
        assert "no command /nonsense" in notice.text


async def test_no_prompt_slips_between_the_turns_of_a_command(tmp_path: Path) -> None:
    until_made = '/until --max 3 exists:made "make it"'
    async with hosting(tmp_path, call("Hold"), "one", "two") as stage:
        await stage.session.submit(until_made)
        await stage.held.begun.wait()
        with pytest.raises(AuraError, match="is running"):
            await stage.session.submit("me first")
        stage.session.enqueue("afterwards")
        (tmp_path / "work" / "made").touch()
        stage.held.let_go.set()
        await stage.rest()
        assert stage.prompts[-1] == "afterwards"
        assert len(stage.prompts) == 2


# --- what nobody expects ------------------------------------------------------------------------------------


async def test_an_error_inside_is_told_and_the_session_goes_on(tmp_path: Path) -> None:
    def burst(request: object) -> str:
        raise ZeroDivisionError("by zero")

    async with hosting(tmp_path, burst, "fine") as stage:
        kept: list[BaseException] = []

        def tell(error: BaseException) -> str:
            kept.append(error)
            return "It burst."

        stage.session.work.tell_crash = tell
        await stage.session.submit("go")
        await stage.rest()
        assert isinstance(kept[0], ZeroDivisionError)
        assert [notice.text for notice in stage.of(ev.NoticeShown)] == ["It burst."]
        await stage.session.submit("again")
        await stage.rest()
        assert stage.session.turn.stop is StopReason.END_TURN


async def test_a_log_that_takes_nothing_more_is_told(tmp_path: Path) -> None:
    broken: list[str] = []
    async with hosting(tmp_path, "one") as stage:
        stage.session.work.on_broken = broken.append
        stage.session.opened.log.close()
        await stage.session.submit("go")
        await until_true(lambda: broken)
        assert "is closed" in broken[0]
        with pytest.raises(StoreError):
            await stage.session.leave(keep=False)


async def test_questions_are_answered_by_who_watches(tmp_path: Path) -> None:
    ask = call("Ask", question="Which?", options=[{"label": "a"}, {"label": "b"}])
    async with hosting(tmp_path, ask, "As you wish.") as stage:
        await stage.session.submit("go")
        await stage.until(lambda: stage.of(ev.QuestionAsked))
        name = stage.of(ev.QuestionAsked)[0].id
        await stage.session.answer(name, Answer("b", ("b",)))
        await stage.rest()
        assert stage.of(ev.QuestionAnswered)[0].by == "human"
        with pytest.raises(AuraError, match="waits for no answer"):
            await stage.session.answer(name, Answer("a"))
        with pytest.raises(AuraError, match="decided already"):
            await stage.session.decide("a1-1", Allow("a person"))


async def test_a_switched_model_is_told_and_comes_back(tmp_path: Path) -> None:
    script = tmp_path / "other.yaml"
    script.write_text("- say: I am the other.\n", encoding="utf-8")
    async with hosting(tmp_path, "first") as stage:
        await stage.session.submit(f"/model script:{script}")
        await stage.rest()
        assert stage.session.facts.model == "script:other.yaml"
        assert stage.of(ev.FactsChanged)[-1].facts == stage.session.facts
        assert stage.session.turn.switches.chosen == f"script:{script}"
        await stage.session.submit("/think high")
        await stage.rest()
        name = stage.session.id
    async with hosting(tmp_path, resume=name, model=None) as stage:
        assert stage.session.facts.model == "script:other.yaml"
        assert stage.session.turn.switches.thinking == 16_384
    given = {"model": None, "flags": {"model": f"script:{script}", "models.thinking": 7}}
    async with hosting(tmp_path, resume=name, **given) as stage:
        assert stage.session.turn.switches.thinking == 7
