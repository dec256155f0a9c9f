"""A person at a plain terminal: what is typed and pressed, what is printed."""

import asyncio
from pathlib import Path

import pytest

from aura.core.errors import ConfigError
from aura.core.models import Request
from aura.testing import call, reply
from aura.ui import leaving
from aura.ui.manners import recall
from aura.ui.notices import POP_TITLE, make_notification, make_title
from aura.ui.preflight import is_hidden
from aura.ui.repl.sheet import Sheet
from aura.ui.repl.talk import DEAD_TIME
from tests.ui.repl.rig import Rig, rig

PUSH = call("Bash", command="git push", timeout=None)
EAR = Sheet(bare=True, spoken=True)


class Gate:
    """A model that answers when it is told to."""

    def __init__(self, text: str = "Done.") -> None:
        self.asked = asyncio.Event()
        self.opened = asyncio.Event()
        self._text = text

    async def __call__(self, request: Request) -> str:
        self.asked.set()
        await self.opened.wait()
        return self._text


def age(made: Rig) -> None:
    """Let the dead time of what is asked be over."""
    made.exchange.asked_at -= DEAD_TIME


async def test_a_line_is_a_prompt_and_the_reply_is_printed(tmp_path: Path) -> None:
    async with rig(tmp_path, "It is **so**.") as made:
        assert made.terminal.text.startswith("aura ")
        assert "relay, fake/model, permission ask, auto off" in made.terminal.text
        made.talk.enter("How is it?")
        text = await made.until_printed("It is **so**.")
        assert "you> How is it?\n" in text
        await made.until_idle()
        assert made.talk.prompt == "aura> "
        assert made.gauges.startswith("ask step 1/50 · ")
        assert recall() == made.session.facts.ui


async def test_what_is_entered_early_is_said_once_the_session_is_open(tmp_path: Path) -> None:
    async with rig(tmp_path, "One.", "Two.") as made:
        made.talk.enter("first")
        made.talk.enter("")
        await made.until_printed("One.")
        await made.until_idle()
        made.talk.enter("second")
        await made.until_printed("Two.")
        assert len(made.model.requests) == 2


async def test_a_session_that_does_not_open_ends_the_program_with_its_sentence(tmp_path: Path) -> None:
    async with rig(tmp_path, refuse=ConfigError("No model was found.")) as made:
        await asyncio.wait_for(made.terminal.closed.wait(), 10)
        assert made.terminal.text == "No model was found.\n"
        assert made.exchange.exit_code == 2


async def test_while_a_turn_runs_a_line_steers_and_a_queued_one_waits(tmp_path: Path) -> None:
    gate = Gate("Still going.")
    async with rig(tmp_path, gate, "And that.", "Last.") as made:
        made.talk.enter("begin")
        await gate.asked.wait()
        assert made.talk.is_working
        made.talk.enter("be quick")
        await made.until_printed("It is told between two steps.")
        made.talk.queue("then this")
        text = await made.until_printed("next: then this")
        gate.opened.set()
        text = await made.until_printed("Last.")
        assert text.index("Still going.") < text.index("you> be quick") < text.index("you> then this")


async def test_commands_and_shell_lines_answer_in_place(tmp_path: Path) -> None:
    async with rig(tmp_path) as made:
        made.talk.enter("/mode plan")
        await made.until_printed("permission is now plan")
        made.talk.enter("!echo one; echo two")
        text = await made.until_printed("exit 0 in")
        assert "you> !echo one; echo two\n  one\n  two\nexit 0" in text
        made.talk.enter("/help")
        await made.until_printed("Here: /quit, /detach, /verbosity.")
        await made.until_printed("List the commands.")
        made.talk.enter("/nonsense")
        await made.until_printed("There is no command /nonsense")


async def test_a_call_waits_for_a_yes(tmp_path: Path) -> None:
    async with rig(tmp_path, PUSH, "Pushed.") as made:
        made.talk.enter("push it")
        await made.until(lambda: made.talk.is_asking)
        assert "aura asks: may this run? shell git push" in made.terminal.text
        assert made.talk.prompt.startswith("Enter 1 ")
        assert made.gauges.endswith("Ctrl+C says no")
        made.talk.enter("y")  # too early: it was meant for something else
        await asyncio.sleep(0)
        assert made.talk.is_asking
        assert "That came too early to be an answer; type it again: y" in made.terminal.text
        assert "timeout" not in made.terminal.text
        age(made)
        made.talk.enter("perhaps")
        await made.until_printed("That is none of the choices.")
        made.talk.enter("y")
        await made.until_printed("Pushed.")
        assert "[1] shell git push ... exit" in made.terminal.text


async def test_a_line_that_was_under_way_when_something_is_asked_is_not_lost(tmp_path: Path) -> None:
    async with rig(tmp_path, PUSH, "Pushed.") as made:
        made.talk.enter("push it")
        await made.until(lambda: made.talk.is_asking)
        made.talk.enter("to the branch next, please")
        await made.until_printed("It is told between two steps.")
        assert made.talk.is_asking
        age(made)
        made.talk.enter("y")
        await made.until_printed("Pushed.")
        assert "to the branch next, please" in str(made.model.requests[-1].messages)


async def test_a_no_with_a_reason_reaches_the_model(tmp_path: Path) -> None:
    async with rig(tmp_path, PUSH, "Then not.") as made:
        made.talk.enter("push it")
        await made.until(lambda: made.talk.is_asking)
        age(made)
        made.talk.enter("no, use a branch")
        text = await made.until_printed("Then not.")
        assert "refused: you said: use a branch" in text
        assert "use a branch" in str(made.model.requests[-1].messages[-1])


@pytest.mark.parametrize("key", ["press_cancel", "press_stop"])
async def test_esc_and_ctrl_c_say_no_and_stop_nothing(tmp_path: Path, key: str) -> None:
    async with rig(tmp_path, PUSH, "Then not.") as made:
        made.talk.enter("push it")
        await made.until(lambda: made.talk.is_asking)
        getattr(made.talk, key)()
        text = await made.until_printed("Then not.")
        assert "refused: you said no" in text


async def test_what_was_being_typed_comes_back_after_a_question(tmp_path: Path) -> None:
    async with rig(tmp_path, PUSH, "Then not.") as made:
        made.terminal.draft = "half a thou"
        made.talk.enter("push it")
        await made.until(lambda: made.talk.is_asking)
        assert made.terminal.draft == ""
        made.talk.press_cancel()
        await made.until_printed("Then not.")
        assert made.terminal.draft == "half a thou"


async def test_a_question_is_answered_by_number(tmp_path: Path) -> None:
    asked = call("Ask", question="Which storage?", options=["SQLite", "JSONL"])
    async with rig(tmp_path, asked, "Good.") as made:
        made.talk.enter("decide")
        await made.until_printed("  2 JSONL\n")
        await made.until(lambda: made.talk.is_asking)
        age(made)
        made.talk.enter("2")
        text = await made.until_printed("Good.")
        assert "[1] asked: Which storage? you: JSONL\n" in text


async def test_ctrl_a_switches_and_twice_at_once_undoes(tmp_path: Path) -> None:
    async with rig(tmp_path) as made:
        assert not made.talk.press_auto()
        await made.until_printed("auto mode is on")
        assert made.gauges.startswith("auto is switched")
        assert made.talk.press_auto()
        assert [made.session.turn.auto] == [False]
        said = "It goes on by itself until it is done, for at most 50 steps. Nobody is asked; what is not permitted"
        assert f"auto mode is on\n{said}" in made.terminal.text
        assert made.terminal.text.endswith("auto mode is off\n")


async def test_ctrl_a_is_ignored_while_a_question_waits(tmp_path: Path) -> None:
    async with rig(tmp_path, PUSH, "Then not.") as made:
        made.talk.enter("push it")
        await made.until(lambda: made.talk.is_asking)
        assert not made.talk.press_auto()
        assert not made.session.turn.auto
        assert made.talk.is_asking
        assert made.gauges == "Ctrl+A does nothing while a question waits"


async def test_ctrl_c_stops_the_run_and_keeps_draft_and_queue(tmp_path: Path) -> None:
    gate = Gate()
    async with rig(tmp_path, gate) as made:
        made.talk.enter("begin")
        await gate.asked.wait()
        made.exchange.switch_auto(back=False)
        made.terminal.draft = "half"
        made.talk.queue("later")
        made.talk.press_stop()
        assert made.exchange.course.state == "idle" or made.talk.is_working
        await made.until_idle()
        text = await made.until_printed("STOPPED by you")
        assert made.terminal.draft == "half"
        assert list(made.session.turn.rest.queue.values()) == ["later"]
        assert not made.session.turn.auto
        assert "auto mode is off" in text


async def test_a_reflex_behind_a_stop_does_not_clear_what_is_typed(tmp_path: Path) -> None:
    gate = Gate()
    async with rig(tmp_path, gate) as made:
        made.talk.enter("begin")
        await gate.asked.wait()
        made.terminal.draft = "half"
        made.talk.press_stop()
        await made.until(lambda: not made.talk.is_working)
        made.talk.press_stop()
        assert made.terminal.draft == "half"
        assert "Ctrl+C again clears" in made.gauges


async def test_ctrl_c_kills_a_shell_line(tmp_path: Path) -> None:
    async with rig(tmp_path) as made:
        made.talk.enter("!sleep 60")
        await made.until(lambda: made.talk.is_working)
        made.talk.press_stop()
        await made.until_printed("killed in")


async def test_ctrl_c_idle_clears_then_warns_then_quits(tmp_path: Path) -> None:
    async with rig(tmp_path) as made:
        made.terminal.draft = "half"
        made.talk.press_stop()
        assert made.terminal.draft == ""
        assert made.gauges == "cleared; Ctrl+Y brings it back"
        made.talk.press_stop()
        assert made.gauges == "Ctrl+C again to quit"
        assert not made.terminal.closed.is_set()
        made.talk.press_stop()
        await asyncio.wait_for(made.terminal.closed.wait(), 10)
        assert made.exchange.exit_code == 0
        assert made.talk.prompt == ""


async def test_leaving_says_how_to_come_back(tmp_path: Path) -> None:
    async with rig(tmp_path, "Hi.") as made:
        made.talk.enter("hello")
        await made.until_printed("Hi.")
        await made.until_idle()
        made.talk.enter("/quit")
        await asyncio.wait_for(made.terminal.closed.wait(), 10)
        assert made.terminal.text.endswith(f"To go on: aura --resume {made.session.id}\n")
        assert made.terminal.sent[-1] == POP_TITLE


async def test_ctrl_d_leaves_what_runs_alone(tmp_path: Path) -> None:
    gate = Gate()
    async with rig(tmp_path, gate) as made:
        made.talk.enter("begin")
        await gate.asked.wait()
        made.talk.press_end()
        await asyncio.wait_for(made.terminal.closed.wait(), 10)
        assert "It goes on without you." in made.terminal.text


async def test_ctrl_d_right_behind_the_last_words_quits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "MOMENT", 30.0)
    gate = Gate()
    async with rig(tmp_path, gate) as made:
        made.talk.enter("begin")
        await gate.asked.wait()
        made.talk.press_end()
        made.talk.press_end()
        await asyncio.sleep(0.05)
        gate.opened.set()
        await asyncio.wait_for(made.terminal.closed.wait(), 10)
        assert made.terminal.text.endswith(f"To go on: aura --resume {made.session.id}\n")
        assert made.terminal.text.count("To go on:") == 1


async def test_a_lost_engine_is_said_and_the_session_opened_again(tmp_path: Path) -> None:
    async with rig(tmp_path, "One.", "Two.") as made:
        made.talk.enter("first")
        await made.until_printed("One.")
        await made.until_idle()
        await made.session.leave(keep=False)
        made.lose[-1]("The engine ended.")
        assert made.terminal.text.endswith("The engine ended. Enter does that, /quit leaves.\n")
        assert made.gauges == "lost"
        made.talk.enter("second")
        text = await made.until_printed("Two.")
        assert len(made.opened) == 2
        assert made.opened[0].id == made.opened[1].id
        assert text.count("One.") == 1


async def test_a_session_that_is_taken_up_again_shows_its_last_turn(tmp_path: Path) -> None:
    async with rig(tmp_path, "One.", "Two.") as made:
        for prompt, answer in (("first", "One."), ("second", "Two.")):
            made.talk.enter(prompt)
            await made.until_printed(answer)
            await made.until_idle()
    async with rig(tmp_path, latest=True) as again:
        text = await again.until_printed("Two.")
        assert "turn 2 of this session was:\nyou> second\nTwo.\n" in text
        assert "One." not in text


async def test_the_window_is_told_what_happens(tmp_path: Path) -> None:
    async with rig(tmp_path, PUSH, "Pushed.") as made:
        made.terminal.is_focused = False
        made.talk.enter("push it")
        await made.until(lambda: made.talk.is_asking)
        assert make_title("✋ relay: approve shell git push") in made.terminal.sent[-2]
        kind = made.exchange.outside.notices._kind
        assert made.terminal.sent[-1] == make_notification(kind, "needs you: approve shell git push")
        made.terminal.is_focused = True
        made.talk.press_cancel()
        await made.until_printed("Pushed.")
        await made.until_idle()
        assert made.terminal.sent[-1] == make_title("✓ relay")


async def test_for_somebody_who_listens_a_step_is_a_line_and_status_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "relay").mkdir()
    (tmp_path / "relay" / "a.txt").write_text("x")
    reads = reply("I look.", call("Read", path="a.txt"), call("Glob", pattern="*"))
    async with rig(tmp_path, reads, "Fine.", sheet=EAR, verbosity="step") as made:
        assert made.terminal.text.startswith("aura ")
        assert made.talk.prompt == "you: "
        made.talk.enter("look")
        text = await made.until_printed("aura: Fine.")
        assert "you: look\naura: I look.\ntool: step 1: read, glob a.txt, *\naura: Fine.\n" in text
        await made.until_idle()
        made.talk.enter("/status")
        await made.until_printed("note: aura is idle, auto mode is off, ")
        made.talk.press_stop()
        assert made.terminal.text.endswith("note: Ctrl+C again to quit\n")
        made.talk.enter("/verbosity todo")
        await made.until_printed("note: From now on there is a line per todo.")
        made.talk.enter("/verbosity loud")
        await made.until_printed("note: It is /verbosity call")


async def test_nothing_is_printed_twice_and_all_that_is_said_is_printed(tmp_path: Path) -> None:
    replies = [f"Paragraph {number}.\n\nAnd more of {number}." for number in range(5)]
    async with rig(tmp_path, *replies) as made:
        for number in range(5):
            made.talk.enter(f"prompt {number}")
            await made.until_printed(f"And more of {number}.")
            await made.until_idle()
        for number in range(5):
            assert made.terminal.text.count(f"Paragraph {number}.") == 1
            assert made.terminal.text.count(f"you> prompt {number}\n") == 1


async def begin_unattended(made: Rig, line: str) -> None:
    """Say a line in auto mode, up to the question whether it may start."""
    await made.until(lambda: made.opened)
    made.exchange.switch_auto(back=False)
    made.talk.enter(line)
    await made.until(lambda: made.talk.is_asking)
    age(made)


async def test_the_first_unattended_start_tells_the_facts_and_asks_once(tmp_path: Path) -> None:
    (tmp_path / "relay").mkdir()
    (tmp_path / "relay" / "Makefile").write_text("test:\n\ttrue\n", encoding="utf-8")
    done = call("Done", summary="ok")
    async with rig(tmp_path, done, done, flags={"auto.max_steps": 9}) as made:
        await begin_unattended(made, "fix it")
        text = made.terminal.text
        assert "aura asks: may this be done unattended?" in text and "goal: fix it" in text
        assert "stops at: 9 steps a turn" in text and "if asked:" in text
        assert "found here: `make test`; 4 takes them" in text
        assert made.talk.prompt.startswith("Enter 1 to 5, other limits")
        assert made.model.requests == []
        made.talk.enter("4")
        await made.until_printed("done when: the todo list is empty and `make test` passes")
        age(made)
        made.talk.enter("steps=7 cost=zero")
        await made.until_printed("cost=zero cannot be read")
        made.talk.enter("steps=7")
        await made.until_printed("stops at: 7 steps a turn")
        age(made)
        made.talk.enter("perhaps")
        await made.until_printed("That is none of the choices.")
        made.talk.enter("1")
        await made.until(lambda: made.session.turn.number == 1 and not made.talk.is_working)
        assert made.session.turn.limits.steps == 7
        assert made.session.turn.switches.checks == ("make test",)
        made.talk.enter("and more")
        await made.until(lambda: made.session.turn.number == 2)
        assert not is_hidden(str(tmp_path / "relay"))


@pytest.mark.parametrize("key", ["press_cancel", "press_stop"])
async def test_an_unattended_start_can_be_refused(tmp_path: Path, key: str) -> None:
    async with rig(tmp_path, "Hello.") as made:
        await begin_unattended(made, "fix it")
        getattr(made.talk, key)()
        await made.until_printed("Not started")
        assert made.session.turn.number == 0 and not made.talk.is_asking
        made.exchange.switch_auto(back=False)
        made.talk.enter("hello")
        await made.until_printed("Hello.")


async def test_a_start_may_be_had_without_the_question_from_now_on(tmp_path: Path) -> None:
    done = call("Done", summary="ok")
    async with rig(tmp_path, done) as made:
        await begin_unattended(made, "fix it")
        made.talk.enter("a")
        await made.until(lambda: made.session.turn.number == 1)
        assert is_hidden(str(tmp_path / "relay"))
    async with rig(tmp_path, done) as made:
        await made.until(lambda: made.opened)
        made.exchange.switch_auto(back=False)
        made.talk.enter("fix it")
        await made.until(lambda: made.session.turn.number == 1)


async def test_when_the_engine_is_lost_nothing_waits_for_a_start(tmp_path: Path) -> None:
    async with rig(tmp_path, "Hello.") as made:
        made.talk.enter("hello")
        await made.until_printed("Hello.")
        await made.until_idle()
        await begin_unattended(made, "fix it")
        await made.session.leave(keep=False)
        made.lose[0]("The engine is gone.")
        assert not made.talk.is_asking
        made.talk.enter("")
        await made.until(lambda: len(made.opened) == 2)
