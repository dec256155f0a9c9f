"""What people have under way in a session: a prompt and what waits behind it, commands, shell lines."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from aura.app.session import LocalSession
from aura.app.shell import ShellLines, is_shell
from aura.app.waiting import Waiting
from aura.core.errors import AuraError, StoreError
from aura.core.events import NoticeShown, WorkChanged
from aura.core.limits import StopReason
from aura.core.messages import Image

ENDED_WELL = (StopReason.DONE, StopReason.END_TURN, None)  # None: no turn ran

RunLine = Callable[[str, Sequence[Image]], Awaitable[StopReason | None]]
Begin = Callable[[], Awaitable[StopReason | None]]


def describe_crash(error: BaseException) -> str:
    """A sentence for what should not have happened."""
    return f"Something went wrong inside aura ({type(error).__name__}: {error})."


class Work:
    """Runs the lines of people in a session: one prompt at a time, commands and shell lines beside it.

    `run_line` runs a prompt or a slash command to its end, `is_command` tells them apart. `tell_crash` makes the
    sentence for an error that nobody expected, `on_broken` is told why nothing can be recorded any more. `redirect` is
    given what is said while no turn runs, and returns whether it was taken.
    """

    def __init__(
        self,
        session: LocalSession,
        run_line: RunLine,
        is_command: Callable[[str], bool],
        shell: ShellLines,
    ) -> None:
        self.tell_crash: Callable[[BaseException], str] = describe_crash
        self.on_broken: Callable[[str], None] = lambda sentence: None
        self.on_rest: Callable[[], None] = lambda: None
        self.redirect: Callable[[str], bool] = lambda text: False
        self._session = session
        self._run_line = run_line
        self._is_command = is_command
        self._shell = shell
        self._waiting = Waiting(session)
        self._pursuit: asyncio.Task[None] | None = None
        self._others: dict[asyncio.Future[Any], bool] = {}  # and whether a prompt has to wait for it
        self._undelivered = ""  # a prompt whose turn has not begun
        self._is_due = False  # whether the queue is to go on when all is over
        self._stopping = 0
        self._was_running = False

    @property
    def is_running(self) -> bool:
        """Whether anything is under way."""
        return self.is_busy or bool(self._others)

    @property
    def is_busy(self) -> bool:
        """Whether something is under way that a prompt has to wait for."""
        return self._pursuit is not None or any(self._others.values()) or self._session.is_running

    def submit(self, line: str, images: Sequence[Image] = ()) -> None:
        """Begin a line; raises `AuraError` for a prompt that has to wait."""
        if is_shell(line):
            self._start(self._run_shell(line), is_command=False)
        elif self._is_command(line):
            self._start(self._run_line(line, ()), is_command=True)
        elif not line.strip() and not images:
            raise AuraError("There is nothing to send.")
        elif self.is_busy:
            what = "A turn" if self._session.is_running or self._pursuit is not None else "A command"
            raise AuraError(f"{what} is running: steer it, queue this, or stop it first.")
        elif images or not self.redirect(line):
            self._begin(line, images)

    def steer(self, text: str) -> None:
        """Say something to the running turn; between two turns it begins the next, when nothing runs a new one."""
        if self._session.is_running:
            self._session.steer(text)
        elif self.redirect(text):
            pass
        elif self.is_busy:
            self._waiting.hold(text)
        else:
            self._begin(text, ())

    def enqueue(self, text: str) -> None:
        """Have a line wait until all that runs is over and ended well."""
        self._waiting.enqueue(text)
        self._is_due = not self._stopping
        self._go_on()

    def unqueue(self, name: str) -> None:
        """Take a waiting line back."""
        self._waiting.unqueue(name)

    async def stop(self) -> None:
        """Stop all; what was said and not delivered waits in the queue, which stays."""
        self._is_due = False
        self._stopping += 1
        try:
            await self._session.interrupt()
            tasks = [*self._others, *([self._pursuit] if self._pursuit is not None else [])]
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)
            await asyncio.sleep(0)  # what follows a task is done one round later
        finally:
            self._stopping -= 1

    # --- beginning and ending ---

    def drive(self, first: Begin) -> None:
        """Begin what a prompt has to wait for; what waits in the queue follows when it ended well."""
        self._is_due = False
        self._pursuit = asyncio.create_task(self._pursue(first))
        self._pursuit.add_done_callback(self._end_pursuit)
        self._note()

    def _start(self, work: Awaitable[object], *, is_command: bool) -> None:
        task = asyncio.ensure_future(work)
        self._others[task] = is_command

        def end(task: asyncio.Future[Any]) -> None:
            self._others.pop(task, None)
            self._settle(task)

        task.add_done_callback(end)
        self._note()

    def _begin(self, line: str, images: Sequence[Image]) -> None:
        self._undelivered = line if self._is_prompt(line) else ""
        self.drive(partial(self._run, line, images))

    def _end_pursuit(self, task: asyncio.Task[None]) -> None:
        self._pursuit = None
        undelivered, self._undelivered = self._undelivered, ""
        self._settle(task, undelivered)

    def _settle(self, task: asyncio.Future[Any], undelivered: str = "") -> None:
        """After any task: nothing it raised is lost, and what was said and not delivered waits in the queue."""
        error = None if task.cancelled() else task.exception()
        try:
            if error is not None:
                sentence = error.sentence if isinstance(error, AuraError) else self.tell_crash(error)
                self._session.record(NoticeShown(sentence, "error"))
            if undelivered:
                self._waiting.enqueue(undelivered)
            self._waiting.inform()
            for text in self._waiting.take_late() if not self.is_busy else ():
                self.enqueue(text)
            self._go_on()
            self._note()
        except StoreError as problem:
            self.on_broken(problem.sentence)
        self.on_rest()

    def _note(self) -> None:
        """Tell the watchers when something begins to run, or nothing does any more."""
        if self.is_running != self._was_running:
            self._was_running = self.is_running
            self._session.record(WorkChanged(self._was_running))

    def _go_on(self) -> None:
        """Begin the first line that waits, if it is due, nothing else runs, and the last turn ended well."""
        if not self._is_due or self.is_running or self._session.turn.stop not in ENDED_WELL:
            return
        following = self._take_next()
        if following is not None:
            self._begin(following, ())

    # --- running ---

    async def _pursue(self, first: Begin) -> None:
        """Run something, then what waits in the queue, as long as all ends well."""
        reason = await first()
        while reason in ENDED_WELL and not self._stopping and (line := self._take_next()) is not None:
            reason = await self._run(line, ())

    async def _run(self, line: str, images: Sequence[Image]) -> StopReason | None:
        if is_shell(line):
            await self._run_shell(line)
            return None
        self._waiting.inform()
        number = self._session.turn.number
        try:
            return await self._run_line(line, images)
        finally:
            if self._session.turn.number > number:
                self._undelivered = ""

    def _take_next(self) -> str | None:
        following = self._waiting.take_next()
        self._undelivered = following if following is not None and self._is_prompt(following) else ""
        return following

    def _is_prompt(self, line: str) -> bool:
        return not is_shell(line) and not self._is_command(line)

    async def _run_shell(self, line: str) -> None:
        self._waiting.tell_later(await self._shell.run(line))
