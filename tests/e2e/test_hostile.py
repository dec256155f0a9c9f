"""Hostile text in real terminals: nothing of it may do anything there, whichever face shows it."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

from tests.terminals import Terminal

pytestmark = pytest.mark.slow  # each test starts two processes

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "[b]x[/b]\x1b]52;c;UFdORUQ=\x07\x1b]0;PWNED\x07\x9d2;PWNED\x9c\x1b[2J\x1b[31mred\x9b31m"
    "\x1bP+q544e\x1b\\\x1b[?1000h\u202eevil\u2066\u200b\x08\x7f\r\x1b]8;;http://x\x07y"
)
PLUGIN = f"""\
from aura.api import PanelSource, StatusSource, hookimpl

HOSTILE = {HOSTILE!r}


class Plugin:
    @hookimpl
    def register_panels(self):
        return [PanelSource(HOSTILE, lambda turn: [HOSTILE])]

    @hookimpl
    def register_status(self):
        return [StatusSource(lambda turn: HOSTILE)]
"""
# What these terminals may get besides text: styles, the caret, modes, the title, questions of aura.
ALLOWED = re.compile(
    r"\x1b\[[\d;]*m"
    r"|\x1b\[[<>=?]?[\d;]*[A-HJKPX@Lhlcnrstu]"
    r"|\x1b\[\?[\d;$]*[p]|\x1b\[[\d ]*q|\x1b\[=\d+;?\d*u|\x1b\[>\d*[mq]"
    r"|\x1b\]2;[^\x00-\x1f\x7f-\x9f]*\x1b\\|\x1b\]11;\?\x1b\\"
    r"|\x1b\]22;\w+\x07"  # the shape of the mouse pointer
    r"|\x1b[78=>c]|\x1b\([B0]|\x1b\][19]0;\?\x07|\x0e|\x0f"
)
FORBIDDEN = re.compile(
    "[\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff]"
)
FACES = {
    "tui": ((), {}, "script:script"),
    "plain": (("--plain",), {}, "script:script"),
    "spoken": (("--screen-reader", "--verbosity", "call"), {}, "script:script"),
    "dumb": ((), {"TERM": "dumb"}, "script:script"),
}


def write_script(place: Path) -> None:
    """A conversation in which all that can be hostile is."""
    replies = [
        {"when": {"seen": 0}, "say": f"I say {HOSTILE}\n\n# {HOSTILE}\n\n```{HOSTILE}\n{HOSTILE}\n```\n"},
        {"when": {"user_contains": "more", "seen": 1}, "call": [{"tool": "Glob", "with": {"pattern": "*"}}]},
        {"when": {"tool": "Glob"}, "call": [{"tool": "Bash", "with": {"command": "cat evil; exit 3"}}]},
        {
            "when": {"tool": "Bash"},
            "call": [{"tool": "Write", "with": {"path": f"new{HOSTILE}", "content": HOSTILE}}],
        },
        {
            "when": {"tool": "Write"},
            "call": [
                {"tool": "Ask", "with": {"question": f"Q {HOSTILE}", "options": [f"one {HOSTILE}", "two"]}}
            ],
        },
        {"say": f"The end {HOSTILE}"},
    ]
    (place / "script.yaml").write_text(json.dumps({"replies": replies}))


def make_place(place: Path) -> dict[str, str]:
    """A workspace, a home with a plugin, and the environment."""
    workspace = place / "relay"
    workspace.mkdir()
    (workspace / "evil").write_text(HOSTILE)
    (workspace / HOSTILE.replace("/", "")).write_text("x")
    folder = place / "home" / "config" / "plugins" / "evil"
    folder.mkdir(parents=True)
    (folder / "plugin.yaml").write_text(json.dumps({"description": f"Shows {HOSTILE}"}))
    (folder / "plugin.py").write_text(PLUGIN)
    write_script(place)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "AURA_HOME": str(place / "home"),
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    }


@pytest.mark.parametrize("face", FACES)
def test_nothing_of_it_reaches_the_terminal(tmp_path: Path, face: str) -> None:
    flags, variables, ready = FACES[face]
    environ = {**make_place(tmp_path), **variables}
    model = f"script:{tmp_path / 'script.yaml'}"
    command = [sys.executable, "-m", "aura", "tui", "-m", model, "--mode", "yolo", *flags]
    with Terminal(command, cwd=tmp_path / "relay", environ=environ, columns=100, rows=30) as terminal:
        terminal.wait_for(ready, 30)
        terminal.send("go there" if face == "dumb" else f"go \x1b[200~{HOSTILE}\x1b[201~", "enter")
        terminal.wait_for("I say [b]x", 30)
        terminal.send("more", "enter")
        terminal.wait_for("two", 30)
        terminal.wait_until(lambda shown: "Q [b]x" in shown, 30)
        skip(terminal, "escape", *(["enter"] if face == "dumb" else []))
        check(bytes(terminal.raw).decode("utf-8", "ignore"))
        assert "PWNED" not in terminal.title


def skip(terminal: Terminal, *keys: str) -> None:
    """Skip the question; a dialog ignores keys for a moment after it came."""
    for last in (*[False] * 20, True):
        terminal.send(*keys)
        try:
            terminal.wait_for("The end [b]x", 1.0)
        except AssertionError:
            if last:
                raise
        else:
            return


def check(raw: str) -> None:
    """Nothing but text and what aura itself sends was written."""
    left = ALLOWED.sub("", raw.replace("\r", "").replace("\x08", ""))
    left = re.sub(r"\x1b[^a-zA-Z]*$", "", left)  # one that was not whole yet
    found = FORBIDDEN.search(left)
    assert not found, repr(left[max(0, found.start() - 80) : found.start() + 40])
    assert "\x1b]52;" not in raw
    assert "\x1b]0;" not in raw
    assert "\x1b]8;" not in raw
