"""The session's side of a talk: what is said goes there in order, what happens there is printed."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

from aura.app.options import SessionOptions
from aura.app.session import Session
from aura.core import events as ev
from aura.core.errors import AuraError
from aura.core.text import clean, shorten
from aura.ui.answers import list_waiting
from aura.ui.joining import Join
from aura.ui.leaving import find_whether_it_goes_on
from aura.ui.look import Role
from aura.ui.manners import recall, remember
from aura.ui.repl import asking
from aura.ui.repl.answering import UNCLEAR, Answering, give, read, refuse
from aura.ui.repl.asking import read_verdict
from aura.ui.repl.course import Course
from aura.ui.repl.define import LineTerminal
from aura.ui.repl.feed import Feed, Verbosity
from aura.ui.repl.gauges import say_limits, say_status
from aura.ui.repl.opening import tell_farewell, tell_past, tell_welcome
from aura.ui.repl.outside import Outside
from aura.ui.repl.starting import Preflight

AGAIN = "Enter does that, /quit leaves."
HELP = (
    "Here: /quit, /detach, /verbosity. Keys: Enter sends, or steers what runs; Tab completes, or queues; Ctrl+A"
    " switches auto mode; Ctrl+C stops; Ctrl+D leaves, and what runs goes on; Ctrl+J begins a new line; Ctrl+G opens"
    " the editor; Ctrl+R searches the history."
)
TOO_EARLY = "That came too early to be an answer; type it again:"
QUIT = ("/quit", "/exit", "/q")


class Exchange:
    """Speaks with a session, from before it is open until it is left; `terminal` and `outside` are set before.

    `exit_code` is that of the program.
    """

    def __init__(self, join: Join, options: SessionOptions, feed: Feed) -> None:
        self.terminal: LineTerminal
        self.outside: Outside
        self.exit_code = 0
        self.course = Course()
        self.answering = Answering()
        self.asked_at = 0.0
        self.session: Session | None = None
        self._join = join
        self._options = options
        self._feed = feed
        self._lines: asyncio.Queue[str] = asyncio.Queue()
        self.is_leaving = False
        self._was_auto = False
        self._preflight = Preflight(self.answering, self._ask, lambda text: self.say(text, "muted"))

    # --- speaking

    def put(self, line: str) -> None:
        """Say a line as soon as the session is open and what was said before is said."""
        self._lines.put_nowait(line)

    async def work(self) -> None:
        """Open the session, then say the lines one after the other, until cancelled."""
        try:
            await self._open(self._options)
        except AuraError as error:
            self.say(error.sentence, "bad")
            self.exit_code = error.exit_code
            self.terminal.close()
            return
        while True:
            line = await self._lines.get()
            try:
                await self._send(line)
            except AuraError as error:
                self.say(error.sentence, "bad")
            self.terminal.refresh()

    async def _send(self, line: str) -> None:
        session, text = self.session, line.strip()
        if text in QUIT or text == "/detach":
            await self.leave(keep=text == "/detach")
        elif session is None:
            try:
                await self._open(replace(self._options, fork=False))
            except AuraError:
                self.course.state = "lost"
                raise
            if text:
                await self._send(line)
        elif text.split(" ")[0] == "/verbosity":
            self._set_verbosity(text.partition(" ")[2].strip())
        elif text == "/status" and self._feed.sheet.spoken:
            seconds = self.course.seconds(time.time())
            self.say(say_status(session.turn, session.facts, self.course.shown, seconds), "text")
        elif not text:
            return
        elif text.startswith(("/", "!")) or not session.is_running:
            if text == "/help":
                self.say(HELP, "muted")
            if not await self._preflight.may_start(session, line):
                return
            self._feed.expect(line, is_seen=self.terminal.keeps_lines)
            await session.submit(line)
        else:
            self._feed.expect(line, is_seen=self.terminal.keeps_lines)
            session.steer(line)
            self.say("It is told between two steps.", "muted")

    def queue(self, line: str) -> None:
        """Have a line said when what runs is over."""
        if self.session is not None:
            self._try(lambda session: session.enqueue(line))
            self.say(f"next: {line}", "muted")

    def _set_verbosity(self, word: str) -> None:
        if word in get_args(Verbosity):
            self._feed.verbosity = word  # type: ignore[assignment]
            self.say(f"From now on there is a line per {word}.", "muted")
        else:
            self.say("It is /verbosity call, /verbosity step or /verbosity todo.", "bad")

    @property
    def wants_emacs(self) -> bool:
        """Whether the keys are those of emacs, in which Ctrl+A goes to the start of the line."""
        ui = self.session.facts.ui if self.session is not None else recall()
        return ui.get("preset") == "emacs"

    def _try(self, act: Callable[[Session], None]) -> None:
        """Tell the session something that needs no reply."""
        if self.session is None:
            return
        try:
            act(self.session)
        except AuraError as error:
            self.say(error.sentence, "bad")

    def say(self, text: str, role: Role) -> None:
        """Print a line of the face's own."""
        lead = "note: " if self._feed.sheet.spoken else ""
        self.terminal.print(self._feed.sheet.line((f"{lead}{text}", role)))

    # --- deciding

    def take_early(self, line: str) -> None:
        """A line that was under way when something was asked: it answers nothing, and it is not lost."""
        asked = self.answering.current
        if not line.strip() or asked is None:
            return
        is_answer = read_verdict(asked.approval, line) is not None if asked.approval is not None else True
        if is_answer:
            self.say(f"{TOO_EARLY} {shorten(clean(line), 200)}", "muted")
        else:
            self.put(line)

    async def answer(self, line: str) -> None:
        """Take a line as the answer to what waits."""
        asked = self.answering.current
        if asked is None or self.session is None:
            return
        if asked.departure is not None:
            self._preflight.answer(asked.departure, line)
            return
        answer = read(asked, line)
        if answer is None:
            self.say(UNCLEAR, "bad")
            return
        try:
            await give(self.session, asked, answer)
        except AuraError as error:
            self.say(error.sentence, "bad")

    async def refuse(self) -> None:
        """Give the safe answer to what waits."""
        asked = self.answering.current
        if asked is not None and asked.departure is not None:
            self._preflight.settle(None)
        elif asked is not None and self.session is not None:
            try:
                await give(self.session, asked, refuse(asked))
            except AuraError as error:
                self.say(error.sentence, "bad")

    async def stop(self, *, kill: bool) -> None:
        """Stop what runs; auto pauses, and what is typed and queued stays."""
        session = self.session
        if session is None:
            return
        self.course.state = "stopping"
        self.terminal.refresh()
        try:
            if session.turn.auto:
                session.record(ev.AutoSwitched(on=False, by="human"))
            await session.interrupt(kill=kill)
        except AuraError as error:
            self.say(error.sentence, "bad")

    def switch_auto(self, *, back: bool) -> None:
        """Switch auto mode over, or back to what it was before the last time."""

        def switch(session: Session) -> None:
            if not back:
                self._was_auto = session.turn.auto
            session.record(ev.AutoSwitched(self._was_auto if back else not self._was_auto, "human"))

        self._try(switch)

    # --- hearing

    async def _open(self, options: SessionOptions) -> None:
        """Join the session and begin to listen."""
        self.course.state = "starting"
        self.terminal.refresh()
        joined = await self._join(options)
        session = self.session = joined.session
        remember(session.facts.ui)
        self.outside.notices.when = str(session.facts.ui.get("notify", self.outside.notices.when))
        self.terminal.print(tell_welcome(session.facts, session.turn, self._feed.sheet))
        if options is self._options:  # after a loss all of it stands above
            self.terminal.print(await asyncio.to_thread(tell_past, joined, self._feed.sheet))
        self._feed.begin(lambda: session.turn, is_running=session.is_running)
        self._options = replace(options, resume=session.facts.session, latest=False, fork=False)
        self.course.begin(session.turn, is_running=session.is_running, at=time.time())
        session.watchers.append(self._watch)
        joined.on_lost(self._lose)
        for recorded in list_waiting(session, joined.shown):
            self._watch(recorded)
        joined.listen()
        self.terminal.refresh()

    def _watch(self, recorded: ev.Recorded) -> None:
        """Take in what happened."""
        session, event = self.session, recorded.event
        if session is None:
            return
        self._feed.sheet = self._feed.sheet.resized(self.terminal.width)
        self.course.take(recorded, session.turn)
        is_other = self.answering.take(event)
        self.terminal.print(self._feed.take(recorded))
        if is_other:
            self._ask()
        if isinstance(event, ev.AutoSwitched) and event.on and event.by == "human":
            self.say(say_limits(session.turn), "muted")
        if isinstance(event, ev.TextDelta | ev.ThinkingDelta | ev.ToolCallDelta | ev.ToolOutputDelta):
            return
        self._show_outside()
        asked = self.answering.current
        self.outside.call(event, asked.title if asked else "", is_focused=self.terminal.is_focused)
        self.terminal.refresh()

    def _ask(self) -> None:
        """Put the next question, or go back to what was typed before."""
        asked = self.answering.current
        self.course.is_asking = asked is not None
        if asked is None:
            self.terminal.bring_back()
            return
        self.asked_at = time.monotonic()
        self.terminal.put_aside()
        self.terminal.print(asking.show(asked, self._feed.sheet))

    def _show_outside(self) -> None:
        if self.session is not None:
            asked = self.answering.current
            title = asked.title if asked is not None else ""
            self.outside.show(self.session.turn, self.session.facts, self.course.shown, title)

    def _lose(self, sentence: str) -> None:
        """The engine is gone."""
        if self.is_leaving:
            return
        self.session = None
        self._preflight.settle(None)
        self.answering.clear()
        self.course.is_asking = False
        self.course.state = "lost"
        self.say(f"{clean(sentence)} {AGAIN}", "bad")
        self.terminal.bring_back()
        self.terminal.refresh()

    # --- leaving

    async def leave(self, *, keep: bool) -> None:
        """Let go of the session and of the terminal; with `keep` what runs goes on."""
        if self.is_leaving:
            return
        session = self.session
        self.is_leaving = True
        if session is not None:
            keep = keep and await find_whether_it_goes_on(session)
            sheet = self._feed.sheet
            told = tell_farewell(session.facts, session.turn, sheet, keep=keep)
            self.course.state = "stopping"
            self.terminal.refresh()
            await session.leave(keep=keep)
            self.terminal.print(told)
        self.outside.notices.close()
        self.terminal.close()
