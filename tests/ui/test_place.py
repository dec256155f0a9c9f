"""The branch in the header: told by git, for a folder that may be hostile, and never in the way."""

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from aura.core.events import StepEnded, StepStarted, TurnStopped
from aura.core.limits import StopReason
from aura.ui.place import MOST, PlaceWatch, read_branch, summarise


def git(folder: Path, *arguments: str) -> None:
    identity = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b",
    }
    subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *arguments],
        cwd=folder,
        env={**os.environ, **identity},
        check=True,
        capture_output=True,
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "relay"
    folder.mkdir()
    git(folder, "init")
    (folder / "a.txt").write_text("one\n", encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "first")
    return folder


def test_branch_and_changes_are_told(repository: Path) -> None:
    assert read_branch(repository) == "main"
    (repository / "a.txt").write_text("two\n", encoding="utf-8")
    (repository / "b c\n.txt").write_text("new\n", encoding="utf-8")
    assert read_branch(repository) == "main ±2"
    (repository / "below").mkdir()
    assert read_branch(repository / "below") == "main ±2"


def test_a_branch_without_commits_and_a_commit_without_branch_have_names(
    repository: Path, tmp_path: Path
) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    git(fresh, "init")
    assert read_branch(fresh) == "main"
    git(repository, "checkout", "--detach")
    assert len(read_branch(repository)) == 8


def test_where_there_is_no_git_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_branch(tmp_path) == ""
    assert read_branch(tmp_path / "missing") == ""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_branch(tmp_path) == ""


def test_nothing_that_the_folder_names_is_run_and_nothing_is_written(
    repository: Path, tmp_path: Path
) -> None:
    bait = tmp_path / "bait"
    script = tmp_path / "trap"
    script.write_text(f"#!/bin/sh\ntouch {bait}\ncat\n", encoding="utf-8")
    script.chmod(0o755)
    git(repository, "config", "core.fsmonitor", str(script))
    git(repository, "config", "filter.trap.x.clean", str(script))
    git(repository, "config", "filter.trap.x.required", "true")
    git(repository, "config", "filter.other.process", str(script))
    (repository / ".gitattributes").write_text("*.txt filter=trap.x\n*.md filter=other\n", encoding="utf-8")
    (repository / "a.txt").write_text("six\n", encoding="utf-8")
    (repository / "b.md").write_text("six\n", encoding="utf-8")
    bait.unlink(missing_ok=True)  # our own commands may have sprung it
    index = (repository / ".git" / "index").read_bytes()
    assert read_branch(repository) == "main ±3"
    assert not bait.exists()
    assert (repository / ".git" / "index").read_bytes() == index


def test_the_process_environment_does_not_lead_elsewhere(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert read_branch(repository) == "main"


def test_names_are_cleaned_and_counts_are_bounded() -> None:
    head = b"# branch.head a\x1b[31m\xffb" + b"c" * 100
    told = summarise(iter([b"# branch.oid 1234", head, *([b"? x"] * (MOST + 5))]))
    name, count = told.split()
    assert count == f"±{MOST}+"
    assert len(name) == 32
    assert "\x1b" not in told
    assert summarise(iter([])) == ""


async def test_a_watch_tells_what_changed_when_events_say_so(repository: Path) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()
    watch = PlaceWatch(repository, told.put_nowait, pause=0.0)
    watch.look()
    assert await told.get() == "main"
    (repository / "new").write_text("", encoding="utf-8")
    watch.take(StepStarted(1, "m"))
    watch.take(StepEnded(1, 1.0))
    assert await told.get() == "main ±1"
    watch.take(TurnStopped(StopReason.DONE))
    assert await told.get() == "main ±1"
    watch.stop()
    assert told.empty()


async def test_many_events_at_once_are_few_looks(repository: Path) -> None:
    told: list[str] = []
    done = asyncio.Event()

    def tell(text: str) -> None:
        told.append(text)
        done.set()

    watch = PlaceWatch(repository, tell, pause=3600.0)
    for _ in range(100):
        watch.take(StepEnded(1, 1.0))
    await done.wait()
    for _ in range(100):
        watch.take(StepEnded(1, 1.0))
    watch.stop()
    assert told == ["main"]
