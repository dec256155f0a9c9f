"""A run is watched again in its own rhythm, shortened; nothing that it prints comes from the clock of now."""

import io
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura.core import events as ev
from aura.ui.replaying import LONGEST_PAUSE, Replay
from tests.runs.tales import record, tale
from tests.store.samples import DURABLE, events


class Sheet(io.StringIO):
    """A stream of text; somebody may leave it."""

    def __init__(self, longest: int = 10**9) -> None:
        super().__init__()
        self.longest = longest

    def write(self, text: str, /) -> int:
        if self.tell() > self.longest:
            raise BrokenPipeError(32, "gone")
        return super().write(text)


def watch(speed: float = math.inf, first: int = 0, longest: int = 10**9) -> tuple[str, list[float]]:
    """What is printed of a night, and the pauses between."""
    sheet, pauses = Sheet(longest), list[float]()
    Replay(speed, first, pauses.append, sheet).show(tale())
    return sheet.getvalue(), pauses


def test_everything_is_printed_that_a_run_without_a_screen_prints() -> None:
    text, _ = watch()
    for said in (
        "> Fix the flaky test.\n  All of it.",
        "edit src/queue.py +2 -1",
        "denied: Refused: it rewrites history.",
        "model big failed (overloaded, try 2)",
        "Done refused (a todo is open)",
        "check by aura: ruff check passed",
        "turn 2 (aura)",
        "The race is *fixed*.",
        "DONE: todo 3/3",
    ):
        assert said in text, said


@pytest.mark.parametrize("speed", [1.0, 2.0, 10.0])
def test_pauses_are_shortened_and_never_long(speed: float) -> None:
    """A second between two events is a part of it; the night in between is two seconds."""
    _, pauses = watch(speed)
    assert max(pauses) == LONGEST_PAUSE
    assert min(pauses) == pytest.approx(1 / speed)
    assert speed < 10 or pauses.count(LONGEST_PAUSE) == 1


def test_at_full_speed_nothing_waits() -> None:
    assert watch(math.inf)[1] == []


def test_it_may_begin_at_a_step() -> None:
    """What was before is known all the same."""
    text, _ = watch(first=5)
    assert "edit src/queue.py +2 -1" not in text
    assert "model big failed" in text
    assert "todo 3/3" in text
    assert watch(first=10_000)[0] == ""


def test_a_reader_who_leaves_ends_it() -> None:
    text, _ = watch(longest=300)
    assert "DONE" not in text


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of([events(kind) for kind in DURABLE]), max_size=10), st.integers(0, 3))
def test_whatever_a_log_holds_it_can_be_watched(happened: list[ev.DurableEvent], first: int) -> None:
    sheet = Sheet()
    Replay(math.inf, first, lambda seconds: None, sheet).show(record(happened))
    assert "\x1b" not in sheet.getvalue()
