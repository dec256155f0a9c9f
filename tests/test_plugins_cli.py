"""`aura plugins`: list, show, new, test, enable and disable, as a person sees them."""

import json
from pathlib import Path
from typing import Any

import pytest

from aura.cli.main import main
from aura.config.paths import config_dir, user_config_file
from aura.plugins.template import make_template
from aura.safety.trust import add_trust

BROKEN = "def ("


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["plugins", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    code, out, _ = run(capsys, "list", "--json")
    assert code == 0
    return {one["name"]: one for one in json.loads(out)}


def test_list_has_the_shipped_injectors_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "list")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert len(lines) == 9
    assert lines[0].split()[:3] == ["max-steps", "on", "shipped"]
    one = listed(capsys)["todo-reminder"]
    assert (one["state"], one["order"], one["hooks"]) == ("on", 50, ["before_chat"])
    assert one["settings"] == {"interval": 20}


@pytest.mark.parametrize("kind", [(), ("--yaml",)])
def test_new_is_written_tested_trusted_and_loaded(
    capfd: pytest.CaptureFixture[str], workspace: Path, kind: tuple[str, ...]
) -> None:
    code, out, _ = run(capfd, "new", "my-injector", *kind)
    assert code == 0
    files = sorted(path.name for path in (workspace / ".aura" / "plugins" / "my-injector").iterdir())
    assert files == [*([] if kind else ["plugin.py"]), "plugin.yaml", "test_my_injector.py"]
    assert "wrote .aura/plugins/my-injector/plugin.yaml\n" in out
    code, out, _ = run(capfd, "test", "my-injector")
    assert (code, "2 passed" in out) == (0, True)
    _, out, err = run(capfd, "list")
    assert "my-injector" not in out
    assert "This folder brings one plugin that will not be loaded until you trust it." in err
    add_trust(workspace)
    assert listed(capfd)["my-injector"]["origin"] == "project"


def test_new_for_every_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "new", "mine", "--user")[0] == 0
    assert (config_dir() / "plugins" / "mine" / "plugin.py").is_file()
    assert listed(capsys)["mine"]["state"] == "on"


def test_a_failing_test_is_told_by_the_exit_code(capfd: pytest.CaptureFixture[str], workspace: Path) -> None:
    run(capfd, "new", "mine")
    folder = workspace / ".aura" / "plugins" / "mine"
    (folder / "test_mine.py").write_text("def test_it() -> None:\n    assert 1 == 2\n", encoding="utf-8")
    code, out, _ = run(capfd, "test", ".aura/plugins/mine")
    assert (code, "1 failed" in out) == (1, True)
    assert sorted(path.name for path in folder.iterdir()) == ["plugin.py", "plugin.yaml", "test_mine.py"]


@pytest.mark.parametrize("with_python", [True, False])
@pytest.mark.parametrize("name", ["a", "my-injector", "x2-y"])
def test_templates_name_what_they_are(name: str, with_python: bool) -> None:
    files = make_template(name, with_python=with_python)
    assert f"test_{name.replace('-', '_')}.py" in files
    assert ("plugin.py" in files) is with_python
    for file, text in files.items():
        if file.endswith(".py"):
            compile(text, file, "exec")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["new", "My"], "The name 'My' needs small letters, digits and single dashes, as in my-injector."),
        (["show", "max-step"], "There is no plugin 'max-step'; did you mean 'max-steps'?"),
        (["show", "zzz"], "There is no plugin 'zzz'; `aura plugins list` shows what there is."),
        (["disable", "max-step"], "There is no plugin 'max-step'; did you mean 'max-steps'?"),
        (["test", "zzz"], "There is no plugin 'zzz'; `aura plugins list` shows what there is."),
        (["test", "max-steps"], "The plugin 'max-steps' has no test_*.py in its folder."),
        (["test"], "No plugin of this folder or of yours has a test_*.py in its folder."),
    ],
)
def test_mistakes_are_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert run(capsys, *arguments) == (2, "", f"aura: {sentence}\n")


def test_new_never_writes_over(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "new", "mine")
    code, _, err = run(capsys, "new", "mine")
    assert (code, err) == (
        2,
        "aura: .aura/plugins/mine is there already; choose another name or remove it.\n",
    )


def test_disable_and_enable_are_written_to_the_users_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "disable", "max-steps") == (0, "max-steps is disabled.\n", "")
    assert listed(capsys)["max-steps"]["state"] == "disabled"
    assert "disabled: true" in user_config_file().read_text(encoding="utf-8")
    assert run(capsys, "disable", "max-steps") == (0, "max-steps is disabled.\n", "")
    assert run(capsys, "enable", "max-steps") == (0, "max-steps is on.\n", "")
    assert listed(capsys)["max-steps"]["state"] == "on"
    assert "max-steps" not in user_config_file().read_text(encoding="utf-8")


def test_enable_outranks_plugin_yaml(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "new", "mine", "--user", "--yaml")
    manifest = config_dir() / "plugins" / "mine" / "plugin.yaml"
    manifest.write_text(f"disabled: true\n{manifest.read_text(encoding='utf-8')}", encoding="utf-8")
    assert listed(capsys)["mine"]["state"] == "disabled"
    assert run(capsys, "enable", "mine") == (0, "mine is on.\n", "")
    assert run(capsys, "disable", "mine") == (0, "mine is disabled.\n", "")


def test_a_folder_that_decides_otherwise_is_named(
    capsys: pytest.CaptureFixture[str], workspace: Path
) -> None:
    (workspace / ".aura").mkdir()
    (workspace / ".aura" / "config.yaml").write_text(
        "plugins: {max-steps: {disabled: true}}\n", encoding="utf-8"
    )
    add_trust(workspace)
    assert run(capsys, "enable", "max-steps") == (
        0,
        "max-steps is still disabled: the settings of this folder say so.\n",
        "",
    )


def test_a_broken_plugin_is_listed_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "new", "mine", "--user")
    (config_dir() / "plugins" / "mine" / "plugin.py").write_text(BROKEN, encoding="utf-8")
    one = listed(capsys)["mine"]
    assert one["state"] == "broken"
    assert "is not valid Python" in one["reason"]
    code, out, _ = run(capsys, "show", "mine")
    assert code == 0
    assert "  state:     broken: The plugin 'mine' is not valid Python" in out


def test_show_tells_all(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "new", "mine", "--user", "--yaml")
    code, out, _ = run(capsys, "show", "mine")
    assert code == 0
    for line in (
        "  state:     on",
        "  hooks:     before_chat",
        "  condition: steps_gt:9",
        "  once:      yes, once a session",
        "  message:   This turn has taken {step} steps. Say in two sentences where you stand, then go on.",
    ):
        assert line in out.splitlines()


SHOWING = """
from aura.api import Command, PanelSource, StatusSource, hookimpl


async def run(context, rest): ...


class Plugin:
    @hookimpl
    def register_panels(self):
        return [PanelSource("Notes", lambda turn: ["one"])]

    @hookimpl
    def register_status(self):
        return [StatusSource(lambda turn: "noted")]

    @hookimpl
    def register_commands(self):
        return [Command("note", "Note it.", "/note", run, "Note something"), Command("drop", "Drop it.", "/drop", run)]
"""


def test_show_tells_what_a_plugin_adds_to_the_interface(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "new", "mine", "--user")
    folder = config_dir() / "plugins" / "mine"
    (folder / "plugin.py").write_text(SHOWING, encoding="utf-8")
    (folder / "plugin.yaml").write_text("description: Notes things.", encoding="utf-8")
    code, out, _ = run(capsys, "show", "mine")
    assert code == 0
    shows = "  shows:     /note (in the palette: Note something), /drop, the panel 'Notes', a status item"
    assert shows in out.splitlines()
    assert listed(capsys)["mine"]["shows"][-1] == "a status item"
