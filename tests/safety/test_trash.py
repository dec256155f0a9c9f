"""The trash: what is kept of files that a command may delete or overwrite, and how it comes back."""

import os
import stat
from pathlib import Path

import pytest

from aura.safety.trash import TOO_LARGE, TOO_MANY, Trash


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with things in it."""
    folder = tmp_path / "work"
    (folder / "sub" / "node_modules").mkdir(parents=True)
    (folder / "a.txt").write_text("a\n")
    (folder / "a.txt").chmod(0o640)
    (folder / "sub" / "b.txt").write_text("b\n")
    (folder / "sub" / "node_modules" / "c.js").write_text("c\n")
    (folder / "link").symlink_to("a.txt")
    return folder


def paths(entries: list[object]) -> list[str]:
    return [Path(one.path).name for one in entries]  # type: ignore[attr-defined]


def test_what_is_kept_comes_back_as_it_was(tmp_path: Path, work: Path) -> None:
    trash = Trash(tmp_path / "session")
    kept = trash.keep([str(work)], "a command")
    assert sorted(paths(list(kept.entries))) == ["a.txt", "b.txt", "link"], (
        "what tools make again is left out"
    )
    assert not kept.missed
    for name in ("a.txt", "link"):
        (work / name).unlink()
    for one in trash.entries():
        if not one.path.endswith("b.txt"):
            trash.restore(one.number)
    assert (work / "a.txt").read_text() == "a\n"
    assert stat.S_IMODE((work / "a.txt").stat().st_mode) == 0o640
    assert os.readlink(work / "link") == "a.txt"  # noqa: PTH115
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "session" / "trash").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "session" / "trash").stat().st_mode) == 0o700


def test_what_stands_there_now_is_never_replaced(tmp_path: Path, work: Path) -> None:
    trash = Trash(tmp_path / "session")
    trash.keep([str(work / "a.txt")], "a command")
    (work / "a.txt").write_text("mine\n")
    assert trash.restore(1) == f"{work}/a.txt.aura-old"
    assert trash.restore(1) == f"{work}/a.txt.aura-old.2"
    assert (work / "a.txt").read_text() == "mine\n"
    with pytest.raises(KeyError):
        trash.restore(7)


def test_a_file_that_is_overwritten_in_place_is_a_copy_and_one_that_is_deleted_a_second_name(
    tmp_path: Path, work: Path
) -> None:
    trash = Trash(tmp_path / "session")
    file = work / "a.txt"
    trash.keep([str(file)], "overwrites")
    with file.open("r+") as opened:
        opened.write("x")
    trash.keep([str(file)], "deletes", is_deleted=True)
    assert file.stat().st_nlink == 2
    file.unlink()
    assert [(tmp_path / "session" / "trash" / str(number)).read_text() for number in (1, 2)] == ["a\n", "x\n"]


def test_bounds_are_kept_and_what_is_missed_is_named(
    tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trash = Trash(tmp_path / "session", limit=10)
    (work / "big").write_text("x" * 11)
    assert trash.keep([str(work / "big")], "a").missed == {f"{work}/big": TOO_LARGE}
    for number in range(4):
        (work / f"n{number}").write_text("1234")
        trash.keep([f"{work}/n{number}"], "a")
    assert paths(list(trash.entries())) == ["n2", "n3"], "the oldest go first"
    monkeypatch.setattr("aura.safety.trash.MOST_FILES", 2)
    assert list(trash.keep([f"{work}/n*"], "a").missed.values()) == [TOO_MANY]
    covered = trash.keep([f"{work}/n*"], "a", is_covered=lambda path: not path.endswith("n3"))
    assert (paths(list(covered.entries)), covered.missed) == (["n3"], {}), "what is covered does not count"


def test_what_is_covered_or_gone_is_left_out_and_pipes_are_not_waited_for(tmp_path: Path, work: Path) -> None:
    trash = Trash(tmp_path / "session")
    os.mkfifo(work / "pipe")
    kept = trash.keep(
        [f"{work}/a.txt", f"{work}/gone", f"{work}/pipe"], "a", is_covered=lambda path: "a.txt" in path
    )
    assert not kept.entries
    assert not trash.entries()
    assert trash.empty() == 0


def test_an_index_that_is_damaged_costs_only_what_it_lost(tmp_path: Path, work: Path) -> None:
    trash = Trash(tmp_path / "session")
    trash.keep([f"{work}/a.txt"], "a")
    index = tmp_path / "session" / "trash" / "index.jsonl"
    index.write_text(index.read_text() + '{"number": 2, "pa')
    assert paths(list(trash.entries())) == ["a.txt"]
    (tmp_path / "session" / "trash" / "9").write_text("left by a process that died")
    assert trash.keep([f"{work}/sub/b.txt"], "b").entries[0].number == 10
