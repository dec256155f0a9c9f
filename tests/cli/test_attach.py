"""aura attach: which session the interface is opened on."""

import io
import os
import shutil
import sys
from pathlib import Path

import pytest

from aura.app import sockets
from aura.cli import cmd_demo, tui
from aura.cli.main import main
from aura.config.paths import sessions_dir
from aura.core.events import SessionStarted
from aura.store.log import SessionLog
from aura.ui.repl import run as repl
from aura.ui.repl.run import PlainOptions
from aura.ui.tui import run
from aura.ui.tui.run import TuiOptions


class Screen:
    """Stands in for the full screen: remembers what it was opened on."""

    def __init__(self) -> None:
        self.opened: list[TuiOptions] = []

    def __call__(self, options: TuiOptions) -> int:
        self.opened.append(options)
        return 7


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Screen:
    """A screen, in an empty home."""
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    made = Screen()
    monkeypatch.setattr(run, "run_tui", made)
    monkeypatch.setattr(tui, "choose_face", lambda *given, **flags: "tui")
    (tmp_path / "work").mkdir()
    return made


def make_session(workspace: Path, name: str) -> Path:
    """A session in which nothing happened yet."""
    folder = sessions_dir(workspace) / name
    SessionLog.create(folder, SessionStarted(name, str(workspace), "0"), 1.0).close()
    return folder


def test_the_live_session_is_attached_to(screen: Screen, tmp_path: Path) -> None:
    workspace = tmp_path / "work"
    folder = make_session(workspace, "aaa")
    make_session(workspace, "bbb")
    listening = sockets.listen(folder)
    try:
        assert main(["attach", "-C", str(workspace)]) == 7
        assert main(["attach", "bb", "-C", str(workspace)]) == 7
    finally:
        listening.close()
    assert main(["attach", "-C", str(workspace)]) == 7
    wanted = [(one.session.workspace, one.session.resume, one.session.latest) for one in screen.opened]
    assert wanted == [(workspace, "aaa", False), (workspace, "bb", False), (workspace, "", True)]


def test_of_several_live_sessions_one_has_to_be_named(
    screen: Screen, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = tmp_path / "work"
    listening = [sockets.listen(make_session(workspace, name)) for name in ("aaa", "bbb")]
    try:
        assert main(["attach", "-C", str(workspace)]) == 2
    finally:
        for one in listening:
            one.close()
    assert screen.opened == []
    said = capsys.readouterr().err
    assert "2 sessions are live here" in said
    assert "aaa" in said


class Tty(io.StringIO):
    """A terminal, as far as anybody asks."""

    def isatty(self) -> bool:
        return True


class Plain:
    """Stands in for plain mode."""

    def __init__(self) -> None:
        self.opened: list[PlainOptions] = []

    def __call__(self, options: PlainOptions) -> int:
        self.opened.append(options)
        return 8


@pytest.mark.parametrize(
    ("term", "size", "flags"),
    [
        ("dumb", (120, 40), []),
        ("xterm", (30, 40), []),
        ("xterm", (120, 8), []),
        ("xterm", (120, 40), ["--plain"]),
        ("xterm", (120, 40), ["--screen-reader"]),
    ],
)
def test_where_the_screen_does_not_fit_there_are_lines(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, term: str, size: tuple[int, int], flags: list[str]
) -> None:
    """`aura attach` and `aura demo` look at the terminal as `aura` itself does."""
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(sys, "stdin", Tty())
    monkeypatch.setattr(sys, "stdout", Tty())
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_: os.terminal_size(size))
    plain, screen = Plain(), Screen()
    monkeypatch.setattr(repl, "run_plain", plain)
    monkeypatch.setattr(run, "run_tui", screen)
    workspace = tmp_path / "work"
    workspace.mkdir()
    make_session(workspace, "aaa")
    assert main(["attach", "-C", str(workspace), *flags]) == 8
    assert [one.screen_reader for one in plain.opened] == ["--screen-reader" in flags]
    if not flags:
        asked: list[float] = []

        def run_demo(*, keep: bool, pace: float, as_json: bool) -> int:
            asked.append(pace)
            return 9

        monkeypatch.setattr(cmd_demo, "run_demo", run_demo)
        assert main(["demo", "--fast"]) == 9
        assert asked == [0.0]
    assert screen.opened == []
