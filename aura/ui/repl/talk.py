"""A talk in plain lines: what is typed and pressed at a terminal, and what stands in its prompt."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from typing import Any

from aura.core.facts import CommandFact
from aura.ui.ladders import AutoKey, Scene, StopKey
from aura.ui.repl.define import LineTerminal
from aura.ui.repl.exchange import Exchange
from aura.ui.repl.gauges import draw_gauges
from aura.ui.repl.sheet import Sheet, Span

OWN = (
    CommandFact("quit", "Leave; what runs is stopped.", "/quit", "Quit"),
    CommandFact("detach", "Leave; what runs goes on.", "/detach", "Detach"),
    CommandFact("verbosity", "Print a line per call, per step or per todo.", "/verbosity call|step|todo"),
)
DEAD_TIME = 0.3  # seconds after a question appeared in which nothing answers it
NOTE_SECONDS = 4.0
TICK = 1.0  # seconds between two looks at the clock while something runs


class Talk:
    """What a person at a plain terminal does, told to the exchange with the session."""

    def __init__(self, exchange: Exchange, sheet: Sheet) -> None:
        self._exchange = exchange
        self._sheet = sheet
        self._stop_key, self._auto_key = StopKey(), AutoKey()
        self._note = ("", 0.0)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def _terminal(self) -> LineTerminal:
        return self._exchange.terminal

    @property
    def is_asking(self) -> bool:
        """Whether something waits for an answer."""
        return self._exchange.answering.current is not None

    @property
    def is_working(self) -> bool:
        """Whether a turn, a command or a shell line runs."""
        session = self._exchange.session
        return session is not None and session.is_running

    @property
    def prompt(self) -> str:
        """What stands before the caret; nothing at the end."""
        exchange = self._exchange
        if exchange.is_leaving or (exchange.course.state == "starting" and self._terminal.keeps_lines):
            return ""
        return exchange.answering.prompt or ("you: " if self._sheet.spoken else "aura> ")

    def gauges(self, width: int) -> Sequence[Span]:
        """The line below the prompt."""
        note, until = self._note
        if time.monotonic() < until:
            return [(note[:width], "accent")]
        session, course = self._exchange.session, self._exchange.course
        if session is None:
            return [(course.shown, "accent")]
        seconds = course.seconds(time.time())
        drawn = draw_gauges(session.turn, session.facts, course.shown, seconds, width)
        return [(self._sheet.fit(text), role) for text, role in drawn]

    def commands(self) -> Sequence[CommandFact]:
        """The slash commands of the session and of this face."""
        session = self._exchange.session
        known = session.facts.commands if session is not None else ()
        names = {fact.name for fact in known}
        return sorted((*known, *(one for one in OWN if one.name not in names)), key=lambda one: one.name)

    def enter(self, line: str) -> None:
        """A line was entered: the answer to what waits, or something to say."""
        self._note = ("", 0.0)
        if not self.is_asking:
            self._exchange.put(line)
        elif time.monotonic() - self._exchange.asked_at >= DEAD_TIME:
            self._start(self._exchange.answer(line))
        else:
            self._exchange.take_early(line)

    def queue(self, line: str) -> None:
        """A line shall wait until what runs is over."""
        self._exchange.queue(line)

    def press_stop(self) -> None:
        """Ctrl+C: say no; stop what runs, then kill it; clear what is typed; quit when pressed twice."""
        scene = Scene(dock=self.is_asking, running=self.is_working, draft=bool(self._terminal.draft))
        step = self._stop_key.press(scene, time.monotonic())
        match step:
            case "close":
                self.press_cancel()
            case "stop" | "kill":
                self._start(self._stop(kill=step == "kill"))
            case "tell":
                self._remark("stopped; Ctrl+C again clears what you typed")
            case "clear":
                self._terminal.clear()
                self._remark("cleared; Ctrl+Y brings it back")
            case "warn":
                self._remark("Ctrl+C again to quit")
            case "quit":
                self._start(self._exchange.leave(keep=False))
            case "copy":
                pass  # what is marked belongs to the terminal here

    async def _stop(self, *, kill: bool) -> None:
        await self._exchange.stop(kill=kill)
        self._stop_key.settle(time.monotonic())

    def press_end(self) -> None:
        """Ctrl+D: quit, or leave what runs alone, unless it is being stopped."""
        self._start(self._exchange.leave(keep=self.is_working and not self._stop_key.is_stopping))

    def press_auto(self) -> bool:
        """Ctrl+A: switch auto mode; whether the caret shall go to the start of the line, as the second press means."""
        step = self._auto_key.press(Scene(dock=self.is_asking), time.monotonic())
        if step == "ignore":
            self._remark("Ctrl+A does nothing while a question waits")
            return False
        is_second = step == "home"
        self._exchange.switch_auto(back=is_second)
        if not is_second:
            self._remark("auto is switched; Ctrl+A at once to undo", shown=False)
        return is_second

    @property
    def wants_emacs(self) -> bool:
        """Whether Ctrl+A goes to the start of the line; Alt+A switches auto mode then."""
        return self._exchange.wants_emacs

    def press_cancel(self) -> None:
        """Esc: the safe answer to what waits."""
        if self.is_asking:
            self._start(self._exchange.refuse())

    def _remark(self, text: str, *, shown: bool = True) -> None:
        """Say something beside the point: below the prompt for some seconds, or as a line where nothing is there."""
        if self._terminal.has_gauges:
            self._note = (text, time.monotonic() + NOTE_SECONDS)
            self._terminal.refresh()
            asyncio.get_running_loop().call_later(NOTE_SECONDS + 0.1, self._terminal.refresh)
        elif shown:
            self._exchange.say(text, "muted")

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def tick(self) -> None:
        """Move the clock in the gauges while something runs."""
        while self._terminal.has_gauges:
            await asyncio.sleep(TICK)
            if self.is_working:
                self._terminal.refresh()
