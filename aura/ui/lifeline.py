"""Gives the terminal back when the process that had it is killed: a shell waits for its end, and then tidies up."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

# The alternate screen, synchronised output, the mouse in all its forms, focus, pastes and more keys are off again; the
# caret is seen, colours are as usual, the title is the one before.
SCREEN = (
    "\x1b[?2026l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l\x1b[?1004l\x1b[?2004l\x1b[?2048l"
    "\x1b[<u\x1b[0m\x1b[?25h\x1b[?7h\x1b[?1049l\x1b[23;2t"
)
LINES = "\x1b[?1004l\x1b[?2004l\x1b[0m\x1b[?25h"  # what a line editor asks for
WATCH = 'trap "" HUP INT QUIT TERM; read -r word && exit; printf %s "$1"; stty "$2" <&1'


@contextlib.contextmanager
def keep_terminal(sequences: str) -> Iterator[None]:
    """While the block runs, somebody stands by: if this process is killed, the terminal gets these sequences and its
    line editing back. Without a terminal, or without a shell, nobody does.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield
        return
    reader, writer = os.pipe()
    try:
        watcher = subprocess.Popen(
            ["/bin/sh", "-c", WATCH, "aura", sequences, _spell_modes()],
            stdin=reader,
            stdout=sys.stdout.fileno(),
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
            start_new_session=True,  # a signal to the group of this process does not reach it
        )
    except OSError:
        watcher = None
    finally:
        os.close(reader)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.write(writer, b"over\n")
        os.close(writer)
        if watcher is not None:
            watcher.wait()


def _spell_modes() -> str:
    """How the terminal edits lines now, as `stty` takes it; `sane` where that is not known."""
    if sys.platform != "linux":
        return "sane"
    import termios

    try:
        first, second, third, fourth, _, _, keys = termios.tcgetattr(sys.stdout.fileno())
    except termios.error:
        return "sane"
    codes = [key if isinstance(key, int) else key[0] for key in keys]
    return ":".join(f"{number:x}" for number in (first, second, third, fourth, *codes))
