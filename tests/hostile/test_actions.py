"""What people do first in a folder they just cloned: nothing of it runs, nothing of it counts, and nothing hangs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aura.core.events import ToolFinished
from aura.store.rows import read_events
from tests.e2e.windows import READY, held
from tests.hostile.repository import Hostile, make_hostile
from tests.terminals import Terminal

pytestmark = pytest.mark.slow  # real processes

SECONDS = 60.0
AURA = Path(sys.executable).with_name("aura")
LOOKS: tuple[dict[str, Any], ...] = (
    {"call": [{"tool": "Glob", "with": {"pattern": "**/*"}}, {"tool": "Grep", "with": {"pattern": "two"}}]},
    {
        "call": [
            {"tool": "Read", "with": {"path": name}}
            for name in ("main.py", "pipe", "huge.bin", "link-loop", "AGENTS.md", ".gitattributes", "sub")
        ]
    },
    {"say": "I looked."},
)


PLAN = ("--mode", "plan")


class Desk:
    """Somebody's machine with the repository on it."""

    def __init__(self, place: Path) -> None:
        self.hostile: Hostile = make_hostile(place)
        self.home = place / "home"
        self.home.mkdir()
        script = self.home / "script.json"
        script.write_text(json.dumps(LOOKS))
        self.model = f"script:{script}"
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "AURA_HOME": str(self.home / "aura"),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "COLORTERM": "truecolor",
            "OPENAI_API_KEY": "sk-users-own-0123456789abcdef",
        }

    def run(self, *arguments: str, code: int | None = 0) -> str:
        """Run aura in the repository to its end, with this exit code (None: any); all that it printed."""
        done = subprocess.run(
            [AURA, *arguments],
            cwd=self.hostile.workspace,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        assert code is None or done.returncode == code, said
        assert self.hostile.ran == [], f"`aura {' '.join(arguments)}` ran them"
        return said

    def logs(self) -> list[Path]:
        """The folders of the sessions."""
        return [path.parent for path in (self.home / "aura" / "data").rglob("log.sqlite")]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


COMMANDS = (
    ("doctor",),
    ("trust", "--list"),
    ("trust", "--show"),
    ("config",),
    ("plugins", "list"),
    ("sessions",),
    ("runs",),
    ("policy", "explain", "git status"),
    ("init",),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_that_look(desk: Desk, command: tuple[str, ...]) -> None:
    said = desk.run(*command)
    assert "\x1b]" not in said
    assert command != ("trust", "--show") or "cannot be trusted: what it brings lies more than" in said
    assert command != ("init",) or "The folder is not trusted" in said
    assert desk.run("trust", "--list") == ""


def test_a_headless_run_and_its_resume(desk: Desk) -> None:
    said = desk.run("run", "look around", *PLAN, "--model", desk.model, "-o", "stream-json")
    assert "not trusted" in said
    events = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert events[-1]["answer"] == "I looked."
    (folder,) = desk.logs()
    results = [one.event for one in read_events(folder) if isinstance(one.event, ToolFinished)]
    assert len(results) == 9
    assert all("canary-secret" not in one.result.content for one in results)
    desk.run("run", "--continue", "again", *PLAN, "--model", desk.model)
    desk.run("export", folder.name)
    desk.run("report", folder.name)
    desk.run("undo", folder.name, code=None)


def test_no_setting_of_it_counts_in_auto_mode(desk: Desk) -> None:
    replies = [
        {"call": [{"tool": "Bash", "with": {"command": f"{desk.hostile.canary} bash"}}]},
        {"call": [{"tool": "Done", "with": {"summary": "It is done."}}]},
    ]
    (desk.home / "script.json").write_text(json.dumps(replies))
    said = desk.run("run", "--auto", "look", "--model", desk.model, "--output", "json")
    result = json.loads(said[said.index("{") :].splitlines()[0])
    assert result["denied"]
    assert result["checks"] == []


def test_the_interface(desk: Desk) -> None:
    command = [str(AURA), "tui", "-m", desk.model]
    with Terminal(
        command, cwd=desk.hostile.workspace, environ=desk.environ, columns=120, rows=40
    ) as terminal:
        terminal.wait_for(READY, SECONDS)
        terminal.wait_for("trunk", SECONDS)
        assert desk.hostile.ran == []
        terminal.send("look at @mai")
        terminal.wait_for("❯ main.py", SECONDS)
        terminal.send("tab")
        terminal.wait_for("│ look at @main.py", SECONDS)
        terminal.send("enter")
        held(terminal, ["I looked.", READY], SECONDS)
        terminal.send("/trust")
        terminal.wait_for("│ /trust", SECONDS)
        terminal.send("enter")
        terminal.wait_for("cannot be trusted", SECONDS)
        assert desk.hostile.ran == []
        raw = bytes(terminal.raw)
    assert b"\x1b]0;PWNED" not in raw
    assert "PWNED" not in terminal.title
    assert desk.hostile.ran == []
