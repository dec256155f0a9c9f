"""Paths: where they really are, how they are shown, and that nobody can slip a link in between."""

import os
import threading
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.errors import ToolError
from aura.tools.workspace import (
    explain_missing,
    find_near,
    find_place,
    open_file,
    open_folder,
    refuse_dangling,
    show,
    spell,
)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "main.py").write_text("x")
    return folder


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("src/main.py", "src/main.py"),
        ("./src//main.py", "src/main.py"),
        ("src/../src/main.py", "src/main.py"),
        ("src/", "src"),
        (".", "."),
        ("new/deep/file.txt", "new/deep/file.txt"),
    ],
)
def test_places_in_the_workspace(workspace: Path, given: str, shown: str) -> None:
    place = find_place(workspace, given)
    assert place.shown == shown and place.path == (workspace / shown).resolve()
    assert find_place(workspace, str(workspace / given)).shown == shown


def test_places_outside_are_shown_in_full(workspace: Path, own_folders: Path) -> None:
    assert find_place(workspace, "../x").shown == str(workspace.parent / "x")
    assert find_place(workspace, "~/notes").path == own_folders / "notes"
    assert find_place(workspace, "/etc/hosts").shown == "/etc/hosts"


def test_dots_after_a_link_are_read_as_the_kernel_reads_them(workspace: Path) -> None:
    (workspace.parent / "far" / "deep").mkdir(parents=True)
    (workspace / "link").symlink_to(workspace.parent / "far" / "deep")
    assert find_place(workspace, "link/../x").path == workspace.parent / "far" / "x"


@pytest.mark.parametrize("bad", ["", "a\0b", "a\ud83d"])
def test_impossible_paths(workspace: Path, bad: str) -> None:
    with pytest.raises(ToolError, match="empty or contain NUL"):
        find_place(workspace, bad)


def test_links_are_followed_to_their_target(workspace: Path) -> None:
    (workspace / "link.py").symlink_to("src/main.py")
    assert find_place(workspace, "link.py").shown == "src/main.py"


def test_loops_and_dangling_links_are_refused(workspace: Path) -> None:
    (workspace / "loop").symlink_to("loop")
    with pytest.raises(ToolError, match="circle"):
        find_place(workspace, "loop")
    (workspace / "dangling").symlink_to("nowhere")
    with pytest.raises(ToolError, match="link to nowhere, which does not exist"):
        refuse_dangling(workspace, find_place(workspace, "dangling"))
    refuse_dangling(workspace, find_place(workspace, "src/main.py"))


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
@pytest.mark.parametrize("named", ["NFC", "NFD"])
def test_names_in_another_normalisation_are_found(workspace: Path, on_disk: str, named: str) -> None:
    folder, name = "Gärten", "Blüte é.txt"
    real = workspace / unicodedata.normalize(on_disk, folder) / unicodedata.normalize(on_disk, name)  # type: ignore[arg-type]
    real.parent.mkdir()
    real.write_text("x")
    place = find_place(workspace, unicodedata.normalize(named, f"{folder}/{name}"))  # type: ignore[arg-type]
    assert os.fsencode(place.path) == os.fsencode(real)
    beside = find_place(workspace, unicodedata.normalize(named, f"{folder}/neu ü.txt"))  # type: ignore[arg-type]
    assert beside.path.parent == real.parent
    assert beside.path.name == unicodedata.normalize(named, "neu ü.txt")  # type: ignore[arg-type]


def test_the_exact_name_wins_over_the_other_normalisation(workspace: Path) -> None:
    for form in ("NFC", "NFD"):
        (workspace / unicodedata.normalize(form, "é")).write_text(form)
    for form in ("NFC", "NFD"):
        found = find_place(workspace, unicodedata.normalize(form, "é"))  # type: ignore[arg-type]
        assert found.path.read_text() == form


@given(st.text(min_size=1, max_size=8), st.lists(st.text(min_size=1, max_size=8)))
def test_a_spelling_is_the_same_text(name: str, names: list[str]) -> None:
    found = spell(name, names)
    assert unicodedata.normalize("NFC", found) == unicodedata.normalize("NFC", name)
    assert found == name or found in names


def test_missing_files_get_suggestions(workspace: Path) -> None:
    def said(given: str) -> str:
        return str(explain_missing(workspace, find_place(workspace, given)))

    assert said("src/mian.py") == "src/mian.py does not exist; did you mean src/main.py?"
    assert "did you mean src/main.py?" in said("src/MAIN.PY")
    assert "did you mean src/main.py?" in said("src/main.ts")
    assert said("scr/main.py") == "scr/main.py does not exist: there is no folder scr; did you mean src?"
    assert "look for it with Glob" in said("zzz")


def test_near_names() -> None:
    assert find_near("test_foo.py", ["foo_test.py", "test_fooo.py", "bar.txt"])[0] == "test_fooo.py"
    assert find_near("x", []) == []


def test_unreadable_names_are_escaped(workspace: Path) -> None:
    assert show(workspace, workspace / os.fsdecode(b"a\xff")) == "a\\xff"


def test_only_files_are_opened(workspace: Path) -> None:
    os.mkfifo(workspace / "pipe")
    for name, kind in (("pipe", "a pipe"), ("src", "a folder")):
        with pytest.raises(ToolError, match=f"is {kind}, not a file"):
            open_file(workspace / name)
    with pytest.raises(ToolError, match="is a device, not a file"):
        open_file(Path("/dev/null"))
    with pytest.raises(FileNotFoundError):
        open_file(workspace / "none")


def test_a_link_put_in_the_way_is_refused(workspace: Path) -> None:
    place = find_place(workspace, "src/main.py")
    (workspace / "src").rename(workspace / "old")
    (workspace / "src").symlink_to("/etc")
    with pytest.raises(ToolError, match="was replaced by a link"):
        open_file(place.path)
    with pytest.raises(ToolError, match="was replaced by a link"):
        open_folder(place.path.parent)


def test_a_race_of_links_never_leads_out(workspace: Path) -> None:
    outside = workspace.parent / "outside"
    outside.mkdir()
    (outside / "main.py").write_text("secret")
    place = find_place(workspace, "src/main.py")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            (workspace / "src").rename(workspace / "aside")
            (workspace / "src").symlink_to(outside)
            (workspace / "src").unlink()
            (workspace / "aside").rename(workspace / "src")

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(3000):
            try:
                descriptor = open_file(place.path)
            except (OSError, ToolError):
                continue
            assert os.read(descriptor, 100) == b"x"
            os.close(descriptor)
    finally:
        stop.set()
        thread.join()
    os.close(open_file(place.path))


def test_folders_are_made_and_reported(workspace: Path) -> None:
    descriptor, made = open_folder(workspace / "a" / "b", create=True)
    os.close(descriptor)
    assert made == [workspace / "a", workspace / "a" / "b"]
    with pytest.raises(ToolError, match="is not a folder"):
        open_folder(workspace / "src" / "main.py" / "x", create=True)
