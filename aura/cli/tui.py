"""The options of `aura tui`, turned into a face on a session."""

import os
import shutil
import sys
from collections.abc import Mapping
from typing import Any

from aura.cli.given import CHOOSE, read_session
from aura.core.errors import ConfigError
from aura.ui.manners import choose_face


def open_tui(given: Mapping[str, Any]) -> int:
    """Open the face that fits the terminal and return its exit code."""
    options = read_session(given)
    face = choose_face(
        os.environ,
        sys.stdin,
        sys.stdout,
        shutil.get_terminal_size(),
        plain=bool(given["plain"]),
        screen_reader=bool(given["screen_reader"]),
    )
    if face == "none":
        raise ConfigError('There is no terminal here. Use `aura run "…"` for work without one.')
    choose = given["resume"] == CHOOSE
    if face == "plain":
        from aura.ui.repl.run import PlainOptions, run_plain

        spoken, verbosity = bool(given["screen_reader"]), given["verbosity"] or ""
        return run_plain(PlainOptions(options, given["prompt"], spoken, verbosity, choose))
    from aura.ui.tui.joining import WANTS_DEMO
    from aura.ui.tui.run import TuiOptions, run_tui

    code = run_tui(TuiOptions(options, given["prompt"], theme=given["theme"] or "", choose=choose))
    if code != WANTS_DEMO:
        return code
    from aura.cli.cmd_demo import PACE, show_demo

    return show_demo(keep=False, pace=PACE)
