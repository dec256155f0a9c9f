"""ApplyPatch: several files by one patch, all or none."""

import os
import stat
import textwrap
from pathlib import Path

import pytest

from aura.core.errors import ToolError
from aura.core.tools import Access, ToolOutput
from aura.tools import _transaction
from aura.tools._transaction import Step
from aura.tools.patch import make_patch
from tests.tools.fakes import make_context
from tests.tools.test_transaction import take_snapshot
from tests.tools.test_write import know

PATCH = make_patch()

THREE = """\
    *** Begin Patch
    *** Add File: new/b.py
    +b = 1
    *** Update File: a.py
    @@ def one():
    -    return 1
    +    return 10
    *** Delete File: old.txt
    *** End Patch
    """


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text("def one():\n    return 1\n\n\ndef two():\n    return 2\n")
    (tmp_path / "old.txt").write_text("bye\n")
    (tmp_path / "run.sh").write_text("echo one\necho two\n")
    (tmp_path / "run.sh").chmod(0o750)
    return tmp_path


async def patch(folder: Path, text: str, seen: dict[str, str] | None = None) -> ToolOutput:
    arguments = PATCH.validate({"patch": textwrap.dedent(text)})
    return await PATCH(make_context(folder, seen=seen), arguments)


async def test_add_update_and_delete(folder: Path) -> None:
    output = await patch(folder, THREE, know(folder, "a.py"))
    assert not output.is_error, output.content
    assert (folder / "new/b.py").read_text() == "b = 1\n" and not (folder / "old.txt").exists()
    assert "return 10\n" in (folder / "a.py").read_text()
    assert output.content == "A new/b.py (+1 -0)\nM a.py (+1 -1)\nD old.txt (+0 -1)"
    kinds = {change.path: change.kind for change in output.changes}
    assert kinds == {"new/b.py": "created", "a.py": "modified", "old.txt": "deleted"}
    assert output.changes[2].diff == "--- a/old.txt\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-bye\n"
    assert output.seen == {**know(folder, "a.py", "new/b.py"), str(folder / "old.txt"): ""}


def test_access_names_every_file() -> None:
    arguments = PATCH.validate({"input": textwrap.dedent(THREE)})
    assert PATCH.access(arguments) == Access(writes=("new/b.py", "a.py", "old.txt"))
    move = "*** Begin Patch\n*** Update File: x\n*** Move to: /etc/y\n*** End Patch"
    assert PATCH.access(PATCH.validate({"patch": move})) == Access(writes=("x", "/etc/y"))


def test_what_cannot_be_read_is_refused_before_anything_is_judged() -> None:
    for text in ("", "nonsense", "*** Begin Patch\n*** End Patch"):
        with pytest.raises(ToolError, match=r"^The patch cannot be read: "):
            PATCH.validate({"patch": text})


@pytest.mark.parametrize("failing", range(3))
async def test_a_failure_while_writing_undoes_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    before = take_snapshot(folder)
    real_make = _transaction._make
    calls: list[Step] = []

    def make(step: Step) -> list[Path]:
        calls.append(step)
        if len(calls) == failing + 1:
            raise ToolError("The disk is full.")
        return real_make(step)

    monkeypatch.setattr(_transaction, "_make", make)
    with pytest.raises(ToolError, match="Nothing was changed"):
        await patch(folder, THREE, know(folder, "a.py"))
    assert take_snapshot(folder) == before


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (THREE.replace("return 1\n", "return 7\n"), "a.py"),
        (THREE.replace("old.txt", "odl.txt"), "odl.txt does not exist; did you mean old.txt"),
        (THREE.replace("new/b.py", "run.sh"), "run.sh exists already"),
    ],
)
async def test_one_bad_part_refuses_all(folder: Path, text: str, reason: str) -> None:
    before = take_snapshot(folder)
    try:
        output = await patch(folder, text, know(folder, "a.py"))
    except ToolError as error:
        said = error.sentence
    else:
        assert output.is_error and not output.changes
        said = output.content
    assert reason in said
    assert take_snapshot(folder) == before


async def test_a_changed_file_is_refused_with_a_fresh_look(folder: Path) -> None:
    seen = know(folder, "a.py")
    (folder / "a.py").write_text("# theirs\n" + (folder / "a.py").read_text())
    output = await patch(folder, THREE, seen)
    assert output.is_error and "was changed since you read it" in output.content
    assert "     1\t# theirs" in output.content and (folder / "old.txt").exists()
    again = await patch(folder, THREE, {**seen, **output.seen})
    assert not again.is_error and "return 10" in (folder / "a.py").read_text()


async def test_an_unread_file_takes_an_exact_patch_only(folder: Path) -> None:
    before = take_snapshot(folder)
    loose = await patch(
        folder, THREE.replace("-    return 1", "-  return 1").replace("+    return 10", "+  return 10")
    )
    assert loose.is_error and "has not been read yet" in loose.content
    assert take_snapshot(folder) == before
    assert not (await patch(folder, THREE)).is_error


async def test_a_move_keeps_mode_and_tells_where_it_went(folder: Path) -> None:
    text = """\
        *** Begin Patch
        *** Update File: run.sh
        *** Move to: bin/start.sh
        @@
        -echo two
        +echo 2
        *** End Patch
        """
    output = await patch(folder, text, know(folder, "run.sh"))
    moved = folder / "bin/start.sh"
    assert moved.read_text() == "echo one\necho 2\n" and not (folder / "run.sh").exists()
    assert stat.S_IMODE(moved.stat().st_mode) == 0o750
    (change,) = output.changes
    assert (change.kind, change.path, change.added, change.removed) == ("renamed", "bin/start.sh", 1, 1)
    assert change.diff.startswith("--- a/run.sh\n+++ b/bin/start.sh\n")
    assert output.seen == {**know(folder, "bin/start.sh"), str(folder / "run.sh"): ""}


async def test_two_parts_for_one_file(folder: Path) -> None:
    text = """\
        *** Begin Patch
        *** Update File: a.py
        @@
        -    return 1
        +    return 10
        *** Update File: ./a.py
        @@
        -    return 10
        +    return 100
        *** End Patch
        """
    output = await patch(folder, text, know(folder, "a.py"))
    assert [change.path for change in output.changes] == ["a.py"]
    assert (folder / "a.py").read_text().startswith("def one():\n    return 100\n")


async def test_a_git_diff_with_modes(folder: Path) -> None:
    text = """\
        diff --git a/run.sh b/run.sh
        old mode 100755
        new mode 100644
        --- a/run.sh
        +++ b/run.sh
        @@ -1,2 +1,2 @@
        -echo one
        +echo 1
         echo two
        diff --git a/tool.sh b/tool.sh
        new file mode 100755
        --- /dev/null
        +++ b/tool.sh
        @@ -0,0 +1 @@
        +echo tool
        """
    output = await patch(folder, text, know(folder, "run.sh"))
    assert not output.is_error, output.content
    assert (folder / "run.sh").read_text() == "echo 1\necho two\n"
    assert stat.S_IMODE((folder / "run.sh").stat().st_mode) == 0o640
    assert os.access(folder / "tool.sh", os.X_OK)


async def test_links_are_not_made_but_followed(folder: Path) -> None:
    link = """\
        diff --git a/link b/link
        new file mode 120000
        --- /dev/null
        +++ b/link
        @@ -0,0 +1 @@
        +/etc/passwd
        """
    with pytest.raises(ToolError, match="would be a link or a submodule"):
        await patch(folder, link)
    (folder / "to_a.py").symlink_to("a.py")
    output = await patch(
        folder, THREE.replace("Update File: a.py", "Update File: to_a.py"), know(folder, "a.py")
    )
    assert not output.is_error and (folder / "to_a.py").is_symlink()
    assert "return 10\n" in (folder / "a.py").read_text()
    with pytest.raises(ToolError, match="is a folder"):
        await patch(folder, THREE.replace("new/b.py", "fresh.py").replace("a.py", "new"))


async def test_line_endings_are_kept(folder: Path) -> None:
    (folder / "a.py").write_bytes((folder / "a.py").read_bytes().replace(b"\n", b"\r\n"))
    assert not (await patch(folder, THREE, know(folder, "a.py"))).is_error
    data = (folder / "a.py").read_bytes()
    assert b"    return 10\r\n" in data and data.count(b"\r\n") == data.count(b"\n") == 6
