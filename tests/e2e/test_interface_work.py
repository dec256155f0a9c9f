"""The interface in a real terminal: approvals, stopping, leaving, coming back, and what dies meanwhile."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from aura.core.events import ToolJudged
from aura.store.rows import read_events
from tests.e2e.conftest import call
from tests.e2e.engines import wait_until
from tests.e2e.windows import PATIENCE, READY, Room, answer, drop_draft, held, leave, make_room, press
from tests.terminals import Terminal

WAITS = "echo so far; touch begun; while [ ! -e go ]; do sleep 0.02; done; touch ended; echo finished"

pytestmark = pytest.mark.slow


@pytest.fixture
def room() -> Iterator[Room]:
    """A room of its own."""
    with make_room() as room:
        yield room


def commands(room: Room) -> list[str]:
    """What runs there beside aura itself and its own questions to git."""
    own = (" -m aura", "/git --no-pager")
    return [line for line in room.processes().values() if not any(part in line for part in own)]


def begin_waiting(room: Room) -> None:
    """A model whose command has to be let go."""
    room.plays({"say": "Starting.", "call": [call("Bash", command=WAITS)]}, {"say": "Ended well."})


def test_approvals_yes_no_and_no_with_a_reason(room: Room) -> None:
    room.plays(
        {"say": "I write.", "call": [call("Write", path="a.txt", content="one\ntwo\n")]},
        {"say": "I run.", "call": [call("Bash", command="touch first")]},
        {"say": "I run again.", "call": [call("Bash", command="touch second")]},
        {"say": "I heard you."},
    )
    terminal = room.open()
    terminal.send("do it", "enter")
    held(terminal, ["Approve new file · a.txt +2 −0", "1 + one", "y yes", "✋ waits for you", "✋ needs you"])
    terminal.wait_until(
        lambda _: terminal.title == "✋ do it: needs you", PATIENCE, "the title of the window"
    )
    answer(terminal, "y", "Approve new file")
    terminal.wait_for("$ touch first", PATIENCE)
    assert (room.workspace / "a.txt").read_text() == "one\ntwo\n"
    answer(terminal, "n", "$ touch first")
    terminal.wait_for("$ touch second", PATIENCE)
    assert not (room.workspace / "first").exists()
    press(terminal, "e", lambda shown: "tell it what to do instead" in shown, "a line for the reason")
    terminal.send("not now", "enter")
    held(terminal, ["I heard you.", "you said: not now", READY])
    assert not (room.workspace / "second").exists()
    assert leave(terminal) == 0


def test_a_command_is_changed_in_the_editor_before_it_runs(room: Room) -> None:
    room.plays({"say": "I run.", "call": [call("Bash", command="touch first")]}, {"say": "I saw it."})
    editor = room.place / "editor"
    editor.write_text('#!/bin/sh\nsed -i s/first/second/ "$1"\n')
    editor.chmod(0o700)
    terminal = room.open(environ={"EDITOR": str(editor)})
    terminal.send("do it", "enter")
    held(terminal, ["$ touch first", "E edit"])
    answer(terminal, "E", "$ touch first")
    held(terminal, ["I saw it.", "shell touch second", READY])
    assert (room.workspace / "second").exists()
    assert not (room.workspace / "first").exists()
    (judged,) = [one.event for one in read_events(room.folder(), types=("tool_judged",))]
    assert judged == ToolJudged(
        getattr(judged, "call_id", ""), "allow", "human", "a person changed it before it ran"
    )
    assert leave(terminal) == 0


def test_ctrl_c_stops_and_keeps_what_was_typed(room: Room) -> None:
    room.plays({"say": "Sleeping.", "call": [call("Bash", command="sleep 61 & sleep 62")]}, {"say": "No."})
    terminal = room.open("--mode", "yolo")
    terminal.send("do it", "enter")
    held(terminal, ["◐ shell sleep 61", "working", "Ctrl+C stop"])
    wait_until(lambda: len(commands(room)) >= 2, "the commands run")
    terminal.send("my draft")
    terminal.wait_for("│ my draft", PATIENCE)
    terminal.send("ctrl+c")
    held(terminal, ["‖ STOPPED by you at step 1", "Stopped at step 1", "│ my draft"])
    assert commands(room) == []
    wait_until(lambda: room.log()[-2:] == ["tool_finished", "turn_stopped"], "the log is settled")
    time.sleep(1.2)  # for a second after a stop a further Ctrl+C only says what it would do
    terminal.send("ctrl+c")
    held(terminal, ["Cleared · Ctrl+Y brings it back", READY])
    terminal.send("ctrl+y")
    terminal.wait_for("│ my draft", PATIENCE)
    terminal.send("ctrl+c")
    terminal.wait_for(READY)
    terminal.send("ctrl+c")
    terminal.wait_for("Ctrl+C again to quit", PATIENCE)
    assert leave(terminal, "ctrl+c") == 0
    assert "STOPPED by you at step 1" in terminal.text
    assert terminal.is_as_found, terminal.describe()
    room.until_alone()


def test_a_second_ctrl_c_kills_what_does_not_stop(room: Room) -> None:
    stubborn = "trap '' INT TERM; touch begun; while true; do sleep 1; done"
    room.plays({"say": "Starting.", "call": [call("Bash", command=stubborn)]}, {"say": "No."})
    terminal = room.open("--mode", "yolo")
    terminal.send("do it", "enter")
    wait_until((room.workspace / "begun").exists, "the command runs")
    terminal.send("ctrl+c")
    held(terminal, ["─ yolo · stopping ─", "Ctrl+C again kills what runs"])
    terminal.send("ctrl+c")
    held(terminal, ["‖ STOPPED by you at step 1", READY])
    assert commands(room) == []
    assert leave(terminal) == 0


def test_sessions_are_begun_and_taken_up_again(room: Room) -> None:
    room.plays({"when": {"user_contains": "second"}, "say": "Two."}, {"say": "One."})
    terminal = room.open()
    terminal.send("the first", "enter")
    held(terminal, ["❯ the first", "One.", READY])
    terminal.send("/new", "enter", "the second", "enter")  # what is typed meanwhile is for the new one
    held(terminal, ["❯ the second", "Two.", READY])
    assert "One." not in terminal.text
    terminal.send("/resume", "enter")
    held(terminal, ["╭─ Resume ", "the first", "the second"])
    terminal.send("first")
    terminal.wait_for("1 of 2", PATIENCE)
    answer(terminal, "enter", "╭─ Resume ")
    terminal.wait_until(  # the list shows what was said in the first one, too
        lambda shown: (
            "╭─ Resume " not in shown and "Two." not in shown and "One." in shown and READY in shown
        ),
        PATIENCE,
        "the first session, alone",
    )
    assert leave(terminal) == 0
    room.until_alone()


def test_work_is_left_and_joined_again(room: Room) -> None:
    begin_waiting(room)
    terminal = room.open("--mode", "yolo")
    terminal.send("do it", "enter")
    terminal.wait_for("│ so far", PATIENCE)
    assert leave(terminal) == 0
    assert f"aura attach {room.folder().name}" in terminal.text
    assert terminal.is_as_found, terminal.describe()
    assert "live" in room.program("sessions").out
    again = room.open("attach", ready="│ so far")
    shown = held(again, ["❯ do it", "Starting.", "◐ shell echo so far", "working"])
    assert "Ended well." not in shown
    other = room.open("attach", room.folder().name, ready="│ so far")
    (room.workspace / "go").touch()
    for window in (again, other):
        held(window, ["✓ shell echo so far", "Ended well.", READY])
    assert leave(other) == 0
    assert leave(again) == 0
    room.until_alone()
    assert "live" not in room.program("sessions").out


def type_draft(room: Room, terminal: Terminal) -> None:
    """Type something that is not sent, and wait until it is kept."""
    terminal.send("a draft")
    wait_until(lambda: '"a draft"' in room.drafts(), "the draft is kept")


@pytest.mark.parametrize("end", ["closed", "killed"])
def test_work_ends_with_its_window(room: Room, end: str) -> None:
    begin_waiting(room)
    terminal = room.open("--mode", "yolo")
    terminal.send("do it", "enter")
    terminal.wait_for("│ so far", PATIENCE)
    type_draft(room, terminal)
    if end == "closed":
        terminal.hang_up()
        assert terminal.wait(PATIENCE) == 128 + signal.SIGHUP
    else:
        terminal.process.kill()
        assert terminal.wait(PATIENCE) == -signal.SIGKILL
    room.until_alone()
    assert room.log()[-1] == "turn_stopped"
    assert not (room.workspace / "ended").exists()
    assert "cancelled" in room.program("sessions").out
    again = room.open("-c", ready="‖ STOPPED")
    held(again, ["│ a draft", "Starting.", "‖ shell echo so far"])
    drop_draft(again, "a draft")
    assert leave(again) == 0


@pytest.mark.parametrize("end", ["closed", "killed"])
def test_work_that_is_to_be_kept_outlives_its_window(room: Room, end: str) -> None:
    room.set(on_close="keep")
    begin_waiting(room)
    terminal = room.open("--mode", "yolo")
    terminal.send("do it", "enter")
    terminal.wait_for("│ so far", PATIENCE)
    type_draft(room, terminal)
    engine = room.engine()
    if end == "closed":
        terminal.hang_up()
    else:
        terminal.process.kill()
    terminal.wait(PATIENCE)
    assert room.engine() == engine
    assert "live" in room.program("sessions").out
    again = room.open("attach", ready="│ so far")
    held(again, ["│ a draft", "working"])
    (room.workspace / "go").touch()
    held(again, ["✓ shell echo so far", "Ended well."])
    again.wait_until(lambda shown: "working" not in shown, PATIENCE, "the end of the work")
    drop_draft(again, "a draft")
    assert leave(again) == 0
    room.until_alone()
    assert room.log()[-1] == "turn_stopped"


def test_an_engine_that_is_killed_is_told_and_its_session_goes_on(room: Room) -> None:
    begin_waiting(room)
    terminal = room.open("--mode", "yolo")
    terminal.send("do it", "enter")
    terminal.wait_for("│ so far", PATIENCE)
    terminal.send("my draft")
    terminal.wait_for("│ my draft", PATIENCE)
    before = room.engine()
    os.kill(before, signal.SIGKILL)
    held(
        terminal, ["╭─ The engine ended ─", "nothing that was logged is lost", "✗ engine gone", "│ my draft"]
    )
    answer(terminal, "r", "╭─ The engine ended ─")
    held(terminal, ["fate unknown", "the process ended while the turn ran", "│ my draft"])
    terminal.wait_until(lambda shown: "engine gone" not in shown, PATIENCE)
    assert room.engine() != before
    assert commands(room) == [], "what the dead engine left running was ended"
    finished = [one.event for one in read_events(room.folder(), types=("tool_finished",))]
    assert [event.outcome for event in finished if event.type == "tool_finished"] == ["unknown"]
    terminal.send("ctrl+c")
    (room.workspace / "go").touch()
    terminal.wait_for(READY)
    terminal.send("go on", "enter")
    held(terminal, ["❯ go on", "Ended well.", READY])
    wait_until(lambda: room.log().count("turn_stopped") == 2, "the log is settled")
    assert leave(terminal) == 0
    room.until_alone()


def test_an_engine_that_dies_while_it_asks_takes_its_question_along(room: Room) -> None:
    room.plays({"say": "I run.", "call": [call("Bash", command="touch ran")]}, {"say": "Next."})
    terminal = room.open()
    terminal.send("do it", "enter")
    terminal.wait_for("$ touch ran", PATIENCE)
    os.kill(room.engine(), signal.SIGKILL)
    terminal.wait_until(
        lambda shown: "╭─ The engine ended ─" in shown and "Approve command" not in shown,
        PATIENCE,
        "the one dialog in place of the other",
    )
    answer(terminal, "r", "╭─ The engine ended ─")
    held(terminal, ["Not run: the session was interrupted", READY])
    assert leave(terminal) == 0
    assert not (room.workspace / "ran").exists()
    room.until_alone()
