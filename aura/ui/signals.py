"""Ctrl+C and its kin: the first stops what runs and keeps everything, a second Ctrl+C leaves at once."""

import asyncio
import contextlib
import os
import signal
from typing import Self

from aura.app.build import Opened
from aura.core.limits import ENDINGS, PROCESS_ENDED, StopReason

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Listens for signals from before a session is opened until the event loop is closed.

    SIGTERM and a closed terminal (SIGHUP, unless it was ignored when the program began) count as a first Ctrl+C and
    never as a second: terminals and supervisors send them more than once. A run is paused by Ctrl+C, and left to go on
    in the next process by the others.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._main = asyncio.current_task()
        self._opened: Opened | None = None
        self._is_leaving = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.was_stopped = False

    def listen(self) -> Self:
        """Take the signals over; outside the main thread there are none to take."""
        for name in STOPPING:
            if name is signal.SIGHUP and signal.getsignal(name) is signal.SIG_IGN:
                continue  # started under nohup: it is meant to outlive the terminal
            with contextlib.suppress(ValueError, RuntimeError):
                self._loop.add_signal_handler(name, self._receive, name)
        return self

    def attend(self, opened: Opened) -> None:
        """From here on a signal stops the session's turn."""
        self._opened = opened

    def leave(self) -> None:
        """From here on everything is being closed: nothing is stopped any more, a Ctrl+C leaves at once."""
        self._is_leaving = True
        if self.was_stopped:  # a closed terminal says so more than once, also after the loop is closed
            with contextlib.suppress(ValueError, RuntimeError):
                self._loop.remove_signal_handler(signal.SIGHUP)
                signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def stop(self) -> None:
        """Stop the running turn, or, where none runs, whatever the main task waits for."""
        if self.was_stopped or self._is_leaving:
            return
        self.was_stopped = True
        if self._opened is not None and self._opened.session.is_running:
            task = self._loop.create_task(self._opened.session.interrupt())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif self._main is not None:
            self._main.cancel()

    def _receive(self, name: signal.Signals) -> None:
        if name is signal.SIGINT and (self.was_stopped or self._is_leaving):
            if self._opened is not None:
                self._opened.kill()
            os._exit(ENDINGS[StopReason.CANCELLED].exit_code)
        if name is not signal.SIGINT and not self.was_stopped:
            self._leave_unfinished()
        self.stop()

    def _leave_unfinished(self) -> None:
        """The process has to end, which is no word on the run: it goes on in the next one."""
        session = self._opened.session if self._opened is not None else None
        if session is not None and session.turn.run.name and session.turn.run.phase.is_active:
            session.stop_detail = PROCESS_ENDED
