"""What the app tells a person beside the transcript: gauges, hints, dialogs, the terminal's title."""

import os
import time
from pathlib import Path

from textual.timer import Timer

from aura.core.events import (
    ApprovalAsked,
    ApprovalSettled,
    Event,
    FactsChanged,
    QuestionAnswered,
    QuestionAsked,
    TurnStopped,
)
from aura.core.facts import Facts
from aura.core.limits import StopReason
from aura.ui.clipboard import copy_here, make_copy
from aura.ui.manners import remember
from aura.ui.notices import TerminalNotices, describe_state, identify
from aura.ui.place import PlaceWatch
from aura.ui.tui.window import Window

HINT_SECONDS = 4.0
PAUSE = 0.25  # seconds between two updates of the gauges
WORKING = ("working", "stopping", "asking")


class Shower:
    """Keeps the small parts of the screen up to date, at most four times a second and never while nothing happens."""

    def __init__(self, app: Window) -> None:
        self._app = app
        self._due: Timer | None = None
        self._shown = 0.0
        self._hint: Timer | None = None
        self._ticking: Timer | None = None
        self._kind = identify(os.environ)
        self._notices = TerminalNotices(self._write, self._kind, app.begin.wanted.notify)
        self._place: PlaceWatch | None = None
        self.is_detached = False

    def _write(self, sequence: str) -> None:
        """Send a sequence of our own to the terminal."""
        driver = self._app._driver  # noqa: SLF001 - Textual has no other way to write a sequence of one's own
        if driver is not None:
            driver.write(sequence)

    # --- gauges and hints

    def mark(self, *, at_once: bool = False) -> None:
        """Something changed: show it now, or soon when it was shown a moment ago and is not wanted `at_once`."""
        if not self._app.is_running or (self._due is not None and not at_once):
            return
        if self._due is not None:
            self._due.stop()
        wait = 0.001 if at_once else max(0.01, PAUSE - (time.monotonic() - self._shown))
        self._due = self._app.set_timer(wait, self._show)

    def _show(self) -> None:
        self._due = None
        self._shown = time.monotonic()
        app = self._app
        if not app.chat.is_mounted:
            return
        snapshot = app.standing.snapshot
        app.chat.show(snapshot)
        name = snapshot.title or "aura"
        self._notices.show_title(describe_state(snapshot.turn, name, app.look.signs, snapshot.state))
        is_working = snapshot.state in WORKING
        if is_working and self._ticking is None:
            self._ticking = app.set_interval(1.0, self.mark)
        elif not is_working and self._ticking is not None:
            self._ticking.stop()
            self._ticking = None

    def hint(self, text: str) -> None:
        """Say something in the status line for `HINT_SECONDS`."""
        if self._hint is not None:
            self._hint.stop()
        self._app.standing.set(hint=text)
        self._hint = self._app.set_timer(HINT_SECONDS, self._unhint) if text else None
        self.mark()

    def _unhint(self) -> None:
        self._hint = None
        self._app.standing.set(hint="")
        self.mark()

    # --- the session

    def begin(self, facts: Facts) -> None:
        """Take over what a session says of itself."""
        remember({**facts.ui, **self._app.keymap.changed})
        if self._place is not None:
            self._place.stop()
        self._place = PlaceWatch(Path(facts.workspace), self._tell_branch)
        self._place.look()
        self._notices.when = str(facts.ui.get("notify", self._notices.when))

    def _tell_branch(self, branch: str) -> None:
        self._app.standing.set(branch=branch)
        self.mark()

    def note(self, event: Event) -> None:
        """React to what concerns dialogs, the place and the terminal."""
        if self._place is not None:
            self._place.take(event)
        match event:
            case ApprovalSettled() | QuestionAnswered():
                self._app.chat.settle(event.id)
            case ApprovalAsked() | QuestionAsked():
                self._notices.notify("needs you", "")
            case TurnStopped() if event.reason is not StopReason.CANCELLED:
                good = event.reason in (StopReason.DONE, StopReason.END_TURN)
                self._notices.notify("done" if good else "failed", event.detail)
            case FactsChanged():
                self.begin(event.facts)
            case _:
                pass

    def focus(self, *, has: bool) -> None:
        """The terminal's window got the focus, or lost it."""
        self._notices.is_focused = has

    def copy(self, text: str) -> None:
        """Copy to the clipboard: through the terminal, or with this machine's own program."""
        if not copy_here(text, os.environ):
            self._write(make_copy(self._kind, text))
        self.hint(f"Copied {len(text)} characters")

    def close(self) -> None:
        """Take back what the terminal was told beside the picture."""
        self._notices.close()

    def farewell(self) -> list[str]:
        """What is left on the normal screen after the interface: the last card, and how to come back."""
        app = self._app
        turn = app.standing.snapshot.turn
        if not turn.number or not app.standing.snapshot.facts.folder:
            return []
        if self.is_detached:
            return [f"It goes on. Back to it: aura attach {turn.rest.session}"]
        from aura.runs.report import make_report
        from aura.ui.tui.paint import render_ending

        lines = render_ending(make_report(turn), app.look, 100) if turn.stop is not None else []
        if app.begin.is_demo:
            return lines  # its folder goes with it
        return [*lines, f"aura --resume {turn.rest.session}"]
