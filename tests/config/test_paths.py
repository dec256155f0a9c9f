"""Where things lie, and that they are private."""

from pathlib import Path

import pytest

from aura.config import paths


def test_without_aura_home_the_folders_are_those_of_the_platform(own_folders: Path) -> None:
    assert paths.config_dir() == own_folders / ".config" / "aura"
    assert paths.data_dir() == own_folders / ".local" / "share" / "aura"
    assert paths.state_dir() == own_folders / ".local" / "state" / "aura"


def test_aura_home_is_the_root_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "own"))
    own = (paths.config_dir(), paths.data_dir(), paths.state_dir(), paths.cache_dir())
    assert [folder.name for folder in own] == ["config", "data", "state", "cache"]
    assert {folder.parent for folder in own} == {tmp_path / "own"}
    assert tmp_path / "own" in paths.own_folders()


def test_own_folders_are_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "own"))
    for folder in (paths.config_dir(), paths.data_dir(), paths.state_dir(), tmp_path / "own"):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_still_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "file" / "own"))
    assert paths.state_dir() == tmp_path / "file" / "own" / "state"
    with pytest.raises(OSError, match="directory"):
        paths.private_folder(paths.state_dir())


def test_sessions_of_a_workspace_lie_together_however_it_is_named(tmp_path: Path) -> None:
    workspace = tmp_path / "My Project!"
    workspace.mkdir()
    (tmp_path / "link").symlink_to(workspace)
    folder = paths.sessions_dir(workspace)
    assert folder.name.startswith("my-project-")
    assert (
        folder
        == paths.sessions_dir(tmp_path / "link")
        == paths.sessions_dir(workspace / ".." / workspace.name)
    )


def test_workspaces_of_one_name_do_not_meet(tmp_path: Path) -> None:
    assert paths.sessions_dir(tmp_path / "a" / "x") != paths.sessions_dir(tmp_path / "b" / "x")
    assert paths.sessions_dir(Path("/")).name.startswith("root-")


def test_the_shipped_plugins_are_those_of_the_checkout() -> None:
    assert paths.shipped_plugins() == Path(__file__).resolve().parents[2] / "plugins"
