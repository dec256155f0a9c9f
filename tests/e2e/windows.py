"""The interface as a person uses it: windows on one workspace with one home, each a real pseudo-terminal."""

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import yaml

from aura.store.index import list_sessions
from aura.store.rows import read_events
from tests.e2e.conftest import Program
from tests.e2e.engines import is_alive, wait_until
from tests.terminals import Terminal

PATIENCE = 45.0  # seconds that anything may take on a machine that is busy with other tests
READING = 0.35  # seconds that a person looks at a dialog before pressing a key; it takes none for 0.3
PRESSED = 3.0  # seconds after which a key was not taken
READY = "What should we do?"  # an empty prompt says it once the session is open


class Room:
    """A workspace, a home, a scripted model, and the windows that are opened there."""

    def __init__(self, place: Path) -> None:
        self.place = place
        workspace, home = place / "w", place / "h"
        workspace.mkdir()
        home.mkdir()
        extra = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "COLORTERM": "truecolor", "EDITOR": "true"}
        self.program = Program(workspace, home, extra)
        self.windows: list[Terminal] = []
        self.model = ""

    @property
    def workspace(self) -> Path:
        """The folder that is worked in."""
        return self.program.workspace

    def plays(self, *replies: dict[str, Any], **script: Any) -> None:
        """From now on the model answers so; `script` are settings of the whole script, such as `piece` and `delay`."""
        if script:
            path = self.program.home / "script.yaml"
            path.write_text(yaml.safe_dump({**script, "replies": list(replies)}), encoding="utf-8")
            self.model = f"script:{path}"
        else:
            self.model = self.program.script(replies)

    def set(self, **ui: Any) -> None:
        """Settings below `ui`."""
        self.program.settings = {**self.program.settings, "ui": ui}
        self.program._write_settings()

    def open(
        self,
        *arguments: str,
        columns: int = 120,
        rows: int = 40,
        typed: str = "",
        environ: Mapping[str, str | None] | None = None,
        ready: str | None = READY,
    ) -> Terminal:
        """A window; `environ` are changes to the environment, `ready` is what the screen shows when it is there."""
        variables = {**self.program.environ, **(environ or {})}
        model = ("-m", self.model) if self.model and (not arguments or arguments[0].startswith("-")) else ()
        terminal = Terminal(
            self.program.command(*model, *arguments),
            cwd=self.workspace,
            environ={name: value for name, value in variables.items() if value is not None},
            columns=columns,
            rows=rows,
            typed=typed,
        )
        self.windows.append(terminal)
        if ready is not None:
            terminal.wait_for(ready, PATIENCE)
        return terminal

    # --- what is there beside the screen

    def processes(self) -> dict[int, str]:
        """Everything that runs with this home, however it was started: command lines by process number."""
        mark = f"HOME={self.program.home}".encode()
        found = {}
        for pid in psutil.pids():
            with contextlib.suppress(OSError):
                if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") and is_alive(pid):
                    line = Path(f"/proc/{pid}/cmdline").read_bytes()
                    found[pid] = line.replace(b"\0", b" ").decode().strip()
        return found

    def until_alone(self) -> None:
        """Return when nothing of it runs any more."""
        wait_until(lambda: not self.processes(), f"nothing runs any more: {self.processes()}")

    def engine(self) -> int:
        """The process of the one engine that runs."""
        (pid,) = [pid for pid, line in self.processes().items() if " -m aura engine" in line]
        return pid

    def folder(self) -> Path:
        """The folder of the one session that has a turn, or else of the one there is."""
        (place,) = (self.program.home / "aura" / "data" / "sessions").iterdir()
        (summary,) = list_sessions(place)
        return place / summary.id

    def log(self) -> list[str]:
        """The events of the one session by name."""
        return [recorded.event.type for recorded in read_events(self.folder())]

    def drafts(self) -> str:
        """What is kept of texts that were typed and not sent."""
        files = (self.program.home / "aura" / "state" / "drafts").glob("*.json")
        return "\n".join(path.read_text(encoding="utf-8") for path in files)

    def end(self) -> None:
        """Close every window and end what is left."""
        for terminal in self.windows:
            terminal.close()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def make_room() -> Iterator[Room]:
    """A room with a short path, which is empty afterwards."""
    place = Path(tempfile.mkdtemp(prefix="au-", dir="/tmp" if os.access("/tmp", os.W_OK) else None)).resolve()
    room = Room(place)
    try:
        yield room
    finally:
        room.end()
        shutil.rmtree(place, ignore_errors=True)


def press(terminal: Terminal, key: str, holds: Callable[[str], object], what: str) -> str:
    """Press a key of a dialog as a person does, who looks first, until the screen is as wanted.

    A dialog ignores what comes in its first moment, and on a busy machine nobody knows when that is over.
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        time.sleep(READING)
        terminal.send(key)
        with contextlib.suppress(AssertionError):
            return terminal.wait_until(holds, PRESSED)
    raise AssertionError(f"{key} never led to {what}; the screen:\n{terminal.text}")


def answer(terminal: Terminal, key: str, dialog: str) -> str:
    """Press a key of the dialog that says this, until it is gone."""
    terminal.wait_for(dialog, PATIENCE)
    return press(terminal, key, lambda shown: dialog not in shown, f"the end of {dialog!r}")


def leave(terminal: Terminal, *keys: str) -> int:
    """Quit with these keys (Ctrl+D) and give the exit code."""
    terminal.send(*(keys or ("ctrl+d",)))
    return terminal.wait(PATIENCE)


def drop_draft(terminal: Terminal, draft: str) -> None:
    """Press Ctrl+C until what is typed is gone: while something still runs, the first one is for that."""
    press(terminal, "ctrl+c", lambda shown: f"│ {draft}" not in shown, f"the end of {draft!r}")


def held(terminal: Terminal, texts: Sequence[str], seconds: float = PATIENCE) -> str:
    """The screen once it shows all these texts at the same time."""
    return terminal.wait_until(lambda shown: all(text in shown for text in texts), seconds, f"all of {texts}")
