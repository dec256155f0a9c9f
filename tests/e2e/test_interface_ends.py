"""How the interface leaves the terminal, whatever ends it; and terminals of other kinds: tmux, plain lines."""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import call
from tests.e2e.engines import wait_until
from tests.e2e.windows import PATIENCE, READY, Room, answer, drop_draft, held, leave, make_room, press

pytestmark = pytest.mark.slow

BROKEN = """
import sys

if "engine" not in sys.orig_argv:
    import aura.ui.tui.{module} as module

    def burst(*arguments, **more):
        raise ZeroDivisionError("burst \\x1b[31m with sk-ant-" + "api03-" + "x" * 40)

    {where} = burst
"""


@pytest.fixture
def room() -> Iterator[Room]:
    """A room of its own."""
    with make_room() as room:
        yield room


def test_the_terminal_is_asked_for_much_and_given_back_whole(room: Room) -> None:
    room.plays({"say": "Hello."})
    terminal = room.open()
    picture = terminal.picture
    assert picture.is_alternate
    assert {"1000", "1006", "2004", "1004"} <= picture.modes
    assert "25" not in picture.modes
    assert picture.keyboard == 1
    assert picture.title
    assert leave(terminal) == 0
    assert terminal.is_as_found, terminal.describe()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_well(room: Room, number: signal.Signals) -> None:
    room.plays({"say": "Hello."})
    terminal = room.open()
    terminal.send("hello", "enter")
    held(terminal, ["Hello.", READY])
    terminal.send("a draft")
    terminal.wait_for("│ a draft", PATIENCE)
    terminal.process.send_signal(number)
    assert terminal.wait(PATIENCE) == 128 + number
    if number is signal.SIGTERM:  # after a hang-up there is nobody to say it to
        assert terminal.is_as_found, terminal.describe()
        assert "ANSWERED" in terminal.text
    room.until_alone()
    again = room.open("-c", ready="│ a draft")
    drop_draft(again, "a draft")
    assert leave(again) == 0


@pytest.mark.parametrize(
    ("module", "where"),
    [
        ("themes", "module.make_theme"),
        ("header", "module.Header.show"),
        ("asking", "module.Asking.may_start"),
    ],
)
def test_a_fault_of_its_own_is_one_sentence(room: Room, module: str, where: str) -> None:
    room.plays({"say": "Hello."})
    (room.place / "sitecustomize.py").write_text(BROKEN.format(module=module, where=where), encoding="utf-8")
    variables = {"PYTHONPATH": str(room.place)}
    terminal = room.open("--auto", "say hello", environ=variables, ready=None)
    assert terminal.wait(PATIENCE) == 1
    assert terminal.is_as_found, terminal.describe()
    raw = bytes(terminal.raw)
    assert b"Traceback" not in raw
    assert b"api03-xxx" not in raw
    shown = terminal.text.replace("\n", "")
    assert shown.count("aura: something went wrong inside aura (ZeroDivisionError: burst") == 1
    (crash,) = (room.program.home / "aura" / "state" / "crashes").iterdir()
    assert crash.name in shown
    kept = crash.read_text(encoding="utf-8")
    assert "Traceback" in kept
    assert "api03-xxx" not in kept
    room.until_alone()


def test_a_fault_with_an_event_is_told_and_the_rest_goes_on(room: Room) -> None:
    room.plays({"say": "Hello."})
    text = BROKEN.format(module="transcript", where="module.Transcript.take")
    (room.place / "sitecustomize.py").write_text(text, encoding="utf-8")
    terminal = room.open(environ={"PYTHONPATH": str(room.place)})
    terminal.send("say hello", "enter")
    terminal.wait_for("Something went wrong inside aura (ZeroDivisionError: burst", PATIENCE)
    terminal.wait_for("step 1/50", PATIENCE)
    (crash,) = (room.program.home / "aura" / "state" / "crashes").iterdir()
    assert "Traceback" in crash.read_text(encoding="utf-8")
    assert leave(terminal) == 0
    assert b"Traceback" not in terminal.raw
    assert "ANSWERED" in terminal.text


def test_suspended_it_gives_the_terminal_back_and_takes_it_again(room: Room) -> None:
    waits = "touch begun; while [ ! -e go ]; do sleep 0.02; done"
    room.plays({"say": "Starting.", "call": [call("Bash", command=waits)]}, {"say": "Ended well."})
    terminal = room.open("--mode", "yolo")
    terminal.send("go", "enter")
    held(terminal, ["◐ shell", "Ctrl+C stop"])
    terminal.send("ctrl+z")
    wait_until(lambda: is_stopped(terminal.process.pid), "the interface sleeps")
    terminal.wait_until(lambda _: not terminal.picture.is_alternate, PATIENCE, "the normal screen")
    assert terminal.picture.keyboard == 0
    assert terminal.picture.modes == {"7", "25"}
    (room.workspace / "go").touch()
    wait_until(lambda: room.log()[-1] == "turn_stopped", "the engine goes on meanwhile")
    terminal.process.send_signal(signal.SIGCONT)
    held(terminal, ["✓ shell", "Ended well.", READY])
    terminal.send("typed again")
    terminal.wait_for("│ typed again", PATIENCE)
    drop_draft(terminal, "typed again")
    assert leave(terminal) == 0
    assert terminal.is_as_found, terminal.describe()


def is_stopped(pid: int) -> bool:
    """Whether a process sleeps until it is continued."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


TMUX = """
set -g default-terminal tmux-256color
set -s extended-keys on
set -as terminal-features 'xterm*:extkeys'
"""


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_inside_tmux(room: Room) -> None:
    room.plays({"say": "Hello from inside."})
    settings, name = room.place / "tmux.conf", room.place / "tmux"
    settings.write_text(TMUX, encoding="utf-8")

    def tmux(*arguments: str) -> str:
        command = ["tmux", "-S", str(name), "-f", str(settings), *arguments]
        environ = {**room.program.environ, "TERM": "xterm-256color"}
        done = subprocess.run(
            command, env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        return done.stdout

    def until(text: str) -> str:
        wait_until(lambda: text in tmux("capture-pane", "-p"), f"{text!r} in {tmux('capture-pane', '-p')}")
        return tmux("capture-pane", "-p")

    aura = shlex.join(room.program.command("-m", room.model))
    tmux("new-session", "-d", "-x", "120", "-y", "40", "-c", str(room.workspace), aura)
    try:
        until(READY)
        tmux("send-keys", "C-a")
        assert "╭─ ● AUTO ─" in until("AUTO on")
        tmux("send-keys", "/auto off", "Enter")
        until("╭─ ask ─")
        tmux("send-keys", "first", "S-Enter", "second")
        shown = until("│ second")
        assert "│ first" in shown
        tmux("send-keys", "Enter")
        assert "❯ first" in until("Hello from inside.")
        tmux("send-keys", "C-d")
        wait_until(lambda: not tmux("list-sessions"), "the end")
    finally:
        tmux("kill-server")
    room.until_alone()


@pytest.mark.parametrize("kind", ["xterm-256color", "dumb"])
def test_plain_lines(room: Room, kind: str) -> None:
    room.plays(
        {"say": "I write.", "call": [call("Write", path="a.txt", content="one\n")]},
        {"say": "I run.", "call": [call("Bash", command="touch ran")]},
        {"say": "Sleeping.", "call": [call("Bash", command="sleep 63")]},
    )
    flags = () if kind == "dumb" else ("--plain",)
    terminal = room.open(*flags, environ={"TERM": kind}, columns=80, rows=50, ready="aura>")
    terminal.wait_for("script:script", PATIENCE)
    terminal.send("do it", "enter")
    terminal.wait_for("Enter 1 or 2", PATIENCE)
    press(terminal, "1\r", lambda shown: "touch ran" in shown, "the next question")
    assert (room.workspace / "a.txt").exists()
    press(terminal, "no, not this\r", lambda shown: "Sleeping." in shown, "a refusal")
    wait_until(lambda: "sleep 63" in room.processes().values(), "the command runs")
    assert not (room.workspace / "ran").exists()
    terminal.send("ctrl+c")
    held(terminal, ["STOPPED by you", "aura>"])
    assert "sleep 63" not in room.processes().values()
    assert leave(terminal) == 0
    assert "aura --resume" in terminal.text
    assert b"\x1b[?1049h" not in terminal.raw
    if kind == "dumb":
        assert b"\x1b" not in terminal.raw
    assert terminal.is_as_found, terminal.describe()
    room.until_alone()


def test_without_a_terminal_it_says_what_to_do_instead(room: Room) -> None:
    ran = room.program("tui", stdin="")
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("aura: There is no terminal here.")
    assert os.linesep not in ran.err.strip()


def test_a_session_that_is_not_there_is_one_clean_sentence(room: Room) -> None:
    terminal = room.open("attach", "nothing", ready=None)
    assert terminal.wait(PATIENCE) == 2
    shown = terminal.text.strip()
    assert shown == "aura: There is no run or session 'nothing': nothing was run here yet."
    assert terminal.is_as_found, terminal.describe()


def test_a_session_is_attached_to_in_plain_lines_where_nothing_else_fits(room: Room) -> None:
    room.plays({"when": {"user_contains": "more"}, "say": "Again."}, {"say": "Hello there."})
    terminal = room.open("--no-auto", "say hello", ready="Hello there.")
    assert leave(terminal) == 0
    room.until_alone()
    again = room.open("attach", environ={"TERM": "dumb", "AURA_MODEL": room.model}, ready="Hello there.")
    again.wait_for("aura>", PATIENCE)
    again.send("more", "enter")
    again.wait_for("Again.", PATIENCE)
    assert leave(again) == 0
    assert b"\x1b" not in again.raw
    assert room.program("attach").err.startswith("aura: There is no terminal here.")


def test_a_faulty_setting_is_shown_where_it_can_be_repaired(room: Room) -> None:
    room.plays({"say": "Hello."})
    file = room.program.home / "aura" / "config" / "config.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("ui:\n  theme: purple\n", encoding="utf-8")
    terminal = room.open(ready="╭─ A setting is wrong ─")
    held(terminal, ["ui.theme", "open the file in your editor", "try again"])
    file.write_text("ui:\n  theme: dark\n", encoding="utf-8")
    answer(terminal, "t", "╭─ A setting is wrong ─")
    terminal.wait_for(READY, PATIENCE)
    assert leave(terminal) == 0
