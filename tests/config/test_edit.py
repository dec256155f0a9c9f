"""Changing one value: comments stay, files stay whole, two writers do not mix."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.config.edit import set_value, unset_value
from aura.config.files import parse_settings, read_file
from aura.config.load import check, load
from aura.config.paths import user_config_file
from aura.core.errors import ConfigError

COMMENTED = """\
# mine
auto:
  # how far
  max_steps: 80   # many
model: a/b # the good one
"""


def test_a_new_file_is_made_private(tmp_path: Path) -> None:
    file = set_value("auto.max_steps", 7, "user", tmp_path)
    assert file == user_config_file()
    assert file.stat().st_mode & 0o777 == 0o600
    assert load(tmp_path, trusted=False, environ={}).auto.max_steps == 7


def test_comments_and_other_values_stay(tmp_path: Path) -> None:
    user_config_file().write_text(COMMENTED)
    set_value("auto.max_steps", 9, "user", tmp_path)
    set_value("ui.theme", "dark", "user", tmp_path)
    assert user_config_file().read_text() == COMMENTED.replace("80 ", "9  ") + "ui:\n  theme: dark\n"


def test_a_file_of_comments_keeps_them(tmp_path: Path) -> None:
    user_config_file().write_text("# auto:\n#   max_steps: 3")
    set_value("auto.max_steps", 9, "user", tmp_path)
    assert user_config_file().read_text() == "# auto:\n#   max_steps: 3\nauto:\n  max_steps: 9\n"


def test_each_scope_has_its_file(tmp_path: Path) -> None:
    set_value("auto.checks", ["pytest -q"], "project", tmp_path)
    set_value("model", "a/b", "local", tmp_path)
    assert (tmp_path / ".aura" / "config.yaml").read_text() == "auto:\n  checks:\n    - pytest -q\n"
    assert (tmp_path / ".aura" / "config.local.yaml").read_text() == "model: a/b\n"
    assert not user_config_file().exists()


def test_unset_takes_the_value_and_its_empty_section(tmp_path: Path) -> None:
    set_value("auto.nudges", 1, "user", tmp_path)
    set_value("model", "a/b", "user", tmp_path)
    assert unset_value("auto.nudges", "user", tmp_path)
    assert user_config_file().read_text() == "model: a/b\n"
    assert not unset_value("auto.nudges", "user", tmp_path)
    assert not unset_value("model.x", "user", tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "match"),
    [
        ("auto.max_step", 3, "did you mean auto.max_steps"),
        ("auto.max_steps", "x", "whole number"),
        ("auto", 3, "section"),
        ("auto", {}, "section"),
        ("permissions.mode", "yolo", "never saved"),
        ("permissions.deny", ["Bash("], "closing"),
    ],
)
def test_what_is_wrong_is_never_written(tmp_path: Path, key: str, value: object, match: str) -> None:
    user_config_file().write_text(COMMENTED)
    with pytest.raises(ConfigError, match=match):
        set_value(key, value, "user", tmp_path)
    assert user_config_file().read_text() == COMMENTED


def test_a_project_may_not_name_a_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="user's own settings only"):
        set_value("models.api_key_env", "X_KEY", "project", tmp_path)
    set_value("models.api_key_env", "X_KEY", "user", tmp_path)


def test_a_broken_file_is_left_as_it_is(tmp_path: Path) -> None:
    user_config_file().write_text("auto: [\n")
    with pytest.raises(ConfigError, match="not YAML"):
        set_value("model", "a/b", "user", tmp_path)
    assert user_config_file().read_text() == "auto: [\n"


def test_a_linked_file_stays_linked(tmp_path: Path) -> None:
    (tmp_path / "dotfiles.yaml").write_text("model: a/b\n")
    user_config_file().symlink_to(tmp_path / "dotfiles.yaml")
    set_value("model", "c/d", "user", tmp_path)
    assert user_config_file().is_symlink()
    assert (tmp_path / "dotfiles.yaml").read_text() == "model: c/d\n"


@given(value=st.text(max_size=30).filter(lambda text: text.isprintable()))
def test_any_text_comes_back_as_it_was(value: str) -> None:
    set_value("model", value, "user", Path())
    assert read_file(user_config_file(), "user").values["model",] == value


WRITER = """
import sys
from pathlib import Path
from aura.config.edit import set_value
for number in range(40):
    set_value(sys.argv[1], number, "user", Path())
"""


@pytest.mark.slow
def test_two_writers_never_spoil_the_file(tmp_path: Path) -> None:
    file = user_config_file()
    file.write_text(COMMENTED)
    keys = ("auto.nudges", "auto.token_budget")
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, key]) for key in keys]
    looked = 0
    while any(writer.poll() is None for writer in writers):
        check(parse_settings(file.read_bytes(), file, "user"))
        looked += 1
    assert [writer.returncode for writer in writers] == [0, 0]
    assert looked > 10
    settings = load(tmp_path, trusted=False, environ={})
    assert (settings.auto.nudges, settings.auto.token_budget, settings.auto.max_steps) == (39, 39, 80)
    assert [path.name for path in file.parent.iterdir()] == [file.name]
