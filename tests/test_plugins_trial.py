"""`Trial` and `aura.api`: what plugin authors write their tests with tells the truth about a plugin."""

import subprocess
import sys
from pathlib import Path

import pytest

import aura.api
from aura.api import Trial
from aura.core.errors import ConfigError, PluginError

HEAD = "from aura.api import *\n\nclass Plugin:\n"


def write(tmp_path: Path, code: str, manifest: str = "description: x") -> Path:
    folder = tmp_path / "tried"
    folder.mkdir()
    (folder / "plugin.yaml").write_text(manifest, encoding="utf-8")
    (folder / "plugin.py").write_text(HEAD + code, encoding="utf-8")
    return folder


def test_a_plugin_that_fails_is_not_silent(tmp_path: Path) -> None:
    folder = write(tmp_path, "    @hookimpl\n    def before_chat(self):\n        return 1 / 0\n")
    with pytest.raises(PluginError, match=r"failed in before_chat: ZeroDivisionError: .* \(plugin\.py:6\)"):
        Trial(folder).before_chat()


def test_a_plugin_that_cannot_be_made_is_not_silent(tmp_path: Path) -> None:
    folder = write(tmp_path, "    text = 1\n")
    with pytest.raises(PluginError, match="has no hook"):
        Trial(folder)
    with pytest.raises(ConfigError, match=r"has no plugin\.yaml"):
        Trial(tmp_path)
    with pytest.raises(ConfigError, match="has no setting 'txt'"):
        Trial(folder, txt=1)


def test_calls_and_results_can_be_tried(tmp_path: Path) -> None:
    code = """
    @hookimpl
    def before_tool(self, call):
        if call.name == "Bash":
            return BeforeTool(deny="no shell")

    @hookimpl
    def rewrite_result(self, result):
        return result.content.replace("secret", "***") if "secret" in result.content else None
"""
    trial = Trial(write(tmp_path, code))
    denied = trial.before_tool("Bash", {"command": "ls"})
    assert denied is not None
    assert denied.deny == "no shell"
    assert trial.before_tool("Read") is None
    assert trial.rewrite_result("Read", "a secret") == "a ***"
    assert trial.rewrite_result("Read", "nothing") == "nothing"


def test_commands_of_conditions_are_answered(tmp_path: Path) -> None:
    code = "    @hookimpl\n    def before_chat(self):\n        return BeforeChat(Injection('now'))\n"
    trial = Trial(write(tmp_path, code, 'condition: bash:"make lint"')).prompt()
    trial.commands["make lint"] = False
    assert trial.before_chat() == ""
    trial.commands["make lint"] = True
    assert trial.before_chat() == "[aura: tried] now"


def test_there_is_no_objection_without_a_reply(tmp_path: Path) -> None:
    folder = write(tmp_path, "    @hookimpl\n    def before_stop(self): ...\n")
    with pytest.raises(PluginError, match="no reply yet"):
        Trial(folder).after_response()


def test_every_name_of_the_api_is_there() -> None:
    assert sorted(aura.api.__all__) == list(aura.api.__all__)
    for name in aura.api.__all__:
        assert getattr(aura.api, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = aura.api.nothing  # type: ignore[attr-defined]


def test_the_api_stays_light() -> None:
    script = "import sys, aura.api; print([name for name in ('pydantic', 'litellm', 'textual') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
