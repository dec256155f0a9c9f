"""The whole interface with the Pilot: keys, the prompt, stopping, auto, dialogs."""

import asyncio
from pathlib import Path

import pytest
from textual.events import Key, Paste

from aura.core.errors import ConfigError
from aura.core.events import AutoSwitched
from aura.core.limits import StopReason
from aura.core.models import Request
from aura.core.permissions import Mode
from aura.testing import call, reply
from aura.ui.look import Look
from aura.ui.manners import Preferences
from aura.ui.tui.transcript import Transcript
from aura.ui.tui.window import Begin
from tests.ui.tui.rig import rig


class Gate:
    """A model's reply that waits until it is let go."""

    def __init__(self, text: str = "at last") -> None:
        self.asked = asyncio.Event()
        self.free = asyncio.Event()
        self._text = text

    async def __call__(self, request: Request) -> str:
        """Wait, then answer."""
        self.asked.set()
        await self.free.wait()
        return self._text


async def test_a_prompt_is_answered_and_shown(tmp_path: Path) -> None:
    async with rig(tmp_path, "The answer is **42**.") as it:
        await it.type("what is it?")
        await it.pilot.press("enter")
        await it.until_idle()
        assert "what is it?" in it.text
        assert "The answer is 42." in it.text


async def test_ctrl_a_over_a_draft_toggles_and_keeps_text_and_caret(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.type("a draft")
        caret = it.app.chat.prompt.caret
        await it.pilot.press("ctrl+a")
        assert it.session.turn.auto
        assert it.app.chat.prompt.text == "a draft" and it.app.chat.prompt.caret == caret
        await it.until(lambda: "AUTO on" in it.text and "● AUTO" in it.text, "the note and the sign")


async def test_ctrl_a_twice_restores_and_goes_home(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.type("a draft")
        await it.pilot.press("ctrl+a", "ctrl+a")
        assert not it.session.turn.auto
        assert it.app.chat.prompt.caret == 0 and it.app.chat.prompt.text == "a draft"


async def test_ctrl_a_is_ignored_in_dialogs(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.app.do("help")
        await it.pilot.pause(0.4)
        await it.pilot.press("ctrl+a")
        await it.pilot.pause()
        assert not it.session.turn.auto
        assert len(it.app.chat.docks) == 1


async def test_ctrl_c_stops_what_runs_and_keeps_draft_and_queue(tmp_path: Path) -> None:
    gate = Gate()
    async with rig(tmp_path, gate) as it:
        await it.type("begin")
        await it.pilot.press("enter")
        await gate.asked.wait()
        await it.type("for later")
        await it.pilot.press("tab")
        await it.until(lambda: it.session.turn.rest.queue, "the queued line")
        await it.type("a draft")
        await it.pilot.press("ctrl+c")
        await it.until_idle()
        assert it.session.turn.stop is StopReason.CANCELLED
        assert it.app.chat.prompt.text == "a draft"
        assert list(it.session.turn.rest.queue.values()) == ["for later"]
        assert "Stopped" in it.text or "STOPPED" in it.text


async def test_esc_once_never_stops_a_run_and_twice_does(tmp_path: Path) -> None:
    gate = Gate()
    async with rig(tmp_path, gate) as it:
        await it.type("begin")
        await it.pilot.press("enter")
        await gate.asked.wait()
        await it.pilot.press("escape")
        await it.pilot.pause(0.2)
        assert it.session.is_running
        await it.pilot.press("escape")
        await it.until_idle()
        assert it.session.turn.stop is StopReason.CANCELLED


async def test_enter_while_it_works_steers(tmp_path: Path) -> None:
    gate = Gate()
    async with rig(tmp_path, gate, "with that in mind") as it:
        seen: list[object] = []
        it.session.watchers.append(lambda recorded: seen.append(recorded.event))
        await it.type("begin")
        await it.pilot.press("enter")
        await gate.asked.wait()
        await it.type("mind the tests")
        await it.pilot.press("enter")
        gate.free.set()
        await it.until(lambda: "with that in mind" in it.text, "the second reply")
        said = [message.text for message in it.session.turn.messages if message.origin == "human"]
        assert said == ["begin", "mind the tests"]


async def test_a_queued_line_runs_when_the_turn_ended_well(tmp_path: Path) -> None:
    gate = Gate("first")
    async with rig(tmp_path, gate, "second") as it:
        await it.type("one")
        await it.pilot.press("enter")
        await gate.asked.wait()
        await it.type("two")
        await it.pilot.press("tab")
        await it.until(lambda: it.session.turn.rest.queue, "the queued line")
        gate.free.set()
        await it.until(lambda: it.session.turn.number == 2, "the second turn")
        await it.until_idle()
        assert "second" in it.text and not it.session.turn.rest.queue


async def test_up_takes_a_queued_line_back(tmp_path: Path) -> None:
    gate = Gate()
    async with rig(tmp_path, gate) as it:
        await it.type("one")
        await it.pilot.press("enter")
        await gate.asked.wait()
        await it.type("two")
        await it.pilot.press("tab")
        await it.until(lambda: it.session.turn.rest.queue, "the queued line")
        await it.pilot.pause(0.4)
        await it.pilot.press("up")
        await it.until(lambda: not it.session.turn.rest.queue, "the empty queue")
        assert it.app.chat.prompt.text == "two"


async def test_a_command_that_changes_a_file_is_asked_about(tmp_path: Path) -> None:
    acts = (reply("", call("Write", path="a.txt", content="hello\n")), "written")
    async with rig(tmp_path, *acts) as it:
        await it.type("write it")
        await it.pilot.press("enter")
        await it.until(lambda: it.app.chat.docks, "the dialog")
        await it.pilot.pause(0.5)
        assert "hello" in it.text and "a.txt" in it.text
        await it.pilot.press("y")
        await it.until_idle()
        assert (tmp_path / "relay" / "a.txt").read_text() == "hello\n"
        assert not it.app.chat.docks


async def test_esc_in_an_approval_is_a_no(tmp_path: Path) -> None:
    acts = (reply("", call("Write", path="a.txt", content="hello\n")), "then not")
    async with rig(tmp_path, *acts) as it:
        await it.type("write it")
        await it.pilot.press("enter")
        await it.until(lambda: it.app.chat.docks, "the dialog")
        await it.pilot.pause(0.5)
        await it.pilot.press("escape")
        await it.until_idle()
        assert not (tmp_path / "relay" / "a.txt").exists()
        assert "then not" in it.text


async def test_ctrl_c_in_an_approval_is_a_no_and_stops_nothing(tmp_path: Path) -> None:
    acts = (reply("", call("Write", path="a.txt", content="hello\n")), "then not")
    async with rig(tmp_path, *acts) as it:
        await it.type("write it")
        await it.pilot.press("enter")
        await it.until(lambda: it.app.chat.docks, "the dialog")
        await it.pilot.pause(0.5)
        await it.pilot.press("ctrl+c")
        await it.until_idle()
        assert it.session.turn.stop is StopReason.END_TURN


async def test_a_question_is_answered(tmp_path: Path) -> None:
    question = call("Ask", question="Which storage?", options=["SQLite", "JSONL"])
    async with rig(tmp_path, reply("", question), "SQLite then") as it:
        await it.type("choose")
        await it.pilot.press("enter")
        await it.until(lambda: "Which storage?" in it.text and it.app.chat.docks, "the question")
        await it.pilot.pause(0.5)
        await it.pilot.press("1")
        await it.until_idle()
        results = [part.content for message in it.session.turn.messages for part in message.results]
        assert any("SQLite" in content for content in results)


async def test_shift_tab_cycles_the_permission(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        seen = []
        for _ in range(4):
            await it.pilot.press("shift+tab")
            seen.append(it.session.turn.switches.mode)
        assert seen == [Mode.EDIT, Mode.AUTO, Mode.PLAN, Mode.ASK]


async def test_slash_commands_of_the_session_and_of_the_screen(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.type("/todo add water the plants")
        await it.pilot.press("escape", "enter")
        await it.until(lambda: it.session.turn.todos, "the todo")
        await it.type("/stop")
        await it.pilot.press("escape", "enter")
        await it.until(lambda: "Nothing runs." in it.text, "the hint")


async def test_a_line_that_is_refused_comes_back(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.type("/tpyo")
        await it.pilot.press("escape", "enter")
        await it.until(lambda: "There is no command /tpyo" in it.text, "the sentence")


async def test_a_failure_to_open_is_told_with_choices(tmp_path: Path) -> None:
    problem = ConfigError("The setting model is wrong: no such thing.")
    async with rig(tmp_path, refuse=problem) as it:
        await it.until(lambda: "no such thing" in it.text, "the sentence")
        assert len(it.app.chat.docks) == 1
        await it.pilot.pause(0.5)
        await it.pilot.press("t")
        await it.until(lambda: it.app.session is not None, "the second try")


async def test_after_a_failure_that_was_put_off_enter_tries_again_and_sends(tmp_path: Path) -> None:
    problem = ConfigError("The setting model is wrong: no such thing.")
    begin = Begin(look=Look(motion=False), wanted=Preferences(motion=False), prompt="what is it?")
    async with rig(tmp_path, "It is that.", refuse=problem, begin=begin) as it:
        await it.until(lambda: "no such thing" in it.text, "the sentence")
        await it.pilot.pause(0.4)
        await it.pilot.press("escape")
        await it.until(lambda: not it.app.chat.docks and "not open" in it.text, "that nothing is open")
        assert it.app.chat.prompt.text == "what is it?"
        await it.pilot.press("enter")
        await it.until(lambda: it.app.session is not None, "the second try")
        await it.until(lambda: "It is that." in it.text, "the answer")


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 16)])
async def test_the_two_lines_of_truth_are_there_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    gate = Gate()
    async with rig(tmp_path, gate, size=size, mode=Mode.AUTO) as it:
        it.session.record(AutoSwitched(True, "human"))
        await it.session.submit("do it")
        await gate.asked.wait()
        await it.until(lambda: "AUTO" in it.text and "step 1/50" in it.text, "the state")
        assert "Ctrl+C" in it.text


async def test_quitting_needs_two_presses(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.pilot.press("ctrl+c")
        await it.pilot.pause(0.3)
        assert it.app.is_running and "Ctrl+C again to quit" in it.text
        await it.pilot.press("ctrl+c")
        await it.until(lambda: not it.app.is_running or it.app._exit, "the end")


async def test_the_emacs_preset_gives_ctrl_a_back_to_the_line(tmp_path: Path) -> None:
    begin = Begin(wanted=Preferences(motion=False, ui={"preset": "emacs"}))
    async with rig(tmp_path, begin=begin) as it:
        await it.type("a draft")
        await it.pilot.press("ctrl+a")
        assert not it.session.turn.auto and it.app.chat.prompt.caret == 0
        await it.pilot.press("alt+a")
        assert it.session.turn.auto


async def test_enter_on_an_empty_prompt_opens_the_newest_session(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.pilot.press("enter")
        await it.pilot.pause(0.2)
        assert not it.session.is_running and it.session.turn.number == 0


async def test_the_block_cursor_takes_the_keys_and_gives_them_back(tmp_path: Path) -> None:
    async with rig(tmp_path, "The answer is **42**.") as it:
        await it.type("what is it?")
        await it.pilot.press("enter")
        await it.until_idle()
        copied: list[str] = []

        def copy(text: str) -> None:
            copied.append(text)

        it.app.copy = copy  # type: ignore[method-assign]
        await it.pilot.press("shift+up", "y")
        await it.until(lambda: copied, "a copy")
        assert copied == ["The answer is **42**."]
        assert it.app.chat.prompt.is_empty
        await it.pilot.press("escape")
        assert it.app.chat.prompt.has_focus_within
        assert it.app.chat.transcript.cursor is None


async def test_what_is_typed_while_the_transcript_has_the_keys_goes_to_the_prompt(tmp_path: Path) -> None:
    async with rig(tmp_path, "Said.") as it:
        await it.type("say it")
        await it.pilot.press("enter")
        await it.until_idle()
        await it.pilot.press("shift+up", *"wait")
        await it.until(lambda: it.app.chat.prompt.text == "wait", "the text")
        await it.pilot.press("shift+up")
        assert it.app.chat.focused is it.app.chat.transcript
        it.app.post_message(Paste(" here"))
        await it.until(lambda: it.app.chat.prompt.text == "wait here", "the paste")
        await it.pilot.click(Transcript, offset=(4, 1))
        await it.pilot.press("y")
        assert it.app.chat.prompt.text == "wait herey"


class Stubborn:
    """A session's `interrupt` that does not come back before it is asked to kill."""

    def __init__(self) -> None:
        self.asked: list[bool] = []
        self.free = asyncio.Event()

    async def __call__(self, *, kill: bool = False) -> None:
        """Wait for a kill."""
        self.asked.append(kill)
        if kill:
            self.free.set()
        await self.free.wait()


async def test_while_it_stops_keys_are_heard_and_a_second_ctrl_c_kills(tmp_path: Path) -> None:
    gate = Gate()
    async with rig(tmp_path, gate) as it:
        await it.type("begin")
        await it.pilot.press("enter")
        await gate.asked.wait()
        stop, stubborn = it.session.interrupt, Stubborn()
        it.session.interrupt = stubborn  # type: ignore[method-assign]
        await it.pilot.press("ctrl+c", *"abc")
        await it.until(lambda: "Stopping" in it.text, "that it stops")
        assert it.app.chat.prompt.text == "abc"
        await it.pilot.press("ctrl+c")
        await it.until(lambda: stubborn.asked == [False, True], "the kill")
        assert it.app.chat.prompt.text == "abc"
        it.session.interrupt = stop  # type: ignore[method-assign]


async def test_a_reflex_behind_a_stop_does_not_clear_the_draft(tmp_path: Path) -> None:
    gate = Gate()
    async with rig(tmp_path, gate) as it:
        await it.type("begin")
        await it.pilot.press("enter")
        await gate.asked.wait()
        await it.type("a draft")
        await it.pilot.press("ctrl+c")
        await it.until(lambda: not it.session.is_running, "the end of the turn")
        await it.pilot.press("ctrl+c")
        assert it.app.chat.prompt.text == "a draft"
        await it.until(lambda: "Ctrl+C again clears" in it.text, "what it would do")


@pytest.mark.parametrize("has_cursor", [False, True])
async def test_in_a_burst_no_key_overtakes_another(tmp_path: Path, has_cursor: bool) -> None:
    """All keys of one write: Ctrl+A twice is the start of the line, Ctrl+C clears what stands before it."""
    async with rig(tmp_path, "Hello there.") as it:
        await it.type("begin")
        await it.pilot.press("enter")
        await it.until_idle()
        if has_cursor:
            await it.pilot.press("shift+up")
            assert it.app.focused is it.app.chat.transcript

        def send(*keys: str) -> None:
            for key in keys:
                it.app.post_message(Key(key, key if len(key) == 1 else None))

        send("a", "b", "c", "ctrl+a", "ctrl+a", "x")
        await it.until(lambda: it.app.chat.prompt.text == "xabc", "the text in order")
        assert not it.session.turn.auto
        send("d", "ctrl+c", "e")
        await it.until(lambda: it.app.chat.prompt.text == "e", "what came behind Ctrl+C")


async def test_a_letter_that_means_nothing_on_a_block_is_text(tmp_path: Path) -> None:
    async with rig(tmp_path, "Hello there.") as it:
        await it.type("begin")
        await it.pilot.press("enter")
        await it.until_idle()
        await it.pilot.press("shift+up", *"nun")
        await it.until(lambda: it.app.chat.prompt.text == "nun", "the text")


async def test_a_stop_pauses_auto(tmp_path: Path) -> None:
    gate = Gate()
    async with rig(tmp_path, gate) as it:
        await it.type("begin")
        await it.pilot.press("enter")
        await gate.asked.wait()
        await it.pilot.press("ctrl+a")
        await it.until(lambda: it.session.turn.auto, "auto")
        await it.pilot.press("ctrl+c")
        await it.until_idle()
        assert not it.session.turn.auto
        await it.until(lambda: "auto is off" in it.text, "that auto is off")


async def test_what_a_prompt_brings_is_in_view_also_for_who_had_scrolled_up(tmp_path: Path) -> None:
    long = "\n\n".join(f"paragraph {number}" for number in range(60))
    async with rig(tmp_path, long, "The second.") as it:
        await it.type("first")
        await it.pilot.press("enter")
        await it.until_idle()
        await it.pilot.press("ctrl+home")
        await it.until(lambda: "paragraph 59" not in it.text, "the beginning")
        await it.type("second")
        await it.pilot.press("enter")
        await it.until_idle()
        assert "The second." in it.text


async def test_what_only_the_prompts_keys_did_is_a_command_as_well(tmp_path: Path) -> None:
    gate = Gate("The first answer.")
    async with rig(tmp_path, gate, "The second.", "The third.") as it:
        await it.type("begin")
        await it.pilot.press("enter")
        await gate.asked.wait()
        await it.type("/queue for later")
        await it.pilot.press("enter")
        await it.until(lambda: list(it.session.turn.rest.queue.values()) == ["for later"], "the queued line")
        gate.free.set()
        await it.until(lambda: "The second." in it.text, "the answer to the queued line")
        await it.until_idle()
        copied: list[str] = []

        def copy(text: str) -> None:
            copied.append(text)

        it.app.copy = copy  # type: ignore[method-assign]
        await it.type("/status")
        await it.pilot.press("enter")
        await it.until(lambda: "calls" in it.text, "what the command says")
        await it.type("/copy")
        await it.pilot.press("enter")
        await it.until(lambda: copied == ["The second."], "the copy")
        await it.type("draft")
        await it.pilot.press("ctrl+c")
        await it.until(lambda: it.app.chat.prompt.is_empty, "an empty prompt")
        await it.type("/restore")
        await it.pilot.press("enter")
        await it.until(lambda: it.app.chat.prompt.text == "draft", "the draft")
        await it.pilot.press("ctrl+c")
        await it.type("/history")
        await it.pilot.press("enter")
        await it.until(lambda: "search:" in it.text, "the search")
