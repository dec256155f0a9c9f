"""Write, and how files are replaced: whole, at once, with all that is not content kept."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aura.core.errors import ToolError
from aura.core.tools import Access, ToolOutput
from aura.tools import _disk
from aura.tools._disk import hash_bytes, load, remove, store
from aura.tools.workspace import find_place
from aura.tools.write import make_write
from tests.tools.fakes import make_context

WRITE = make_write()


def know(folder: Path, *names: str) -> dict[str, str]:
    """What the model would have seen after reading these files."""
    return {str((folder / name).resolve()): hash_bytes((folder / name).read_bytes()) for name in names}


async def write(folder: Path, path: str, content: str, seen: dict[str, str] | None = None) -> ToolOutput:
    arguments = WRITE.validate({"path": path, "content": content})
    assert WRITE.access(arguments) == Access(writes=(path,))
    return await WRITE(make_context(folder, seen=seen), arguments)


def temporaries(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.endswith(".tmp")]


async def test_a_new_file_in_new_folders(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        output = await write(tmp_path, "a/b/c.txt", "one\ntwo\n")
    finally:
        os.umask(old)
    path = tmp_path / "a/b/c.txt"
    assert path.read_bytes() == b"one\ntwo\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert output.content == "Created a/b/c.txt (+2 -0)."
    (change,) = output.changes
    assert (change.path, change.kind, change.added, change.removed) == ("a/b/c.txt", "created", 2, 0)
    assert change.diff == "--- /dev/null\n+++ b/a/b/c.txt\n@@ -0,0 +1,2 @@\n+one\n+two\n"
    assert output.seen == {str(path): change.after} == know(tmp_path, "a/b/c.txt")
    assert not temporaries(tmp_path)


async def test_an_unread_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")
    with pytest.raises(ToolError, match="f exists and you have not read it; Read it first"):
        await write(tmp_path, "f", "new")
    assert (tmp_path / "f").read_text() == "old"


async def test_a_changed_file_is_refused_with_a_fresh_look_and_then_taken(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old\n")
    seen = know(tmp_path, "f")
    (tmp_path / "f").write_text("theirs\n")
    output = await write(tmp_path, "f", "mine\n", seen)
    assert output.is_error and "was changed since you read it" in output.content
    assert output.content.endswith("\n     1\ttheirs")
    assert not output.changes and (tmp_path / "f").read_text() == "theirs\n"
    again = await write(tmp_path, "f", "mine\n", {**seen, **output.seen})
    assert not again.is_error and (tmp_path / "f").read_text() == "mine\n"
    assert again.changes[0].diff == "--- a/f\n+++ b/f\n@@ -1,1 +1,1 @@\n-theirs\n+mine\n"


async def test_the_same_time_with_other_content_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("old\n")
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    seen = know(tmp_path, "f")
    path.write_text("new\n")
    os.utime(path, ns=times)
    assert (await write(tmp_path, "f", "x", seen)).is_error


async def test_a_known_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "f.sh"
    path.write_text("old\n")
    path.chmod(0o751)
    output = await write(tmp_path, "f.sh", "new\n", know(tmp_path, "f.sh"))
    assert path.read_text() == "new\n" and stat.S_IMODE(path.stat().st_mode) == 0o751
    assert output.content == "Replaced f.sh (+1 -1)." and output.changes[0].kind == "modified"
    same = await write(tmp_path, "f.sh", "new\n", know(tmp_path, "f.sh"))
    assert "already has exactly this content" in same.content and not same.changes


@pytest.mark.parametrize(
    ("before", "content", "after", "note"),
    [
        (b"a\r\nb\r\n", "c\nd\n", b"c\r\nd\r\n", "CRLF"),
        (b"a\r\nb\n", "c\nd\n", b"c\nd\n", ""),
        (b"\xef\xbb\xbfa\n", "c\n", b"\xef\xbb\xbfc\n", "byte order mark"),
        ("a\n".encode("utf-16"), "ä\n", "ä\n".encode("utf-16"), "utf-16-le with byte order mark"),
        ("caf\xe9 cr\xe8me\n".encode("latin-1"), "th\xe9\n", "th\xe9\n".encode("latin-1"), "latin-1"),
        (b"", "c\n", b"c\n", ""),
    ],
)
async def test_encoding_mark_and_line_endings_are_kept(
    tmp_path: Path, before: bytes, content: str, after: bytes, note: str
) -> None:
    (tmp_path / "f").write_bytes(before)
    output = await write(tmp_path, "f", content, know(tmp_path, "f"))
    assert (tmp_path / "f").read_bytes() == after
    assert note in output.content and ("kept as" in output.content) == bool(note)


async def test_what_the_encoding_cannot_hold_is_refused(tmp_path: Path) -> None:
    before = "caf\xe9 cr\xe8me\n".encode("latin-1")
    (tmp_path / "f").write_bytes(before)
    with pytest.raises(ToolError, match="cannot hold"):
        await write(tmp_path, "f", "😀\n", know(tmp_path, "f"))
    with pytest.raises(ToolError, match="half of a character"):
        await write(tmp_path, "g", "\ud83d")
    assert (tmp_path / "f").read_bytes() == before and not (tmp_path / "g").exists()


async def test_a_link_stays_and_its_target_changes(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    output = await write(tmp_path, "link", "new", know(tmp_path, "target"))
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_text() == "new"
    assert output.changes[0].path == "target"


async def test_dangling_and_looping_links_folders_and_pipes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, word in (
        ("dangling", "does not exist"),
        ("loop", "circle"),
        ("folder", "folder"),
        ("pipe", "pipe"),
    ):
        with pytest.raises(ToolError, match=word):
            await write(tmp_path, name, "x")
    assert not (tmp_path / "nowhere").exists()


async def test_hard_links_stay_together(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("old and longer")
    os.link(tmp_path / "one", tmp_path / "two")
    await write(tmp_path, "one", "new", know(tmp_path, "one"))
    assert (tmp_path / "two").read_text() == "new"
    assert (tmp_path / "one").stat().st_nlink == 2


async def test_a_read_only_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")
    (tmp_path / "f").chmod(0o444)
    with pytest.raises(ToolError, match=r"read-only \(mode 0444\)"):
        await write(tmp_path, "f", "new", know(tmp_path, "f"))


async def test_a_file_in_place_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    with pytest.raises(ToolError, match="is not a folder"):
        await write(tmp_path, "f/g", "x")


async def test_extended_attributes_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("old")
    try:
        os.setxattr(path, "user.note", b"hello")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    await write(tmp_path, "f", "new", know(tmp_path, "f"))
    assert os.getxattr(path, "user.note") == b"hello" and path.read_text() == "new"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
async def test_the_owner_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("old")
    os.chown(path, 12345, 23456)
    path.chmod(0o664)
    await write(tmp_path, "f", "new", know(tmp_path, "f"))
    assert (path.stat().st_uid, path.stat().st_gid, path.read_text()) == (12345, 23456, "new")


def test_a_file_that_changes_during_the_call_is_left_alone(tmp_path: Path) -> None:
    place = find_place(tmp_path, "f")
    place.path.write_text("old")
    before = load(place)
    place.path.write_text("theirs")
    for act in (lambda: store(place, b"mine", before), lambda: remove(place, before)):  # type: ignore[arg-type]
        with pytest.raises(ToolError, match="was changed by somebody else"):
            act()
    assert place.path.read_text() == "theirs"
    with pytest.raises(ToolError, match="appeared meanwhile"):
        store(place, b"mine", None)
    place.path.unlink()
    with pytest.raises(ToolError, match="was deleted meanwhile"):
        store(place, b"mine", before)
    assert not temporaries(tmp_path)


@pytest.mark.parametrize("linked", [False, True])
def test_a_full_disk_leaves_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linked: bool
) -> None:
    place = find_place(tmp_path, "f")
    place.path.write_bytes(b"old" * 1000)
    if linked:
        os.link(place.path, tmp_path / "other")
    before = load(place)
    calls = []

    def full(descriptor: int, *rest: Any) -> None:
        calls.append(descriptor)
        if len(calls) == 1:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ToolError, match="the disk is full"):
        store(place, b"new", before)
    assert calls and place.path.read_bytes() == b"old" * 1000
    assert not temporaries(tmp_path)


def test_folders_made_for_a_file_go_again_when_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ToolError, match="the disk is full"):
        store(find_place(tmp_path, "a/b/c"), b"new", None)
    assert list(tmp_path.iterdir()) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    before=st.binary(max_size=300), after=st.binary(max_size=300), mode=st.sampled_from([0o600, 0o644, 0o755])
)
def test_any_bytes_go_in_and_come_out(tmp_path: Path, before: bytes, after: bytes, mode: int) -> None:
    place = find_place(tmp_path, "any")
    place.path.unlink(missing_ok=True)
    store(place, before, None)
    place.path.chmod(mode)
    loaded = load(place)
    assert loaded and loaded.content == before
    store(place, after, loaded)
    assert place.path.read_bytes() == after and stat.S_IMODE(place.path.stat().st_mode) == mode


def test_too_large_to_edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_disk, "EDITABLE", 10)
    (tmp_path / "f").write_bytes(b"x" * 11)
    with pytest.raises(ToolError, match="too large to edit"):
        load(find_place(tmp_path, "f"))
