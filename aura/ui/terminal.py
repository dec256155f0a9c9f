"""Questions and approvals on a plain terminal, line by line."""

import asyncio
import os
import re
import sys
from pathlib import Path

from aura.core.messages import ToolCall
from aura.core.permissions import Allow, Ask, Deny
from aura.core.text import clean
from aura.core.tools import Answer, Question
from aura.ui.render import render_call

TTY = "/dev/tty"
PATTERNS = {
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "number": re.compile(r"[+-]?\d+(\.\d+)?"),
}
SKIPPED = Answer(
    "The person skipped the question. Go on with a reasonable assumption and say which.", answered=False
)


def open_terminal() -> "Terminal | None":
    """The terminal this process belongs to, or None."""
    if not sys.stdin.isatty() and not sys.stderr.isatty():
        return None
    try:
        return Terminal(os.open(TTY, os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return None


class Terminal:
    """Asks on the controlling terminal; the descriptor is closed with it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def close(self) -> None:
        """Give the terminal back."""
        os.close(self._descriptor)

    def _write(self, text: str) -> None:
        os.write(self._descriptor, text.encode(errors="replace"))

    async def _read_line(self, prompt: str) -> str | None:
        """One line without its end, or None at the end of input; what was typed before the question is dropped."""
        import termios

        termios.tcflush(self._descriptor, termios.TCIFLUSH)
        self._write(prompt)
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._descriptor, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._descriptor)
        data = os.read(self._descriptor, 65536)
        return data.decode(errors="replace").rstrip("\r\n") if data else None

    async def approve(self, call: ToolCall, ask: Ask) -> Allow | Deny:
        """Ask for one call: yes, or no with an optional reason that the model is told."""
        self._write(f"\naura asks: may this run? ({clean(ask.reason)})\n")
        for name, value in call.arguments.items():
            self._write(f"  {clean(name)}: {clean(str(value))[:2000]}\n")
        reply = await self._read_line(f"{render_call(call)}\n  y yes · n no · or say no with a reason: ")
        text = (reply or "").strip()
        if text.lower() in ("y", "yes"):
            return Allow("human")
        reason = "a person said no" if text.lower() in ("", "n", "no") else f"a person said: {text}"
        return Deny(reason, by="human")

    async def ask(self, question: Question) -> Answer:
        """Ask one typed question until the answer fits; an empty line skips it (or takes the default)."""
        self._write(f"\naura asks: {clean(question.text)}\n")
        for number, option in enumerate(question.options, start=1):
            self._write(f"  {number} {clean(option.label)}   {clean(option.detail)}\n")
        while True:
            hint = f" [{clean(question.default)}]" if question.default else " (Enter skips)"
            reply = await self._read_line(f"answer{hint}: ")
            text = (reply or "").strip() or question.default
            if not text:
                return SKIPPED
            answer = read_answer(question, text)
            if answer is not None:
                return answer
            self._write("  that does not fit the question\n")


def read_answer(question: Question, text: str) -> Answer | None:
    """The answer that a line gives, or None when it does not fit; options may be named by number or label."""
    if question.kind == "text":
        return Answer(text) if _fits(question.pattern, text) else None
    words = [word.strip() for word in text.split(",")] if question.kind == "choices" else [text.strip()]
    labels = [option.label for option in question.options]
    chosen = []
    for word in words:
        if word.isdigit() and 1 <= int(word) <= len(labels):
            chosen.append(labels[int(word) - 1])
        else:
            match = [label for label in labels if label.lower() == word.lower()]
            if not match:
                return Answer(text) if question.kind == "choice" and not word.isdigit() else None
            chosen.append(match[0])
    return Answer(", ".join(chosen), tuple(chosen))


def _fits(pattern: str, text: str) -> bool:
    if not pattern:
        return True
    if pattern == "path":
        return Path(text).expanduser().exists()
    if pattern in PATTERNS:
        return PATTERNS[pattern].fullmatch(text) is not None
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return True
