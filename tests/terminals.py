"""A program in a pseudo-terminal whose screen can be read, for tests and benchmarks of what people see."""

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

ANSWERS = {b"\x1b[c": b"\x1b[?62;22c", b"\x1b[6n": b"\x1b[1;2R"}  # what a plain terminal answers
KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "ctrl+home": "\x1b[1;5H",
    "ctrl+end": "\x1b[1;5F",
    "shift+tab": "\x1b[Z",
    "shift+up": "\x1b[1;2A",
    "shift+down": "\x1b[1;2B",
    "backspace": "\x7f",
    "f1": "\x1bOP",
    **{f"ctrl+{letter}": chr(ord(letter) & 31) for letter in "abcdefghijklmnopqrstuvwxyz"},
}


class Terminal:
    """A program on a terminal of `columns` x `rows`; `raw` is every byte it wrote.

    The screen is kept by pyte in a thread of its own, so that a program never waits for its reader.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        environ: Mapping[str, str],
        columns: int = 120,
        rows: int = 40,
        answers: Mapping[bytes, bytes] = ANSWERS,
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Condition()
        self._answers = answers
        self.raw = bytearray()
        self.title = ""
        self._master, slave = pty.openpty()
        _set_size(slave, columns, rows)
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env=dict(environ),
            start_new_session=True,
            preexec_fn=_own_terminal,  # noqa: PLW1509 - the tests start no threads that hold locks over a fork
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:
                data = b""
            with self._lock:
                if not data:
                    self._lock.notify_all()
                    return
                self.raw += data
                with contextlib.suppress(Exception):  # pyte stumbles over sequences that it does not know
                    self._stream.feed(_simplify(data))
                self._lock.notify_all()
            for question, answer in self._answers.items():
                if question in data:
                    with contextlib.suppress(OSError):
                        os.write(self._master, answer)

    @property
    def text(self) -> str:
        """The screen as lines of text."""
        with self._lock:
            return "\n".join(line.rstrip() for line in self._screen.display)

    def send(self, *keys: str) -> None:
        """Press keys by name (`ctrl+a`, `enter`), or type text."""
        for key in keys:
            os.write(self._master, KEYS.get(key, key).encode())

    def wait_for(self, text: str, seconds: float = 20.0) -> str:
        """The screen once it shows the text; raises `AssertionError` with the screen when it never does."""
        return self.wait_until(lambda shown: text in shown, seconds, f"{text!r} to be shown")

    def wait_until(self, holds: Callable[[str], bool], seconds: float = 20.0, what: str = "it") -> str:
        """The screen once a condition holds."""
        deadline = time.monotonic() + seconds
        with self._lock:
            while True:
                shown = "\n".join(line.rstrip() for line in self._screen.display)
                if holds(shown):
                    return shown
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"waited {seconds} s for {what}; the screen:\n{shown}")
                self._lock.wait(min(left, 0.5))

    def resize(self, columns: int, rows: int) -> None:
        """Another size of the window."""
        with self._lock:
            self._screen.resize(rows, columns)
        _set_size(self._master, columns, rows)
        os.killpg(self.process.pid, signal.SIGWINCH)

    def hang_up(self) -> None:
        """Close the terminal, as closing its window does."""
        with contextlib.suppress(OSError):
            os.close(self._master)

    def wait(self, seconds: float = 20.0) -> int:
        """The exit code once the program has ended."""
        return self.process.wait(seconds)

    def close(self) -> None:
        """End the program and the terminal."""
        if self.process.poll() is None:
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        self.hang_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _own_terminal() -> None:
    """Make the pseudo-terminal the controlling one of the new session."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _set_size(descriptor: int, columns: int, rows: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def _simplify(data: bytes) -> bytes:
    """Without the sequences that pyte takes for text: private modes with `<`, `>` and `=`."""
    return re.sub(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]", b"", data)
