"""A terminal that takes plain lines: TERM=dumb, on a pty and on pipes."""

import asyncio
import contextlib
import os
import pty
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from aura.core.facts import CommandFact
from aura.ui.repl.bare import BareTerminal
from aura.ui.repl.sheet import Span


@dataclass
class Heard:
    """A listener that writes down what it is told."""

    is_asking: bool = False
    is_working: bool = False
    prompt: str = "aura> "
    wants_emacs: bool = False
    told: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def _note(self, what: str) -> None:
        self.told.append(what)
        self.changed.set()

    def enter(self, line: str) -> None:
        self._note(f"enter {line}")

    def queue(self, line: str) -> None:
        self._note(f"queue {line}")

    def press_stop(self) -> None:
        self._note("stop")

    def press_end(self) -> None:
        self._note("end")

    def press_auto(self) -> bool:
        self._note("auto")
        return False

    def press_cancel(self) -> None:
        self._note("cancel")

    def gauges(self, width: int) -> Sequence[Span]:
        return [("gauges", "muted")]

    def commands(self) -> Sequence[CommandFact]:
        return [CommandFact("status", "Say where it stands.", "/status")]

    async def until(self, count: int) -> list[str]:
        """Return when so many things were told."""
        async with asyncio.timeout(10):
            while len(self.told) < count:
                self.changed.clear()
                await self.changed.wait()
        return self.told


@contextlib.asynccontextmanager
async def terminal(heard: Heard) -> AsyncIterator[tuple[BareTerminal, int, int]]:
    """A terminal on pipes, with the ends for a test: where it types, where it reads."""
    source, typed = os.pipe()
    shown, target = os.pipe()
    made = BareTerminal(heard, source, target)
    task = asyncio.create_task(made.run())
    await asyncio.sleep(0)
    try:
        yield made, typed, shown
    finally:
        made.close()
        await task
        for descriptor in (source, typed, shown, target):
            with contextlib.suppress(OSError):
                os.close(descriptor)


def read(shown: int) -> str:
    """What was written since the last time."""
    return os.read(shown, 65536).decode()


async def test_lines_are_entered_and_odd_keys_have_their_meaning() -> None:
    heard = Heard()
    async with terminal(heard) as (_, typed, shown):
        assert read(shown) == "aura> "
        os.write(typed, "fix grün\nno".encode())
        os.write(typed, b"w\n\x1b\n\x01\n\n")
        assert await heard.until(5) == ["enter fix grün", "enter now", "cancel", "auto", "enter "]


async def test_a_letter_cut_in_two_is_one_letter() -> None:
    heard = Heard()
    async with terminal(heard) as (_, typed, _shown):
        os.write(typed, "ü".encode()[:1])
        await asyncio.sleep(0)
        os.write(typed, "ü".encode()[1:] + b"\n")
        assert await heard.until(1) == ["enter ü"]


async def test_the_end_of_input_ends_the_talk() -> None:
    heard = Heard()
    async with terminal(heard) as (made, typed, _):
        os.close(typed)
        assert (await heard.until(1))[0] == "end"
        made.close()


async def test_lines_are_printed_behind_the_prompt_which_comes_again() -> None:
    heard = Heard()
    async with terminal(heard) as (made, _, shown):
        assert read(shown) == "aura> "
        made.print("one\n")
        assert read(shown) == "\none\naura> "
        heard.is_working = True
        made.print("two\n")
        assert read(shown) == "\ntwo\n"
        made.print("three\n")
        assert read(shown) == "three\n"
        heard.is_asking, heard.prompt = True, "Enter 1 or 2: "
        made.refresh()
        made.refresh()
        assert read(shown) == "Enter 1 or 2: "
        made.send("\x1b]2;title\x1b\\")
        made.print("")
        made.close()
        assert read(shown) == "\n"


async def test_nothing_is_known_of_what_is_typed() -> None:
    async with terminal(Heard()) as (made, _, _shown):
        made.clear()
        made.put_aside()
        made.bring_back()
        assert made.draft == ""
        assert made.width == 80
        assert made.keeps_lines


async def test_ctrl_c_on_a_tty_is_told() -> None:
    heard = Heard()
    far, near = pty.openpty()
    made = BareTerminal(heard, near, near)
    task = asyncio.create_task(made.run())
    await asyncio.sleep(0)
    try:
        os.kill(os.getpid(), 2)  # as the tty would, if it controlled this process
        assert await heard.until(1) == ["stop"]
        assert made.width > 0
    finally:
        made.close()
        await task
        os.close(near)
        os.close(far)


async def test_a_terminal_that_is_gone_takes_nothing_and_complains_of_nothing() -> None:
    heard = Heard()
    async with terminal(heard) as (made, _, shown):
        os.close(shown)
        made.print("one\n")
        assert heard.told == []
