"""Copying: to the clipboard of the terminal, wherever it runs, and to that of this machine if there is a screen."""

import base64
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

from aura.ui.notices import Kind, pass_through

LONGEST = 74_994  # bytes of a text that, encoded, terminals still take (xterm's limit is 100,000)
SECONDS = 3.0


def make_copy(kind: Kind, text: str) -> str:
    """The sequence (OSC 52) that puts a text into the terminal's clipboard; empty when it is too long for one."""
    data = text.encode("utf-8", "replace")
    if len(data) > LONGEST:
        return ""
    sequence = f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\x1b\\"
    return pass_through(kind, sequence) if kind.around == "screen" else sequence  # tmux has an own clipboard


def find_program(environ: Mapping[str, str], platform: str = sys.platform) -> list[str]:
    """The command that fills this machine's clipboard from its standard input; empty without a screen or a program."""
    wanted: list[list[str]] = []
    if platform == "darwin" and not environ.get("SSH_CONNECTION"):
        wanted.append(["pbcopy"])
    if environ.get("WAYLAND_DISPLAY"):
        wanted.append(["wl-copy"])
    if environ.get("DISPLAY"):
        wanted += [["xclip", "-selection", "clipboard"], ["xsel", "--clipboard", "--input"]]
    path = environ.get("PATH", os.defpath)
    return next((command for command in wanted if shutil.which(command[0], path=path)), [])


def copy_here(text: str, environ: Mapping[str, str]) -> bool:
    """Put a text into this machine's clipboard; whether that was done. Takes `SECONDS` at most: call it in a thread."""
    command = find_program(environ)
    if not command:
        return False
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            command,
            input=text.encode("utf-8", "replace"),
            stdout=subprocess.DEVNULL,  # xclip stays behind and would keep a pipe open
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            timeout=SECONDS,
            check=False,
        )
        return done.returncode == 0
    return False
