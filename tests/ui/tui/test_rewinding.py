"""Going back, in the whole application: the list, what is shown afterwards, the prompt that comes back."""

from functools import partial
from pathlib import Path

from aura.core import events as ev
from aura.core.permissions import Mode
from aura.testing import call
from aura.ui.tui.docks.rewind import RewindDock
from tests.ui.tui.rig import Rig, rig


async def say(made: Rig, *prompts: str) -> None:
    """Have prompts answered."""
    for prompt in prompts:
        await made.type(prompt)
        await made.pilot.press("enter")
        await made.until(partial(shows, made, prompt), prompt)
        await made.until_idle()


async def open_list(made: Rig, places: str) -> None:
    """Esc twice, and the list is there."""
    await made.pilot.press("escape", "escape")
    await made.until(lambda: is_open(made) and places in made.text, "the list")


def shows(made: Rig, text: str) -> bool:
    """Whether a text is on the screen."""
    return text in made.text


def is_open(made: Rig) -> bool:
    """Whether the list has the keys, and its rows are there."""
    dock = made.app.focused
    return isinstance(dock, RewindDock) and dock.list.current is not None


async def test_esc_twice_goes_back_and_the_prompt_is_there_again(tmp_path: Path) -> None:
    async with rig(tmp_path, "answer one", "answer two", "answer three", size=(100, 30)) as made:
        await made.pilot.press("escape", "escape")
        await made.until(lambda: "nothing to go back to" in made.text, "the hint")
        await say(made, "the first", "the second")
        await open_list(made, "comes back")
        await made.pilot.press("enter")
        await made.until(lambda: made.app.chat.prompt.text == "the second", "the prompt")
        await made.until(lambda: "answer two" not in made.text, "the shorter conversation")
        assert "answer one" in made.text
        assert "the conversation went back to before: the second" in made.text
        assert len(made.session.turn.messages) == 2
        await made.pilot.press("ctrl+c")
        await open_list(made, "before this rewind")
        await made.pilot.press("enter")
        await made.until(lambda: "answer two" in made.text, "what was taken away")
        assert made.app.chat.prompt.is_empty
        assert len(made.session.turn.messages) == 4
        assert "the conversation went back to event" in made.text


async def test_a_branch_goes_back_in_a_copy_and_leaves_the_session_as_it_is(tmp_path: Path) -> None:
    async with rig(tmp_path, "answer one", "answer two", size=(100, 30)) as made:
        await say(made, "the first", "the second")
        first = made.session
        await open_list(made, "comes back")
        await made.pilot.press("b")
        await made.until(lambda: made.app.chat.prompt.text == "the second", "the prompt")
        await made.until(lambda: "answer two" not in made.text, "the shorter conversation")
        assert "answer one" in made.text
        assert made.app.session is not None
        assert made.app.session.id != first.id
        assert len(made.app.session.turn.messages) == 2
        assert len(first.turn.messages) == 4


async def test_a_block_is_rewound_to(tmp_path: Path) -> None:
    async with rig(tmp_path, "answer one", "answer two", size=(100, 30)) as made:
        await say(made, "the first", "the second")
        await made.pilot.press("shift+up", "up", "up", "up", "r")
        await made.until(lambda: is_open(made) and "comes back" in made.text, "the list")
        await made.pilot.press("enter")
        await made.until(lambda: made.app.chat.prompt.text == "the first", "the prompt")
        await made.until(lambda: "answer one" not in made.text, "nothing")
        assert len(made.session.turn.messages) == 0


async def test_what_was_rewound_is_not_shown_when_the_session_is_opened_again(tmp_path: Path) -> None:
    async with rig(tmp_path, "answer one", "answer two", "answer three", size=(100, 30)) as made:
        await say(made, "the first", "the second")
        points = await made.session.query("points")
        await made.session.rewind(points[1]["to"])
        await say(made, "the third")
        transcript = made.app.chat.transcript
        transcript.open(
            made.session.facts.folder, made.session.opened.log.last_seq, lambda: made.session.turn
        )
        await made.until(lambda: "answer three" in made.text, "the newest")
        assert "answer one" in made.text
        assert "answer two" not in made.text
        kept = [one.event for one in made.session.opened.log.read(types=("turn_started",))]
        assert [one.message.text for one in kept if isinstance(one, ev.TurnStarted)][1] == "the second"


async def test_files_go_back_with_the_conversation_and_what_was_changed_since_is_asked_about(
    tmp_path: Path,
) -> None:
    writes = (
        call("Write", path="a.txt", content="1\n"),
        "written",
        call("Edit", path="a.txt", old="1", new="2"),
        "again",
    )
    async with rig(tmp_path, *writes, size=(100, 30), mode=Mode.EDIT) as made:
        await say(made, "the first", "the second")
        file = tmp_path / "relay" / "a.txt"
        assert file.read_text() == "2\n"
        file.write_text("mine\n")
        await open_list(made, "1 was changed by you since")
        await made.pilot.press("enter")
        await made.until(lambda: "also changed by you since" in made.text, "the question")
        await made.until(lambda: not made.app.chat.docks[0].is_dead, "its keys")
        await made.pilot.press("b")
        await made.until(lambda: made.app.chat.prompt.text == "the second", "the prompt")
        assert file.read_text() == "mine\n"
        assert file.with_name("a.txt.aura-old").read_text() == "1\n"
        await made.until(lambda: "went back to before: the second, and 1" in made.text, "the line")
