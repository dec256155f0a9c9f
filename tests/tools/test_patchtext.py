"""Patches as models send them, in both formats: read, put in place and applied to the byte, or refused."""

import difflib
import re
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aura.tools.matching import Edited, EditOutcome, Reason, Refused, Tolerance
from aura.tools.patchtext import ChangeKind, FileChange, UnreadablePatch, apply_change, parse_patch

SOURCE = """\
import os


class Queue:
    def push(self, item):
        if self.full():
            return False
        self.items.append(item)
        return True

    def pop(self):
        if not self.items:
            return None
        return self.items.pop(0)


class Stack:
    def push(self, item):
        if self.full():
            return False
        self.items.append(item)
        return True

    def pop(self):
        return self.items.pop()
"""

BODY = """\
@@
.
     def pop(self):
         if not self.items:
-            return None
+            raise IndexError
         return self.items.pop(0)
.
""".replace(".\n", " \n")
RESULT = SOURCE.replace("return None", "raise IndexError")


def envelope(body: str, path: str = "queue.py") -> str:
    return f"*** Begin Patch\n*** Update File: {path}\n{body}*** End Patch\n"


def unified(body: str, path: str = "queue.py") -> str:
    return f"--- a/{path}\n+++ b/{path}\n{body}"


def only(patch: str) -> FileChange:
    changes = parse_patch(patch)
    assert len(changes) == 1
    return changes[0]


def applied(patch: str, content: str | bytes | None) -> EditOutcome:
    return apply_change(only(patch), content.encode() if isinstance(content, str) else content)


def made(outcome: EditOutcome) -> str:
    assert isinstance(outcome, Edited), outcome
    return outcome.content.decode()


def refused(outcome: EditOutcome) -> Refused:
    assert isinstance(outcome, Refused), outcome
    return outcome


# --- reading ------------------------------------------------------------------------------------------------

WHOLE = """\
*** Begin Patch
*** Add File: docs/new file.md
+# Title
+
+text
*** Delete File: old.py
*** Update File: a.py
*** Move to: b.py
@@ class A:
@@     def f(self):
-        return 1
+        return 2
@@
+last
*** End of File
*** End Patch
"""


def test_the_envelope_is_read() -> None:
    added, deleted, moved = parse_patch(WHOLE)
    assert (added.kind, added.path, added.text) == (ChangeKind.ADD, "docs/new file.md", "# Title\n\ntext\n")
    assert (deleted.kind, deleted.path) == (ChangeKind.DELETE, "old.py")
    assert (moved.kind, moved.path, moved.new_path) == (ChangeKind.UPDATE, "a.py", "b.py")
    assert moved.hunks[0].headers == ("class A:", "def f(self):")
    assert [line.sign + line.text for line in moved.hunks[0].lines] == [
        "-        return 1",
        "+        return 2",
    ]
    assert [hunk.is_at_end for hunk in moved.hunks] == [False, True]


GIT = """\
diff --git a/kept.py b/kept.py
index 1111111..2222222 100644
--- a/kept.py
+++ b/kept.py
@@ -1,2 +1,2 @@ def f():
 a
-b
+B
diff --git a/old name.py b/new name.py
similarity index 100%
rename from old name.py
rename to new name.py
diff --git a/run b/run
old mode 100644
new mode 100755
diff --git a/fresh.py b/fresh.py
new file mode 100755
index 0000000..3333333
--- /dev/null
+++ b/fresh.py
@@ -0,0 +1,2 @@
+one
+two
\\ No newline at end of file
diff --git a/gone.py b/gone.py
deleted file mode 100644
--- a/gone.py
+++ /dev/null
@@ -1 +0,0 @@
-x
diff --git "a/gr\\303\\274n.txt" "b/gr\\303\\274n.txt"
--- "a/gr\\303\\274n.txt"
+++ "b/gr\\303\\274n.txt"
@@ -1 +1 @@
-x
+y
"""


def test_a_git_diff_is_read() -> None:
    kept, moved, mode, fresh, gone, quoted = parse_patch(GIT)
    assert (kept.path, kept.hunks[0].start, kept.hunks[0].headers) == ("kept.py", 1, ("def f():",))
    assert (moved.path, moved.new_path, moved.hunks) == ("old name.py", "new name.py", ())
    assert (mode.path, mode.mode) == ("run", "100755")
    assert (fresh.kind, fresh.text, fresh.mode) == (ChangeKind.ADD, "one\ntwo", "100755")
    assert (gone.kind, gone.path) == (ChangeKind.DELETE, "gone.py")
    assert quoted.path == "grün.txt"


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        ("--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\n", "x.py"),
        ("--- x.py\n+++ x.py\n@@ -1 +1 @@\n-a\n+b\n", "x.py"),
        ("--- x.py.orig\t2024-01-01 10:00:00\n+++ x.py\t2024-01-01 10:00:01\n@@ -1 +1 @@\n-a\n+b\n", "x.py"),
        (
            "Index: x.py\n======\n--- x.py\t(revision 1)\n+++ x.py\t(working copy)\n@@ -1 +1 @@\n-a\n+b\n",
            "x.py",
        ),
        ("*** Begin Patch\n--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\n*** End Patch\n", "x.py"),
        ("Here it is:\n\n```diff\n--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\n```\n\nDone.\n", "x.py"),
        ("*** Update File: x.py\n@@\n-a\n+b\n", "x.py"),
    ],
)
def test_paths_and_wrappings(patch: str, path: str) -> None:
    change = only(patch)
    assert change.path == path
    assert made(apply_change(change, b"a\n")) == "b\n"


@pytest.mark.parametrize(
    ("patch", "word"),
    [
        ("", "no patch"),
        ("just some text\n", "no patch"),
        ("*** Begin Patch\nwhat is this\n*** Update File: x\n@@\n-a\n*** End Patch\n", "Line 2"),
        ("*** Begin Patch\n*** Update File: x\n*** End Patch\n", "no hunk"),
        ("*** Begin Patch\n*** Update File: x\n@@\n same\n*** End Patch\n", "changes nothing"),
        ("*** Begin Patch\n*** Add File: x\n+a\nb\n*** End Patch\n", "lacks its +"),
        ("*** Begin Patch\n*** Delete File: x\n-a\n*** End Patch\n", "takes no lines"),
        ("*** Begin Patch\n*** Add File: x\n+a\n*** Move to: y\n*** End Patch\n", "Move to"),
        ("--- a/x\n+++ b/x\n", "no hunk"),
        ("diff --git a/x b/x\nBinary files a/x and b/x differ\n", "binary"),
        ("--- a/x\n+++ b/x\n@@@ -1 -1 +1 @@@\n", "merge"),
    ],
)
def test_what_is_no_patch_is_refused(patch: str, word: str) -> None:
    with pytest.raises(UnreadablePatch, match=re.escape(word)):
        parse_patch(patch)


# --- applying -----------------------------------------------------------------------------------------------


def signless(body: str) -> str:
    return re.sub(r"(?m)^ (?![-+@\\])", "", body)


WRAPPED = {
    "envelope": envelope(BODY),
    "envelope in a fence": "```\n" + envelope(BODY) + "```\n",
    "envelope in a heredoc": "apply_patch <<'EOF'\n" + envelope(BODY) + "EOF\n",
    "envelope without end": envelope(BODY).replace("*** End Patch\n", ""),
    "heredoc without end": "cat <<EOF | apply_patch\n"
    + envelope(BODY).replace("*** End Patch\n", "")
    + "EOF",
    "envelope in CRLF": envelope(BODY).replace("\n", "\r\n"),
    "envelope with numbers": envelope(BODY.replace("@@", "@@ -10,6 +10,6 @@ class Queue:")),
    "envelope without @@": envelope(BODY.removeprefix("@@\n")),
    "stripped context": envelope(re.sub(r"(?m)^ $", "", BODY)),
    "context without signs": envelope(signless(BODY)),
    "unified": unified(BODY.replace("@@", "@@ -10,6 +10,6 @@ class Queue:")),
    "unified with wrong numbers": unified(BODY.replace("@@", "@@ -3,6 +3,6 @@")),
    "unified with wrong counts": unified(BODY.replace("@@", "@@ -10,4 +10,9 @@")),
    "unified without numbers": unified(BODY.replace("@@", "@@ ... @@")),
    "unified in a mail": "From me\n\n---\n queue.py | 2 +-\n\n" + unified(BODY) + "-- \n2.40.1\n\n",
}


@pytest.mark.parametrize("name", WRAPPED)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("final", [True, False])
def test_one_change_in_many_wrappings(name: str, ending: str, final: bool) -> None:
    content, expected = (
        (text if final else text.rstrip()).replace("\n", ending) for text in (SOURCE, RESULT)
    )
    assert made(applied(WRAPPED[name], content)) == expected


SLOPPY: dict[str, Callable[[str], str]] = {
    "indented": lambda body: re.sub(r"(?m)^([ +-])(?=.)", r"\1  ", body),
    "dedented": lambda body: re.sub(r"(?m)^([ +-])    ", r"\1", body),
    "tabs": lambda body: body[:3] + body[3:].replace("    ", "\t"),
    "trailing blanks": lambda body: re.sub(r"(?m)(?<=\S)$", "  ", body),
    "stale context": lambda body: body.replace("if not self.items", "if not len(self.items)"),
    "less context": lambda body: body.replace(" \n     def pop(self):\n", ""),
}


@pytest.mark.parametrize("name", SLOPPY)
def test_sloppy_hunks_are_seen_through(name: str) -> None:
    assert made(applied(envelope(SLOPPY[name](BODY)), SOURCE)) == RESULT


@pytest.mark.parametrize("name", SLOPPY)
@pytest.mark.parametrize("wrap", [envelope, unified])
def test_two_places_are_refused_however_sloppy(name: str, wrap: Callable[[str], str]) -> None:
    body = SLOPPY[name](BODY) if wrap is envelope else SLOPPY[name](BODY).replace("@@", "@@ ... @@")
    outcome = refused(applied(wrap(body), SOURCE + "\n" + SOURCE))
    assert outcome.reason is Reason.AMBIGUOUS


PUSH = "         if self.full():\n-            return False\n+            raise OverflowError\n"


@pytest.mark.parametrize("name", ["Queue", "Stack"])
@pytest.mark.parametrize(
    "header", ["@@ class {}:\n", "@@ class {}:\n@@     def push(self, item):\n", "@@ class {}\n"]
)
def test_a_header_tells_the_place(name: str, header: str) -> None:
    before, found, behind = SOURCE.partition(f"class {name}:")
    expected = before + found + behind.replace("return False", "raise OverflowError", 1)
    assert made(applied(envelope(header.format(name) + PUSH), SOURCE)) == expected


def test_without_a_header_it_is_refused() -> None:
    outcome = refused(applied(envelope("@@\n" + PUSH), SOURCE))
    assert (outcome.reason, outcome.edit) == (Reason.AMBIGUOUS, 0)
    assert "lines 6, 19" in outcome.sentence


def test_the_order_of_the_hunks_tells_the_place() -> None:
    first = "@@\n     def pop(self):\n         if not self.items:\n-            return None\n+            return 0\n"
    outcome = applied(envelope(first + "@@\n" + PUSH), SOURCE)
    before, found, behind = SOURCE.replace("return None", "return 0").partition("class Stack:")
    assert made(outcome) == before + found + behind.replace("return False", "raise OverflowError")
    assert isinstance(outcome, Edited)
    assert [(place.edit, place.first) for place in outcome.places] == [(0, 13), (1, 20)]


def test_line_numbers_tell_the_place_if_the_other_hunks_bear_them_out() -> None:
    hunk = "@@ -{0},3 +{0},3 @@\n     def push(self, item):\n" + PUSH
    stack = SOURCE[:200] + SOURCE[200:].replace("return False", "raise OverflowError")
    assert made(applied(unified(hunk.format(18)), SOURCE)) == stack
    assert refused(applied(unified(hunk.format(16)), SOURCE)).reason is Reason.AMBIGUOUS
    other = "@@ -1,2 +1,2 @@\n-import os\n+import re\n \n"
    moved = "# two lines\n# more\n"
    assert made(applied(unified(other + hunk.format(18)), moved + SOURCE)) == moved + stack.replace(
        "os", "re", 1
    )
    assert refused(applied(unified(other + hunk.format(20)), moved + SOURCE)).reason is Reason.AMBIGUOUS


def test_hunks_out_of_order_are_applied_where_each_has_one_place() -> None:
    first, second = "@@\n-import os\n+import re\n", "@@\n-            return None\n+            return 0\n"
    assert made(applied(envelope(second + first), SOURCE)) == SOURCE.replace(
        "return None", "return 0"
    ).replace("os", "re")


def test_lines_added_without_context_need_a_place() -> None:
    assert refused(applied(envelope("@@\n+import re\n"), SOURCE)).reason is Reason.AMBIGUOUS
    assert made(applied(envelope("@@\n+# over\n*** End of File\n"), SOURCE)) == SOURCE + "# over\n"
    assert made(applied(envelope("@@\n+# over\n"), "")) == "# over\n"


def test_what_is_there_already_is_said_so() -> None:
    assert refused(applied(envelope(BODY), RESULT)).reason is Reason.ALREADY_APPLIED
    added = envelope("@@\n         return self.items.pop()\n+\n+\n+class Heap:\n+    pass\n")
    once = made(applied(added, SOURCE))
    assert refused(applied(added, once)).reason is Reason.ALREADY_APPLIED


@pytest.mark.parametrize(
    ("content", "body", "result"),
    [
        (
            "a\nb",
            "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+B\n\\ No newline at end of file\n",
            "a\nB",
        ),
        ("a\nb", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n", "a\nb\n"),
        ("a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ No newline at end of file\n", "a\nb"),
        ("a\nb", "@@ -1,2 +1,3 @@\n a\n-b\n\\ No newline at end of file\n+b\n+c\n", "a\nb\nc\n"),
        ("a\r\nb", "@@ -1,2 +1,3 @@\n a\n-b\n\\ No newline at end of file\n+b\n+c\n", "a\r\nb\r\nc\r\n"),
        ("a\nb", "@@ -1,2 +1,2 @@\n-a\n+A\n b\n\\ No newline at end of file\n", "A\nb"),
        (
            "a\nb\nc",
            "@@ -1,3 +1,2 @@\n a\n-b\n-c\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n",
            "a\nb",
        ),
        ("a\nb", "@@\n a\n b\n+c\n", "a\nb\nc"),  # not said: the file stays without
        ("a\nb\n", "@@\n a\n b\n+c\n", "a\nb\nc\n"),
        ("a\nb", "@@\n a\n-b\n", "a"),
        ("\ufeffa\nb\n", "@@\n-a\n+A\n b\n", "\ufeffA\nb\n"),
        ("a\r\nb\nc\r\n", "@@\n a\n-b\n+B\n+x\n c\n", "a\r\nB\nx\nc\r\n"),
    ],
)
def test_line_endings_are_as_git_would_leave_them(content: str, body: str, result: str) -> None:
    assert made(applied(unified(body), content)) == result


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-8-sig"])
def test_every_encoding_is_patched_in_place(encoding: str) -> None:
    content = "Größe = 1\r\nName = «x»\r\n".encode(encoding)
    outcome = applied(envelope("@@\n-Größe = 1\n+Größe = 2\n Name = «x»\n"), content)
    assert isinstance(outcome, Edited)
    assert outcome.content == "Größe = 2\r\nName = «x»\r\n".encode(encoding)
    refusal = refused(applied(envelope("@@\n Größe = 1\n+😀\n"), "Größe = 1\n".encode("latin-1")))
    assert refusal.reason is Reason.NOT_ENCODABLE


def test_files_come_go_and_move() -> None:
    added, deleted, moved = parse_patch(WHOLE)
    assert made(apply_change(added, None)) == "# Title\n\ntext\n"
    assert refused(apply_change(added, b"other")).reason is Reason.EXISTS
    assert refused(apply_change(added, b"# Title\n\ntext\n")).reason is Reason.ALREADY_APPLIED
    assert made(apply_change(deleted, b"x\n")) == ""
    assert refused(apply_change(deleted, None)).reason is Reason.MISSING
    assert refused(apply_change(moved, None)).reason is Reason.MISSING
    _, renamed, _, _, gone, _ = parse_patch(GIT)
    assert made(apply_change(renamed, b"x\n")) == "x\n"
    assert made(apply_change(gone, b"x\n")) == ""
    assert refused(apply_change(gone, b"y\n")).reason is Reason.NOT_FOUND
    assert refused(apply_change(gone, b"x\ny\n")).reason is Reason.NOT_FOUND


def test_all_hunks_or_none() -> None:
    missing = "@@\n-nowhere to be found\n+x\n"
    outcome = refused(applied(envelope(BODY + missing), SOURCE))
    assert (outcome.edit, outcome.reason) == (1, Reason.NOT_FOUND)


def test_what_was_tolerated_is_told() -> None:
    outcome = applied(envelope(SLOPPY["dedented"](BODY)), SOURCE)
    assert isinstance(outcome, Edited)
    assert outcome.places[0].tolerances == (Tolerance.INDENTATION,)


# --- properties ---------------------------------------------------------------------------------------------

WORDS = ["alpha", "beta", "gamma", "  delta", "\tzeta", "-- eta", "++ theta", "}", ""]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=16)


def text_of(lines: list[str], *, final: bool) -> str:
    return "\n".join(lines) + "\n" * (final and bool(lines))


def diffed(old: str, new: str, context: int) -> str:
    """A unified diff as git writes it."""
    rows = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), "a/x", "b/x", n=context
    )
    return "".join(row if row.endswith("\n") else row + "\n\\ No newline at end of file\n" for row in rows)


@given(TEXTS, TEXTS, st.booleans(), st.booleans(), st.sampled_from(["\n", "\r\n"]), st.integers(1, 3))
def test_a_right_diff_gives_the_new_text_exactly(
    old: list[str], new: list[str], was_final: bool, is_final: bool, ending: str, context: int
) -> None:
    before, after = text_of(["first", *old], final=was_final), text_of(["first", *new], final=is_final)
    assume(before != after and (ending == "\n" or "\n" in before))
    outcome = applied(diffed(before, after, context), before.replace("\n", ending))
    assert made(outcome) == after.replace("\n", ending)


@given(TEXTS, TEXTS, st.integers(0, 5))
def test_wrong_numbers_are_seen_through_or_refused(old: list[str], new: list[str], by: int) -> None:
    """Lines unlike each other: there the numbers are not needed."""
    before = text_of([f"{n} {line}" for n, line in enumerate(old)], final=True)
    after = text_of([f"{n} {line}" for n, line in enumerate(new)], final=True)
    assume(old and new and before != after)
    patch = re.sub(r"@@ -(\d+)", lambda found: f"@@ -{int(found[1]) + by}", diffed(before, after, 3))
    assert made(applied(patch, before)) == after


@given(TEXTS, TEXTS)
def test_an_envelope_gives_the_new_text_or_is_refused(old: list[str], new: list[str]) -> None:
    before, after = text_of(["first", *old, "last"], final=True), text_of(["first", *new, "last"], final=True)
    assume(before != after)
    body = "".join(diffed(before, after, 3).splitlines(keepends=True)[2:])
    outcome = applied(envelope(re.sub(r"(?m)^@@ .*", "@@", body)), before)
    if isinstance(outcome, Edited):
        assert outcome.content.decode() == after
    else:
        assert outcome.reason in {Reason.AMBIGUOUS, Reason.ALREADY_APPLIED}


@given(st.text("-+@ \\*ab\n", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for patch in (text, envelope(text), unified(text)):
        try:
            changes = parse_patch(patch)
        except UnreadablePatch:
            continue
        for change in changes:
            outcome = apply_change(change, b"a\nb\nab\n")
            assert isinstance(outcome, Refused) or outcome.content != b"a\nb\nab\n"
