"""Shows a logged run once more, line by line, in the rhythm in which it happened."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TextIO, cast

from aura.core import events as ev
from aura.core.copies import change
from aura.core.messages import HUMAN, History
from aura.core.past import pass_over
from aura.core.text import clean
from aura.core.turn import Turn, apply
from aura.runs.report import make_report
from aura.ui.log_lines import tell_clock
from aura.ui.prints import TextFace
from aura.ui.render import render_end

LONGEST_PAUSE = 2.0  # seconds
KEPT = 400  # messages that are held; what is printed needs the newest only


class Writing(Protocol):
    """What is printed on."""

    def write(self, text: str, /) -> int:
        """Write a text."""
        ...

    def flush(self) -> None:
        """Send what is held."""
        ...

    def fileno(self) -> int:
        """The descriptor behind it."""
        ...


class Replay:
    """Prints events as a headless run does, with what was asked and answered.

    `speed` divides the pauses (infinite: there are none), none of which is longer than `LONGEST_PAUSE`; `first` is the
    step to begin at, counted over the whole session. `wait` is given seconds.
    """

    def __init__(self, speed: float, first: int, wait: Callable[[float], None], out: Writing) -> None:
        self._speed = speed
        self._first = first
        self._wait = wait
        stream = cast("TextIO", out)
        self._face = TextFace(quiet=False, out=stream, err=stream)
        self._turn = Turn()
        self._shown_at: float | None = None

    def show(self, events: Iterable[ev.Recorded]) -> None:
        """Show them all; ends early when nobody reads any more."""
        for recorded in self._skip(iter(events)):
            self._turn = fold_lightly(self._turn, recorded.event)
            if not is_shown(recorded.event):
                continue
            self._pause(recorded.at)
            with contextlib.suppress(ValueError, ArithmeticError, OSError):  # numbers that make no sense
                self._print(recorded)
            if self._face.is_gone:
                return

    def _skip(self, events: Iterator[ev.Recorded]) -> Iterator[ev.Recorded]:
        """The events from the first step that is wanted; what was before it is only taken note of."""
        step, passed = 0, list[ev.Event]()
        for recorded in events:
            step += isinstance(recorded.event, ev.StepStarted)
            if step >= self._first:
                self._turn = pass_over(self._turn, passed)
                yield recorded
                break
            passed.append(recorded.event)
            if len(passed) > KEPT:
                self._turn = change(pass_over(self._turn, passed), messages=History())
                passed.clear()
        yield from events

    def _pause(self, at: float) -> None:
        before, self._shown_at = self._shown_at, at
        if before is None or not at > before:
            return
        seconds = min((at - before) / self._speed, LONGEST_PAUSE)
        if seconds > 0:
            self._wait(seconds)

    def _print(self, recorded: ev.Recorded) -> None:
        event = recorded.event
        match event:
            case ev.TurnStarted(number=number, message=message):
                who = "" if message.origin == HUMAN else f" ({message.origin})"
                lines = clean(message.text).strip().replace("\n", "\n  ")
                self._face.say(f"\n{tell_clock(recorded.at)} turn {number}{who}\n> {lines}")
            case ev.TurnStopped():
                report = make_report(self._turn)
                self._face.answer(report.answer)
                self._face.say(f"{tell_clock(recorded.at)} {render_end(report)}")
            case ev.SessionResumed():
                self._face.say(f"{tell_clock(recorded.at)} taken up again")
            case _:
                self._face.show(recorded, self._turn)


def is_shown(event: ev.Event) -> bool:
    """Whether an event may be worth a line."""
    return not isinstance(event, (ev.StepStarted, ev.StepEnded, ev.ToolStarted, ev.ToolJudged))


def fold_lightly(turn: Turn, event: ev.Event) -> Turn:
    """The turn after an event, without more of the conversation than its newest part.

    An event that makes no sense (a mode that there is not) changes nothing.
    """
    with contextlib.suppress(ValueError, KeyError, OverflowError):
        turn = apply(turn, event)
    if len(turn.messages) > KEPT:
        turn = change(turn, messages=History(list(turn.messages[-KEPT // 4 :])))
    return turn
