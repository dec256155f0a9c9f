"""The folders of demos: whose process is gone is removed, whatever else there is stays."""

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from aura.cli.scratch import LOCK, MIN_AGE, PREFIX, make_scratch, remove_left

KILLED = """
import os, signal, tempfile
tempfile.tempdir = {place!r}
from aura.cli.scratch import make_scratch
print(make_scratch().folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def age(folder: Path) -> None:
    """Let a folder be old."""
    then = time.time() - MIN_AGE - 5
    os.utime(folder / LOCK, (then, then))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_a_killed_demo_left_goes_with_the_next_one(place: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED.format(place=str(place))], capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    left = Path(done.stdout.strip())
    assert left.is_dir()
    remove_left(place)
    assert left.is_dir()  # too young to be sure
    age(left)
    following = make_scratch()
    assert not left.exists() and following.folder.is_dir()
    following.remove()
    assert list(place.iterdir()) == []


def test_one_that_runs_one_that_is_kept_and_what_is_not_a_demo_stay(place: Path, tmp_path: Path) -> None:
    running, kept = make_scratch(), make_scratch()
    age(running.folder)
    kept.keep()
    foreign = place / f"{PREFIX}notes"
    foreign.mkdir()
    other = place / "other"
    other.mkdir()
    (other / LOCK).touch()
    age(other)
    link = place / f"{PREFIX}link"
    link.symlink_to(other)
    remove_left(place)
    assert running.folder.is_dir() and kept.folder.is_dir() and foreign.is_dir()
    assert (link / LOCK).exists()
    running.remove()


def test_the_lock_is_held_as_long_as_the_folder_is_used(place: Path) -> None:
    made = make_scratch()
    with (made.folder / LOCK).open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    made.remove()
    assert not made.folder.exists()


def test_no_place_at_all_is_no_error(tmp_path: Path) -> None:
    remove_left(tmp_path / "nowhere")
