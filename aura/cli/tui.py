"""The options of `aura tui`, turned into a face on a session."""

import os
import shutil
import sys
from collections.abc import Mapping
from typing import Any

from aura.app.options import SessionOptions
from aura.cli.crashes import describe_crash
from aura.cli.given import CHOOSE, read_session
from aura.core.errors import ConfigError
from aura.ui.manners import choose_face


def open_tui(given: Mapping[str, Any]) -> int:
    """Open the face that fits the terminal and return its exit code."""
    return open_face(read_session(given), given)


def open_face(options: SessionOptions, given: Mapping[str, Any]) -> int:
    """Open a session in the face that fits the terminal and return its exit code; `given` are the face's options."""
    prompt, spoken = given.get("prompt") or "", bool(given.get("screen_reader"))
    choose = given.get("resume") == CHOOSE
    face = choose_face(
        os.environ,
        sys.stdin,
        sys.stdout,
        shutil.get_terminal_size(),
        plain=bool(given.get("plain")),
        screen_reader=spoken,
    )
    if face == "none":
        raise ConfigError('There is no terminal here. Use `aura run "…"` for work without one.')
    if face == "plain":
        from aura.ui.repl.run import PlainOptions, run_plain

        return run_plain(PlainOptions(options, prompt, spoken, given.get("verbosity") or "", choose))
    from aura.ui.tui.run import TuiOptions, run_tui

    theme = given.get("theme") or ""
    code = run_tui(TuiOptions(options, prompt, theme=theme, choose=choose, tell_crash=describe_crash))
    from aura.ui.tui.window import WANTS_DEMO  # late: it takes the screen's library with it

    if code != WANTS_DEMO:
        return code
    from aura.cli.cmd_demo import PACE, show_demo

    return show_demo(keep=False, pace=PACE)
