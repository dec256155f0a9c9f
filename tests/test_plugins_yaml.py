"""Injectors made of YAML alone: each time to speak, placeholders, and what is refused."""

from pathlib import Path

import pytest

from aura.core import events as ev
from aura.core.errors import ConfigError, PluginError
from aura.plugins.declared import OF_A_CALL, PLACEHOLDERS
from aura.plugins.manifest import read_manifest
from aura.plugins.trial import Trial


def write(tmp_path: Path, text: str) -> Path:
    folder = tmp_path / "said"
    folder.mkdir(exist_ok=True)
    (folder / "plugin.yaml").write_text(text, encoding="utf-8")
    return folder


def test_before_chat_may_switch_tools_off(tmp_path: Path) -> None:
    text = "when: before_chat\ncondition: steps_gt:1\nmessage: Plan first.\nlifetime: step\ntools: off\n"
    trial = Trial(write(tmp_path, text)).prompt().steps(1)
    assert (trial.before_chat(), trial.said.disable_tools) == ("", False)
    assert trial.steps(1).before_chat() == "[aura: said] Plan first."
    assert trial.said.disable_tools
    (event,) = trial.said.events
    assert isinstance(event, ev.Injected)
    assert (event.lifetime, event.nudge) == ("step", False)


def test_after_response_objects(tmp_path: Path) -> None:
    trial = Trial(
        write(tmp_path, "when: after_response\ncondition: todo_pending\nmessage: '{open} are open.'")
    )
    assert trial.todos("a", "b").prompt().reply("Done.").after_response() == "[aura: said] 2 are open."
    assert trial.said.objection
    assert trial.todos().reply("Done.").after_response() == ""


def test_after_tool_names_the_call(tmp_path: Path) -> None:
    message = "{tool} {arguments} returned {result}, {{so}}"
    trial = Trial(
        write(tmp_path, f"when: after_tool\ncondition: tool_errors_gt:0\nmessage: '{message}'")
    ).prompt()
    assert trial.call("Read").after_tool() == ""
    assert trial.call("Bash", {"command": "ls"}, "denied", outcome="denied").after_tool() == (
        '[aura: said] Bash {"command": "ls"} returned denied, {so}'
    )


def test_braces_in_values_stay(tmp_path: Path) -> None:
    trial = Trial(write(tmp_path, "when: before_chat\nmessage: '{todos}'")).todos("use {open}").prompt()
    assert trial.before_chat() == "[aura: said] [ ] 1: use {open}"


def test_every_placeholder_has_its_value(tmp_path: Path) -> None:
    message = " ".join(f"{name}={{{name}}}" for name in PLACEHOLDERS if name not in (*OF_A_CALL, "all_todos"))
    trial = Trial(write(tmp_path, f"when: before_chat\nmessage: '{message}'")).todos("x", status="completed")
    trial.prompt().call("Bash", outcome="error").reply("hm", tokens=500)
    assert trial.before_chat() == (
        "[aura: said] todos=(no todos) open=0 step=2 max_steps=50 turn=1 model=trial/model context=500 tokens=1500 "
        "cost=0.00 elapsed=1 tool_calls=1 tool_errors=1"
    )


def test_long_results_are_cut(tmp_path: Path) -> None:
    trial = Trial(write(tmp_path, "when: after_tool\nmessage: '{result}{arguments}'")).prompt()
    assert len(trial.call("Read", {"a": "x" * 9_000}, "y" * 9_000).after_tool()) < 4_100


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("when: before_chat", "`when` needs a `message` to say."),
        ("when: sometimes\nmessage: x", "`when` has to be one of before_chat, after_response, after_tool"),
        ("when: after_tool\nmessage: x\ntools: off", "`tools: off` needs `when: before_chat`."),
        ("when: after_tool\nmessage: x\nconfig: {a: 1}", "`config` is for plugins with a plugin.py."),
        ("when: after_tool\nmessage: x\nlifetime: ever", "`lifetime` has to be one of step, turn, session"),
        ("description: x", "it has neither a plugin.py nor `when` and `message`."),
        ("description: [x]", "`description` has to be text"),
        ("message: 5\nwhen: after_tool", "`message` has to be text, not 5."),
        ("5: x", "there is no setting 5;"),
        ("zzz: x", "there is no setting 'zzz'; known are name, description"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_manifest(write(tmp_path, text))
    assert words in caught.value.sentence


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("{todo}", "`message` has no placeholder {todo}; did you mean {todos}?"),
        ("{zzz}", "`message` has no placeholder {zzz}; known are todos"),
        ("{todos:>5}", "`message` has no placeholder {todos}"),
        ("{0}", "`message` has no placeholder {0}"),
        ("{todos.real}", "`message` has no placeholder {todos.real}"),
        ("{", "`message` has a stray brace"),
        ("{result}", "`message` can use {result} with `when: after_tool` only."),
    ],
)
def test_messages_are_checked_when_they_are_loaded(tmp_path: Path, message: str, words: str) -> None:
    with pytest.raises(PluginError) as caught:
        Trial(write(tmp_path, f"when: before_chat\nmessage: '{message}'"))
    assert str(caught.value).startswith(f"The plugin 'said': {words}")


def test_an_injector_of_yaml_has_no_settings(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no setting 'interval'"):
        Trial(write(tmp_path, "when: before_chat\nmessage: x"), interval=3)


def test_a_manifest_that_is_no_text_is_told(tmp_path: Path) -> None:
    folder = write(tmp_path, "")
    (folder / "plugin.yaml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_manifest(folder)
