"""Calls a person back to the terminal in which a program without a screen runs."""

import os
from collections.abc import Mapping
from typing import TextIO

from aura.core.limits import StopReason
from aura.core.turn import Turn
from aura.ui.notices import TerminalNotices, identify

LONG = 10.0  # seconds after which the end of an answer is news; the end of work in auto mode always is
WELL = (StopReason.DONE, StopReason.END_TURN)
FOR_PEOPLE = (StopReason.NEEDS_INPUT, StopReason.BLOCKED, StopReason.DENIED)


class Attention:
    """Notifications of a terminal, and its bell; `when` is the setting `ui.notify`.

    Where the stream is no terminal nothing is sent. Whether the person looks is not known: a terminal that does not
    want to notify about its own window keeps quiet by itself.
    """

    def __init__(self, when: str, stream: TextIO | None, environ: Mapping[str, str] | None = None) -> None:
        self._stream = stream
        self._notices = TerminalNotices(
            self._write, identify(os.environ if environ is None else environ), when
        )
        self._notices.is_focused = False

    def need(self, what: str) -> None:
        """Say that a person is asked for something."""
        self._notices.notify("needs you", what)

    def end(self, reason: StopReason | None, turn: Turn) -> None:
        """Say how work ended that somebody may have stopped looking at."""
        if reason is None or reason is StopReason.CANCELLED:
            return
        if not turn.auto and turn.window.seconds < LONG:
            return
        if reason in FOR_PEOPLE:
            self._notices.notify("needs you", turn.rest.detail)
        else:
            self._notices.notify("done" if reason in WELL else "failed", turn.rest.detail or reason.value)

    def _write(self, sequence: str) -> None:
        stream = self._stream
        try:
            if stream is not None and not stream.closed and stream.isatty():
                stream.write(sequence)
                stream.flush()
        except (OSError, ValueError):
            self._stream = None  # the terminal is gone
