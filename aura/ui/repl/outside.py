"""What the window around a talk is told: its title, progress, and that somebody is needed."""

from pathlib import Path

from aura.core.events import ApprovalAsked, Event, QuestionAsked, TurnStopped
from aura.core.facts import Facts
from aura.core.limits import ENDINGS, StopReason
from aura.core.text import shorten
from aura.core.turn import Turn
from aura.ui.look import Signs
from aura.ui.notices import TerminalNotices, describe_state

GOOD = (StopReason.DONE, StopReason.END_TURN)
UNSAID = (StopReason.CANCELLED,)  # a person did it, and knows


class Outside:
    """Keeps a window's title and progress up to date, and calls when nobody looks."""

    def __init__(self, notices: TerminalNotices, signs: Signs) -> None:
        self.notices = notices
        self._signs = signs

    def show(self, turn: Turn, facts: Facts, state: str, asked: str) -> None:
        """Name the window, and show how far it is."""
        name = shorten(Path(facts.workspace).name or "aura", 40)
        self.notices.show_title(describe_state(turn, name, self._signs, state, asked))
        if state == "asking":
            self.notices.show_progress("paused", 100)
        elif state != "working":
            self.notices.show_progress("none")
        elif turn.auto and turn.limits.steps:
            self.notices.show_progress("share", round(100 * turn.steps / turn.limits.steps))
        else:
            self.notices.show_progress("running")

    def call(self, event: Event, asked: str, *, is_focused: bool) -> None:
        """Notify of what a person would want to know of."""
        self.notices.is_focused = is_focused
        match event:
            case ApprovalAsked() | QuestionAsked():
                self.notices.notify("needs you", asked)
            case TurnStopped(reason=reason) if reason not in UNSAID:
                self.notices.notify("done" if reason in GOOD else "failed", ENDINGS[reason].sentence)
            case _:
                pass
