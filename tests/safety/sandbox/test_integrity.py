"""Whatever happens to what is protected, it is as it was afterwards, and nothing outside was touched."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura.safety.sandbox.integrity import LARGEST, Entry, File, Folder, Room, keep, look, restore
from aura.safety.sandbox.rulesets import carve

NAMES = st.sampled_from(["a", "b", "c"])
PLACES = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
ACTS = st.lists(
    st.tuples(st.sampled_from(["write", "remove", "move", "link", "folder", "mode", "pipe"]), PLACES, PLACES),
    max_size=8,
)


def act(root: Path, kind: str, place: str, other: str) -> None:
    """One change, as far as it is possible."""
    path = root / place
    if not Path(os.path.realpath(path.parent)).is_relative_to(os.path.realpath(root)):
        return  # a command cannot write there either
    match kind:
        case "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.is_fifo():
                path.write_text(f"{place} {other}")
        case "remove":
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        case "move":
            path.rename(root / other)
        case "link":
            path.symlink_to(root.parent / "outside")
        case "folder":
            path.mkdir(parents=True)
        case "mode":
            path.chmod(0o755 if len(other) > 2 else 0o700)
        case _:
            os.mkfifo(path)


def change(root: Path, acts: list[tuple[str, str, str]]) -> None:
    for kind, place, other in acts:
        try:
            act(root, kind, place, other)
        except OSError:
            continue


def list_all(folder: Path) -> Iterator[tuple[str, str]]:
    """Every regular file below a folder, links not followed."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield str(path.relative_to(folder)), path.read_text()


@settings(max_examples=150)
@given(ACTS, ACTS, st.lists(PLACES, min_size=1, max_size=4))
def test_what_is_protected_is_put_back(
    before: list[tuple[str, str, str]], after: list[tuple[str, str, str]], protected: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        workspace, outside, aside = top / "workspace", top / "outside", top / "aside"
        workspace.mkdir()
        outside.mkdir()
        (outside / "a").write_text("whole")
        change(workspace, [one for one in before if one[0] not in {"pipe", "link"}])
        places = [workspace / place for place in protected]
        kept = keep(workspace, places)
        change(workspace, after)
        said = restore(kept, aside)
        assert not [violation.text for violation in said if "could not" in violation.text]
        again = keep(workspace, places)
        assert not restore(again, aside)
        for place in kept.places:
            assert describe(look(place, Room())) == describe(kept.places[place])
        assert list(list_all(outside)) == [("a", "whole")]


def describe(entry: Entry) -> object:
    """An entry without what tells only that it was touched."""
    match entry:
        case Folder(mode, entries):
            return mode, {name: describe(each) for name, each in entries.items()}
        case File(mode, content, _):
            return mode, content
        case _:
            return entry


def test_what_is_too_large_is_told_and_stays(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(LARGEST + 1)
    kept = keep(tmp_path, [large])
    assert restore(kept, tmp_path / "aside") == ()
    large.write_text("other")
    (said,) = restore(kept, tmp_path / "aside")
    assert "too much of it" in said.text
    assert large.read_text() == "other"


def test_many_changes_are_told_in_short(tmp_path: Path) -> None:
    places = [tmp_path / f"made{number}" for number in range(30)]
    kept = keep(tmp_path, places)
    for place in places:
        place.touch()
    said = restore(kept, tmp_path / "aside")
    assert len(said) == 21
    assert said[-1].text.startswith("10 more protected files")
    assert not any(place.exists() for place in places)


def test_names_are_told_on_one_line(tmp_path: Path) -> None:
    folder = tmp_path / ".vscode"
    folder.mkdir()
    kept = keep(tmp_path, [folder])
    (folder / "a\n[b]\x1b[2J").touch()
    (said,) = restore(kept, tmp_path / "aside")
    assert "\n" not in said.text and "\x1b" not in said.text


@settings(max_examples=100)
@given(ACTS, st.lists(PLACES, max_size=4))
def test_carving_leaves_out_what_is_hidden_and_nothing_else(
    acts: list[tuple[str, str, str]], hidden: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(os.path.realpath(folder)) / "root"
        root.mkdir()
        change(root, [one for one in acts if one[0] != "link"])
        secrets = [root / place for place in hidden]
        given_ = [Path(path) for path in carve(root, secrets)]
        for path in (root, *root.rglob("*")):
            is_hidden = any(path.is_relative_to(secret) for secret in secrets)
            holds_hidden = any(secret.is_relative_to(path) for secret in secrets)
            is_given = any(path.is_relative_to(each) for each in given_)
            assert not (is_hidden and is_given)
            assert is_hidden or holds_hidden or is_given


def test_carving_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "way").symlink_to(tmp_path / "secret")
    (tmp_path / "open").mkdir()
    assert list(carve(tmp_path, [tmp_path / "secret"])) == [str(tmp_path / "open")]
    assert list(carve(tmp_path / "secret" / "in", [tmp_path / "secret"])) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_cannot_be_read_is_moved_away(tmp_path: Path) -> None:
    kept = keep(tmp_path, [tmp_path / ".mcp.json"])
    (tmp_path / ".mcp.json").mkdir()
    (tmp_path / ".mcp.json").chmod(0)
    restore(kept, tmp_path / "aside")
    assert not (tmp_path / ".mcp.json").exists()
