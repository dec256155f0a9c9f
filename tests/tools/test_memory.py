"""Notes: kept, found, bounded, and never anything but what they say they are."""

import contextlib
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura.config.paths import state_dir
from aura.core.errors import ToolError
from aura.tools.memory import make_memory
from aura.tools.notes import LARGEST, LISTED, MOST, NAME, Notes, Scope, find_notes, list_notes
from tests.tools.fakes import make_context


@pytest.fixture
def scopes(tmp_path: Path) -> dict[Scope, Notes]:
    """All scopes of a project and a session."""
    (tmp_path / "work").mkdir()
    return find_notes(tmp_path / "work", tmp_path / "session")


async def use(scopes: dict[Scope, Notes], folder: Path, number: int, **arguments: Any) -> str:
    """What a tool answers: the first reads, the second writes."""
    tool = make_memory(scopes, lambda text: text.replace("hunter22", "[secret]"))[number]
    return (await tool(make_context(folder), tool.validate(arguments))).content


async def read(scopes: dict[Scope, Notes], folder: Path, **arguments: Any) -> str:
    return await use(scopes, folder, 0, **arguments)


async def write(scopes: dict[Scope, Notes], folder: Path, **arguments: Any) -> str:
    return await use(scopes, folder, 1, **arguments)


async def test_kept_added_to_replaced_and_deleted(scopes: dict[Scope, Notes], tmp_path: Path) -> None:
    assert await read(scopes, tmp_path) == "There are no notes in project yet."
    said = await write(scopes, tmp_path, scope="project", name="build", content="# How to build\nmake all")
    assert said == "The note build is kept (24 of 8192 bytes)."
    await write(scopes, tmp_path, scope="project", name="build", content="needs 4 GB")
    assert await read(scopes, tmp_path) == "## project/build\n# How to build\nmake all\nneeds 4 GB"
    await write(scopes, tmp_path, scope="project", name="build", content="ninja", mode="replace")
    assert await read(scopes, tmp_path, query="build") == "## project/build\nninja"
    assert list_notes(scopes) == ("project/build: ninja",)
    await write(scopes, tmp_path, scope="project", name="build", mode="delete")
    assert list_notes(scopes) == ()
    with pytest.raises(ToolError, match="no note 'build' to delete; there are none"):
        await write(scopes, tmp_path, scope="project", name="build", mode="delete")


async def test_a_name_or_words_find_a_note(scopes: dict[Scope, Notes], tmp_path: Path) -> None:
    for name, content in (("a", "The port is 8080."), ("b", "Port forwarding: off."), ("port", "x")):
        await write(scopes, tmp_path, scope="user", name=name, content=content)
    assert (await read(scopes, tmp_path, scope="user", query="port")).startswith("## user/port\nx")
    found = await read(scopes, tmp_path, scope="user", query="PORT off")
    assert found == "## user/b\nPort forwarding: off."
    assert await read(scopes, tmp_path, scope="user", query="zip") == "None of the 3 notes in user has 'zip'."


async def test_scopes_are_apart_and_projects_too(scopes: dict[Scope, Notes], tmp_path: Path) -> None:
    for scope in scopes:
        await write(scopes, tmp_path, scope=scope, name="one", content=f"of {scope}")
    other = tmp_path / "other" / "work"
    other.mkdir(parents=True)
    elsewhere = find_notes(other, tmp_path / "session2")
    assert list_notes(elsewhere) == ("user/one: of user",)
    assert list_notes(find_notes(tmp_path / "work", tmp_path / "session2")) == (
        "project/one: of project",
        "user/one: of user",
    )
    assert not list((tmp_path / "work").iterdir()), "nothing is written into the project"


async def test_only_the_owner_can_read_them(scopes: dict[Scope, Notes], tmp_path: Path) -> None:
    await write(scopes, tmp_path, scope="project", name="one", content="x")
    folder = scopes["project"].folder
    assert folder.is_relative_to(state_dir())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert modes == {folder.name: 0o700, "one.md": 0o600, ".lock": 0o600}


async def test_secrets_are_not_kept(scopes: dict[Scope, Notes], tmp_path: Path) -> None:
    await write(scopes, tmp_path, scope="user", name="login", content="The password is hunter22.")
    assert "hunter22" not in (scopes["user"].folder / "login.md").read_text()


@pytest.mark.parametrize("name", ["../x", "/etc/x", "", "A", ".hidden", "a b", "a/b", "x" * 49, "é", "a\n"])
async def test_what_is_no_name_is_refused(scopes: dict[Scope, Notes], tmp_path: Path, name: str) -> None:
    with pytest.raises(ToolError, match="no name for a note"):
        scopes["user"].write(name, "x", "append")
    assert not scopes["user"].folder.exists()


async def test_too_much_is_refused_with_what_to_do(scopes: dict[Scope, Notes], tmp_path: Path) -> None:
    notes = scopes["user"]
    with pytest.raises(ToolError, match="8192 is the most: keep what matters"):
        notes.write("big", "x" * LARGEST, "append")
    notes.write("n0", "x" * (LARGEST - 1), "append")
    with pytest.raises(ToolError, match="would have"):
        notes.write("n0", "y", "append")
    for number in range(1, 8):
        notes.write(f"n{number}", "x" * (LARGEST - 1), "append")
    with pytest.raises(ToolError, match=rf"{MOST} is the most: delete or shorten some first; there are n0"):
        notes.write("n8", "x", "append")
    notes.write("n3", "short", "replace")
    notes.write("n8", "x", "append")
    with pytest.raises(ToolError, match="empty"):
        notes.write("n8", " \n", "replace")


def test_hostile_files_do_no_harm(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (tmp_path / "secret").write_text("outside")
    (folder / "link.md").symlink_to(tmp_path / "secret")
    os.mkfifo(folder / "pipe.md")
    (folder / "dir.md").mkdir()
    (folder / "Bad Name.md").write_text("x")
    (folder / "note.txt").write_text("x")
    (folder / "esc.md").write_bytes(b"\x1b]0;title\x07# red\xff \x1b[31mtext\n")
    (folder / "huge.md").write_text("y" * (LARGEST + 5))
    found = {note.name: note for note in Notes(folder).read_all()}
    assert sorted(found) == ["esc", "huge"]
    assert found["esc"].abstract == "red\ufffd text"
    assert found["huge"].text.endswith(f"[cut after {LARGEST} of {LARGEST + 5} bytes]")
    with pytest.raises(ToolError, match="is full"):
        Notes(folder).write("huge", "more", "append")


def test_the_list_is_bounded(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes")
    for number in range(LISTED + 3):
        notes.write(f"n{number:02}", "x " * 200, "append")
    lines = list_notes({"user": notes})
    assert len(lines) == LISTED + 1
    assert lines[-1] == "and 3 more"
    assert max(map(len, lines)) < 120


async def test_many_notes_are_shown_as_far_as_there_is_room(
    scopes: dict[Scope, Notes], tmp_path: Path
) -> None:
    for number in range(5):
        scopes["user"].write(f"n{number}", f"begin {number}\n" + "x" * 7_900, "append")
    shown = await read(scopes, tmp_path, scope="user")
    assert len(shown) < 25_000
    assert "begin 4 [read it by its name]" in shown


async def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ToolError, match="could not be kept: Not a directory"):
        Notes(tmp_path / "file" / "notes").write("a", "x", "append")


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c"]), st.text(max_size=3000), st.sampled_from(["append", "replace"])
        ),
        max_size=12,
    )
)
def test_no_note_ever_grows_beyond_its_bound(tmp_path_factory: Any, writes: list[Any]) -> None:
    notes = Notes(tmp_path_factory.mktemp("notes"))
    for name, content, mode in writes:
        with contextlib.suppress(ToolError):
            notes.write(name, content, mode)
    assert all(note.size <= LARGEST and NAME.fullmatch(note.name) for note in notes.read_all())
