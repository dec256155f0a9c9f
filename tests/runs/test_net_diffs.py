"""The net diff of a file is what a comparison of its first and last text would be, rebuilt from its edits alone."""

import difflib

from hypothesis import given
from hypothesis import strategies as st

from aura.core.evidence import FileChange
from aura.runs.net_diffs import NO_END, NetChange, NetDiffs, read_hunks
from aura.tools._changes import DIFF_CAP, compare

LINES = st.lists(st.sampled_from(["a", "b", "c", "", "-x", "+y", "@@ -1 +1 @@", "\\ z"]), max_size=30)
TEXTS = st.builds(lambda lines, end: "\n".join(lines) + end, LINES, st.sampled_from(["", "\n"]))


def change(path: str, before: str | None, after: str | None) -> FileChange:
    """An edit as the tools record it."""
    diff, added, removed = compare((before or "").encode(), (after or "").encode())
    kind = "created" if before is None else "deleted" if after is None else "modified"
    old = "/dev/null" if before is None else f"a/{path}"
    new = "/dev/null" if after is None else f"b/{path}"
    text = f"--- {old}\n+++ {new}\n{diff}" if diff else ""
    return FileChange(path, kind, added, removed, text, "")  # type: ignore[arg-type]


def tell(*changes: FileChange) -> tuple[NetChange, ...]:
    """What became of the files."""
    net = NetDiffs()
    for one in changes:
        net.add(one)
    return net.tell()


def lines_of(text: str) -> list[str]:
    """The lines of a text; a last one without an end says so."""
    lines = text.split("\n")
    if lines[-1] == "":
        return lines[:-1]
    return [*lines[:-1], lines[-1] + NO_END]


def apply(diff: str, text: str) -> list[str]:
    """The lines of a text after a diff, every line of which has to fit."""
    lines, shift = lines_of(text), 0
    hunks = read_hunks(diff)
    assert hunks is not None
    for hunk in hunks:
        at = hunk.at + shift
        old = [line for sign, line in hunk.rows if sign != "+"]
        new = [line for sign, line in hunk.rows if sign != "-"]
        assert lines[at : at + hunk.length] == old
        lines[at : at + hunk.length] = new
        shift += len(new) - len(old)
    return lines


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=5))
def test_a_net_diff_makes_the_last_text_of_the_first(first: str, later: list[str]) -> None:
    """Whatever the edits were between them, also when they were undone."""
    texts = [first, *later]
    changes = [change("f", one, other) for one, other in zip(texts, later, strict=False)]
    told = tell(*changes)
    if not told:
        assert lines_of(first) == lines_of(later[-1])
        return
    (net,) = told
    assert net.is_whole, net
    assert net.edits == len(changes)
    (diff,) = net.diffs
    assert apply(diff, first) == lines_of(later[-1])
    counted = [line[:1] for line in difflib.ndiff(lines_of(first), lines_of(later[-1]))]
    assert net.added - net.removed == counted.count("+") - counted.count("-")


@given(TEXTS, TEXTS)
def test_a_file_that_came_and_went_again_is_not_told(one: str, other: str) -> None:
    """Nor does it matter what was in it."""
    assert tell(change("f", None, one), change("f", one, other), change("f", other, None)) == ()


@given(TEXTS, TEXTS)
def test_a_file_that_was_deleted_and_written_anew_was_modified(one: str, other: str) -> None:
    """The diff compares the old text with the new one."""
    told = tell(change("f", one, None), change("f", None, other))
    if one == other:
        assert told == ()
    elif told:
        assert told[0].kind == "modified"
        assert apply(told[0].diffs[0], one) == lines_of(other)


def test_only_a_new_file_has_no_past() -> None:
    (net,) = tell(change("f", None, "a\n"), change("f", "a\n", "a\nb\n"))
    assert (net.kind, net.before, net.added, net.removed, net.edits) == ("created", "", 2, 0, 2)
    assert net.diffs == ("--- /dev/null\n+++ b/f\n@@ -0,0 +1,2 @@\n+a\n+b\n",)


def test_edits_far_apart_keep_their_context_and_shift_each_other() -> None:
    before = "".join(f"{number}\n" for number in range(100))
    one = before.replace("10\n", "ten\nten and a half\n", 1)
    other = one.replace("80\n", "eighty\n", 1)
    (net,) = tell(change("f", before, one), change("f", one, other))
    wanted = "".join(difflib.unified_diff(before.splitlines(True), other.splitlines(True), "a/f", "b/f", n=3))
    assert net.diffs == (wanted,)


def test_what_something_else_changed_in_between_is_not_hidden() -> None:
    """The parts stand in order, and the note says why there are several."""
    one, foreign, other = "a\nb\nc\n", "x\ny\nz\n", "x\nY\nz\n"
    (net,) = tell(change("f", "a\nb\n", one), change("f", foreign, other))
    assert not net.is_whole
    assert "something else" in net.note
    assert len(net.diffs) == 2
    assert "+c" in net.diffs[0]
    assert "+Y" in net.diffs[1]
    assert (net.added, net.removed) == (2, 1)


def test_a_diff_that_was_cut_for_the_log_is_shown_as_it_is() -> None:
    from aura.tools._changes import cap_diff

    long = change("f", None, "".join(f"line {number}\n" for number in range(3000)))
    cut = FileChange("f", "created", long.added, 0, cap_diff(long.diff))
    assert len(cut.diff) < DIFF_CAP + 100
    (net,) = tell(cut, change("f", "a\n", "b\n"))
    assert not net.is_whole
    assert "cut" in net.note
    assert (net.added, net.edits) == (3001, 2)
    assert len(net.diffs) == 2


def test_a_renamed_file_keeps_its_past() -> None:
    diff, added, removed = compare(b"a\nb\n", b"a\nc\n")
    moved = FileChange("new", "renamed", added, removed, f"--- a/old\n+++ b/new\n{diff}")
    (net,) = tell(change("old", "a\n", "a\nb\n"), moved)
    assert (net.path, net.before, net.kind) == ("new", "old", "renamed")
    assert apply(net.diffs[0], "a\n") == ["a", "c"]
    (bare,) = tell(FileChange("new", "renamed", 0, 0, "--- a/old\n+++ b/new\n"))
    assert (bare.before, bare.diffs) == ("old", ())


def test_files_that_are_not_text_say_so() -> None:
    (net,) = tell(change("f", "a\x00", "b\x00\x01"))
    assert not net.is_whole
    assert "not text" in net.diffs[0]


@given(st.text(max_size=200))
def test_no_text_is_too_strange_to_be_a_diff(text: str) -> None:
    """Whatever stands in a log, it is told somehow."""
    for kind in ("created", "modified", "deleted", "renamed"):
        tell(FileChange("f", kind, 1, 1, text), FileChange("f", kind, 1, 1, "--- a/f\n+++ b/f\n" + text))


def test_memory_is_bounded() -> None:
    """Past the bounds only lines are counted, and that is said."""
    from aura.runs import net_diffs

    net = NetDiffs()
    for number in range(net_diffs.MOST_FILES + 5):
        net.add(change(f"f{number}", "a\n", "b\n"))
    told = net.tell()
    assert len(told) == net_diffs.MOST_FILES + 5
    assert [one.diffs for one in told[-5:]] == [()] * 5
    assert "too many" in told[-1].note
