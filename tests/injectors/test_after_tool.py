"""The detectors: loop-detection, failure-circuit-breaker, repeated-patch."""

import pytest

from aura.config.paths import shipped_plugins
from aura.core import events as ev
from aura.core.attempts import Outcome
from aura.core.errors import ConfigError
from aura.core.messages import ToolCall, ToolResult
from aura.plugins.trial import Trial

INJECTORS = shipped_plugins() / "injectors"
LS = {"command": "ls"}


def loop(**settings: int) -> Trial:
    return Trial(INJECTORS / "loop-detection", **settings).prompt()


def test_loop_detection_names_the_call() -> None:
    trial = loop().call("Bash", LS, "a.py")
    assert trial.after_tool() == ""
    text = trial.call("Bash", LS, "a.py").after_tool()
    assert 'The call Bash {"command": "ls"} was made 2 times in a row' in text
    assert trial.turn.pace.nudges == 1
    assert "3 times" in trial.call("Bash", LS, "a.py").after_tool()


@pytest.mark.parametrize("outcome", ["denied", "invalid", "error"])
def test_loop_detection_sees_refused_calls(outcome: Outcome) -> None:
    trial = loop().call("Bash", LS, "no", outcome=outcome)
    assert trial.call("Bash", LS, "no", outcome=outcome).after_tool()


def test_loop_detection_keeps_quiet() -> None:
    assert loop().call("Bash", LS, "a.py").call("Bash", LS, "b.py").after_tool() == ""
    assert loop().call("Bash", LS, "a.py").call("Bash", {"command": "ls ."}, "a.py").after_tool() == ""
    assert loop().call("Bash", LS, "x").call("Shell", LS, "x").after_tool() == ""
    assert loop().call("Bash", LS, "x").call("Read").call("Bash", LS, "x").after_tool() == ""
    assert loop(window=3).call("Bash", LS, "x").call("Bash", LS, "x").after_tool() == ""


def test_waiting_may_repeat() -> None:
    trial = loop()
    for _ in range(4):
        assert trial.call("BashOutput", {"job": 1}, "running", waiting=True).after_tool() == ""


def test_loop_detection_forgets_earlier_turns() -> None:
    assert loop().call("Bash", LS, "x").stop().prompt().call("Bash", LS, "x").after_tool() == ""


def test_a_long_call_is_cut() -> None:
    trial = loop()
    for _ in range(2):
        trial.call("Write", {"text": "x" * 5_000}, "ok")
    assert len(trial.after_tool()) < 600


def breaker(**settings: int) -> Trial:
    return Trial(INJECTORS / "failure-circuit-breaker", **settings).prompt()


def failures(trial: Trial, *commands: str, outcome: Outcome = "error") -> list[bool]:
    """Whether the breaker spoke after each failed command."""
    return [
        bool(trial.call("Bash", {"command": each}, f"{each}: failed", outcome=outcome).after_tool())
        for each in commands
    ]


def test_the_breaker_speaks_at_the_third_different_failure_and_stops_at_the_sixth() -> None:
    trial = breaker()
    assert failures(trial, "a", "b", "c") == [False, False, True]
    assert failures(trial, "d", "e") == [False, False]
    assert trial.said.stalled == ""
    assert failures(trial, "f") == [False]
    assert trial.said.stalled == "6 different calls in a row failed"


def test_the_breaker_says_that_nothing_is_verified() -> None:
    trial = breaker(max_failures=1)
    text = trial.call("Bash", LS, "no", outcome="error").after_tool()
    assert "nothing is verified yet" in text


def test_refusals_count_as_failures() -> None:
    trial = breaker()
    assert failures(trial, "a", "b", "c", outcome="denied") == [False, False, True]


def test_the_breaker_keeps_quiet() -> None:
    trial = breaker()
    failures(trial, "a", "b")
    trial.call("Read")
    assert failures(trial, "c", "d") == [False, False]
    same = breaker()
    assert failures(same, *["a"] * 7) == [False] * 7
    assert same.said.stalled == ""


def test_one_step_with_many_failures_is_told_before_it_is_stopped() -> None:
    trial = breaker()
    calls = [ToolCall(f"c{number}", "Read", {"path": str(number)}) for number in range(8)]
    trial.reply("", *calls)
    answered = [(call, ToolResult(call.id, "not found", is_error=True)) for call in calls]
    trial.happen(*(ev.ToolFinished(call, result, "error") for call, result in answered))
    said = trial.plugins.after_tools(trial.turn, answered)
    assert said.stalled == ""
    assert [event.type for event in said.events] == ["injected"]
    trial.happen(*said.events)
    assert failures(trial, "again") == [False]
    assert trial.said.stalled == "9 different calls in a row failed"


def patches(**settings: int) -> Trial:
    return Trial(INJECTORS / "repeated-patch", **settings).prompt()


def edit(trial: Trial, path: str = "src/a.py", name: str = "Edit") -> str:
    return trial.call(name, {"path": path}, "edited", changed=path).after_tool()


def test_repeated_patch_speaks_at_the_fifth_edit_and_at_the_tenth() -> None:
    trial = patches()
    spoken = [edit(trial) for _ in range(10)]
    assert [bool(text) for text in spoken] == [False] * 4 + [True] + [False] * 4 + [True]
    assert "src/a.py was edited 5 times without being read whole." in spoken[4]


def test_repeated_patch_counts_edits_that_are_not_in_a_row() -> None:
    trial = patches(threshold=2)
    assert edit(trial) == ""
    trial.call("Bash", LS)
    assert edit(trial, "src/b.py") == ""
    assert "src/a.py" in edit(trial)


@pytest.mark.parametrize("shown", ["src/a.py", "/home/dev/proj/src/a.py", "./src/a.py"])
def test_reading_the_whole_file_starts_anew(shown: str) -> None:
    trial = patches(threshold=2)
    edit(trial)
    trial.call("Read", {"path": shown}, "all of it", seen="/home/dev/proj/src/a.py")
    assert edit(trial) == ""
    assert edit(trial)


def test_reading_a_part_or_another_file_does_not() -> None:
    trial = patches(threshold=2)
    edit(trial)
    trial.call("Read", {"path": "src/a.py", "offset": 10}, "some", seen="/home/dev/proj/src/a.py")
    trial.call("Read", {"path": "other/src/a.py"}, "all", seen="/home/dev/proj/other/src/a.py")
    assert edit(trial)


def test_writing_the_whole_file_starts_anew() -> None:
    trial = patches(threshold=2)
    edit(trial)
    assert edit(trial, name="Write") == ""
    assert edit(trial) == ""


def test_failed_edits_do_not_count() -> None:
    trial = patches(threshold=1)
    assert trial.call("Edit", {"path": "src/a.py"}, "no match", outcome="error").after_tool() == ""


@pytest.mark.parametrize(
    ("name", "setting", "value"),
    [
        ("loop-detection", "window", 1),
        ("failure-circuit-breaker", "max_failures", 0),
        ("repeated-patch", "threshold", 0),
    ],
)
def test_senseless_numbers_are_refused(name: str, setting: str, value: int) -> None:
    with pytest.raises(ConfigError, match=f"{setting} has to be"):
        Trial(INJECTORS / name, **{setting: value})
