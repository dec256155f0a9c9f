"""How the application ends by itself: a signal, or a fault of its own; the terminal is given back as it was found."""

import asyncio
import contextlib
import os
import signal
from typing import Any

from textual.worker import WorkerFailed

from aura.ui.tui.showing import Shower
from aura.ui.tui.window import Window

ENDING = (signal.SIGHUP, signal.SIGTERM)
BY_SIGNAL = 128  # the exit code of a program that a signal ended is this and its number


def drop_output() -> None:
    """The terminal is gone: what is still to be written goes nowhere, and nothing fails of it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


class Closing(Window):
    """The application with its ends. A fault is kept in `crash` for whoever started it; nothing is printed."""

    shower: Shower
    has_told = False  # a fault that did not end it

    @property
    def crash(self) -> BaseException | None:
        """The fault that ended the application."""
        error = self._exception
        return error.error if isinstance(error, WorkerFailed) else error

    def _handle_exception(self, error: Exception) -> None:
        """End without Textual's picture of the fault, which shows the values of variables."""
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._return_code = 1
        self._close_messages_no_wait()

    def heed(self) -> None:
        """End well when the terminal is closed or the process is told to; the engine does what `ui.on_close` says."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._tell_fault)
        for number in ENDING:
            with contextlib.suppress(
                ValueError, RuntimeError
            ):  # outside the main thread there are no signals
                loop.add_signal_handler(number, self._obey, number)

    def _tell_fault(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Something failed beside the screen, or with one event: go on, and say so once."""
        if self.has_told:
            return
        self.has_told = True
        error = context.get("exception")
        known = error if isinstance(error, BaseException) else RuntimeError(context.get("message", "?"))
        said = self.begin.tell_crash(known)
        self.hint(said[:1].upper() + said[1:])

    def _obey(self, number: signal.Signals) -> None:
        if number is signal.SIGHUP:
            drop_output()
        self.chat.prompt.save_now()
        self.exit(BY_SIGNAL + number)

    def on_unmount(self) -> None:
        """Give the window its title back; the driver has left the screen already."""
        self.shower.close()
