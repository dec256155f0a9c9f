"""Edits as models send them, not quite right: the exact bytes that come out, or why nothing was changed."""

from dataclasses import dataclass

import pytest

from aura.tools.matching import Edited, EditSpec, Reason, Refused, Tolerance, apply_edits

CODE = """\
import os


class Box:
    def open(self, name):
        path = os.path.join("/tmp", name)
        return open(path)

    def close(self):
        self.file.close()
        return None
"""
GO = 'func main() {\n\tx := 1\n\tif x > 0 {\n\t\tfmt.Println("yes")\n\t}\n}\n'


@dataclass(frozen=True, slots=True)
class Case:
    """`wanted` is the file after the edit, or the reason for its refusal."""

    name: str
    before: str | bytes
    old: str
    new: str
    wanted: str | bytes | Reason
    how: tuple[Tolerance, ...] | None = None

    @property
    def data(self) -> bytes:
        return self.before if isinstance(self.before, bytes) else self.before.encode()


def swap(old: str, new: str, text: str = CODE) -> str:
    """The text with a part replaced that stands in it once."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


CLOSE = "    def close(self):\n        self.file.close()\n"
CLOSED = "    def close(self):\n        self.file.flush()\n        self.file.close()\n"
STALE = 'class Box:\n    def open(self, label):\n        path = os.path.join("/tmp", name)\n        return open(path)\n'

EXACT = [
    Case("a word", CODE, '"/tmp"', "TMP", swap('"/tmp"', "TMP")),
    Case("lines", CODE, CLOSE, CLOSED, swap(CLOSE, CLOSED)),
    Case("deletion of lines", CODE, "        return None\n", "", swap("        return None\n", "")),
    Case(
        "deletion of a word",
        CODE,
        ", name)\n        ret",
        ")\n        ret",
        swap(", name)\n        ret", ")\n        ret"),
    ),
    Case("empty file is filled", "", "", "x = 1\n", "x = 1\n"),
    Case("empty file with a mark is filled", b"\xef\xbb\xbf", "", "x = 1\n", b"\xef\xbb\xbfx = 1\n"),
    Case("no final newline stays away", "a\nb", "b", "c", "a\nc"),
    Case("no final newline, lines added", "a\nb", "b", "b\nc", "a\nb\nc"),
    Case("final newline is added on demand", "a\nbee", "bee", "bee\n", "a\nbee\n"),
    Case("final newline is taken on demand", "a\nbee\n", "bee\n", "bee", "a\nbee"),
    Case("CR LF file, LF edit", b"a\r\nb\r\nc\r\n", "a\nb\n", "a\nx\nb\n", b"a\r\nx\r\nb\r\nc\r\n"),
    Case(
        "CR LF file, CR LF edit", b"a\r\nb\r\nc\r\n", "a\r\nb\r\n", "a\r\nx\r\nb\r\n", b"a\r\nx\r\nb\r\nc\r\n"
    ),
    Case("LF file, CR LF edit", b"a\nb\nc\n", "a\r\nb\r\n", "a\r\nx\r\nb\r\n", b"a\nx\nb\nc\n"),
    Case("CR file, LF edit", b"a\rb\rc\r", "a\nb\n", "a\nx\nb\n", b"a\rx\rb\rc\r"),
    Case("mixed endings stay", b"a\r\nb\nc\r\nd\n", "b\nc", "b\nC", b"a\r\nb\nC\r\nd\n"),
    Case("a byte order mark stays", b"\xef\xbb\xbfone\ntwo\n", "one", "1", b"\xef\xbb\xbf1\ntwo\n"),
    Case("UTF-16", "one ä\r\ntwo\r\n".encode("utf-16"), "ä\ntwo", "ö\n2", "one ö\r\n2\r\n".encode("utf-16")),
    Case("Latin-1", b"caf\xe9\ncr\xe8me\n", "crème", "thé", b"caf\xe9\nth\xe9\n"),
    Case(
        "stray bytes stay", "ä ö ü\n".encode() + b"\xff\ntwo\n", "two", "2", "ä ö ü\n".encode() + b"\xff\n2\n"
    ),
    Case("tabs", GO, "\tx := 1\n", "\tx := 2\n", swap("x := 1", "x := 2", GO)),
    Case("a form feed is no line break", "a\x0cb\nc\n", "b", "B", "a\x0cB\nc\n"),
    Case("a line separator is no line break", "a\u2028b\nc\n", "b\nc", "b\nC", "a\u2028b\nC\n"),
    Case(
        "three dots that are code",
        "def f():\n    ...\n",
        "    ...\n",
        "    return 1\n",
        "def f():\n    return 1\n",
    ),
]

TOLERATED = [
    Case(
        "no indentation in either",
        CODE,
        "def close(self):\n    self.file.close()\n    return None\n",
        "def close(self):\n    self.file.flush()\n    self.file.close()\n",
        swap(CLOSE + "        return None\n", CLOSED),
        (Tolerance.INDENTATION,),
    ),
    Case(
        "indented too deep in both",
        CODE,
        "            def close(self):\n                self.file.close()\n",
        "            def close(self):\n                self.file.flush()\n                self.file.close()\n",
        swap(CLOSE, CLOSED),
        (Tolerance.INDENTATION,),
    ),
    Case(
        "blanks for tabs in both",
        GO,
        '    if x > 0 {\n        fmt.Println("yes")\n',
        '    if x > 1 {\n        fmt.Println("no")\n',
        swap('\tif x > 0 {\n\t\tfmt.Println("yes")\n', '\tif x > 1 {\n\t\tfmt.Println("no")\n', GO),
        (Tolerance.INDENTATION,),
    ),
    Case(
        "tabs for blanks in both",
        CODE,
        "\tdef close(self):\n\t\tself.file.close()\n",
        "\tdef close(self):\n\t\tself.file.flush()\n\t\tself.file.close()\n",
        swap(CLOSE, CLOSED),
        (Tolerance.INDENTATION,),
    ),
    Case(
        "trailing blanks sent",
        CODE,
        CLOSE.replace(":\n", ":  \n"),
        CLOSED.replace(":\n", ":  \n"),
        swap(CLOSE, CLOSED),
        (Tolerance.TRAILING_BLANKS,),
    ),
    Case(
        "trailing blanks of the file stay",
        "one  \ntwo\t\nthree\n",
        "one\ntwo\nthree\n",
        "one\ntwo\n3\n",
        "one  \ntwo\t\n3\n",
        (Tolerance.TRAILING_BLANKS,),
    ),
    Case(
        "typographic quotes sent",
        CODE,
        "os.path.join(“/tmp”, name)\n        return open(path)",
        "os.path.join(“/var”, name)\n        return open(path)",
        swap('"/tmp"', '"/var"'),
        (Tolerance.CHARACTERS,),
    ),
    Case(
        "typographic quotes in the file",
        "He said “no” and left.\n",
        'He said "no" and left.',
        'She said "no" and left.',
        "She said “no” and left.\n",
        (Tolerance.CHARACTERS,),
    ),
    Case(
        "a dash in the file",
        "range 1–9 of it\n",
        "range 1-9 of it",
        "range 1-9 of all",
        "range 1–9 of all\n",
        (Tolerance.CHARACTERS,),
    ),
    Case(
        "line numbers as Read shows them",
        CODE,
        "     9\t    def close(self):\n    10\t        self.file.close()\n",
        "     9\t    def close(self):\n    10\t        self.file.shut()\n",
        swap("self.file.close()", "self.file.shut()"),
        (Tolerance.LINE_NUMBERS,),
    ),
    Case(
        "line numbers in the old text only",
        CODE,
        "     9\t    def close(self):\n    10\t        self.file.close()\n",
        CLOSED,
        swap(CLOSE, CLOSED),
        (Tolerance.LINE_NUMBERS,),
    ),
    Case(
        "a fence around both",
        CODE,
        f"```python\n{CLOSE}```",
        f"```python\n{CLOSED}```",
        swap(CLOSE, CLOSED),
        (Tolerance.FENCE,),
    ),
    Case(
        "line breaks written out",
        CODE,
        CLOSE.replace("\n", "\\n"),
        CLOSED.replace("\n", "\\n"),
        swap(CLOSE, CLOSED),
        (Tolerance.ESCAPES,),
    ),
    Case(
        "quotes with backslashes",
        CODE,
        '        path = os.path.join(\\"/tmp\\", name)\n        return open(path)\n',
        '        path = os.path.join(\\"/tmp\\", name)\n        return open(path, \\"rb\\")\n',
        swap("open(path)", 'open(path, "rb")'),
        (Tolerance.ESCAPES,),
    ),
    Case(
        "an ellipsis in both",
        CODE,
        "class Box:\n    def open(self, name):\n        # ... existing code ...\n        return open(path)\n",
        "class Chest:\n    def open(self, name):\n        # ... existing code ...\n        return open(path, 'rb')\n",
        swap("class Box", "class Chest").replace("return open(path)", "return open(path, 'rb')"),
        (Tolerance.ELLIPSIS,),
    ),
    Case(
        "a dropped blank line",
        CODE,
        "        return open(path)\n    def close(self):\n        self.file.close()\n",
        "        return open(path)\n    def close(self):\n        self.file.shut()\n",
        swap("self.file.close()", "self.file.shut()"),
        (Tolerance.BLANK_LINES,),
    ),
    Case(
        "one line of context is stale",
        CODE,
        STALE,
        STALE.replace("open(path)", "open(path, 'rb')"),
        swap("open(path)", "open(path, 'rb')"),
        (Tolerance.CONTEXT,),
    ),
]

TWICE = "def a():\n    go(1)\n    return 1\n\n\ndef b():\n    go(1)\n    return 1\n"
REFUSED = [
    Case("two places", TWICE, "    go(1)\n", "    go(2)\n", Reason.AMBIGUOUS),
    Case("two places, indented otherwise", TWICE, "go(1)\nreturn 1\n", "go(2)\nreturn 1\n", Reason.AMBIGUOUS),
    Case(
        "two places, trailing blanks", TWICE, "    go(1)  \n    return 1\n", "    go(2)\n", Reason.AMBIGUOUS
    ),
    Case("two places that overlap", "ababa\n", "aba", "x", Reason.AMBIGUOUS),
    Case("an empty old text in a file with text", CODE, "", "x = 1\n", Reason.EMPTY_OLD),
    Case("nothing for an empty file", "", "", "", Reason.NO_CHANGE),
    Case("an old text for an empty file", "", "x", "y", Reason.NOT_FOUND),
    Case("old is new", CODE, "import os", "import os", Reason.NO_CHANGE),
    Case("applied already", swap(CLOSE, CLOSED), CLOSE, CLOSED, Reason.ALREADY_APPLIED),
    Case(
        "an addition applied already",
        "a = 1\nbeta = 2\nc\n",
        "a = 1\n",
        "a = 1\nbeta = 2\n",
        Reason.ALREADY_APPLIED,
    ),
    Case(
        "a replacement applied already",
        "alphabet = 20\n",
        "alphabet = 10",
        "alphabet = 20",
        Reason.ALREADY_APPLIED,
    ),
    Case(
        "the changed line is not there",
        CODE,
        "        return open(file)\n",
        "        return 1\n",
        Reason.NOT_FOUND,
    ),
    Case("wrong case", CODE, "CLASS BOX:", "class Chest:", Reason.NOT_FOUND),
    Case(
        "an ellipsis in the new text only",
        CODE,
        CLOSE,
        "    def close(self):\n        # ... rest unchanged ...\n",
        Reason.ELLIPSIS,
    ),
    Case(
        "an ellipsis in the old text only",
        CODE,
        "class Box:\n    ...\n        return open(path)\n",
        "class Box:\n    pass\n",
        Reason.ELLIPSIS,
    ),
    Case(
        "lines behind an indentation",
        CODE,
        "return None",
        "self.done = True\nreturn None",
        Reason.INDENTATION,
    ),
    Case("a line break in the old text only", CODE, CLOSE, CLOSED.rstrip("\n"), Reason.UNCLEAR),
    Case("binary", b"\x89PNG\r\n\x1a\n\0\0\0", "PNG", "GIF", Reason.NOT_TEXT),
    Case("a character the encoding lacks", b"caf\xe9\n", "café", "“café”", Reason.NOT_ENCODABLE),
    Case(
        "context of two places",
        TWICE + "x\n",
        "def c():\n    go(1)\n    return 1\n",
        "def c():\n    go(2)\n    return 1\n",
        Reason.AMBIGUOUS,
    ),
]


@pytest.mark.parametrize("case", EXACT, ids=lambda case: case.name)
def test_what_stands_there_is_replaced(case: Case) -> None:
    outcome = apply_edits(case.data, [EditSpec(case.old, case.new)])
    assert isinstance(outcome, Edited), str(outcome)
    assert outcome.content == (case.wanted.encode() if isinstance(case.wanted, str) else case.wanted)
    assert all(place.tolerances in {(), (Tolerance.LINE_ENDINGS,)} for place in outcome.places)


@pytest.mark.parametrize("case", TOLERATED, ids=lambda case: case.name)
def test_a_sloppy_text_with_one_reading_is_applied(case: Case) -> None:
    outcome = apply_edits(case.data, [EditSpec(case.old, case.new)])
    assert isinstance(outcome, Edited), str(outcome)
    assert outcome.content.decode() == case.wanted
    assert case.how and set(case.how) <= set(outcome.places[0].tolerances)


@pytest.mark.parametrize("case", TOLERATED, ids=lambda case: case.name)
def test_a_sloppy_text_with_two_readings_is_refused(case: Case) -> None:
    """The same edit where the file stands twice."""
    outcome = apply_edits(case.data * 2, [EditSpec(case.old, case.new)])
    assert isinstance(outcome, Refused) and outcome.reason is Reason.AMBIGUOUS, str(outcome)


@pytest.mark.parametrize("case", TOLERATED, ids=lambda case: case.name)
@pytest.mark.parametrize("form", ["crlf", "utf-8-sig", "utf-16"])
def test_a_sloppy_text_keeps_the_form_of_the_file(case: Case, form: str) -> None:
    assert isinstance(case.before, str) and isinstance(case.wanted, str)
    before, wanted = case.before, case.wanted
    if form == "crlf":
        before, wanted, form = before.replace("\n", "\r\n"), wanted.replace("\n", "\r\n"), "utf-8"
    outcome = apply_edits(before.encode(form), [EditSpec(case.old, case.new)])
    assert isinstance(outcome, Edited), str(outcome)
    assert outcome.content == wanted.encode(form)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_what_is_not_clear_is_refused(case: Case) -> None:
    outcome = apply_edits(case.data, [EditSpec(case.old, case.new)])
    assert isinstance(outcome, Refused)
    assert outcome.reason is case.wanted, str(outcome)
    assert outcome.sentence.rstrip().endswith(".")


def test_a_part_of_a_longer_name_is_not_taken_for_another_reading() -> None:
    """`count` stands exactly in `counter`: a text is a text, but it must stand there once."""
    refused = apply_edits(b"count = 1\ncounter = 2\n", [EditSpec("count", "total")])
    assert isinstance(refused, Refused) and refused.reason is Reason.AMBIGUOUS
    assert [line.number for line in refused.near] == [1, 2]
    tolerant = apply_edits(b"    counter = 2  # all\n", [EditSpec("count = 2", "total = 2")])
    assert isinstance(tolerant, Refused) and tolerant.reason is Reason.NOT_FOUND


def test_a_refusal_shows_the_nearest_lines() -> None:
    outcome = apply_edits(CODE.encode(), [EditSpec("    def open(self, nam):\n", "x\n")])
    assert isinstance(outcome, Refused) and outcome.reason is Reason.NOT_FOUND
    assert (5, "    def open(self, name):") in [(line.number, line.text) for line in outcome.near]


def test_no_edits_at_all() -> None:
    outcome = apply_edits(b"x\n", [])
    assert isinstance(outcome, Refused) and outcome.reason is Reason.NO_EDITS


@pytest.mark.parametrize(
    ("edits", "wanted"),
    [
        ([("one", "1"), ("two", "2")], "1\n2\nthree\n"),
        ([("two", "2"), ("one", "1")], "1\n2\nthree\n"),
        ([("one\n", "one\nnew\n"), ("new", "NEW")], "one\nNEW\ntwo\nthree\n"),
        ([("one\n", "two\n"), ("two\nthree", "2\nthree")], "two\n2\nthree\n"),
        ([("one\ntwo\n", "1\ntwo\n"), ("two\nthree\n", "two\n3\n")], "1\ntwo\n3\n"),
    ],
)
def test_later_edits_see_what_earlier_ones_left(edits: list[tuple[str, str]], wanted: str) -> None:
    outcome = apply_edits(b"one\ntwo\nthree\n", [EditSpec(*edit) for edit in edits])
    assert isinstance(outcome, Edited), str(outcome)
    assert outcome.content.decode() == wanted


@pytest.mark.parametrize(
    ("edits", "reason", "number"),
    [
        ([("one", "1"), ("one", "uno")], Reason.UNCLEAR, 1),
        ([("one", "1"), ("four", "4")], Reason.NOT_FOUND, 1),
        ([("", "1"), ("one", "4")], Reason.EMPTY_OLD, 0),
        ([("one", "1"), ("1", "one")], Reason.NO_CHANGE, None),
    ],
)
def test_one_bad_edit_refuses_all(edits: list[tuple[str, str]], reason: Reason, number: int | None) -> None:
    outcome = apply_edits(b"one\ntwo\nthree\n", [EditSpec(*edit) for edit in edits])
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.edit) == (reason, number), str(outcome)


def test_replace_all_takes_every_place_and_keeps_each_ending() -> None:
    outcome = apply_edits(b"a x\r\na y\na z\r", [EditSpec("a", "bb", replace_all=True)])
    assert isinstance(outcome, Edited)
    assert outcome.content == b"bb x\r\nbb y\nbb z\r"
    assert [(place.first, place.last) for place in outcome.places] in ([(1, 3)], [(1, 1), (2, 2), (3, 3)])
