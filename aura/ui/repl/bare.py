"""A terminal that takes plain lines and no escape sequence at all: what is typed comes line by line from the tty."""

import asyncio
import codecs
import contextlib
import errno
import os
import signal
import sys
import termios

from aura.ui.repl.define import Listener

CANCEL, AUTO = "\x1b", "\x01"  # typed as a line of their own, Esc and Ctrl+A mean what they mean elsewhere


class BareTerminal:
    """Lines on two descriptors; the prompt is written when something is waited for."""

    def __init__(self, listener: Listener, source: int = 0, target: int = 1) -> None:
        self.is_focused = True
        self.has_gauges = False
        self.keeps_lines = True
        self._listener = listener
        self._source, self._target = source, target
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._line = ""
        self._shown = ""  # the prompt at the end of what was written
        self._over = asyncio.Event()

    @property
    def draft(self) -> str:
        """Nothing: the line that is being typed is known to the tty only."""
        return ""

    def clear(self) -> None:
        """Nothing: as above."""

    def put_aside(self) -> None:
        """Nothing: as above."""

    def bring_back(self) -> None:
        """Nothing: as above."""

    @property
    def width(self) -> int:
        """The tty's width, or 80."""
        try:
            return os.get_terminal_size(self._target).columns or 80
        except OSError:
            return 80

    def print(self, text: str) -> None:
        """Print whole lines; a prompt that stands there already is left behind."""
        if not text:
            return
        self._write(f"\n{text}" if self._shown else text)
        self._shown = ""
        self.refresh()

    def refresh(self) -> None:
        """Write the prompt if a person is waited for and it is not there."""
        prompt = self._listener.prompt
        if self._over.is_set() or not prompt or prompt == self._shown:
            return
        if self._listener.is_working and not self._listener.is_asking:
            return
        self._write(f"\n{prompt}" if self._shown else prompt)
        self._shown = prompt

    def send(self, sequence: str) -> None:
        """Nothing: such a terminal would show it."""

    def _write(self, text: str) -> None:
        data = text.encode(sys.stdout.encoding or "utf-8", "replace")
        with contextlib.suppress(OSError):
            while data:
                data = data[os.write(self._target, data) :]

    async def run(self, typed: str = "") -> None:
        """Take lines until the end of input."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._source, self._read)
        with contextlib.suppress(ValueError, RuntimeError):  # outside the main thread there are no signals
            loop.add_signal_handler(signal.SIGINT, self._listener.press_stop)
        try:
            self.refresh()
            await self._over.wait()
        finally:
            loop.remove_reader(self._source)
            with contextlib.suppress(ValueError, RuntimeError):
                loop.remove_signal_handler(signal.SIGINT)

    def _read(self) -> None:
        try:
            data = os.read(self._source, 65536)
        except OSError:
            data = b""
        if not data:
            self._shown = ""
            if self._is_gone():
                self.close()
            else:
                self._listener.press_end()
            return
        self._line += self._decode(data)
        *lines, self._line = self._line.split("\n")
        for line in lines:
            self._shown = ""  # the tty has gone to the next line
            self._take(line.rstrip("\r"))  # what comes of it brings the next prompt

    def _is_gone(self) -> bool:
        """Whether the end of input is that of the terminal: nobody pressed Ctrl+D then."""
        try:
            termios.tcgetattr(self._source)
        except termios.error as error:
            return bool(error.args[0] == errno.EIO)
        return False

    def _take(self, line: str) -> None:
        if line.strip(" ") == CANCEL:
            self._listener.press_cancel()
        elif line.strip(" ") == AUTO:
            self._listener.press_auto()
        else:
            self._listener.enter(line)

    def close(self) -> None:
        """Let `run` return."""
        if self._shown:
            self._write("\n")
            self._shown = ""
        self._over.set()
