"""What a terminal sends, read so that a paste is only ever a paste.

Textual's own parser takes pasted escape sequences for keys (an Enter among them would send the prompt), needs seconds
for a megabyte, and cannot tell Alt+Enter from Enter.
"""

import codecs
import os
import re
import select
from collections.abc import Generator, Iterator

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

PASTE_STARTED, PASTE_ENDED = "\x1b[200~", "\x1b[201~"
OTHER_KEYS = re.compile(r"\x1b\[27;(\d+);(\d+)~")  # xterm's way to say what CSI u says
ALT_ENTER = re.compile(r"(?<!\x1b)\x1b\r")
NAMES = {"\r": "enter", "\t": "tab", "\x7f": "backspace", "\x1b": "escape"}
PATIENCE = 0.1  # seconds between two looks at what waits for a timeout
READ = 64 * 1024  # bytes


class Intake:
    """Turns what arrives into messages; pieces may end anywhere."""

    def __init__(self) -> None:
        self._parser = XTermParser()
        self._pasted: list[str] | None = None
        self._tail = ""
        self._is_escaped = False

    def feed(self, data: str) -> Iterator[Message]:
        """The messages of a piece."""
        while data:
            if self._pasted is not None:
                data = yield from self._collect(data)
                continue
            seen = self._tail + data
            at = seen.find(PASTE_STARTED)
            if at < 0:
                self._tail = _overlap(seen, PASTE_STARTED)
                yield from self._parse(data)
                return
            end = at + len(PASTE_STARTED) - len(self._tail)
            yield from self._parse(data[:end])
            for message in self._parser.feed(PASTE_ENDED):  # all the parser learns of it
                if not isinstance(message, events.Paste):
                    yield message
            self._pasted, self._tail, data = [], "", data[end:]

    def tick(self) -> Iterator[Message]:
        """The messages that only waiting decides: Esc by itself."""
        for message in self._parser.tick():
            self._is_escaped = False
            yield message

    def _collect(self, data: str) -> Generator[Message, None, str]:
        """Take what belongs to a paste; what comes behind it is returned."""
        assert self._pasted is not None
        seen = self._tail + data
        at = seen.find(PASTE_ENDED)
        if at < 0:
            self._tail = _overlap(seen, PASTE_ENDED)
            self._pasted.append(seen[: len(seen) - len(self._tail)])
            return ""
        self._pasted.append(seen[:at])
        text, self._pasted, self._tail = "".join(self._pasted), None, ""
        yield events.Paste(text.replace("\0", ""))
        return seen[at + len(PASTE_ENDED) :]

    def _parse(self, data: str) -> Iterator[Message]:
        if self._is_escaped and data.startswith("\r"):  # the two bytes of Alt+Enter came one by one
            self._renew()
            data = f"\x1b{data}"
        self._is_escaped = data.endswith("\x1b")
        data = OTHER_KEYS.sub("\x1b[\\2;\\1u", data)
        first, *others = ALT_ENTER.split(data)
        yield from self._feed(first)
        for other in others:
            yield events.Key("alt+enter", None)
            yield from self._feed(other)

    def _feed(self, data: str) -> Iterator[Message]:
        if not data:
            return
        try:
            for message in self._parser.feed(data):
                yield _name(message) if isinstance(message, events.Key) else message
        except ValueError:  # a sequence that Textual cannot read
            self._renew()

    def _renew(self) -> None:
        """Forget what was begun, not what is known of the terminal."""
        former, self._parser = self._parser, XTermParser()
        for name in ("mouse_pixels", "terminal_size", "terminal_pixel_size", "last_x", "last_y"):
            setattr(self._parser, name, getattr(former, name))


def _name(event: events.Key) -> events.Key:
    """The key by its name, where Textual has put a control character into it."""
    name = NAMES.get(event.key[-1:])
    return events.Key(event.key[:-1] + name, None) if name is not None else event


def _overlap(text: str, mark: str) -> str:
    """The longest end of a text that the mark begins with."""
    return next((mark[:n] for n in range(len(mark) - 1, 0, -1) if text.endswith(mark[:n])), "")


class TerminalDriver(LinuxDriver):
    """Textual's driver with this intake; inside tmux and xterm it asks for keys such as Shift+Enter."""

    def start_application_mode(self) -> None:
        """Take the terminal."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._writer_thread is not None and (os.environ.get("TMUX") or os.environ.get("XTERM_VERSION")):
            self.write("\x1b[>4;1m")
            self.flush()

    def stop_application_mode(self) -> None:
        """Give the terminal back."""
        if self._writer_thread is not None and (os.environ.get("TMUX") or os.environ.get("XTERM_VERSION")):
            self.write("\x1b[>4;0m")
        super().stop_application_mode()

    def write(self, data: str) -> None:
        """Write, unless nobody takes it: the terminal is gone, or somebody else's for now."""
        if self._writer_thread is not None and self._writer_thread.is_alive():
            super().write(data)

    def close(self) -> None:
        """Write what is left; where the terminal is gone nothing is waited for."""
        if self._writer_thread is not None and self._writer_thread.is_alive():
            super().close()

    def run_input_thread(self) -> None:
        """Read until the driver is asked to stop."""
        intake = Intake()
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while not self.exit_event.is_set():
            readable, _, _ = select.select([self.fileno], [], [], PATIENCE)
            try:
                data = os.read(self.fileno, READ) if readable else b""
            except OSError:
                return
            if readable and not data:
                return  # the terminal is gone
            for message in (*intake.feed(decoder.decode(data)), *intake.tick()):
                self.process_message(message)
