"""Branches saved before git's history is rewritten."""

import os
import subprocess
from pathlib import Path

import pytest

from aura.safety.refs import is_name, rewrites_history, save_refs


def git(folder: Path, *arguments: str) -> str:
    """What git says."""
    given = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    who = ("-c", "user.name=n", "-c", "user.email=e@example.invalid", "-c", "init.defaultBranch=main")
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, env=given, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with two branches, of which one is packed."""
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "one")
    git(folder, "branch", "feature/x")
    git(folder, "pack-refs", "--all")
    git(folder, "commit", "-q", "--allow-empty", "-m", "two")
    return folder


def test_a_commit_that_loses_its_name_can_be_found_again(repo: Path) -> None:
    tip, index = git(repo, "rev-parse", "HEAD"), (repo / ".git" / "index").exists()
    head = (repo / ".git" / "HEAD").read_bytes()
    place = save_refs(repo, "s/1")
    assert place == "refs/aura/s/1"
    assert (repo / ".git" / "HEAD").read_bytes() == head
    assert (repo / ".git" / "index").exists() == index
    git(repo, "commit", "-q", "--amend", "--allow-empty", "-m", "other")
    git(repo, "reflog", "expire", "--expire=now", "--all")
    git(repo, "gc", "-q", "--prune=now")
    assert git(repo, "rev-parse", f"{place}/HEAD") == tip
    assert git(repo, "rev-parse", f"{place}/heads/main") == tip
    assert git(repo, "rev-parse", f"{place}/heads/feature/x") == git(repo, "rev-parse", "feature/x")


def test_a_work_tree_and_a_folder_below_find_the_repository(repo: Path) -> None:
    git(repo, "worktree", "add", "-q", "../tree", "feature/x")
    (repo.parent / "tree" / "sub").mkdir()
    place = save_refs(repo.parent / "tree" / "sub", "s/2")
    assert git(repo, "rev-parse", f"{place}/HEAD") == git(repo, "rev-parse", "feature/x")


def test_where_there_is_nothing_to_save_nothing_is_written(tmp_path: Path) -> None:
    assert save_refs(tmp_path, "s/1") == ""
    git(tmp_path, "init", "-q")
    assert save_refs(tmp_path, "s/1") == ""
    assert not (tmp_path / ".git" / "refs" / "aura").exists()


def test_a_hostile_repository_has_nothing_written_elsewhere(repo: Path, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    sha = git(repo, "rev-parse", "HEAD")
    with (repo / ".git" / "packed-refs").open("a") as file:
        file.write(f"{sha} refs/heads/../../../../../away/x\n{sha} refs/heads/a b\n")
    os.mkfifo(repo / ".git" / "refs" / "heads" / "pipe")
    assert save_refs(repo, "s/1")
    assert not list(away.iterdir())
    (repo / ".git" / "refs" / "aura" / "t").symlink_to(away)
    with pytest.raises(OSError, match="out of the repository"):
        save_refs(repo, "t")
    assert not is_name("refs/heads/../x")
    assert not is_name("refs/tags/x")


@pytest.mark.parametrize(
    ("words", "rewrites"),
    [
        ("git commit --amend -m x", True),
        ("git commit -m x", False),
        ("git rebase main", True),
        ("/usr/bin/git -C sub reset HEAD~1", True),
        ("git branch -D x", True),
        ("git branch x", False),
        ("git stash drop", True),
        ("git stash", False),
        ("git status", False),
        ("echo git reset", False),
    ],
)
def test_which_commands_rewrite_history(words: str, rewrites: bool) -> None:
    assert rewrites_history(words.split()) == rewrites
