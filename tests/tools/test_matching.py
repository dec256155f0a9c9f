"""Edits as models send them: made to the byte where there is one honest reading, refused with help where not."""

import random
import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from aura.tools.matching import Edited, EditOutcome, EditSpec, Reason, Refused, Tolerance, apply_edits

SOURCE = """\
import os


class Queue:
    def __init__(self, size):
        self.items = []
        self.size = size

    def push(self, item):
        if len(self.items) >= self.size:
            raise OverflowError("queue's full")
        self.items.append(item)

    def pop(self):
        if not self.items:
            return None
        return self.items.pop(0)


def main():
    queue = Queue(3)
    queue.push("a")
    print(queue.pop())
"""

OLD = """\
    def push(self, item):
        if len(self.items) >= self.size:
            raise OverflowError("queue's full")
        self.items.append(item)

    def pop(self):
"""
NEW = """\
    def push(self, item):
        if len(self.items) >= self.size:
            self.items.pop(0)
            self.dropped += 1
        self.items.append(item)

    def pop(self):
"""
RESULT = SOURCE.replace(OLD, NEW)


def edit(content: str | bytes, old: str, new: str, *, replace_all: bool = False) -> EditOutcome:
    data = content if isinstance(content, bytes) else content.encode()
    return apply_edits(data, [EditSpec(old, new, replace_all)])


def made(outcome: EditOutcome) -> Edited:
    assert isinstance(outcome, Edited), outcome
    return outcome


def refused(outcome: EditOutcome) -> Refused:
    assert isinstance(outcome, Refused), outcome
    return outcome


# --- as sent ------------------------------------------------------------------------------------------------


def test_an_exact_edit_tells_what_it_did() -> None:
    outcome = made(edit(SOURCE, OLD, NEW))
    assert outcome.content.decode() == RESULT
    assert (outcome.added, outcome.removed) == (2, 1)
    place = outcome.places[0]
    assert (place.edit, place.first, place.last, place.tolerances) == (0, 11, 12, ())
    assert outcome.diff == (
        "@@ -8,7 +8,8 @@\n \n     def push(self, item):\n         if len(self.items) >= self.size:\n"
        '-            raise OverflowError("queue\'s full")\n'
        "+            self.items.pop(0)\n+            self.dropped += 1\n"
        "         self.items.append(item)\n \n     def pop(self):\n"
    )


@pytest.mark.parametrize(
    ("content", "old", "new", "result"),
    [
        ("recount\n", "count", "turn", "return\n"),  # part of a word, if it is the only place
        ("a\r\nb\r\nc\r\n", "a\nb", "a\nx\nb", "a\r\nx\r\nb\r\nc\r\n"),
        ("a\r\nb\nc\r\nd\n", "b\nc", "b\nnew\nc", "a\r\nb\nnew\nc\r\nd\n"),
        ("a\r\nb\nc\r\nd\n", "a\nb\nc\nd", "a\nb\nC\nd", "a\r\nb\nC\r\nd\n"),
        ("a\rb\rc\r", "a\nb", "a\nx\nb", "a\rx\rb\rc\r"),
        ("a\r\nb\r\n", "b", "b\nc", "a\r\nb\r\nc\r\n"),
        ("a\nb\n", "a\r\nb\r\n", "a\r\nx\r\n", "a\nx\n"),
        ("a\r\nb\r\n", "a\r\nb\r\n", "a\nb\n", "a\nb\n"),  # line endings are what the sender changes
        ("a\nb\nc\n", "a\nb\n", "a\nb\r\nx\r\n", "a\nb\r\nx\r\nc\n"),  # and here shows to know them
        ("a\nlast", "last", "last\nmore", "a\nlast\nmore"),
        ("a\nlast", "last", "last\n", "a\nlast\n"),
        ("a\nlast\n", "last\n", "last", "a\nlast"),
        ("\ufeffa\nb\n", "a\n", "x\na\n", "\ufeffx\na\nb\n"),
        ("\ufeffa\nb\n", "\ufeffa\n", "\ufeffx\n", "\ufeffx\nb\n"),
        ("a\nb\nc\n", "b\n", "", "a\nc\n"),
        ("a\n\n\n", "\n\n\n", "\n", "a\n"),
    ],
)
def test_exact_edits_keep_what_they_do_not_touch(content: str, old: str, new: str, result: str) -> None:
    assert made(edit(content, old, new)).content.decode() == result


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-8-sig", "utf-32"])
def test_every_encoding_is_edited_in_place(encoding: str) -> None:
    text = "Größe = 1\r\nName = «x»\r\n"
    outcome = made(edit(text.encode(encoding), "Größe = 1\n", "Größe = 2\nÖffnung = 3\n"))
    assert outcome.content == "Größe = 2\r\nÖffnung = 3\r\nName = «x»\r\n".encode(encoding)


def test_characters_the_file_cannot_hold_are_refused() -> None:
    outcome = refused(edit("Größe = 1\n".encode("latin-1"), "1", "😀"))
    assert (outcome.reason, "U+1F600" in outcome.sentence) == (Reason.NOT_ENCODABLE, True)


def test_binary_files_are_refused() -> None:
    assert refused(edit(b"a\0\0\0b", "a", "b")).reason is Reason.NOT_TEXT


def test_all_places_on_request() -> None:
    outcome = made(edit("x = a\ny = a\n", "a", "bb", replace_all=True))
    assert outcome.content == b"x = bb\ny = bb\n"
    assert (outcome.added, outcome.removed) == (2, 2)


# --- several edits ------------------------------------------------------------------------------------------


def test_edits_are_made_in_turn_all_or_none() -> None:
    first, second = EditSpec("import os", "import sys"), EditSpec("import sys", "import re")
    assert made(apply_edits(SOURCE.encode(), [first, second])).content.startswith(b"import re\n")
    outcome = refused(apply_edits(SOURCE.encode(), [first, EditSpec("nowhere to be found", "x")]))
    assert (outcome.edit, outcome.reason) == (1, Reason.NOT_FOUND)


def test_an_edit_means_the_text_the_sender_saw() -> None:
    """What an earlier edit of the call wrote is no second place."""
    edits = [EditSpec("a = 1\n", "a = 1\nc = 3\n"), EditSpec("c = 3", "c = 4")]
    assert made(apply_edits(b"a = 1\nb = 2\nc = 3\n", edits)).content == b"a = 1\nc = 3\nb = 2\nc = 4\n"


def test_edits_may_share_lines_they_do_not_change() -> None:
    edits = [EditSpec("a\nb\nc", "a\nB\nc"), EditSpec("b\nc\nd", "b\nc\nD")]
    assert made(apply_edits(b"a\nb\nc\nd\n", edits)).content == b"a\nB\nc\nD\n"


def test_edits_that_change_the_same_line_differently_are_refused() -> None:
    edits = [EditSpec("one\ntwo", "one\n2"), EditSpec("two\nthree", "zwei\nthree")]
    assert refused(apply_edits(b"one\ntwo\nthree\n", edits)).reason is Reason.UNCLEAR


def test_edits_that_undo_each_other_are_refused() -> None:
    edits = [EditSpec("one", "two"), EditSpec("two", "one")]
    assert refused(apply_edits(b"one\n", edits)).reason is Reason.NO_CHANGE


# --- refusals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "old", "new", "reason"),
    [
        (SOURCE, "x", "x", Reason.NO_CHANGE),
        (SOURCE, "", "x", Reason.EMPTY_OLD),
        ("", "x", "y", Reason.NOT_FOUND),
        ("", "", "", Reason.NO_CHANGE),
        (SOURCE, "self.items", "self.list", Reason.AMBIGUOUS),
        ("aaa", "aa", "b", Reason.AMBIGUOUS),  # places may overlap
        ("a\nb\r\na\nb\n", "a\nb", "c", Reason.AMBIGUOUS),  # line endings do not tell places apart
        (SOURCE, "nowhere to be found", "x", Reason.NOT_FOUND),
        (RESULT, OLD, NEW, Reason.ALREADY_APPLIED),
        ("a = 1\nb = 2\n", "a = 1\n", "a = 1\nb = 2\n", Reason.ALREADY_APPLIED),
        (
            SOURCE,
            OLD,
            "    def push(self, item):\n        # ... existing code ...\n\n    def pop(self):\n",
            Reason.ELLIPSIS,
        ),
        (
            SOURCE,
            OLD,
            "    def push(self, item):\n        ...\n        return 1\n\n    def pop(self):\n",
            Reason.ELLIPSIS,
        ),
        (
            SOURCE,
            "print(queue.pop())",
            "try:\n    print(queue.pop())\nfinally:\n    pass",
            Reason.INDENTATION,
        ),
        (SOURCE, "print(queue.pop())\n", "    print(queue.pop(1))\n", Reason.INDENTATION),
        (SOURCE, "import os\n\n\nclass Queue:\n", "import re\n\n\nclass Queue:", Reason.UNCLEAR),
    ],
)
def test_what_is_not_clear_is_refused(content: str, old: str, new: str, reason: Reason) -> None:
    assert refused(edit(content, old, new)).reason is reason


def test_several_places_are_named() -> None:
    outcome = refused(edit("a\nb\na\n", "a", "x"))
    assert "lines 1, 3" in outcome.sentence
    assert [line.number for line in outcome.near] == [1, 3]


def test_the_nearest_lines_show_what_differs() -> None:
    outcome = refused(edit(SOURCE, "        self.items.append(itm)\n", "        pass\n"))
    assert outcome.near[0].number == 12
    assert outcome.near[0].text == "        self.items.append(item)"
    assert "self.items.append(itm)" in outcome.near[0].difference
    assert "12" in str(outcome)


def test_differences_in_blanks_are_made_visible() -> None:
    outcome = refused(edit("if a:\n\tb = 1\nc = 1\nif a:\n\tb = 1\nd = 1\n", "  b = 1\nc = 2\n", "x\n"))
    assert any("→" in line.difference and "·" in line.difference for line in outcome.near)


# --- one tolerant reading -----------------------------------------------------------------------------------


def shifted(text: str, shift: str) -> str:
    return "".join(shift + line if line.strip() else line for line in text.splitlines(keepends=True))


def dedented(text: str) -> str:
    return re.sub(r"(?m)^    ", "", text)


def numbered(text: str, mark: str) -> str:
    return "".join(f"{n:>6}{mark}{line}" for n, line in enumerate(text.splitlines(keepends=True), 9))


def spoil_nothing(text: str) -> str:
    return text


SPOILED: dict[str, tuple[Callable[[str], str], Tolerance | None]] = {
    "indented": (lambda text: shifted(text, "    "), Tolerance.INDENTATION),
    "dedented": (dedented, Tolerance.INDENTATION),
    "with tabs": (lambda text: text.replace("    ", "\t"), Tolerance.INDENTATION),
    "with two blanks a step": (lambda text: text.replace("    ", "  "), Tolerance.INDENTATION),
    "with trailing blanks": (lambda text: re.sub(r"(?m)(?<=\S)$", "  ", text), Tolerance.TRAILING_BLANKS),
    "with smart quotes": (lambda text: text.replace("'", "’").replace('"', "“"), Tolerance.CHARACTERS),
    "with hard blanks": (
        lambda text: text.replace("raise ", "raise\u00a0").replace("def ", "def\u00a0"),
        Tolerance.CHARACTERS,
    ),
    "with line numbers": (lambda text: numbered(text, "\t"), Tolerance.LINE_NUMBERS),
    "with arrows": (lambda text: numbered(text, "→"), Tolerance.LINE_NUMBERS),
    "with bars": (lambda text: numbered(text, " | "), Tolerance.LINE_NUMBERS),
    "in a fence": (lambda text: f"```python\n{text}```\n", Tolerance.FENCE),
    "in one line": (lambda text: text.replace("\n", "\\n"), Tolerance.ESCAPES),
    "with escaped quotes": (lambda text: text.replace('"', '\\"'), Tolerance.ESCAPES),
    "with CRLF": (lambda text: text.replace("\n", "\r\n"), None),
}


@pytest.mark.parametrize("name", SPOILED)
@pytest.mark.parametrize(
    "new", [NEW, "", NEW.replace("    def pop", "    def top(self):\n        return 1\n\n    def pop")]
)
def test_a_blunder_in_both_texts_is_seen_through(name: str, new: str) -> None:
    spoil, tolerance = SPOILED[name]
    outcome = made(edit(SOURCE, spoil(OLD), spoil(new) if new else ""))
    assert outcome.content.decode() == SOURCE.replace(OLD, new)
    assert outcome.places[0].tolerances[:1] == ((tolerance,) if tolerance else ())


@pytest.mark.parametrize("name", SPOILED)
def test_a_blunder_in_the_old_text_alone_is_seen_through(name: str) -> None:
    spoil, _ = SPOILED[name]
    assert made(edit(SOURCE, spoil(OLD), NEW)).content.decode() == RESULT


@pytest.mark.parametrize("name", SPOILED)
@pytest.mark.parametrize("crlf", [False, True])
def test_two_places_are_two_places_however_spoiled(name: str, crlf: bool) -> None:
    spoil, _ = SPOILED[name]
    twice = SOURCE + "\n" + OLD
    outcome = refused(edit(twice.replace("\n", "\r\n") if crlf else twice, spoil(OLD), spoil(NEW)))
    assert outcome.reason is Reason.AMBIGUOUS


def test_untouched_parts_of_a_changed_line_keep_the_files_characters() -> None:
    content = "title: “Old” – naïve\nbody\n"
    outcome = made(edit(content, 'title: "Old" - naïve\nbody\n', 'title: "New" - naïve\nbody\n'))
    assert outcome.content.decode() == "title: “New” – naïve\nbody\n"
    assert outcome.places[0].tolerances == (Tolerance.CHARACTERS,)


def test_unicode_forms_are_kept() -> None:
    content = "cafe\u0301 = 1\nnext\n"
    outcome = made(edit(content, "caf\u00e9 = 1\nnext", "caf\u00e9 = 2\nnext"))
    assert outcome.content.decode() == "cafe\u0301 = 2\nnext\n"


def test_blanks_at_line_ends_stay_where_nothing_changes() -> None:
    content = "one  \ntwo\nthree \nfour\n"
    assert made(edit(content, "one\ntwo\nthree\n", "one\n2\nthree\n")).content == b"one  \n2\nthree \nfour\n"


def test_blank_lines_the_sender_left_out_stay() -> None:
    outcome = made(edit("a = 1\n\nb = 2\nc = 3\nd = 4\n", "a = 1\nb = 2\nc = 3\n", "a = 1\nb = 2\nc = 33\n"))
    assert outcome.content == b"a = 1\n\nb = 2\nc = 33\nd = 4\n"
    assert outcome.places[0].tolerances == (Tolerance.BLANK_LINES,)


@pytest.mark.parametrize(
    "dots", ["...", "# ... existing code ...", "// … rest unchanged", "/* ... */", "        ..."]
)
def test_an_ellipsis_in_both_texts_stands_for_what_is_there(dots: str) -> None:
    old = f"    def push(self, item):\n{dots}\n        self.items.append(item)\n"
    new = f"    def push(self, item, at=0):\n{dots}\n        self.items.insert(at, item)\n"
    outcome = made(edit(SOURCE, old, new))
    expected = SOURCE.replace("push(self, item)", "push(self, item, at=0)")
    assert outcome.content.decode() == expected.replace("append(item)", "insert(at, item)")
    assert outcome.places[0].tolerances == (Tolerance.ELLIPSIS,)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            "    def push(self, item):\n...\n    def pop(self):\n",
            "    def push(self, item):\n        pass\n",
            Reason.ELLIPSIS,
        ),
        (
            "class Queue:\n...\n        return None\n",
            "class Queue:\n    x = 1\n...\n        return 0\n...\n",
            Reason.ELLIPSIS,
        ),
        (
            "class Nothing:\n...\n        return None\n",
            "class Some:\n...\n        return 0\n",
            Reason.NOT_FOUND,
        ),
        ("        if\n...\n        return None\n", "        if 1\n...\n        return 0\n", Reason.NOT_FOUND),
    ],
)
def test_an_ellipsis_that_does_not_correspond_is_refused(old: str, new: str, reason: Reason) -> None:
    assert refused(edit(SOURCE, old, new)).reason is reason


def test_an_ellipsis_whose_end_has_two_places_is_refused() -> None:
    content = "f {\n  a\n}\ng {\n  b\n}\n"
    assert refused(edit(content, "f {\n...\n}\n", "f {\n...\n} // f\n")).reason is Reason.AMBIGUOUS
    assert made(edit(content, "f {\n...\n}\n", "F {\n...\n}\n")).content == b"F {\n  a\n}\ng {\n  b\n}\n"


def test_three_dots_that_are_in_the_file_are_just_that() -> None:
    content = "def f():\n    ...\n\n\ndef g():\n    ...\n"
    outcome = made(edit(content, "def f():\n    ...\n", "def f():\n    return 1\n"))
    assert outcome.content == b"def f():\n    return 1\n\n\ndef g():\n    ...\n"


def test_a_stub_may_replace_a_body() -> None:
    content = "def f():\n    a\n    b\n\n\ndef g():\n    c\n"
    outcome = made(edit(content, "def f():\n    a\n    b\n", "def f():\n    ...\n"))
    assert outcome.content == b"def f():\n    ...\n\n\ndef g():\n    c\n"


def test_stale_context_is_left_as_it_is() -> None:
    old = OLD.replace("def pop(self):", "def take(self):")
    outcome = made(edit(SOURCE, old, NEW.replace("def pop(self):", "def take(self):")))
    assert outcome.content.decode() == RESULT
    assert outcome.places[0].tolerances == (Tolerance.CONTEXT,)


@pytest.mark.parametrize(
    ("find", "put"),
    [
        ('raise OverflowError("queue\'s full")', "raise IndexError"),  # the line that changes
        ("raise OverflowError", "RAISE OverflowError"),
    ],
)
def test_stale_lines_that_change_are_refused(find: str, put: str) -> None:
    outcome = refused(edit(SOURCE, OLD.replace(find, put), NEW))
    assert outcome.reason is Reason.NOT_FOUND
    assert outcome.near


def test_context_from_elsewhere_is_refused() -> None:
    old = 'import os\n\n\n    raise OverflowError("queue\'s full")\ndef main():\n    queue = Queue(3)\n'
    assert isinstance(edit(SOURCE, old, old.replace("OverflowError", "IndexError")), Refused)


def test_new_lines_take_the_files_tabs() -> None:
    content = "func f() {\n\tif a {\n\t\tb()\n\t}\n}\n"
    old = "    if a {\n        b()\n    }\n"
    outcome = made(edit(content, old, "    if a {\n        for {\n            b()\n        }\n    }\n"))
    assert outcome.content == b"func f() {\n\tif a {\n\t\tfor {\n\t\t\tb()\n\t\t}\n\t}\n}\n"


def test_one_level_of_indentation_does_not_tell_the_next() -> None:
    assert (
        refused(edit("\tb()\n\tc()\n", "b()\nc()\n", "b()\nif x {\n  c()\n}\n")).reason is Reason.INDENTATION
    )


def test_what_one_edit_shows_is_feared_in_the_next() -> None:
    """New lines with curly quotes are taken at their word, unless another edit had them by mistake."""
    content = 'a = "1"\nb = 2\nc = 3\nd = 4\n'
    careless, innocent = EditSpec("a = “1”\n", "a = “2”\n"), EditSpec("c = 3\n", "c = 3\ne = “5”\n")
    assert made(apply_edits(content.encode(), [innocent])).content.decode() == content.replace(
        "d =", "e = “5”\nd ="
    )
    assert refused(apply_edits(content.encode(), [careless, innocent])).reason is Reason.UNCLEAR


# --- properties ---------------------------------------------------------------------------------------------

WORDS = [
    "alpha",
    "beta",
    "gamma = 1",
    "delta()",
    "if epsilon:",
    "    zeta",
    "    eta += 1",
    "\ttheta",
    "}",
    "",
]
LINES = st.lists(st.sampled_from(WORDS), max_size=14)
ENDINGS = st.sampled_from(["\n", "\r\n", "\r", "mixed"])


def joined(lines: list[str], ending: str, *, final: bool, seed: int = 0) -> str:
    chance = random.Random(seed)
    text = "".join(line + (chance.choice(["\n", "\r\n"]) if ending == "mixed" else ending) for line in lines)
    return text if final else text.rstrip("\r\n")


def rows(data: bytes) -> list[str]:
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", data.decode())


@given(LINES, LINES, LINES, LINES, ENDINGS, st.booleans())
def test_exact_edits_give_the_new_text_exactly(
    head: list[str], old: list[str], new: list[str], tail: list[str], ending: str, final: bool
) -> None:
    """Random files and changes, sent with enough lines around them; the guards may refuse, never misplace."""
    assume(ending != "mixed")
    before = joined([*head, "first anchor", *old, "last anchor", *tail], ending, final=final)
    after = joined([*head, "first anchor", *new, "last anchor", *tail], ending, final=final)
    sent = ["\n".join(["first anchor", *lines, "last anchor"]) for lines in (old, new)]
    outcome = edit(before, sent[0], sent[1])
    if sent[0] == sent[1]:
        assert refused(outcome).reason is Reason.NO_CHANGE
    else:
        assert made(outcome).content.decode() == after


@given(LINES, LINES, LINES, ENDINGS, st.booleans(), st.integers(0, 9))
def test_lines_outside_the_reported_ones_are_identical(
    file: list[str], old: list[str], new: list[str], ending: str, final: bool, seed: int
) -> None:
    """Whatever is sent, sloppy or not: the file is refused whole, or changed within the named lines only."""
    before = joined(file, ending, final=final, seed=seed).encode()
    outcome = edit(before, "\n".join(old), "\n".join(new))
    if isinstance(outcome, Refused):
        return
    assert outcome.content != before, "a silent no-op"
    was, now = rows(before), rows(outcome.content)
    first, last = outcome.places[0].first, outcome.places[0].last
    assert now[: first - 1] == was[: first - 1]
    behind = len(now) - last
    assert behind >= 0
    assert (now[last:] == was[len(was) - behind :]) or behind == 0
    assert outcome.added - outcome.removed == len(now) - len(was)


@given(
    st.lists(st.sampled_from([word for word in WORDS if word]), min_size=1, max_size=4),
    LINES,
    LINES,
    st.data(),
)
def test_two_equally_good_places_are_always_refused(
    old: list[str], between: list[str], new: list[str], data: st.DataObject
) -> None:
    block = "\n".join(old)
    content = "\n".join(["start", block, *between, "middle", block, "end", ""])
    spoil = data.draw(st.sampled_from([spoil_nothing, *(pair[0] for pair in SPOILED.values())]))
    outcome = edit(content, spoil(block + "\n"), "\n".join([*new, "something new", ""]))
    assert isinstance(outcome, Refused)


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(
    st.text("ab \n.", max_size=30), st.text("ab \n.", min_size=1, max_size=6), st.text("ab \n.", max_size=6)
)
def test_an_exact_place_is_replaced_or_refused_never_another(content: str, old: str, new: str) -> None:
    places = [n for n in range(len(content)) if content.startswith(old, n)]
    assume(len(places) == 1)
    outcome = edit(content, old, new)
    begins_within_indentation = old[0] == " " and not content[: places[0]].rpartition("\n")[2].strip()
    if isinstance(outcome, Edited) and not begins_within_indentation:
        assert outcome.content.decode() == content.replace(old, new)


@given(LINES, st.randoms(use_true_random=False))
def test_the_diff_leads_from_the_old_text_to_the_new(lines: list[str], chance: random.Random) -> None:
    before = ["start", *lines, "middle", *lines, "end"]
    edits = [EditSpec("start", "start\nbegun"), EditSpec("middle\n", ""), EditSpec("end", "over")]
    chance.shuffle(edits)
    outcome = made(apply_edits("\n".join([*before, ""]).encode(), edits))
    assert patched(before, outcome.diff) == outcome.content.decode().split("\n")[:-1]


def patched(lines: list[str], diff: str) -> list[str]:
    """The lines after a diff, read as plainly as can be."""
    result: list[str] = []
    place = 0
    for line in diff.split("\n")[:-1]:
        head = re.match(r"@@ -(\d+),(\d+) ", line)
        if head:
            start = int(head[1]) - (head[2] != "0")
            result += lines[place:start]
            place = start
        elif line[0] in " -":
            assert lines[place] == line[1:]
            result += [line[1:]] * (line[0] == " ")
            place += 1
        else:
            result.append(line[1:])
    return result + lines[place:]
