"""Keys: where they are looked for, how they are kept, and what is refused."""

import json
import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from aura.cli.cmd_auth import command
from aura.core.errors import ConfigError
from aura.models.keys import Key, auth_file, find_key, key_variables, mask, read_keys, remove_key, save_key

SECRET = "sk-ant-0123456789abcdef"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_of_the_environment_outranks_a_kept_one() -> None:
    save_key("anthropic", SECRET)
    assert find_key("anthropic", {"ANTHROPIC_API_KEY": "from-outside"}) == Key(
        "from-outside", "ANTHROPIC_API_KEY"
    )
    assert find_key("anthropic", {}) == Key(SECRET, "aura auth")


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_a_blank_variable_is_not_a_key(blank: str) -> None:
    assert find_key("openai", {"OPENAI_API_KEY": blank}) is None


def test_a_variable_is_taken_without_blanks_around_it() -> None:
    found = find_key("openai", {"OPENAI_API_KEY": "abc\n"})
    assert found is not None and found.value == "abc"


def test_the_second_variable_of_a_provider_counts_too() -> None:
    found = find_key("google", {"GOOGLE_API_KEY": "abc"})
    assert found == Key("abc", "GOOGLE_API_KEY")


def test_a_provider_without_an_entry_has_the_usual_variable() -> None:
    assert key_variables("deepinfra") == ("DEEPINFRA_API_KEY",)
    assert key_variables("some-host.ai") == ("SOME_HOST_AI_API_KEY",)


def test_a_kept_key_can_be_read_by_its_owner_only(home: Path) -> None:
    path = save_key("openai", SECRET)
    assert path == auth_file() == home / "config" / "auth.json"
    assert mode_of(path) == 0o600
    assert mode_of(path.parent) == 0o700


def test_an_open_folder_is_closed_when_a_key_is_kept() -> None:
    path = auth_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o755)
    save_key("openai", SECRET)
    assert mode_of(path.parent) == 0o700


def test_saving_keeps_the_other_keys_and_leaves_nothing_behind() -> None:
    save_key("openai", SECRET)
    path = save_key("claude", "other-key-of-some-length")
    assert read_keys() == {"openai": SECRET, "anthropic": "other-key-of-some-length"}
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["auth.json", "auth.lock"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused_with_the_fix(mode: int) -> None:
    path = save_key("openai", SECRET)
    path.chmod(mode)
    with pytest.raises(ConfigError, match=f"chmod 600 {path}"):
        find_key("openai", {})
    with pytest.raises(ConfigError):
        save_key("openai", SECRET)


def test_the_environment_does_not_need_the_file() -> None:
    save_key("openai", SECRET).chmod(0o644)
    assert find_key("openai", {"OPENAI_API_KEY": "abc"}) == Key("abc", "OPENAI_API_KEY")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"keys": []}', '{"keys": {"a": 1}}', '{"openai": "x"}'])
def test_a_file_that_is_something_else_is_refused_and_kept(content: str) -> None:
    path = save_key("openai", SECRET)
    path.write_text(content)
    with pytest.raises(ConfigError, match="auth"):
        read_keys()
    with pytest.raises(ConfigError):
        save_key("openai", SECRET)
    assert path.read_text() == content


@pytest.mark.parametrize(
    "bad", ["", "  ", "two words", "line\nend", "schlüssel", "https://example.com", "x" * 9000]
)
def test_what_cannot_be_a_key_is_refused(bad: str) -> None:
    with pytest.raises(ConfigError, match="not saved"):
        save_key("openai", bad)
    assert not auth_file().exists()


def test_a_key_that_cannot_be_written_is_one_sentence(home: Path) -> None:
    home.mkdir()
    (home / "config").write_text("a file in the way")
    with pytest.raises(ConfigError, match="cannot be kept"):
        save_key("openai", SECRET)


def test_removing() -> None:
    assert not remove_key("openai")
    save_key("openai", SECRET)
    assert remove_key("openai")
    assert find_key("openai", {}) is None
    assert not remove_key("openai")


def test_no_key_is_ever_shown_whole() -> None:
    assert mask(SECRET) == "…cdef"
    assert mask("short") == "…"
    assert SECRET not in repr(Key(SECRET, "aura auth"))


def test_the_command_reads_the_key_from_standard_input() -> None:
    result = CliRunner().invoke(command, ["set", "anthropic"], input=f"{SECRET}\n")
    assert result.exit_code == 0
    assert SECRET not in result.output
    assert json.loads(auth_file().read_text()) == {"keys": {"anthropic": SECRET}}


def test_the_command_takes_no_key_as_an_argument() -> None:
    result = CliRunner().invoke(command, ["set", "anthropic", SECRET])
    assert result.exit_code == 2
    assert not auth_file().exists()


def test_the_command_says_when_a_variable_outranks_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "other")
    result = CliRunner().invoke(command, ["set", "openai"], input=SECRET)
    assert "OPENAI_API_KEY is set as well" in result.output


def test_the_command_lists_sources_and_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    save_key("openai", SECRET)
    monkeypatch.setenv("MISTRAL_API_KEY", "m" * 20)
    result = CliRunner().invoke(command, [])
    assert "openai" in result.output and "aura auth" in result.output
    assert "mistral" in result.output and "MISTRAL_API_KEY" in result.output
    assert SECRET not in result.output and "m" * 20 not in result.output
    listed = json.loads(CliRunner().invoke(command, ["list", "--json"]).stdout)
    assert {"provider": "openai", "source": "aura auth"} in listed


def test_an_unknown_provider_is_refused_with_the_nearest() -> None:
    result = CliRunner().invoke(command, ["set", "antropic"], input=SECRET)
    assert isinstance(result.exception, ConfigError)
    assert "`anthropic`" in result.exception.sentence


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused() -> None:
    path = save_key("openai", SECRET)
    os.chown(path, 12345, -1)
    with pytest.raises(ConfigError, match="another user"):
        read_keys()
