"""Calls to a person at the terminal of a program without a screen."""

import io
import os
import pty
from collections.abc import Iterator
from typing import TextIO

import pytest

from aura.core import events as ev
from aura.core.limits import Limits, Spend, StopReason
from aura.core.messages import user
from aura.core.turn import Turn, fold
from aura.ui.attention import LONG, Attention

BELL = "\x07"


class Seat:
    """A pseudo-terminal: what is written to `stream` can be read."""

    def __init__(self) -> None:
        self.master, slave = pty.openpty()
        self.stream: TextIO = os.fdopen(slave, "w", encoding="utf-8")
        os.set_blocking(self.master, False)

    def read(self) -> str:
        """What was written since."""
        try:
            return os.read(self.master, 65536).decode()
        except BlockingIOError:
            return ""


@pytest.fixture
def seat() -> Iterator[Seat]:
    """One for a person."""
    made = Seat()
    yield made
    made.stream.close()
    os.close(made.master)


def stopped(reason: StopReason, detail: str = "why", *, auto: bool = True, seconds: float = 1.0) -> Turn:
    """A session whose turn stopped."""
    spent = ev.TurnStopped(reason, detail, seconds)
    switched: list[ev.Event] = [ev.AutoSwitched(on=True, by="human")] if auto else []
    turn = fold([ev.SessionStarted("s", "/w", "0"), ev.LimitsSet(Limits()), *switched])
    turn = fold([ev.TurnStarted(1, user("go")), spent], turn)
    assert turn.window.seconds == Spend(seconds=seconds).seconds
    return turn


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        (StopReason.DONE, "done"),
        (StopReason.END_TURN, "done"),
        (StopReason.MAX_COST, "failed"),
        (StopReason.PROVIDER, "failed"),
        (StopReason.NEEDS_INPUT, "needs you"),
        (StopReason.BLOCKED, "needs you"),
    ],
)
def test_the_end_is_a_notification_where_the_terminal_has_them(
    seat: Seat, reason: StopReason, word: str
) -> None:
    Attention("unfocused", seat.stream, {"TERM_PROGRAM": "WezTerm"}).end(reason, stopped(reason))
    assert seat.read() == f"\x1b]9;aura: {word}: why\x1b\\"


def test_elsewhere_it_is_the_bell_and_hostile_words_stay_out(seat: Seat) -> None:
    Attention("unfocused", seat.stream, {"TERM": "xterm-256color"}).need("a\x1b]0;x\x07b")
    assert seat.read() == BELL
    Attention("always", seat.stream, {"VTE_VERSION": "7000"}).need("a\x1b]0;x\x07b;c")
    assert seat.read() == f"\x1b]777;notify;aura;needs you: ab,c\x1b\\{BELL}"


@pytest.mark.parametrize(
    ("auto", "seconds", "told"), [(True, 1.0, True), (False, 1.0, False), (False, LONG, True)]
)
def test_a_quick_answer_is_no_news(seat: Seat, auto: bool, seconds: float, told: bool) -> None:
    turn = stopped(StopReason.END_TURN, auto=auto, seconds=seconds)
    Attention("unfocused", seat.stream, {}).end(StopReason.END_TURN, turn)
    assert seat.read() == (BELL if told else "")


def test_what_a_person_stopped_and_what_is_switched_off_is_not_told(seat: Seat) -> None:
    Attention("always", seat.stream, {}).end(StopReason.CANCELLED, stopped(StopReason.CANCELLED))
    Attention("always", seat.stream, {}).end(None, stopped(StopReason.DONE))
    Attention("never", seat.stream, {}).end(StopReason.DONE, stopped(StopReason.DONE))
    assert seat.read() == ""


def test_what_is_no_terminal_gets_nothing(seat: Seat) -> None:
    piped = io.StringIO()
    Attention("always", piped, {}).need("x")
    assert piped.getvalue() == ""
    Attention("always", None, {}).need("x")
    gone = Attention("always", seat.stream, {})
    seat.stream.close()
    gone.need("x")
