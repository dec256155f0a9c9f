"""Plain mode as it is started: a real process on a pseudo-terminal, with an engine of its own."""

import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.terminals import Terminal

SCRIPT = """\
replies:
  - {when: {user_contains: hello}, say: "# Title\\n\\nIt is **so**, grün ✓.\\n"}
  - {when: {user_contains: wait}, delay: 60, say: late}
"""
COLOUR = re.compile(rb"\x1b\[(?:\d+;)*(?:[34][0-8]|9[0-7]|10[0-7])(?:;\d+)*m")
pytestmark = pytest.mark.slow  # each test starts two processes
PLACE = Path(__file__).parents[3]


@contextlib.contextmanager
def plain(place: Path, *flags: str, **variables: str) -> Iterator[Terminal]:
    """Plain mode in a new workspace, on 80 x 24."""
    workspace = place / "relay"
    workspace.mkdir(exist_ok=True)
    (place / "script.yaml").write_text(SCRIPT)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "AURA_HOME": str(place / "home"),
        "PYTHONPATH": str(PLACE),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        **variables,
    }
    command = [sys.executable, "-m", "aura", "tui", "-m", f"script:{place / 'script.yaml'}", *flags]
    with Terminal(command, cwd=workspace, environ=environ, columns=80, rows=24) as terminal:
        yield terminal


def say_hello(terminal: Terminal, prompt: str) -> str:
    """Have one turn, leave, and give what was shown."""
    terminal.wait_for(f"{prompt}")
    terminal.wait_for("script:script")
    terminal.send("hello", "enter")
    shown = terminal.wait_for("Title")
    shown = terminal.wait_until(lambda text: text.rstrip().splitlines()[-1].strip() != "" and "so" in text)
    terminal.send("ctrl+d")
    assert terminal.wait() == 0
    return shown


def test_a_turn_at_80x24_leaves_the_screen_and_its_history_alone(tmp_path: Path) -> None:
    with plain(tmp_path, "--plain") as terminal:
        shown = say_hello(terminal, "aura>")
        assert "you> hello" in shown
        assert "It is so, grün ✓." in shown
        end = terminal.wait_for("To go on: aura --resume")
        assert "aura>" not in end
        assert b"\x1b[?1049h" not in terminal.raw
        assert COLOUR.search(terminal.raw)
        assert terminal.raw.count(b"\x1b[?1004h") == terminal.raw.count(b"\x1b[?1004l")


def test_a_dumb_terminal_gets_no_sequence_at_all(tmp_path: Path) -> None:
    with plain(tmp_path, TERM="dumb") as terminal:
        shown = say_hello(terminal, "aura>")
        assert "# Title" in shown
        assert "It is **so**" in shown
        assert b"\x1b" not in terminal.raw


@pytest.mark.parametrize("flags", [("--plain",), ("--screen-reader",)])
def test_without_colour_and_unicode_there_is_neither(tmp_path: Path, flags: tuple[str, ...]) -> None:
    with plain(tmp_path, *flags, NO_COLOR="1", LANG="C", PYTHONUTF8="1") as terminal:
        prompt = "you:" if "--screen-reader" in flags else "aura>"
        say_hello(terminal, prompt)
        assert not COLOUR.search(terminal.raw)
        signs = terminal.raw.decode().replace("ü", "").replace("✓", "")  # those the model said
        assert signs.isascii()


def engines(place: Path) -> list[psutil.Process]:
    """The engines that work in a folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        line = process.info["cmdline"] or []
        if "engine" in line and str(process.info["cwd"] or "").startswith(str(place)):
            found.append(process)
    return found


def test_a_closed_window_leaves_nobody_behind(tmp_path: Path) -> None:
    with plain(tmp_path, "--plain") as terminal:
        terminal.wait_for("script:script")
        terminal.send("wait", "enter")
        terminal.wait_for("Ctrl+C stop")
        left = engines(tmp_path)
        assert len(left) == 1
        terminal.hang_up()
        assert terminal.wait() == 128 + signal.SIGHUP
        _, alive = psutil.wait_procs(left, 20)
        assert alive == []


def test_an_engine_that_dies_is_said_and_another_goes_on(tmp_path: Path) -> None:
    with plain(tmp_path, "--plain") as terminal:
        terminal.wait_for("script:script")
        terminal.send("hello", "enter")
        terminal.wait_for("It is so")
        engines(tmp_path)[0].kill()
        terminal.wait_for("/quit leaves.")
        terminal.send("hello again", "enter")
        shown = terminal.wait_until(lambda text: text.count("It is so") == 2)
        assert "Traceback" not in shown


def test_what_is_wrong_at_the_start_is_one_sentence(tmp_path: Path) -> None:
    with plain(tmp_path, "--plain", "-m", "script:/nowhere.yaml") as terminal:
        assert terminal.wait() != 0
        shown = terminal.wait_for("nowhere")
        assert "Traceback" not in shown


def test_the_prompt_is_there_at_once(tmp_path: Path) -> None:
    begun = time.monotonic()
    with plain(tmp_path, "--plain", TERM="xterm") as terminal:
        terminal.wait_for("aura>")
        assert time.monotonic() - begun < 5.0  # a loaded machine; the benchmark measures
        terminal.send("hello", "enter")
        assert "It is so" in terminal.wait_for("It is so")
