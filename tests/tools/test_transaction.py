"""Several files changed: all or none, whatever fails and where."""

import os
import stat
from pathlib import Path

import pytest

from aura.core.errors import ToolError
from aura.tools import _disk, _transaction
from aura.tools._disk import Loaded, load
from aura.tools._transaction import Step, make_all
from aura.tools.workspace import Place, find_place


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "changed").write_text("old\n")
    (tmp_path / "gone").write_text("bye\n")
    (tmp_path / "gone").chmod(0o755)
    return tmp_path


def take_snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.relative_to(folder).as_posix(): (
            path.read_bytes() if path.is_file() else b"",
            stat.S_IMODE(path.stat().st_mode),
        )
        for path in folder.rglob("*")
    }


def make_steps(folder: Path) -> list[Step]:
    def place(name: str) -> Place:
        return find_place(folder, name)

    return [
        Step(place("changed"), load(place("changed")), b"new\n"),
        Step(place("gone"), load(place("gone")), None),
        Step(place("deep/er/added"), None, b"x\n", mode=0o700),
        Step(place("last"), None, b"y\n"),
    ]


def test_all_are_made(folder: Path) -> None:
    make_all(make_steps(folder))
    assert (folder / "changed").read_text() == "new\n" and not (folder / "gone").exists()
    assert (folder / "deep/er/added").read_text() == "x\n" and (folder / "last").read_text() == "y\n"
    assert stat.S_IMODE((folder / "deep/er/added").stat().st_mode) == 0o700


@pytest.mark.parametrize("failing", range(4))
def test_none_is_made_when_one_fails(folder: Path, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    before = take_snapshot(folder)
    steps = make_steps(folder)
    calls = 0
    real_make = _transaction._make

    def make(step: Step) -> list[Path]:
        nonlocal calls
        calls += 1
        if calls == failing + 1:
            raise ToolError("The disk is full.")
        return real_make(step)

    monkeypatch.setattr(_transaction, "_make", make)
    with pytest.raises(ToolError, match=r"^The disk is full\. Nothing was changed\.$"):
        make_all(steps)
    assert take_snapshot(folder) == before


def test_a_real_failure_in_the_middle(folder: Path) -> None:
    before = take_snapshot(folder)
    steps = make_steps(folder)
    blocked = find_place(folder, "changed/below")  # a file is in the way of its folder
    with pytest.raises(ToolError, match=r"is not a folder.*Nothing was changed"):
        make_all([*steps[:3], Step(blocked, None, b"z")])
    assert take_snapshot(folder) == before


def test_what_somebody_else_touched_is_not_undone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = make_steps(folder)
    real_store = _disk.store

    def store(place: Place, content: bytes, before: Loaded | None) -> list[Path]:
        if place.shown == "last":
            (folder / "changed").write_text("theirs\n")
            raise ToolError("The disk is full.")
        return real_store(place, content, before)

    monkeypatch.setattr(_transaction, "store", store)
    with pytest.raises(ToolError, match="changed was changed meanwhile and stays as it is"):
        make_all(steps)
    assert (folder / "changed").read_text() == "theirs\n"
    assert (folder / "gone").read_text() == "bye\n" and os.access(folder / "gone", os.X_OK)
    assert not (folder / "deep").exists()
