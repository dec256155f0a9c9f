"""What aura says to the model between steps and between turns."""

from aura.agent.continuation import continue_text
from aura.core import events as ev
from aura.core.limits import Limits, StopReason
from aura.core.messages import user
from aura.core.turn import apply, fold


def test_between_two_turns_what_is_left_is_what_the_next_one_has() -> None:
    limits = Limits(steps=5, turn_seconds=60.0)
    running = fold(
        [
            ev.LimitsSet(limits),
            ev.TurnStarted(1, user("make it work")),
            ev.StepStarted(5, "m"),
            ev.StepEnded(5, 20.0),
        ]
    )
    assert "steps 0, " in continue_text(running)
    stopped = apply(running, ev.TurnStopped(StopReason.MAX_STEPS, "steps: 5 of 5"))
    said = continue_text(stopped)
    assert "steps 5, " in said
    assert "60" in said
