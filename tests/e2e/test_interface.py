"""The interface in a real terminal with a real engine: beginning, saying things, keys."""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import call
from tests.e2e.windows import PATIENCE, READY, Room, answer, held, leave, make_room

pytestmark = pytest.mark.slow


@pytest.fixture
def room() -> Iterator[Room]:
    """A room of its own."""
    with make_room() as room:
        yield room


def test_the_demo_repairs_its_project_and_leaves_the_card_behind(room: Room) -> None:
    terminal = room.open("demo", "--fast", ready=None, environ={"TMPDIR": str(room.place)})
    terminal.wait_for("AUTO", PATIENCE)
    terminal.wait_for("step 2/50", PATIENCE)
    held(terminal, ["◉ DONE", "checks run by aura after the last edit", "✓ passed", "Todo 4/4", READY], 90)
    assert leave(terminal) == 0
    assert "◉ DONE" in terminal.text
    assert "✓ passed" in terminal.text
    assert "--resume" not in terminal.text, "what would be resumed is gone"
    assert terminal.is_as_found, terminal.describe()
    room.until_alone()
    assert list(room.place.glob("aura-demo-*")) == []


def test_the_first_start_offers_ways_to_a_model_and_a_demo(room: Room) -> None:
    terminal = room.open(ready=None, environ={"TMPDIR": str(room.place)})
    held(terminal, ["watch the demo", "paste a key", "find a local server", "another model or server"])
    answer(terminal, "d", "how shall aura reach a model?")
    held(terminal, ["invoicing", "AUTO", "working"])
    assert leave(terminal) == 0
    assert "export ANTHROPIC_API_KEY" in terminal.text
    assert terminal.is_as_found, terminal.describe()
    room.until_alone()
    assert list(room.place.glob("aura-demo-*")) == []


def test_what_is_typed_before_the_first_frame_is_not_lost(room: Room) -> None:
    room.plays({"say": "You are early."})
    terminal = room.open(typed="typed ahead", ready=None)
    terminal.wait_for("│ typed ahead", PATIENCE)
    terminal.send(" and behind", "enter")
    held(terminal, ["❯ typed ahead and behind", "You are early.", READY])
    assert leave(terminal) == 0


def test_prompts_shell_lines_files_and_commands(room: Room) -> None:
    (room.workspace / "notes_alpha.txt").write_text("first\n", encoding="utf-8")
    (room.workspace / "other.txt").write_text("second\n", encoding="utf-8")
    room.plays({"say": "Hello there."})
    terminal = room.open()
    terminal.send("look at @alph")
    terminal.wait_for("❯ notes_alpha.txt", PATIENCE)
    terminal.send("tab")
    terminal.wait_for("│ look at @notes_alpha.txt", PATIENCE)
    terminal.send("enter")
    held(terminal, ["❯ look at @notes_alpha.txt", "Hello there.", READY])
    terminal.send("!echo hi; exit 3", "enter")
    held(terminal, ["❯ !echo hi; exit 3", "│ hi", "exit 3", READY])
    terminal.send("/limits cost +2", "enter")
    held(terminal, ["limits are now", "$0.00/$2.00", READY])
    before = len(terminal.raw)
    terminal.send("/theme light", "enter")
    terminal.wait_until(
        lambda _: b"48;2;253;253;251" in terminal.raw[before:], PATIENCE, "a light background"
    )
    assert leave(terminal) == 0
    assert "ANSWERED" in terminal.text
    assert f"aura --resume {room.folder().name}" in terminal.text


def find_row(shown: str, text: str) -> int:
    """The row of the screen in which the text stands."""
    return next(row for row, line in enumerate(shown.splitlines()) if text in line)


def test_auto_mode_is_a_word_and_a_sign_and_twice_goes_home(room: Room) -> None:
    room.plays({"say": "Hello."})
    terminal = room.open()
    terminal.send("draft")
    home = (len("│ "), find_row(terminal.wait_for("│ draft", PATIENCE), "│ draft"))
    terminal.send("ctrl+a", "ctrl+a")
    terminal.wait_until(lambda _: terminal.picture.cursor == home, PATIENCE, "home")
    held(terminal, ["auto mode is on", "auto mode is off", "╭─ ask ─", "│ draft"])
    terminal.send("ctrl+a")
    held(terminal, ["╭─ ● AUTO ─", "AUTO on · Ctrl+A to undo", "│ draft"])
    terminal.wait_until(
        lambda shown: shown.splitlines()[0].endswith("● AUTO"), PATIENCE, "the word in the header"
    )
    terminal.wait_until(lambda _: terminal.picture.cursor == home, PATIENCE, "the cursor where it was")
    terminal.send("ctrl+c")
    terminal.wait_for(READY)
    terminal.send("/auto off", "enter")
    terminal.wait_for("╭─ ask ─", PATIENCE)
    terminal.send("alt+a")
    terminal.wait_for("╭─ ● AUTO ─", PATIENCE)
    assert leave(terminal) == 0
    assert "turn_started" not in room.log(), "nothing was sent"


def test_permissions_and_dialogs_by_their_keys(room: Room) -> None:
    room.plays({"say": "Hello."})
    terminal = room.open()
    terminal.send("shift+tab")
    terminal.wait_for("╭─ edit ─", PATIENCE)
    terminal.send("shift+tab", "shift+tab")
    held(terminal, ["╭─ plan ─", "Permission plan"])
    terminal.send("?")
    terminal.wait_for("╭─ Keys ─", PATIENCE)
    answer(terminal, "escape", "╭─ Keys ─")
    terminal.send("ctrl+p")
    terminal.wait_for("╭─ Do ─", PATIENCE)
    answer(terminal, "escape", "╭─ Do ─")
    terminal.send("/theme", "enter")
    terminal.wait_for("╭─ Colours ─", PATIENCE)
    answer(terminal, "ctrl+c", "╭─ Colours ─")
    held(terminal, ["╭─ plan ─", READY])
    terminal.send("ctrl+c")
    terminal.wait_for("Ctrl+C again to quit")
    assert leave(terminal, "ctrl+c") == 0
    assert terminal.is_as_found, terminal.describe()


def test_a_run_is_steered_and_lines_wait_for_its_end(room: Room) -> None:
    waits = "touch begun; while [ ! -e go ]; do sleep 0.02; done"
    room.plays(
        {"say": "Starting.", "call": [call("Bash", command=waits)]},
        {"when": {"user_contains": "be quick"}, "say": "I am quick.", "once": True},
        {"when": {"user_contains": "afterwards"}, "say": "And this.", "once": True},
    )
    terminal = room.open("--mode", "yolo")
    terminal.send("go", "enter")
    held(terminal, ["Starting.", "◐ shell touch begun"])
    terminal.send("be quick", "enter")
    terminal.wait_for("told after this step", PATIENCE)
    terminal.send("afterwards", "tab")
    held(terminal, ["1 queued", "next: afterwards"])
    (room.workspace / "go").touch()
    shown = held(terminal, ["❯ steer: be quick", "I am quick.", "❯ afterwards", "And this.", READY])
    assert shown.index("I am quick.") < shown.index("❯ afterwards")
    terminal.wait_until(lambda shown: "queued" not in shown, PATIENCE, "the end of the queue")
    assert leave(terminal) == 0
