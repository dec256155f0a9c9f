"""The injectors that speak before a model call: todo-reminder, max-steps, session-stats."""

import pytest

from aura.config.paths import shipped_plugins
from aura.core import events as ev
from aura.core.errors import ConfigError
from aura.core.limits import StopReason
from aura.plugins.trial import Trial

INJECTORS = shipped_plugins() / "injectors"


def reminder(interval: int = 20) -> Trial:
    return Trial(INJECTORS / "todo-reminder", interval=interval).auto().todos("write it", "test it").prompt()


def test_todo_reminder_lists_what_is_open_every_so_many_steps() -> None:
    trial = reminder().steps(20)
    text = trial.before_chat()
    assert text.startswith("[aura: todo-reminder] 20 steps into this turn, these todos are open:\n")
    assert "[ ] 1: write it\n[ ] 2: test it" in text
    assert trial.steps(19).before_chat() == ""
    assert "40 steps" in trial.steps(1).before_chat()


def test_todo_reminder_speaks_once_at_its_step() -> None:
    trial = reminder(interval=2).steps(2)
    assert trial.before_chat()
    assert trial.before_chat() == ""


def test_todo_reminder_keeps_quiet() -> None:
    assert reminder(interval=2).steps(1).before_chat() == ""
    assert reminder(interval=2).before_chat() == ""
    without_auto = Trial(INJECTORS / "todo-reminder", interval=2).todos("write it").prompt().steps(2)
    assert without_auto.before_chat() == ""
    closed = reminder(interval=2).todos("write it", status="completed").steps(2)
    assert closed.before_chat() == ""


def test_max_steps_switches_tools_off_and_asks_for_the_summary() -> None:
    trial = Trial(INJECTORS / "max-steps").auto().todos("x").prompt().steps(3)
    assert (trial.before_chat(), trial.said.disable_tools) == ("", False)
    text = trial.limit("steps: 3 of 3").before_chat()
    assert trial.said.disable_tools
    assert "A limit is reached: steps: 3 of 3." in text
    for part in ("what was done", "what is left", "what to do next"):
        assert part in text
    (event,) = trial.said.events
    assert isinstance(event, ev.Injected)
    assert (event.lifetime, event.nudge) == ("turn", False)


@pytest.mark.parametrize("reason", [StopReason.MAX_COST, StopReason.MAX_TIME, StopReason.STALLED])
def test_max_steps_speaks_at_every_limit(reason: StopReason) -> None:
    assert Trial(INJECTORS / "max-steps").prompt().limit("all gone", reason).before_chat()


def played(turns: int, **settings: int) -> Trial:
    trial = Trial(INJECTORS / "session-stats", **settings)
    for _ in range(turns):
        trial.prompt().steps(2).reply("done", tokens=2_500).stop()
    return trial


def test_session_stats_tells_the_model_and_the_screen_every_fifth_turn() -> None:
    trial = played(4).prompt()
    text = trial.before_chat()
    assert text == (
        "[aura: session-stats] The session so far: turn 5; 8 s of work; 8 tool calls, 0 of them failed; "
        "context 2,500 tokens (2% of the window); most used tools: Read 8."
    )
    assert trial.notices == (text.removeprefix("[aura: session-stats] "),)


def test_session_stats_speaks_once_in_that_turn() -> None:
    trial = played(4).prompt()
    assert trial.before_chat()
    assert trial.before_chat() == ""
    assert trial.steps(1).before_chat() == ""
    assert trial.stop().prompt().before_chat() == ""


def test_session_stats_names_the_most_used_tools() -> None:
    trial = Trial(INJECTORS / "session-stats", interval=1, top_tools=2).prompt()
    for name, outcome in (("Edit", "ok"), ("Bash", "error"), ("Bash", "ok"), ("Grep", "ok"), ("Edit", "ok")):
        trial.call(name, outcome="error" if outcome == "error" else "ok")
    text = trial.stop().prompt().before_chat()
    assert text.endswith(
        "5 tool calls, 1 of them failed; context 1,000 tokens (1% of the window); most used tools: Bash 2, Edit 2."
    )
    none = Trial(INJECTORS / "session-stats", interval=1, top_tools=0).prompt().steps(1).stop().prompt()
    assert "most used" not in none.before_chat()


def test_session_stats_says_long_times_in_hours() -> None:
    trial = Trial(INJECTORS / "session-stats", interval=1).prompt()
    trial.happen(ev.StepEnded(1, 7_530.0)).stop().prompt()
    assert "; 2 h 5 min of work; " in trial.before_chat()


@pytest.mark.parametrize(
    ("name", "setting"),
    [("todo-reminder", "interval"), ("session-stats", "interval"), ("session-stats", "top_tools")],
)
def test_senseless_numbers_are_refused(name: str, setting: str) -> None:
    with pytest.raises(ConfigError, match=f"{setting} has to be"):
        Trial(INJECTORS / name, **{setting: -1})
