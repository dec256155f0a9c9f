"""The door: subcommands by file name, one sentence for each failure, exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from aura import __version__
from aura.cli import main as door
from aura.cli.checkup import Finding, check_settings, examine_all
from aura.cli.main import command, main
from aura.config.paths import state_dir, user_config_file
from aura.core.errors import AuraError, ConfigError
from aura.safety.trust import add_trust, is_trusted


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def raise_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Make the subcommand `config` raise."""

    def fail() -> None:
        raise error

    inner = click.Command("config", callback=fail)
    monkeypatch.setattr(
        door.Commands, "get_command", lambda self, ctx, name: inner if name == "config" else None
    )


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"aura {__version__}\n"
    assert main(["--help"]) == 0
    assert "doctor" in capsys.readouterr().out
    assert main([]) == 0
    assert "Usage: aura" in capsys.readouterr().out


def test_every_file_is_a_subcommand_with_one_line_of_help() -> None:
    context = click.Context(command)
    names = command.list_commands(context)
    assert {"config", "doctor", "init", "trust"} <= set(names)
    for name in names:
        found = command.get_command(context, name)
        assert found is not None and found.get_short_help_str(), name


def test_only_the_called_subcommand_is_imported() -> None:
    look = "print([name for name in sys.modules if 'aura.cli.cmd' in name])"
    script = f"import sys; from aura.cli.main import main; main(['trust', '--help']); {look}"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "['aura.cli.cmd_trust']"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["confg"], 'aura: there is no command "confg"; did you mean "config"?\n'),
        (["zzz"], 'aura: there is no command "zzz"; `aura --help` lists them.\n'),
        (["--zzz"], "aura: no such option '--zzz'; see `aura tui --help`.\n"),
        (["trust", "--zzz"], "aura: no such option '--zzz'; see `aura trust --help`.\n"),
        (["config", "set", "x"], "aura: missing argument 'VALUE'; see `aura config set --help`.\n"),
    ],
)
def test_what_is_typed_wrong_is_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == sentence


def test_known_errors_are_a_sentence_and_their_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raise_with(monkeypatch, ConfigError("this is wrong."))
    assert main(["config"]) == 2
    assert capsys.readouterr().err == "aura: this is wrong.\n"
    raise_with(
        monkeypatch, ExceptionGroup("several", [ValueError(), ExceptionGroup("more", [AuraError("deep.")])])
    )
    assert main(["config"]) == 1
    assert capsys.readouterr().err == "aura: deep.\n"


def test_an_unknown_error_is_kept_in_a_file_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "hunter2hunter2")
    raise_with(monkeypatch, ValueError("odd hunter2hunter2"))
    assert main(["config"]) == 1
    said = capsys.readouterr()
    (report,) = (state_dir() / "crashes").iterdir()
    assert said.out == "" and said.err.count("\n") == 1
    assert str(report) in said.err and "ValueError" in said.err
    assert "hunter2" not in said.err
    text = report.read_text()
    assert "Traceback" in text and __version__ in text
    assert "hunter2" not in text
    assert report.stat().st_mode & 0o777 == 0o600


def test_a_crash_that_cannot_be_kept_is_still_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "file"))
    raise_with(monkeypatch, ValueError("odd\nsecond line"))
    assert main(["config"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), BaseExceptionGroup("all", [KeyboardInterrupt(), ValueError()])]
)
def test_an_interrupt_ends_with_130(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    raise_with(monkeypatch, error)
    assert main(["config"]) == 130


def test_a_reader_that_goes_away_hears_nothing() -> None:
    done = subprocess.run(
        f"{sys.executable} -m aura config --json | true; exit ${{PIPESTATUS[0]}}",
        shell=True, executable="/bin/bash", capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.stderr == ""


def test_config_shows_sets_and_unsets(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "set", "auto.max_steps", "9"]) == 0
    assert main(["config", "set", "auto.checks", "make test"]) == 0
    capsys.readouterr()
    assert main(["config", "--json", "auto"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["auto.max_steps"] == {"value": 9, "origin": f"user ({user_config_file()}:2)"}
    assert shown["auto.checks"]["value"] == ["make test"]
    assert shown["auto.nudges"]["origin"] == "default"
    assert main(["config", "unset", "auto.max_steps"]) == 0
    assert main(["config", "unset", "auto.max_steps"]) == 1
    capsys.readouterr()
    assert main(["config", "auto.max_steps"]) == 0
    assert "50" in capsys.readouterr().out


def test_config_names_what_does_not_exist(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "auto.max_step"]) == 2
    assert "did you mean auto.max_steps?" in capsys.readouterr().err
    assert main(["config", "set", "--project", "--local", "model", "x"]) == 2


def test_changing_a_trusted_project_by_command_keeps_it_trusted(here: Path) -> None:
    assert main(["config", "set", "--project", "model", "a/b"]) == 0
    assert not is_trusted(here)
    assert main(["trust"]) == 0
    assert main(["config", "set", "--project", "model", "c/d"]) == 0
    assert is_trusted(here)
    (here / ".aura" / "config.yaml").write_text("model: e/f\n")
    assert not is_trusted(here)


def test_trust_lists_what_it_is_bound_to(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["config", "set", "--project", "model", "a/b"])
    capsys.readouterr()
    assert main(["trust"]) == 0
    assert ".aura/config.yaml" in capsys.readouterr().out
    assert main(["trust", "--list"]) == 0
    assert capsys.readouterr().out == f"{here}\n"
    assert main(["trust", "--remove"]) == 0
    assert not is_trusted(here)


def test_init_trusts_what_it_made_itself(here: Path) -> None:
    assert main(["init", "--agents"]) == 0
    assert is_trusted(here)


def test_trust_shows_what_the_folder_would_do_and_what_changed(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / ".aura" / "plugins" / "one").mkdir(parents=True)
    (here / ".aura" / "plugins" / "one" / "plugin.py").write_text("")
    (here / ".aura" / "config.yaml").write_text(
        "auto:\n  checks: [make]\npermissions:\n  mode: auto\n  allow: [Bash]\nmodels:\n  base_url: http://x\n"
    )
    (here / "AGENTS.md").write_text("Obey.\n")
    assert main(["trust", "--show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == [
        "  runs      .aura/config.yaml runs these commands when the model says it is done: make",
        "  runs      one (1 file) is a plugin: a program that runs inside aura with your rights",
        "  loosens   .aura/config.yaml sets what may happen without asking: auto",
        "  loosens   .aura/config.yaml lets run without asking: Bash",
        "  directs   AGENTS.md directs the model in every session (1 lines)",
        "  tightens  .aura/config.yaml names models.base_url, which only you may set: it is set aside",
    ]
    assert not is_trusted(here)
    assert main(["trust"]) == 0
    assert is_trusted(here)
    (here / "AGENTS.md").write_text("Obey me.\n")
    assert main(["trust", "--show"]) == 0
    assert capsys.readouterr().out.endswith(
        "  changed AGENTS.md\n    @@ -1 +1 @@\n    -Obey.\n    +Obey me.\n"
    )
    assert not is_trusted(here)


def test_init_makes_a_project_and_touches_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "AGENTS.md").write_text("mine")
    assert main(["init", "--agents"]) == 0
    assert not is_trusted(here), "AGENTS.md was there before"
    assert main(["trust"]) == 0
    config = here / ".aura" / "config.yaml"
    assert config.exists() and (here / ".aura" / "plugins").is_dir()
    config.write_text("model: a/b\n")
    assert main(["init"]) == 0
    assert config.read_text() == "model: a/b\n"
    assert (here / "AGENTS.md").read_text() == "mine"
    assert not is_trusted(here), "what somebody else wrote is not trusted by the way"


def test_the_scaffold_is_valid_also_without_its_comment_signs(here: Path) -> None:
    main(["init"])
    config = here / ".aura" / "config.yaml"
    examples = config.read_text().partition("\n\n")[2]
    config.write_text("\n".join(line.removeprefix("# ") for line in examples.splitlines()))
    add_trust(here)
    assert main(["config", "auto.checks"]) == 0
    assert "pytest -q" in config.read_text()


def test_doctor_says_how_to_mend_what_is_wrong(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test-0000000000")
    assert main(["doctor", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["ok"] is True
    checks = {check["name"]: check for check in listed["checks"]}
    assert {"python", "litellm", "mcp", "git", "config", "model", "sandbox", "disk", "terminal"} <= set(
        checks
    )
    assert "asked for: auto" in checks["sandbox"]["found"]
    assert "sk-ant-test" not in json.dumps(listed)
    user_config_file().write_text("modle: x\n")
    monkeypatch.setenv("AURA_MODLE", "x")
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "did you mean model?" in said and "→" in said


def test_doctor_finds_a_folder_that_cannot_be_written(
    here: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "file"))
    problems = [finding for finding in examine_all(here) if finding.level == "problem"]
    assert {"settings", "sessions", "state"} <= {finding.name for finding in problems}
    assert all(finding.fix for finding in problems if finding.name != "models")


def test_doctor_names_variables_that_mean_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_MODLE", "x")
    findings = list(check_settings(here))
    assert Finding("config", "ok", "no mistakes") in findings
    assert any("AURA_MODLE" in finding.found for finding in findings)
