"""A program in a pseudo-terminal whose screen can be read, for tests and benchmarks of what people see."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyte
from wcwidth import wcwidth

ANSWERS = {
    b"\x1b[c": b"\x1b[?62;22c"
}  # what a plain terminal answers; where the cursor is it answers by itself
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
    "shift+enter": "\x1b[13;2u",
    "alt+enter": "\x1b\r",
    "alt+a": "\x1ba",
    "backspace": "\x7f",
    "f1": "\x1bOP",
    **{f"ctrl+{letter}": chr(ord(letter) & 31) for letter in "abcdefghijklmnopqrstuvwxyz"},
}
PIECE = re.compile(
    rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # an operating system command
    rb"|\x1b[PX^_][^\x1b]*(?:\x1b[^\\][^\x1b]*)*\x1b\\"  # a string for the device
    rb"|\x1b\[[0-?]*[ -/]*[@-~]"  # a control sequence
    rb"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"  # another escape
    rb"|[^\x1b]+"
)
PLACE_ASKED = b"\x1b[6n"
PLAIN_SEQUENCE = re.compile(rb"\x1b\[[0-9;:]*([@-~])")
MODE_SEQUENCE = re.compile(rb"\x1b\[\?([0-9;]*)([hl])")
KEYS_SEQUENCE = re.compile(rb"\x1b\[([<>])([0-9;]*)([um])")
TITLE_SEQUENCE = re.compile(rb"\x1b\]([012]);([^\x07\x1b]*)(?:\x07|\x1b\\)")
TITLE_STACK = re.compile(rb"\x1b\[(22|23)(?:;[0-9]*)*t")
ALTERNATE = ("47", "1047", "1049")
KNOWN = {final.encode() for final in pyte.Stream.csi} - {b"c", b"n"}
COLOURS = {*range(30, 39), *range(40, 49), *range(90, 98), *range(100, 108)}


class Picture:
    """What a terminal shows and was told: the screen, the alternate one, the title, the modes that are on."""

    def __init__(self, columns: int, rows: int) -> None:
        self.size = (columns, rows)
        self.title = ""
        self.titles: list[str] = []  # every one it ever had
        self.modes: set[str] = {"7", "25"}
        self.keyboard = 0  # how many programs have asked for more keys
        self.is_alternate = False
        self._stack: list[str] = []
        self._tail = b""
        self._lines: list[str] | None = None  # until something is written: to make them is much work
        self._main = self._show(pyte.Screen(columns, rows))
        self._main_screen = self._screen

    def _show(self, screen: pyte.Screen) -> pyte.ByteStream:
        self._screen = screen
        self._stream = pyte.ByteStream(screen)
        return self._stream

    @property
    def lines(self) -> list[str]:
        """The screen line by line."""
        if self._lines is None:
            self._lines = [self._read_line(row).rstrip() for row in range(self._screen.lines)]
        return [*self._lines]

    def _read_line(self, row: int) -> str:
        """One line; half of a wide sign whose other half was just written over is a blank."""
        cells, text, is_covered = self._screen.buffer[row], [], False
        for column in range(self._screen.columns):
            data = " " if is_covered else cells[column].data or " "
            if not is_covered:
                text.append(data)
            is_covered = not is_covered and not data.isascii() and wcwidth(data[0]) == 2
        return "".join(text)

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the cursor, from 0."""
        return self._screen.cursor.x, self._screen.cursor.y

    def style_at(self, column: int, row: int) -> Any:
        """How a cell is drawn: pyte's `Char`."""
        return self._screen.buffer[row][column]

    def resize(self, columns: int, rows: int) -> None:
        """Another size."""
        self.size, self._lines = (columns, rows), None
        self._screen.resize(rows, columns)
        if self._screen is not self._main_screen:
            self._main_screen.resize(rows, columns)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take what a program wrote; yields every sequence after it was obeyed."""
        data, at = self._tail + data, 0
        while at < len(data):
            found = PIECE.match(data, at)
            if found is None:
                break  # the rest of it is still to come
            at = found.end()
            self._lines = None
            self._obey(found[0])
            yield found[0]
        self._tail = data[at:]

    def _obey(self, piece: bytes) -> None:
        if not piece.startswith(b"\x1b"):
            self._stream.feed(piece)
        elif found := MODE_SEQUENCE.fullmatch(piece):
            self._switch(found[1].decode().split(";"), on=found[2] == b"h")
            if found[1] in (b"7", b"25"):
                self._stream.feed(piece)
        elif found := KEYS_SEQUENCE.fullmatch(piece):
            self._change_keyboard(*found.groups())
        elif found := TITLE_SEQUENCE.fullmatch(piece):
            self.title = found[2].decode("utf-8", "replace")
            self.titles.append(self.title)
        elif found := TITLE_STACK.fullmatch(piece):
            if found[1] == b"22":
                self._stack.append(self.title)
            elif self._stack:
                self.title = self._stack.pop()
        elif found := PLAIN_SEQUENCE.fullmatch(piece):
            if found[1] in KNOWN:
                self._stream.feed(piece)
        elif piece[1:2] not in b"]PX^_[":
            self._stream.feed(piece)

    def _switch(self, names: Sequence[str], *, on: bool) -> None:
        for name in names:
            if name in ALTERNATE and on != self.is_alternate:
                self.is_alternate = on
                if on:
                    columns, rows = self.size
                    self._show(pyte.Screen(columns, rows))
                else:
                    self._screen, self._stream = self._main_screen, self._main
            (self.modes.add if on else self.modes.discard)(name)

    def _change_keyboard(self, sign: bytes, numbers: bytes, final: bytes) -> None:
        if final == b"u":
            self.keyboard += 1 if sign == b">" else -1
        elif numbers.startswith(b"4"):
            self._switch(["keys"], on=not numbers.endswith(b";0") and b";" in numbers)


class Terminal:
    """A program on a terminal of `columns` x `rows`; `raw` is every byte it wrote.

    The screen is kept in a thread of its own, so that a program never waits for its reader.
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
        typed: str = "",
    ) -> None:
        self._picture = Picture(columns, rows)
        self._lock = threading.Condition()
        self._answers = answers
        self._is_closed = threading.Event()
        self._is_behind = False
        self.raw = bytearray()
        self._master, self._slave = pty.openpty()
        os.set_blocking(self._master, False)
        _set_size(self._slave, columns, rows)
        self._before = termios.tcgetattr(self._slave)
        if typed:
            os.write(self._master, typed.encode())
        self.process = subprocess.Popen(
            # the first terminal that the first process of a session opens becomes its own
            ["/bin/sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1', os.ttyname(self._slave), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=cwd,
            env=dict(environ),
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while not self._is_closed.is_set():
            ready, _, _ = select.select([self._master], [], [], 0.05)
            data = b""
            with contextlib.suppress(BlockingIOError):
                data = os.read(self._master, 65536) if ready else b""
            with self._lock:
                self._is_behind = bool(ready)
                self.raw += data
                for piece in self._picture.feed(data):
                    self._answer(piece)
                self._lock.notify_all()

    def _answer(self, piece: bytes) -> None:
        answer = self._answers.get(piece, b"")
        if piece == PLACE_ASKED and not answer:
            column, row = self._picture.cursor
            answer = f"\x1b[{row + 1};{column + 1}R".encode()
        if answer:
            os.write(self._master, answer)

    @property
    def text(self) -> str:
        """The screen as lines of text."""
        with self._lock:
            return "\n".join(self._picture.lines)

    @property
    def lines(self) -> list[str]:
        """The screen line by line."""
        with self._lock:
            return self._picture.lines

    @property
    def picture(self) -> Picture:
        """The screen and what else the terminal was told; look at it when the program is still."""
        return self._picture

    @property
    def title(self) -> str:
        """The title of the window."""
        return self._picture.title

    @property
    def is_as_found(self) -> bool:
        """Whether everything is as it was before the program: modes, keys, title, alternate screen, line editing."""
        picture = self._picture
        return (
            picture.modes == {"7", "25"}
            and not picture.is_alternate
            and picture.keyboard == 0
            and picture.title == ""
            and termios.tcgetattr(self._slave) == self._before
        )

    def describe(self) -> str:
        """What is not as it was found, for the message of a test that fails."""
        picture = self._picture
        changed = termios.tcgetattr(self._slave) != self._before
        return (
            f"modes {sorted(picture.modes)}, alternate {picture.is_alternate}, keyboard {picture.keyboard}, "
            f"title {picture.title!r}, line editing {'changed' if changed else 'as before'}"
        )

    def send(self, *keys: str) -> None:
        """Press keys by name (`ctrl+a`, `enter`), or type text."""
        for key in keys:
            os.write(self._master, KEYS.get(key, key).encode())

    def wait_for(self, text: str, seconds: float = 20.0) -> str:
        """The screen once it shows the text; raises `AssertionError` with the screen when it never does."""
        return self.wait_until(lambda shown: text in shown, seconds, f"{text!r} to be shown")

    def wait_until(self, holds: Callable[[str], object], seconds: float = 20.0, what: str = "it") -> str:
        """The screen once a condition holds."""
        deadline = time.monotonic() + seconds
        with self._lock:
            while True:
                shown = "\n".join(self._picture.lines)
                if holds(shown):
                    return shown
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"waited {seconds} s for {what}; the screen:\n{shown}")
                self._lock.wait(min(left, 0.5))

    def wait_written(self, data: bytes, seconds: float = 20.0) -> None:
        """Return when the program has written these bytes."""
        self.wait_until(lambda _: data in self.raw, seconds, f"{data!r} to be written")

    def resize(self, columns: int, rows: int) -> None:
        """Another size of the window."""
        with self._lock:
            self._picture.resize(columns, rows)
        _set_size(self._slave, columns, rows)
        os.killpg(self.process.pid, signal.SIGWINCH)

    def hang_up(self) -> None:
        """Close the terminal, as closing its window does."""
        if not self._is_closed.is_set():
            self._is_closed.set()
            self._reader.join()
            os.close(self._slave)
            os.close(self._master)

    def wait(self, seconds: float = 20.0) -> int:
        """The exit code once the program has ended and all that it wrote is shown."""
        code = self.process.wait(seconds)
        with self._lock:
            while not self._is_closed.is_set():
                self._lock.wait(1.0)  # one that was under way
                self._lock.wait(1.0)
                if not self._is_behind:
                    break
        return code

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


def find_colours(raw: bytes | bytearray) -> list[bytes]:
    """The sequences that set a colour; resets, bold, underline and reverse are none."""
    found = []
    for match in re.finditer(rb"\x1b\[([0-9;:]*)m", raw):
        numbers = re.split(rb"[;:]", match[1])
        if any(number.isdigit() and int(number) in COLOURS for number in numbers):
            found.append(match[0])
    return found


def _set_size(descriptor: int, columns: int, rows: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
