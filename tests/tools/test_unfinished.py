"""What a killed process was writing is removed, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

from aura.tools.unfinished import clear_unfinished, name_unfinished


def make(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("half", encoding="utf-8")
    return path


def name_of_another_process() -> str:
    code = "from aura.tools.unfinished import name_unfinished; print(name_unfinished())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_what_a_dead_process_was_writing_is_removed(tmp_path: Path) -> None:
    dead = name_of_another_process()
    kept = [make(tmp_path, name) for name in ("a.py", ".aura-x.tmp", "aura.tmp", name_unfinished())]
    make(tmp_path, dead)
    assert clear_unfinished(tmp_path) == [dead]
    assert sorted(tmp_path.iterdir()) == sorted(kept), "also what a living process is writing is kept"


def test_a_later_process_with_the_same_number_is_another_one(tmp_path: Path) -> None:
    name = f".aura-{os.getpid()}-1-00c0ffee.tmp"
    make(tmp_path, name)
    assert clear_unfinished(tmp_path) == [name]


def test_a_folder_that_is_not_there_has_nothing_to_remove(tmp_path: Path) -> None:
    assert clear_unfinished(tmp_path / "missing") == []


def test_every_name_is_new() -> None:
    assert name_unfinished() != name_unfinished()
