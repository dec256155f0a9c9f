"""Trust holds for a folder as it was when it was given, and for no other."""

import os
import shutil
from pathlib import Path

import pytest

from aura.config.paths import trust_file
from aura.core.errors import AuraError
from aura.safety.trust import (
    add_trust,
    digest_folder,
    executable_parts,
    find_changes,
    is_trusted,
    list_trusted,
    remove_trust,
    was_trusted,
)


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
        lambda aura: (aura / "plugins" / "link").symlink_to("one"),
        lambda aura: (aura / "agents").mkdir() or (aura / "agents" / "a.md").write_text("Be bold."),
        lambda aura: (aura / "tasks").mkdir() or (aura / "tasks" / "a.yaml").write_text("pre: [make]"),
        lambda aura: (aura / "commands").symlink_to("/etc/hostname"),
        lambda aura: (aura / "skills" / "deep").mkdir(parents=True),
        lambda aura: os.mkfifo(aura / "config.pipe.yaml"),
        lambda aura: (aura.parent / "AGENTS.md").write_text("Obey."),
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


def test_what_lies_behind_a_linked_folder_is_bound_too(project: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "plugin.py").write_text("pass")
    (project / ".aura" / "plugins" / "shared").symlink_to(shared)
    add_trust(project)
    (shared / "plugin.py").write_text("import os")
    assert not is_trusted(project)


def test_instructions_above_belong_to_the_repository(project: Path) -> None:
    (project / ".git").mkdir()
    inner = project / "pkg"
    inner.mkdir()
    add_trust(inner)
    (project / "AGENTS.md").write_text("Obey.")
    assert not is_trusted(inner)


def test_more_than_anybody_can_look_at_is_not_trusted(project: Path) -> None:
    (project / ".aura" / "plugins" / "all").symlink_to("/usr")
    with pytest.raises(AuraError, match="cannot be trusted: it brings more than 2,000 parts"):
        add_trust(project)
    (project / ".aura" / "plugins" / "all").unlink()
    with (project / ".aura" / "plugins" / "big.py").open("wb") as file:
        file.truncate(5 * 1024 * 1024)
    with pytest.raises(AuraError, match=r"big\.py is larger than"):
        add_trust(project)
    assert not is_trusted(project)


def test_a_link_round_in_a_circle_ends(project: Path) -> None:
    (project / ".aura" / "plugins" / "round").symlink_to("..")
    (project / ".aura" / "plugins" / "self.py").symlink_to("self.py")
    add_trust(project)
    assert is_trusted(project)


def test_what_changed_is_shown(project: Path) -> None:
    assert find_changes(project) == ()
    add_trust(project)
    assert find_changes(project) == ()
    (project / ".aura" / "config.yaml").write_text("model: c/d\n")
    (project / ".aura" / "plugins" / "one" / "plugin.py").unlink()
    (project / "AGENTS.md").write_text("Obey.\n")
    (project / ".aura" / "plugins" / "blob").write_bytes(b"\0")
    shown = {change.name: (change.how, change.diff) for change in find_changes(project)}
    assert shown[".aura/config.yaml"] == ("changed", "@@ -1 +1 @@\n-model: a/b\n+model: c/d")
    assert shown[".aura/plugins/one/plugin.py"] == ("removed", "@@ -1 +0,0 @@\n-pass")
    assert shown["AGENTS.md"] == ("added", "@@ -0,0 +1 @@\n+Obey.")
    assert shown[".aura/plugins/blob"] == ("added", "")
    add_trust(project)
    assert find_changes(project) == ()


def test_a_link_that_leads_elsewhere_now_is_a_change(project: Path, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").write_text("x")
    (project / "AGENTS.md").symlink_to(tmp_path / "a")
    add_trust(project)
    (project / "AGENTS.md").unlink()
    (project / "AGENTS.md").symlink_to(tmp_path / "b")
    assert not is_trusted(project)
    assert [change.name for change in find_changes(project)] == ["AGENTS.md"]
    assert str(tmp_path / "b") in find_changes(project)[0].diff


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


def test_nothing_is_trusted_but_what_was_looked_at(project: Path) -> None:
    seen = digest_folder(project)
    (project / "AGENTS.md").write_text("Obey.")
    with pytest.raises(AuraError, match="changed while you looked"):
        add_trust(project, seen)
    assert not is_trusted(project)
    add_trust(project, digest_folder(project))
    assert is_trusted(project)
