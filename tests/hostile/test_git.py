"""A hostile repository is asked for its branch, its changes and its files: nothing of it runs, and it takes no time."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from aura.safety.own_git import read_git
from aura.ui.files import list_files
from aura.ui.place import read_branch
from tests.hostile.repository import Hostile, can_run, make_hostile, plant_bare, point_elsewhere

SECONDS = 15.0
QUESTIONS = (
    ("status", "--porcelain=v2", "--branch", "-z"),
    ("diff", "HEAD"),
    ("diff", "--stat", "HEAD"),
    ("log", "-p", "-1"),
    ("show", "HEAD"),
    ("ls-files", "-z", "--others"),
    ("rev-parse", "HEAD"),
)


@pytest.fixture
def hostile(tmp_path: Path) -> Hostile:
    made = make_hostile(tmp_path)
    assert can_run(made)
    return made


def test_git_left_to_itself_runs_what_it_is_told(hostile: Hostile) -> None:
    """Else the tests below would show nothing."""
    kept = {"PATH": os.environ["PATH"], "HOME": str(hostile.workspace.parent)}
    for question in (["status"], ["diff"]):
        subprocess.run(
            ["git", *question], cwd=hostile.workspace, env=kept, capture_output=True, timeout=60, check=False
        )
    kinds = {name.rpartition("-")[2] for name in hostile.ran}
    assert {"fsmonitor", "clean", "diff"} <= kinds


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question[0])
def test_what_aura_asks_git_runs_nothing(hostile: Hostile, question: tuple[str, ...]) -> None:
    started = time.monotonic()
    answer = b"".join(read_git(question, hostile.workspace))
    assert answer
    assert hostile.ran == []
    assert time.monotonic() - started < SECONDS


def test_the_status_line_and_the_file_list(hostile: Hostile) -> None:
    started = time.monotonic()
    before = sorted((hostile.workspace / ".git").iterdir())
    assert read_branch(hostile.workspace).startswith("trunk ±")
    files = list_files(hostile.workspace)
    assert "main.py" in files
    assert all(name.isprintable() for name in files)
    assert hostile.ran == []
    assert sorted((hostile.workspace / ".git").iterdir()) == before
    assert time.monotonic() - started < SECONDS


@pytest.mark.parametrize("make", [plant_bare, point_elsewhere], ids=["bare", "pointer"])
def test_a_repository_that_is_somewhere_else(tmp_path: Path, hostile: Hostile, make: object) -> None:
    assert callable(make)
    folder = make(tmp_path, hostile)
    for question in QUESTIONS:
        list(read_git(question, folder))
    read_branch(folder)
    list_files(folder)
    assert hostile.ran == []


def test_a_work_tree_that_is_said_to_be_elsewhere(hostile: Hostile) -> None:
    with (hostile.workspace / ".git" / "config").open("a") as file:
        file.write(f"[core]\n\tworktree = {hostile.workspace.parent}\n")
    started = time.monotonic()
    read_branch(hostile.workspace)
    assert not [name for name in list_files(hostile.workspace) if "secret" in name]
    assert hostile.ran == []
    assert time.monotonic() - started < SECONDS


@pytest.mark.parametrize("name", ["index", "info/exclude"])
def test_pipes_in_the_place_of_files_are_not_waited_for(hostile: Hostile, name: str) -> None:
    path = hostile.workspace / ".git" / name
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    os.mkfifo(path)
    started = time.monotonic()
    read_branch(hostile.workspace)
    assert hostile.ran == []
    assert time.monotonic() - started < SECONDS
