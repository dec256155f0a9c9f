"""Questions and approvals on a plain terminal, line by line."""

import asyncio
import contextlib
import json
import os
import sys
import termios

from aura.core.answers import explain_misfit, read_answer
from aura.core.messages import ToolCall
from aura.core.permissions import Allow, Ask, Deny
from aura.core.text import clean
from aura.core.tools import Answer, Question
from aura.ui.answers import SKIPPED
from aura.ui.render import render_call

TTY = "/dev/tty"
HEAD, TAIL = 6_000, 2_000  # characters shown of a long argument
FAREWELL = 0.2  # seconds


def open_terminal() -> "Terminal | None":
    """The terminal that a person sits at: that of stdin or stderr; None when neither is one."""
    for stream in (sys.stdin, sys.stderr):
        if stream is None or stream.closed or not stream.isatty():
            continue
        for name in (_find_name(stream.fileno()), TTY):
            with contextlib.suppress(OSError):
                return Terminal(os.open(name, os.O_RDWR | os.O_NOCTTY))
    return None


def _find_name(descriptor: int) -> str:
    """The device itself: not every system can wait for input on /dev/tty."""
    try:
        return os.ttyname(descriptor)
    except OSError:
        return TTY


class Terminal:
    """Asks on a terminal; the descriptor is closed with it. A terminal that is gone answers like nobody."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def close(self) -> None:
        """Give the terminal back."""
        os.close(self._descriptor)

    def _write(self, text: str) -> None:
        data = text.encode(errors="replace")
        with contextlib.suppress(OSError):
            while data:
                data = data[os.write(self._descriptor, data) :]

    async def _read_line(self, prompt: str) -> str | None:
        """One line without its end, or None at the end of input; what was typed before the question is dropped.

        The end of input may be a terminal that is closed: whoever is told so by a signal is given time to act on it.
        """
        data = b""
        with contextlib.suppress(OSError, termios.error):
            termios.tcflush(self._descriptor, termios.TCIFLUSH)
            self._write(prompt)
            await self._wait()
            data = os.read(self._descriptor, 65536)
        if not data:
            await asyncio.sleep(FAREWELL)
            return None
        return data.decode(errors="replace").rstrip("\r\n")

    async def _wait(self) -> None:
        """Return when there is something to read."""
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._descriptor, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._descriptor)

    async def approve(self, call: ToolCall, ask: Ask) -> Allow | Deny:
        """Ask for one call: yes, or no with an optional reason that the model is told."""
        self._write(f"\naura asks: may this run? ({clean(ask.reason)})\n")
        for name, value in call.arguments.items():
            self._write(f"  {clean(name)}: {render_value(value)}\n")
        reply = await self._read_line(f"{render_call(call)}\n  y yes · n no · or say no with a reason: ")
        if reply is None:
            return Deny("nobody answered on the terminal", by="nobody there")
        text = reply.strip()
        if text.lower() in ("y", "yes"):
            return Allow("human")
        reason = "a person said no" if text.lower() in ("", "n", "no") else f"a person said: {text}"
        return Deny(reason, by="human")

    async def ask(self, question: Question) -> Answer:
        """Ask one typed question until the answer fits; an empty line skips it (or takes the default)."""
        self._write(f"\naura asks: {_indent(clean(question.text))}\n")
        for number, option in enumerate(question.options, start=1):
            self._write(f"  {number} {_indent(clean(option.label))}   {_indent(clean(option.detail))}\n")
        while True:
            hint = f" [{clean(question.default)}]" if question.default else " (Enter skips)"
            reply = await self._read_line(f"answer{hint}: ")
            if reply is None:
                return SKIPPED
            text = reply.strip() or question.default
            if not text:
                return SKIPPED
            answer = read_answer(question, text)
            if answer is not None:
                return answer
            self._write(f"  {clean(explain_misfit(question))}\n")


def render_value(value: object) -> str:
    """An argument for a person to judge: cleaned, its lines indented, and never cut without saying so."""
    text = clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))
    if len(text) > HEAD + TAIL:
        hidden = len(text) - HEAD - TAIL
        text = f"{text[:HEAD]}\n[… {hidden} characters are not shown …]\n{text[-TAIL:]}"
    return _indent(text)


def _indent(text: str) -> str:
    """Further lines stand apart, so that none of them looks like a question of aura."""
    return text.replace("\n", "\n    | ")
