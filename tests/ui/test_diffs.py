"""Diffs as rows."""

from difflib import unified_diff

from hypothesis import given
from hypothesis import strategies as st

from aura.ui.diffs import Row, compare_words, read_diff, split_spans

LINES = st.lists(
    st.sampled_from(["a", "b b", "x = 1", "x = 2", "", "-", "+ y", "@@ z", "--- q", "\\"]), max_size=12
)


def marked(row: Row) -> list[str]:
    return [text for text, changed in split_spans(row) if changed]


def rebuild(rows: tuple[Row, ...], kinds: tuple[str, str]) -> dict[int, str]:
    """Line numbers and texts of one side."""
    return {(row.old if kinds[0] == "removed" else row.new): row.text for row in rows if row.kind in kinds}


@given(LINES, LINES)
def test_both_files_can_be_read_from_the_rows(before: list[str], after: list[str]) -> None:
    diff = "".join(
        f"{line.rstrip(chr(10))}\n" for line in unified_diff(before, after, "a/f", "b/f", lineterm="", n=2)
    )
    rows = read_diff(diff)
    for number, text in rebuild(rows, ("removed", "same")).items():
        assert before[number - 1] == text
    for number, text in rebuild(rows, ("added", "same")).items():
        assert after[number - 1] == text
    assert sum(row.kind == "added" for row in rows) - sum(row.kind == "removed" for row in rows) == len(
        after
    ) - len(before)


@given(st.text(max_size=200))
def test_anything_can_be_read(text: str) -> None:
    for row in read_diff(text):
        assert "\n" not in row.text and "\x1b" not in row.text
        assert "".join(part for part, _ in split_spans(row)) == row.text


def test_the_words_that_differ_are_marked() -> None:
    rows = read_diff(
        "--- a/x\n+++ b/x\n@@ -5 +5 @@\n-    join(timeout=5, block=True)\n+    join(timeout=30, block=True)\n"
    )
    assert [row.kind for row in rows] == ["removed", "added"]
    assert [marked(row) for row in rows] == [["5"], ["30"]]
    assert [row.number for row in rows] == [5, 5]


def test_lines_are_paired_by_likeness() -> None:
    rows = read_diff(
        "@@ -1,2 +1,3 @@\n-first = one\n-second = two\n+new line here\n+first = 1\n+second = 2\n"
    )
    assert [marked(row) for row in rows] == [["one"], ["two"], [], ["1"], ["2"]]


def test_lines_with_little_in_common_are_not_marked() -> None:
    assert compare_words("return None", "raise ValueError(text) from error") == ((), ())
    assert compare_words("same", "same") == ((), ())
    assert compare_words("x" * 500, "y") == ((), ())


def test_a_deeper_indent_is_no_changed_word() -> None:
    assert compare_words("    return self.value", "        return self.value") == ((), ())


def test_gaps_files_and_notes_stand_where_they_belong() -> None:
    two = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n@@ -9 +9 @@\n-c\n+d\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+e\n"
    assert [row.kind for row in read_diff(two)] == [
        "file", "removed", "added", "gap", "removed", "added", "file", "added",
    ]  # fmt: skip
    assert [row.text for row in read_diff(two) if row.kind == "file"] == ["x", "new"]
    cut = "@@ -1,9 +1,9 @@\n-a\n+b\n… [7 more lines]\n"
    assert read_diff(cut)[-1] == Row("note", "… [7 more lines]")
    assert read_diff("@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n")[1].kind == "note"
    assert read_diff("(not text: 12 bytes before, 9 now)\n") == (
        Row("note", "(not text: 12 bytes before, 9 now)"),
    )


def test_a_removed_line_that_looks_like_a_heading_is_one() -> None:
    rows = read_diff("--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,2 @@\n--- old comment\n+++ new comment\n x\n")
    assert [(row.kind, row.text) for row in rows] == [
        ("removed", "-- old comment"), ("added", "++ new comment"), ("same", "x"),
    ]  # fmt: skip


def test_hostile_rows_stay_rows() -> None:
    rows = read_diff("@@ -1 +1 @@\n-a\rb\n+\x1b[2Ja\u202e\tz\n")
    assert [row.text for row in rows] == ["a␊b", "a<U+202E>   z"]
