"""Patches in every form they are sent in: the exact bytes that come out, or why nothing was changed."""

from dataclasses import dataclass

import pytest

from aura.tools.matching import Edited, EditOutcome, Reason, Refused
from aura.tools.patchtext import ChangeKind, FileChange, UnreadablePatch, apply_change, parse_patch

BEFORE = """\
import os

class Box:
    def open(self):
        return 1

    def close(self):
        return 2

class Jar:
    def open(self):
        return 1

    def close(self):
        return 3
"""
AFTER = BEFORE.replace("return 2", "return 20")
END = "*** End Patch\n"
HUNK = " \n     def close(self):\n-        return 2\n+        return 20\n \n class Jar:\n"
ENVELOPE = f"*** Begin Patch\n*** Update File: f.py\n@@\n{HUNK}*** End Patch\n"
DIFF = f"--- a/f.py\n+++ b/f.py\n@@ -6,5 +6,5 @@ class Box:\n{HUNK}"
GIT = "diff --git a/f.py b/f.py\nindex 83db48f..bf2a3c1 100644\n"


def apply(patch: str, content: str | bytes | None = BEFORE) -> EditOutcome:
    (change,) = parse_patch(patch)
    return apply_change(change, content.encode() if isinstance(content, str) else content)


def text_of(outcome: EditOutcome) -> str:
    assert isinstance(outcome, Edited), str(outcome)
    return outcome.content.decode()


def reason_of(outcome: EditOutcome) -> Reason:
    assert isinstance(outcome, Refused)
    return outcome.reason


WRAPPED = {
    "plain": ENVELOPE,
    "heredoc": f"apply_patch <<'EOF'\n{ENVELOPE}EOF\n",
    "heredoc without End": f"apply_patch <<'EOF'\n{ENVELOPE.removesuffix(END)}EOF\n",
    "fence": f"```diff\n{ENVELOPE}```\n",
    "words before and behind": f"Here is the patch:\n\n{ENVELOPE}\nThat is all.\n",
    "no End": ENVELOPE.replace("*** End Patch\n", ""),
    "no Begin": ENVELOPE.replace("*** Begin Patch\n", ""),
    "neither": ENVELOPE.replace("*** Begin Patch\n", "").replace("*** End Patch\n", ""),
    "no last newline": ENVELOPE.rstrip("\n"),
    "CR LF": ENVELOPE.replace("\n", "\r\n"),
    "no header of the hunk": ENVELOPE.replace("@@\n", ""),
    "header closed": ENVELOPE.replace("@@\n", "@@ class Box: @@\n"),
    "two headers": ENVELOPE.replace("@@\n", "@@ class Box:\n@@     def close(self):\n"),
    "line numbers": ENVELOPE.replace("@@\n", "@@ -6,5 +6,5 @@\n"),
    "wrong line numbers": ENVELOPE.replace("@@\n", "@@ -60,5 +61,5 @@\n"),
    "empty lines without blank": ENVELOPE.replace(" \n", "\n"),
    "diff": DIFF,
    "diff of git": GIT + DIFF,
    "diff in a fence": f"```diff\n{DIFF}```\n",
    "diff in Begin and End": f"*** Begin Patch\n{DIFF}*** End Patch\n",
    "diff without a/ and b/": DIFF.replace("a/f", "f").replace("b/f", "f"),
    "diff with times": DIFF.replace("f.py\n", "f.py\t2024-01-01 00:00:00.000000000 +0000\n"),
    "diff with wrong counts": DIFF.replace("-6,5 +6,5", "-6,9 +6,2"),
    "diff with wrong line numbers": DIFF.replace("-6,5 +6,5", "-11,5 +11,5"),
    "diff without line numbers": DIFF.replace("@@ -6,5 +6,5 @@ class Box:", "@@ ... @@"),
    "diff with empty lines without blank": DIFF.replace("\n \n", "\n\n"),
    "diff with CR LF": DIFF.replace("\n", "\r\n"),
    "diff in a mail": f"From: A\nSubject: [PATCH] b\n\n---\n f.py | 2 +-\n\n{GIT}{DIFF}-- \n2.39.5\n",
    "diff with old mode and new mode": "diff --git a/f.py b/f.py\nold mode 100644\nnew mode 100755\n" + DIFF,
}


@pytest.mark.parametrize("patch", WRAPPED.values(), ids=WRAPPED)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_wrapped_patch_is_applied(patch: str, ending: str) -> None:
    assert text_of(apply(patch, BEFORE.replace("\n", ending))) == AFTER.replace("\n", ending)


@pytest.mark.parametrize("patch", WRAPPED.values(), ids=WRAPPED)
def test_an_applied_patch_is_refused(patch: str) -> None:
    assert reason_of(apply(patch, AFTER)) in {Reason.ALREADY_APPLIED, Reason.NOT_FOUND}


@pytest.mark.parametrize("patch", WRAPPED.values(), ids=WRAPPED)
def test_an_update_of_a_missing_file_is_refused(patch: str) -> None:
    assert reason_of(apply(patch, None)) is Reason.MISSING


# --- where a hunk belongs ------------------------------------------------------------------------------------

OPEN = "     def open(self):\n-        return 1\n+        return 10\n"


def test_two_places_are_refused() -> None:
    outcome = apply(f"*** Begin Patch\n*** Update File: f.py\n@@\n{OPEN}*** End Patch\n")
    assert isinstance(outcome, Refused) and outcome.reason is Reason.AMBIGUOUS
    assert [line.number for line in outcome.near] == [4, 11]


@pytest.mark.parametrize(
    ("header", "line"), [("@@ class Box:", 4), ("@@ class Jar:", 11), ("@@ -11,2 +11,2 @@", 11)]
)
def test_a_header_or_a_number_tells_the_place(header: str, line: int) -> None:
    lines = BEFORE.split("\n")
    lines[line] = "        return 10"
    assert text_of(
        apply(f"*** Begin Patch\n*** Update File: f.py\n{header}\n{OPEN}*** End Patch\n")
    ) == "\n".join(lines)
    if "Box" not in header:
        assert text_of(apply(f"--- a/f.py\n+++ b/f.py\n@@ -11,2 +11,2 @@\n{OPEN}")) == "\n".join(lines)


def test_several_hunks_take_both_places() -> None:
    patch = f"*** Begin Patch\n*** Update File: f.py\n@@\n{OPEN}@@\n{OPEN}*** End Patch\n"
    assert text_of(apply(patch)) == BEFORE.replace("return 1\n", "return 10\n")


def test_hunks_with_one_bad_one_are_refused() -> None:
    outcome = apply(
        f"*** Begin Patch\n*** Update File: f.py\n@@\n{HUNK}@@\n nowhere\n-no\n+yes\n*** End Patch\n"
    )
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.edit) == (Reason.NOT_FOUND, 1)


def test_end_of_file_tells_the_place() -> None:
    patch = "*** Begin Patch\n*** Update File: f\n@@\n x\n+y\n*** End of File\n*** End Patch\n"
    assert text_of(apply(patch, "x\na\nx\n")) == "x\na\nx\ny\n"
    assert text_of(apply(patch, "x\na\nx")) == "x\na\nx\ny"
    only = "*** Begin Patch\n*** Update File: f\n@@\n+y\n*** End of File\n*** End Patch\n"
    assert text_of(apply(only, "x\na\n")) == "x\na\ny\n"


def test_added_lines_need_a_place() -> None:
    patch = "*** Begin Patch\n*** Update File: f\n@@\n+y\n*** End Patch\n"
    assert reason_of(apply(patch, "x\na\n")) is Reason.AMBIGUOUS
    assert text_of(apply(patch, "")) == "y\n"


def test_hunks_over_the_same_lines_are_refused() -> None:
    patch = "*** Begin Patch\n*** Update File: f\n@@\n-a\n-b\n+A\n@@\n-b\n-c\n+C\n*** End Patch\n"
    assert reason_of(apply(patch, "a\nb\nc\n")) is Reason.UNCLEAR


# --- bytes ---------------------------------------------------------------------------------------------------

NO_NEWLINE = "\\ No newline at end of file\n"
ENDS = {
    "stays away": ("a\nb", f"-b\n{NO_NEWLINE}+c\n{NO_NEWLINE}", "a\nc"),
    "stays away, the sender does not say": ("a\nb", "-b\n+c\n", "a\nc"),
    "is added": ("a\nb", f"-b\n{NO_NEWLINE}+b\n", "a\nb\n"),
    "is taken": ("a\nb\n", f"-b\n+b\n{NO_NEWLINE}", "a\nb"),
    "is added with a line": ("a\nb", f"-b\n{NO_NEWLINE}+b\n+c\n", "a\nb\nc\n"),
    "comes with a line that has none": ("a\nb\n", f" b\n+c\n{NO_NEWLINE}", "a\nb\nc"),
    "lines go": ("a\nb\nc", f" a\n-b\n-c\n{NO_NEWLINE}", "a\n"),
}


@pytest.mark.parametrize(("before", "body", "after"), ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("form", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_final_newline(before: str, body: str, after: str, form: str) -> None:
    lines = body if body.startswith(" a") or (before == "a\nb\n" and body.startswith(" b")) else f" a\n{body}"
    for patch in (
        f"--- a/f\n+++ b/f\n@@ @@\n{lines}",
        f"*** Begin Patch\n*** Update File: f\n@@\n{lines}*** End Patch",
    ):
        outcome = apply(patch, before.encode(form))
        assert isinstance(outcome, Edited), str(outcome)
        assert outcome.content == after.encode(form)


@pytest.mark.parametrize(
    ("before", "diff", "after"),
    [
        (b"a\r\nb\r\n", "@@ -1,2 +1,2 @@\n a\n-b\n+c\n", b"a\r\nc\r\n"),
        (b"a\r\nb\r\n", "@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r\n", b"a\r\nc\r\n"),
        (b"a\nb\r\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n", b"a\nB\r\nc\n"),
        (b"a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n+b\r\n", b"a\nb\r\n"),
        (b"a\r\nb\r\n", "@@ -1,2 +1,2 @@\n a\r\n-b\r\n+b\n", b"a\r\nb\n"),
        (b"a\r\ntail", "@@ -2 +2 @@\n-tail\n\\ No newline at end of file\n+\r\n", b"a\r\n\r\n"),
        (b"a\nb\nc\r\nd\n", "@@ -1,0 +2,1 @@\n+x\r\n@@ -4 +5 @@\n-d\n+D\n", b"a\nx\r\nb\nc\r\nD\n"),
        (b"\xef\xbb\xbfa\nb\n", "@@ -1,2 +1,2 @@\n-a\n+A\n b\n", b"\xef\xbb\xbfA\nb\n"),
        (b"\xef\xbb\xbfa\nb\n", "@@ -1,2 +1,2 @@\n-\ufeffa\n+\ufeffA\n b\n", b"\xef\xbb\xbfA\nb\n"),
        (b"\xef\xbb\xbfa\nb\n", "@@ -1,2 +1,2 @@\n-\ufeffa\n+a\n b\n", b"a\nb\n"),
        (b"caf\xe9\nb\n", "@@ -1,2 +1,2 @@\n café\n-b\n+thé\n", b"caf\xe9\nth\xe9\n"),
        ("ä\nb\n".encode("utf-16"), "@@ -1,2 +1,2 @@\n ä\n-b\n+ö\n", "ä\nö\n".encode("utf-16")),
    ],
)
def test_bytes_around_and_inside_a_hunk(before: bytes, diff: str, after: bytes) -> None:
    outcome = apply(f"--- a/f\n+++ b/f\n{diff}", before)
    assert isinstance(outcome, Edited), str(outcome)
    assert outcome.content == after


def test_content_that_looks_like_the_patch_itself() -> None:
    sql = "select 1;\n-- old\n++ old\nend\n"
    diff = "--- a/f\n+++ b/f\n@@ -1,4 +1,4 @@\n select 1;\n--- old\n-++ old\n+-- new\n+++ new\n end\n"
    assert text_of(apply(diff, sql)) == "select 1;\n-- new\n++ new\nend\n"
    about = "*** Begin Patch\n*** End Patch\n@@ -1 +1 @@\nend\n"
    diff = "--- a/f\n+++ b/f\n@@ -1,4 +1,4 @@\n *** Begin Patch\n *** End Patch\n @@ -1 +1 @@\n-end\n+END\n"
    assert text_of(apply(diff, about)) == about.replace("end", "END")
    patch = "*** Update File: f\n@@\n *** Begin Patch\n-*** End Patch\n+*** Stop Patch\n"
    patch = f"*** Begin Patch\n{patch}{END}"
    assert text_of(apply(patch, about)) == about.replace("*** End", "*** Stop")


# --- sloppy hunks --------------------------------------------------------------------------------------------

SLOPPY = {
    "one blank too few": HUNK.replace("\n     def", "\n    def"),
    "trailing blanks": HUNK.replace("def close(self):", "def close(self):  "),
    "context without its sign": HUNK.replace("\n     def", "\n    def").replace("\n class", "\nclass"),
    "tabs for blanks": HUNK.replace("    ", "\t"),
    "stale context": HUNK.replace("class Jar:", "class Jug:"),
    "a dropped blank line": HUNK.removeprefix(" \n"),
}


@pytest.mark.parametrize("hunk", SLOPPY.values(), ids=SLOPPY)
def test_a_sloppy_hunk_with_one_reading_is_applied(hunk: str) -> None:
    assert text_of(apply(f"*** Begin Patch\n*** Update File: f.py\n@@\n{hunk}*** End Patch\n")) == AFTER
    assert text_of(apply(f"--- a/f.py\n+++ b/f.py\n@@ @@\n{hunk}")) == AFTER


@pytest.mark.parametrize("hunk", SLOPPY.values(), ids=SLOPPY)
def test_a_sloppy_hunk_with_two_readings_is_refused(hunk: str) -> None:
    patch = f"*** Begin Patch\n*** Update File: f.py\n@@\n{hunk}*** End Patch\n"
    assert reason_of(apply(patch, BEFORE * 2)) is Reason.AMBIGUOUS


# --- files ---------------------------------------------------------------------------------------------------


def test_an_envelope_of_several_files() -> None:
    patch = (
        "*** Begin Patch\n*** Add File: new.py\n+one\n+\n+two\n*** Update File: f.py\n*** Move to: g.py\n@@\n"
        f"{HUNK}*** Delete File: old.py\n*** End Patch\n"
    )
    add, move, delete = parse_patch(patch)
    assert (add.kind, add.path, add.text) == (ChangeKind.ADD, "new.py", "one\n\ntwo\n")
    assert (move.kind, move.path, move.new_path) == (ChangeKind.UPDATE, "f.py", "g.py")
    assert (delete.kind, delete.path) == (ChangeKind.DELETE, "old.py")
    assert text_of(apply_change(add, None)) == "one\n\ntwo\n"
    assert text_of(apply_change(move, BEFORE.encode())) == AFTER
    assert text_of(apply_change(delete, b"\x89PNG\0")) == ""


def test_adding_over_a_file_is_refused() -> None:
    add = "*** Begin Patch\n*** Add File: f\n+one\n*** End Patch\n"
    assert reason_of(apply(add, "two\n")) is Reason.EXISTS
    assert reason_of(apply(add, "one\n")) is Reason.ALREADY_APPLIED
    assert text_of(apply(add, "")) == "one\n"
    diff = "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+one\n"
    assert reason_of(apply(diff, "two\n")) is Reason.EXISTS
    assert text_of(apply(diff + NO_NEWLINE, None)) == "one"


def test_deleting_a_missing_or_longer_file_is_refused() -> None:
    assert reason_of(apply("*** Begin Patch\n*** Delete File: f\n*** End Patch\n", None)) is Reason.MISSING
    diff = "--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n"
    assert reason_of(apply(diff, None)) is Reason.MISSING
    assert reason_of(apply(diff, "one\ntwo\n")) is Reason.NOT_FOUND
    assert text_of(apply(diff, "one\n")) == ""


GIT_HEADERS = {
    "rename": (
        "diff --git a/f.py b/g.py\nsimilarity index 100%\nrename from f.py\nrename to g.py\n",
        FileChange(ChangeKind.UPDATE, "f.py", new_path="g.py"),
    ),
    "copy": (
        "diff --git a/f.py b/g.py\nsimilarity index 100%\ncopy from f.py\ncopy to g.py\n",
        FileChange(ChangeKind.UPDATE, "f.py", new_path="g.py", is_copy=True),
    ),
    "mode": (
        "diff --git a/f.py b/f.py\nold mode 100644\nnew mode 100755\n",
        FileChange(ChangeKind.UPDATE, "f.py", mode="100755"),
    ),
    "empty file": (
        "diff --git a/f b/f\nnew file mode 100644\nindex 0000000..e69de29\n",
        FileChange(ChangeKind.ADD, "f", text="", mode="100644"),
    ),
    "empty file gone": (
        "diff --git a/f b/f\ndeleted file mode 100644\nindex e69de29..0000000\n",
        FileChange(ChangeKind.DELETE, "f"),
    ),
    "blanks in the name": (
        "diff --git a/a b c.py b/a b c.py\nold mode 100644\nnew mode 100755\n",
        FileChange(ChangeKind.UPDATE, "a b c.py", mode="100755"),
    ),
    "quoted name": (
        'diff --git "a/\\303\\244.py" "b/\\303\\244.py"\nold mode 100644\nnew mode 100755\n',
        FileChange(ChangeKind.UPDATE, "ä.py", mode="100755"),
    ),
}


@pytest.mark.parametrize(("patch", "change"), GIT_HEADERS.values(), ids=GIT_HEADERS)
def test_headers_of_git(patch: str, change: FileChange) -> None:
    assert parse_patch(patch) == (change,)
    content = None if change.kind is ChangeKind.ADD else b"any\r\nbytes"
    outcome = apply_change(change, content)
    assert isinstance(outcome, Edited)
    assert outcome.content == (b"any\r\nbytes" if change.kind is ChangeKind.UPDATE else b"")


def test_a_rename_with_a_hunk() -> None:
    (change,) = parse_patch(
        f"diff --git a/f.py b/g.py\nsimilarity index 90%\nrename from f.py\nrename to g.py\n"
        f"--- a/f.py\n+++ b/g.py\n@@ -6,5 +6,5 @@\n{HUNK}"
    )
    assert (change.path, change.new_path) == ("f.py", "g.py")
    assert text_of(apply_change(change, BEFORE.encode())) == AFTER


UNREADABLE = {
    "nothing": "",
    "prose": "Change return 2 to return 20, please.\n",
    "no file": "*** Begin Patch\n*** End Patch\n",
    "no hunk": "*** Begin Patch\n*** Update File: f\n*** End Patch\n",
    "context only": "*** Begin Patch\n*** Update File: f\n@@\n a\n*** End Patch\n",
    "context only in a diff": "--- a/f\n+++ b/f\n@@ -1 +1 @@\n a\n",
    "diff without a hunk": "--- a/f\n+++ b/f\n",
    "unknown directive": "*** Begin Patch\n*** Update File: f\n*** Change: x\n@@\n-a\n+b\n*** End Patch\n",
    "added line without a plus": "*** Begin Patch\n*** Add File: f\n+a\nb\n*** End Patch\n",
    "lines under Delete": "*** Begin Patch\n*** Delete File: f\n-a\n*** End Patch\n",
    "binary": "diff --git a/f b/f\nindex 1..2 100644\nBinary files a/f and b/f differ\n",
    "merge": "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@@ -1,1 -1,1 +1,1 @@@\n- a\n++b\n",
}


@pytest.mark.parametrize("patch", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_refused_with_a_sentence(patch: str) -> None:
    with pytest.raises(UnreadablePatch) as caught:
        parse_patch(patch)
    assert str(caught.value)[:1].isupper()


def test_a_hunk_that_changes_nothing_is_refused() -> None:
    outcome = apply("--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n+b\n", "a\nb\n")
    assert reason_of(outcome) in {Reason.NO_CHANGE, Reason.ALREADY_APPLIED}


@dataclass(frozen=True, slots=True)
class Refusing:
    """A file a patch cannot be made in, and why."""

    content: bytes
    reason: Reason


@pytest.mark.parametrize(
    "case", [Refusing(b"\x89PNG\r\n\0\0\0", Reason.NOT_TEXT), Refusing(b"caf\xe9\nx\n", Reason.NOT_ENCODABLE)]
)
def test_files_that_cannot_hold_the_new_text(case: Refusing) -> None:
    assert reason_of(apply("--- a/f\n+++ b/f\n@@ -2 +2 @@\n-x\n+“x”\n", case.content)) is case.reason
