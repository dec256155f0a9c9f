"""Titles, progress, notifications and the clipboard, as sequences."""

import base64
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.limits import Limits, StopReason
from aura.core.state import Pace, Rest
from aura.core.turn import Turn
from aura.ui.clipboard import LONGEST, copy_here, find_program, make_copy
from aura.ui.look import ASCII, Signs
from aura.ui.notices import (
    BELL,
    POP_TITLE,
    PUSH_TITLE,
    Kind,
    TerminalNotices,
    describe_state,
    identify,
    make_notification,
    make_progress,
    make_title,
    pass_through,
)

HOSTILE = "a\x1b]52;c;aGk=\x07b\x9dc\u202ed\x00e\nf\ud800"
WINDOWS = {"WT_SESSION": "1", "TERM": "xterm"}


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({"TERM": "xterm-kitty"}, Kind("osc9")),
        ({"TERM": "xterm", "KITTY_WINDOW_ID": "1"}, Kind("osc9")),
        ({"TERM": "xterm", "TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.5.0"}, Kind("osc9")),
        (
            {"TERM": "xterm", "TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.6.6"},
            Kind("osc9", progress=True),
        ),
        (
            {"TERM": "xterm", "TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.6.10beta1"},
            Kind("osc9", progress=True),
        ),
        ({"TERM": "xterm", "TERM_PROGRAM": "iTerm.app"}, Kind("osc9")),
        ({"TERM": "xterm", "LC_TERMINAL": "iTerm2"}, Kind("osc9")),
        ({"TERM": "xterm", "TERM_PROGRAM": "WezTerm"}, Kind("osc9", progress=True)),
        ({"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty"}, Kind("osc9", progress=True)),
        ({"TERM": "foot"}, Kind("osc777")),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7402"}, Kind("osc777")),
        ({"TERM": "xterm-256color", "VTE_VERSION": "8000"}, Kind("osc777", progress=True)),
        (WINDOWS, Kind("bell", progress=True)),
        ({"TERM": "xterm-256color"}, Kind()),
        ({"TERM": "linux"}, Kind(title=False)),
        ({"TERM": "dumb"}, Kind(title=False)),
        ({}, Kind(title=False)),
        ({"TERM": "tmux-256color", "TMUX": "/x,1,0", "TERM_PROGRAM": "tmux"}, Kind(around="tmux")),
        (
            {"TERM": "tmux-256color", "TMUX": "/x,1,0", "WT_SESSION": "1", "KITTY_WINDOW_ID": "1"},
            Kind("osc9", around="tmux"),
        ),
        ({"TERM": "screen", "STY": "1.x"}, Kind(around="screen")),
    ],
)
def test_a_terminal_is_told_only_what_it_understands(environ: dict[str, str], kind: Kind) -> None:
    assert identify(environ) == kind


def test_a_title_is_one_clean_line() -> None:
    assert make_title("◐ 37/300 fix") == "\x1b]2;◐ 37/300 fix\x1b\\"
    title = make_title(HOSTILE)
    assert re.fullmatch(r"\x1b\]2;[^\x00-\x1f\x7f-\x9f\u202e\ud800]*\x1b\\", title)
    assert len(make_title("x" * 500)) < 100


@given(st.text(max_size=300))
def test_no_text_leaves_its_sequence(text: str) -> None:
    for sequence in (make_title(text), make_notification(Kind("osc9"), text)):
        assert re.fullmatch(r"\x1b\][29];[^\x00-\x1f\x7f-\x9f]*\x1b\\", sequence)
    assert make_notification(Kind("osc777"), text).count("\x1b") == 2


def test_notifications_by_kind() -> None:
    assert make_notification(Kind("osc9"), "4;3") == "\x1b]9;aura: 4;3\x1b\\"
    assert make_notification(Kind("osc777"), "a;b") == f"\x1b]777;notify;aura;a,b\x1b\\{BELL}"
    assert make_notification(Kind(), "x") == BELL
    inside = make_notification(Kind("osc9", around="tmux"), "x")
    assert inside == f"\x1bPtmux;\x1b\x1b]9;aura: x\x1b\x1b\\\x1b\\{BELL}"
    assert pass_through(Kind(around="screen"), "\x1b]9;x\x1b\\") == f"\x1bP\x1b]9;x{BELL}\x1b\\"


def test_progress_where_it_is_shown() -> None:
    kind = identify(WINDOWS)
    assert make_progress(kind, "running") == "\x1b]9;4;3\x1b\\"
    assert make_progress(kind, "share", 37) == "\x1b]9;4;1;37\x1b\\"
    assert make_progress(kind, "share", 370) == "\x1b]9;4;1;100\x1b\\"
    assert make_progress(kind, "none") == "\x1b]9;4;0\x1b\\"
    assert make_progress(Kind(), "running") == ""


def turn(stop: StopReason | None = None, steps: int = 0, limit: int = 300) -> Turn:
    """A turn that stands somewhere."""
    return Turn(number=1, limits=Limits(steps=limit), pace=Pace(steps=steps), rest=Rest(stop=stop))


@pytest.mark.parametrize(
    ("now", "state", "asked", "title"),
    [
        (turn(steps=37), "working", "", "◐ 37/300 relay"),
        (turn(steps=37, limit=0), "working", "", "◐ 37 relay"),
        (turn(), "starting", "", "◐ relay"),
        (turn(steps=3), "working", "approve edit", "✋ relay: approve edit"),
        (turn(steps=3), "asking", "", "✋ relay: needs you"),
        (turn(StopReason.DONE), "idle", "", "✓ relay"),
        (turn(StopReason.END_TURN), "idle", "", "✓ relay"),
        (turn(StopReason.MAX_COST), "idle", "", "‖ relay"),
        (turn(StopReason.PROVIDER), "idle", "", "✗ relay"),
        (turn(), "lost", "", "✗ relay"),
        (turn(), "idle", "", "aura relay"),
    ],
)
def test_the_title_says_where_it_stands(now: Turn, state: str, asked: str, title: str) -> None:
    assert describe_state(now, "relay", Signs(), state, asked) == title
    assert describe_state(now, "relay", ASCII, state, asked).isascii()


def test_notices_are_sent_once_and_taken_back() -> None:
    sent: list[str] = []
    notices = TerminalNotices(sent.append, identify(WINDOWS))
    notices.show_progress("none")
    assert sent == []
    notices.show_title("one")
    notices.show_title("one")
    notices.show_progress("running")
    notices.show_progress("running")
    assert sent == [PUSH_TITLE + make_title("one"), "\x1b]9;4;3\x1b\\"]
    notices.show_title("two")
    assert sent[2:] == [make_title("two")]
    notices.close()
    notices.close()
    assert sent[3:] == ["\x1b]9;4;0\x1b\\", POP_TITLE]


def test_a_terminal_without_titles_gets_none_and_none_is_taken_back() -> None:
    sent: list[str] = []
    notices = TerminalNotices(sent.append, Kind(title=False))
    notices.show_title("one")
    notices.close()
    assert sent == []


@pytest.mark.parametrize(
    ("when", "focused", "told"),
    [
        ("unfocused", True, False),
        ("unfocused", False, True),
        ("always", True, True),
        ("never", False, False),
    ],
)
def test_who_looks_is_not_called(when: str, *, focused: bool, told: bool) -> None:
    sent: list[str] = []
    notices = TerminalNotices(sent.append, Kind("osc9"), when)
    notices.is_focused = focused
    notices.notify("needs you", "approve edit")
    assert sent == (["\x1b]9;aura: needs you: approve edit\x1b\\"] if told else [])


# --- the clipboard ------------------------------------------------------------------------------------------


def test_a_copy_is_the_text_in_base64() -> None:
    encoded = base64.b64encode("grün\n".encode()).decode()
    assert make_copy(Kind(), "grün\n") == f"\x1b]52;c;{encoded}\x1b\\"
    assert make_copy(Kind(around="tmux"), "x") == make_copy(Kind(), "x")
    assert make_copy(Kind(around="screen"), "x").startswith("\x1bP\x1b]52;")
    assert "\x1b]52;c;Pw==" in make_copy(Kind(), "\ud800")


def test_a_text_that_is_too_long_for_a_terminal_is_not_sent_to_it() -> None:
    assert len(make_copy(Kind(), "x" * LONGEST)) < 100_100
    assert make_copy(Kind(), "x" * (LONGEST + 1)) == ""


def place(folder: Path, name: str, script: str = "cat > /dev/null") -> None:
    """A program of that name."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_program_fits_the_screen_that_is_there(tmp_path: Path) -> None:
    for name in ("pbcopy", "wl-copy", "xclip", "xsel"):
        place(tmp_path, name)
    path = {"PATH": str(tmp_path)}
    assert find_program(path, "linux") == []
    assert find_program(path, "darwin") == ["pbcopy"]
    assert find_program({**path, "SSH_CONNECTION": "x"}, "darwin") == []
    assert find_program({**path, "DISPLAY": ":0"}, "linux")[0] == "xclip"
    assert find_program({**path, "DISPLAY": ":0", "WAYLAND_DISPLAY": "w"}, "linux") == ["wl-copy"]
    (tmp_path / "xclip").unlink()
    assert find_program({**path, "DISPLAY": ":0"}, "linux")[0] == "xsel"
    assert find_program({"PATH": str(tmp_path / "none"), "DISPLAY": ":0"}, "linux") == []


def test_a_copy_reaches_the_program(tmp_path: Path) -> None:
    place(tmp_path, "xclip", f"cat > {tmp_path}/got")
    environ = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "DISPLAY": ":0"}
    assert copy_here("grün", environ)
    assert (tmp_path / "got").read_text() == "grün"
    place(tmp_path, "xclip", "exit 1")
    assert not copy_here("x", environ)
    assert not copy_here("x", {"PATH": str(tmp_path)})
