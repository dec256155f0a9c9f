"""One line for each event of a log, whatever stands in it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura.core import events as ev
from aura.core.limits import StopReason
from aura.core.messages import user
from aura.core.text import clean
from aura.ui.log_lines import LEVELS, find_level, is_at_least, render_line, tell_event
from tests.runs.tales import EDIT, PUSH, answer, tale
from tests.store.samples import DURABLE, events


@settings(deadline=None, max_examples=100)
@given(st.one_of([events(kind) for kind in DURABLE]))
def test_every_event_is_one_clean_line(event: ev.DurableEvent) -> None:
    line = tell_event(ev.Recorded(1, 1e9, event), 3)
    assert line.level in LEVELS
    assert line.what
    text = render_line(line)
    assert "\n" not in text
    assert text == clean(text)


def test_the_lines_of_a_night_tell_what_happened_in_order() -> None:
    step, told = 0, []
    for recorded in tale():
        step += isinstance(recorded.event, ev.StepStarted)
        line = tell_event(recorded, step)
        if is_at_least(line.level, "warning"):
            told.append(f"{line.level} {line.step} {line.what[:48]}")
    assert told == [
        "warning 3 refused by hard floor: it rewrites history",
        "warning 3 shell git push --force … denied: Refused: it rew",
        "warning 3 refused by hard floor: it rewrites history",
        "warning 3 shell git push --force … denied: Refused: it rew",
        "warning 3 shell pytest -q … exit 1 (9.0s): 1 failed",
        "error 4 shell make release … unknown: unknown (0.0s)",
        "warning 4 turn stopped: cancelled: the process had ended",
        "warning 5 model big failed (overloaded, try 1): The provid",
        "warning 5 model big failed (overloaded, try 2): The provid",
        "warning 6 Done refused (a todo is open)",
        "warning 7 check by aura: ruff check failed with exit code ",
    ]


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (ev.StepStarted(1, "m"), "debug"),
        (ev.TurnStarted(1, user("go")), "info"),
        (answer(EDIT), "info"),
        (answer(PUSH, outcome="denied"), "warning"),
        (answer(PUSH, outcome="unknown"), "error"),
        (ev.ModelFailed("network", "no", 1, "m", 2.0), "warning"),
        (ev.ModelFailed("network", "no", 3, "m"), "error"),
        (ev.NoticeShown("n", "error"), "error"),
        (ev.TurnStopped(StopReason.DONE), "info"),
        (ev.TurnStopped(StopReason.MAX_COST), "warning"),
        (ev.TurnStopped(StopReason.PROVIDER), "error"),
    ],
)
def test_what_matters_more_has_a_higher_level(event: ev.DurableEvent, level: str) -> None:
    assert find_level(event) == level
