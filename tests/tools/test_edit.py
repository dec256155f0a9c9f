"""Edit: what the engine says done to a file on disk, or refused with a look at it."""

import os
import stat
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aura.core.errors import ToolError
from aura.core.tools import Access, ToolOutput
from aura.tools._changes import DIFF_CAP
from aura.tools._disk import hash_bytes
from aura.tools.edit import make_edit
from tests.tools.fakes import make_context
from tests.tools.test_write import know, temporaries

EDIT = make_edit()


async def edit(
    folder: Path, path: str, *edits: Any, seen: dict[str, str] | None = None, **flat: Any
) -> ToolOutput:
    given = {"path": path, **flat} if flat else {"path": path, "edits": [as_edit(item) for item in edits]}
    arguments = EDIT.validate(given)
    assert EDIT.access(arguments) == Access(writes=(path,))
    return await EDIT(make_context(folder, seen=seen), arguments)


def as_edit(item: Any) -> Any:
    return {"old": item[0], "new": item[1]} if isinstance(item, tuple) else item


@pytest.fixture
def code(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text("def one():\n    return 1\n\n\ndef two():\n    return 2\n")
    return tmp_path


async def test_an_edit_says_what_became_of_the_file(code: Path) -> None:
    output = await edit(code, "a.py", ("return 1", "return 10"), seen=know(code, "a.py"))
    assert (code / "a.py").read_text() == "def one():\n    return 10\n\n\ndef two():\n    return 2\n"
    assert output.content == "Edited a.py (+1 -1)." and not output.is_error
    (change,) = output.changes
    assert (change.path, change.kind, change.added, change.removed) == ("a.py", "modified", 1, 1)
    assert change.diff.startswith(
        "--- a/a.py\n+++ b/a.py\n@@ -1,5 +1,5 @@\n def one():\n-    return 1\n+    return 10\n"
    )
    assert output.seen == {str(code / "a.py"): change.after} == know(code, "a.py")


async def test_several_edits_all_or_none(code: Path) -> None:
    before = (code / "a.py").read_bytes()
    output = await edit(code, "a.py", ("return 1", "return 10"), ("return 3", "x"), seen=know(code, "a.py"))
    assert output.is_error and "Edit 2 of 2" in output.content and not output.changes and not output.seen
    assert (code / "a.py").read_bytes() == before
    both = await edit(
        code, "a.py", ("return 1", "return 10"), ("return 2", "return 20"), seen=know(code, "a.py")
    )
    assert both.changes[0].added == 2 and "return 20" in (code / "a.py").read_text()


@pytest.mark.parametrize(
    "given",
    [
        {"old_string": "return 1", "new_string": "return 10"},
        {"old": "return 1", "new": "return 10"},
        {"old_str": "return 1", "new_str": "return 10", "replace_all": "false"},
        {"edits": '[{"old_string": "return 1", "new_string": "return 10"}]'},
        {"edits": {"old": "return 1", "new": "return 10"}},
    ],
)
async def test_other_forms_of_an_edit(code: Path, given: dict[str, Any]) -> None:
    assert not (await edit(code, "a.py", seen=know(code, "a.py"), **given)).is_error
    assert "return 10\n" in (code / "a.py").read_text()


def test_wrong_forms_are_named() -> None:
    with pytest.raises(ToolError, match=r"edits\[0\].new is missing"):
        EDIT.validate({"path": "f", "edits": [{"old": "x"}]})
    with pytest.raises(ToolError, match="edits is missing"):
        EDIT.validate({"path": "f"})
    with pytest.raises(ToolError, match=r"edits\[0\].olt is not a field \(did you mean old\?\)"):
        EDIT.validate({"path": "f", "edits": [{"olt": "x", "old": "y", "new": "z"}]})


# --- known, unknown, changed --------------------------------------------------------------------------------


async def test_an_unread_file_takes_an_exact_and_unique_edit(code: Path) -> None:
    assert not (await edit(code, "a.py", ("return 1", "return 10"))).is_error
    assert "return 10" in (code / "a.py").read_text()


async def test_an_unread_file_takes_nothing_else(code: Path) -> None:
    before = (code / "a.py").read_bytes()
    tolerant = await edit(code, "a.py", ("  return 1  ", "  return 10"))
    assert tolerant.is_error and "has not been read yet" in tolerant.content
    assert "     2\t    return 1" in tolerant.content
    everywhere = await edit(code, "a.py", {"old": "return", "new": "yield", "replace_all": True})
    assert everywhere.is_error and "has not been read yet" in everywhere.content
    assert (code / "a.py").read_bytes() == before
    again = await edit(code, "a.py", ("  return 1  ", "  return 10"), seen=dict(tolerant.seen))
    assert not again.is_error and "return 10" in (code / "a.py").read_text()


async def test_a_changed_file_is_refused_with_a_fresh_look_at_the_place(code: Path) -> None:
    seen = know(code, "a.py")
    lines = "".join(f"# {number}\n" for number in range(100))
    (code / "a.py").write_text(f"{lines}{(code / 'a.py').read_text()}")
    output = await edit(code, "a.py", ("return 2", "return 20"), seen=seen)
    assert output.is_error and "was changed since you read it" in output.content
    assert "   106\t    return 2" in output.content and "     1\t# 0" not in output.content
    assert "return 20" not in (code / "a.py").read_text() and not output.changes
    again = await edit(code, "a.py", ("return 2", "return 20"), seen={**seen, **output.seen})
    assert not again.is_error and "return 20" in (code / "a.py").read_text()


async def test_a_missing_text_is_refused_with_the_nearest_lines(code: Path) -> None:
    output = await edit(code, "a.py", ("def tow():", "x"), seen=know(code, "a.py"))
    assert output.is_error and "def two():" in output.content and "     5" in output.content


async def test_tolerance_is_told(code: Path) -> None:
    output = await edit(code, "a.py", ("  return 1  ", "  return 10"), seen=know(code, "a.py"))
    assert "matched despite other" in output.content and not output.is_error


async def test_files_that_are_not_there(code: Path) -> None:
    with pytest.raises(ToolError, match=r"b.py does not exist; did you mean a.py\?"):
        await edit(code, "b.py", ("x", "y"))
    output = await edit(code, "new/b.py", ("", "x = 1\n"))
    assert output.content == "Created new/b.py (+1 -0)." and output.changes[0].kind == "created"
    assert (code / "new/b.py").read_text() == "x = 1\n"
    with pytest.raises(ToolError, match="is a folder"):
        await edit(code, "new", ("x", "y"))


async def test_no_edit_and_no_change(code: Path) -> None:
    assert "No edit was given" in (await edit(code, "a.py", seen=know(code, "a.py"))).content
    assert (await edit(code, "a.py", ("return 1", "return 1"), seen=know(code, "a.py"))).is_error


async def test_binary_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(range(256)) * 10)
    assert "binary" in (await edit(tmp_path, "f", ("a", "b"), seen=know(tmp_path, "f"))).content


# --- bytes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"one\r\ntwo\r\nthree\r\n",
        b"one\ntwo\r\nthree\rfour",
        b"\xef\xbb\xbfone\ntwo\nthree\n",
        "one\ntwo ä\nthree\n".encode("utf-16"),
        b"one\ntwo\ncaf\xe9 cr\xe8me\n",
        b"one\ntwo\nthree",
        b"\tone\n\t two\n",
        b"two",
        "one\ntwo ö\n".encode() + b"\xff\xfe\n",
    ],
)
async def test_only_the_bytes_of_the_edit_change(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "f").write_bytes(data)
    wide = "utf-16-le" if data.startswith(b"\xff\xfe") else "ascii"
    await edit(tmp_path, "f", ("two", "2"), seen=know(tmp_path, "f"))
    assert (tmp_path / "f").read_bytes() == data.replace("two".encode(wide), "2".encode(wide))


async def test_mode_link_and_hard_link_are_kept(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("two")
    (tmp_path / "real").chmod(0o755)
    (tmp_path / "link").symlink_to("real")
    await edit(tmp_path, "link", ("two", "2"), seen=know(tmp_path, "real"))
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == "2"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o755
    os.link(tmp_path / "real", tmp_path / "hard")
    await edit(tmp_path, "hard", ("2", "3"), seen=know(tmp_path, "hard"))
    assert (tmp_path / "real").read_text() == "3" and (tmp_path / "real").stat().st_nlink == 2
    assert not temporaries(tmp_path)


async def test_a_name_in_another_normalisation_keeps_its_bytes(tmp_path: Path) -> None:
    real = tmp_path / unicodedata.normalize("NFD", "é.txt")
    real.write_text("two")
    await edit(tmp_path, unicodedata.normalize("NFC", "é.txt"), ("two", "2"))
    assert [path.name for path in tmp_path.iterdir()] == [real.name] and real.read_text() == "2"


WORDS = st.lists(st.sampled_from(["alpha", "beta", "\t", "  ", "ä", "€"]), max_size=4).map("".join)
LINES = st.lists(st.tuples(WORDS, st.sampled_from(["\n", "\r\n", "\r"])), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(before=LINES, after=LINES, last=WORDS, encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
async def test_what_an_edit_does_not_name_stays_byte_for_byte(
    tmp_path: Path, before: Any, after: Any, last: str, encoding: str
) -> None:
    head = "".join(text + ending for text, ending in before)
    tail = "\n" + "".join(text + ending for text, ending in after) + last
    path = tmp_path / "f"
    path.write_bytes(f"{head}UNIQUE{tail}".encode(encoding))
    output = await edit(tmp_path, "f", ("UNIQUE", "changed"), seen=know(tmp_path, "f"))
    assert not output.is_error, output.content
    assert path.read_bytes() == f"{head}changed{tail}".encode(encoding)
    assert output.seen[str(path)] == hash_bytes(path.read_bytes())


async def test_a_long_diff_is_capped(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("".join(f"line {number}\n" for number in range(5000)))
    output = await edit(
        tmp_path, "f", {"old": "line", "new": "row", "replace_all": True}, seen=know(tmp_path, "f")
    )
    (change,) = output.changes
    assert len(change.diff) < DIFF_CAP + 100 and change.diff.endswith("more lines]\n")
    assert (change.added, change.removed) == (5000, 5000)
