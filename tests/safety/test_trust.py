"""Trust holds for a folder as it was when it was given, and for no other."""

import shutil
from pathlib import Path

import pytest

from aura.config.paths import trust_file
from aura.core.errors import AuraError
from aura.safety.trust import add_trust, executable_parts, is_trusted, list_trusted, remove_trust, was_trusted


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / ".aura" / "plugins" / "one").mkdir(parents=True)
    (folder / ".aura" / "config.yaml").write_text("model: a/b\n")
    (folder / ".aura" / "plugins" / "one" / "plugin.py").write_text("pass\n")
    return folder


def test_nothing_is_trusted_unasked(project: Path) -> None:
    assert not is_trusted(project)
    assert not was_trusted(project)
    assert not is_trusted(project / "missing")


def test_trust_can_be_given_and_taken(project: Path) -> None:
    add_trust(project)
    assert is_trusted(project)
    assert [one.path for one in list_trusted()] == [str(project)]
    assert remove_trust(project)
    assert not is_trusted(project)
    assert not remove_trust(project)


@pytest.mark.parametrize(
    "change",
    [
        lambda aura: (aura / "config.yaml").write_text("model: c/d\n"),
        lambda aura: (aura / "config.local.yaml").write_text(""),
        lambda aura: (aura / "plugins" / "one" / "plugin.py").write_text("import os\n"),
        lambda aura: (aura / "plugins" / "two.py").write_text(""),
        lambda aura: (aura / "plugins" / "one" / "plugin.py").unlink(),
        lambda aura: (aura / "plugins" / "one").rename(aura / "plugins" / "two"),
        lambda aura: (aura / "plugins" / "link").symlink_to("/"),
        shutil.rmtree,
    ],
)
def test_any_change_of_what_can_act_ends_trust(project: Path, change: object) -> None:
    add_trust(project)
    assert callable(change)
    change(project / ".aura")
    assert not is_trusted(project)
    assert was_trusted(project)
    add_trust(project)
    assert is_trusted(project)


def test_what_cannot_act_may_change(project: Path) -> None:
    add_trust(project)
    (project / "main.py").write_text("pass")
    (project / ".aura" / "notes.md").write_text("x")
    (project / ".aura" / "plugins" / "one" / "__pycache__").mkdir()
    (project / ".aura" / "plugins" / "one" / "__pycache__" / "plugin.pyc").write_bytes(b"x")
    assert is_trusted(project)


def test_a_link_that_leads_elsewhere_is_followed(project: Path, tmp_path: Path) -> None:
    (tmp_path / "shared.py").write_text("pass")
    (project / ".aura" / "plugins" / "shared.py").symlink_to(tmp_path / "shared.py")
    add_trust(project)
    (tmp_path / "shared.py").write_text("import os")
    assert not is_trusted(project)


def test_another_folder_in_its_place_is_not_trusted(project: Path) -> None:
    add_trust(project)
    copy = project.with_name("copy")
    shutil.copytree(project, copy)
    assert not is_trusted(copy)
    project.rename(project.with_name("old"))
    copy.rename(project)
    assert not is_trusted(project)


def test_a_link_to_a_trusted_folder_is_that_folder(project: Path, tmp_path: Path) -> None:
    add_trust(project)
    (tmp_path / "link").symlink_to(project)
    assert is_trusted(tmp_path / "link")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"folders": [{"path": "/"}]}', '{"folders": 3}'])
def test_a_broken_record_trusts_nothing(project: Path, text: str) -> None:
    add_trust(project)
    trust_file().write_text(text)
    assert not is_trusted(project)
    add_trust(project)
    assert is_trusted(project)


def test_the_record_is_private_and_whole(project: Path) -> None:
    add_trust(project)
    assert trust_file().stat().st_mode & 0o777 == 0o600
    assert not list(trust_file().parent.glob(".trust.*"))


def test_what_is_no_folder_cannot_be_trusted(project: Path) -> None:
    with pytest.raises(AuraError, match="cannot be trusted"):
        add_trust(project / ".aura" / "config.yaml")


def test_the_parts_that_can_act_are_listed(project: Path) -> None:
    names = [path.relative_to(project / ".aura").as_posix() for path in executable_parts(project)]
    assert names == ["config.yaml", "plugins/one", "plugins/one/plugin.py"]
