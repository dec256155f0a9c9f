"""What holds for every text and every edit: the bytes that are asked for, or a refusal; never other bytes."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aura.tools.matching import Edited, EditOutcome, EditSpec, Reason, Refused, apply_edits
from aura.tools.patchtext import ChangeKind, apply_change, parse_patch
from aura.tools.textfile import NotText, Splice, TextFile

FEW = settings(max_examples=50)
FORMS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1")
ENDINGS = ("\n", "\r\n", "\r")
WORDS = st.sampled_from(["alpha", "beta", "x = 1", "if a:", "}", "“q”", "ü", "a\tb", "...", "1: z", "\\n"])
LEADS = st.sampled_from(["", "", "    ", "\t", "        "])
TRAILS = st.sampled_from(["", "", "", "  ", "\t"])
LINE = st.one_of(st.tuples(LEADS, WORDS, TRAILS).map("".join), st.just(""))
FRESH = st.sampled_from(["QQ", "QQ WW", "ZZZ(1)", "VV;", "WW"])


@dataclass(frozen=True, slots=True)
class Sample:
    """A text, and how it is kept in bytes."""

    text: str
    form: str

    @property
    def data(self) -> bytes:
        return as_bytes(self.text, self.form)


def as_bytes(text: str, form: str) -> bytes:
    if form == "utf-16-be":
        return b"\xfe\xff" + text.encode(form)
    return text.encode(form)


@st.composite
def samples(draw: st.DrawFn, endings: Sequence[str] = ENDINGS, *, mixed: bool = True) -> Sample:
    """Texts of up to 12 lines; Latin-1 ones have a byte that UTF-8 does not allow there."""
    form = draw(st.sampled_from(FORMS))
    lines = draw(st.lists(LINE, min_size=1, max_size=12))
    if form == "latin-1":
        lines = ["é è", *(line.translate({0x201C: "«", 0x201D: "»"}) for line in lines)]
    one = draw(st.sampled_from(endings))
    breaks = [draw(st.sampled_from(endings)) if mixed else one for _ in lines]
    if draw(st.booleans()):
        breaks[-1] = ""
    return Sample("".join(line + end for line, end in zip(lines, breaks, strict=True)), form)


@st.composite
def cuts(draw: st.DrawFn, text: str) -> tuple[int, int]:
    """The bounds of a part of the text that stands nowhere else (so it is made longer) and splits no CR LF."""
    assume(text)
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    while end < len(text) and (occurrences(text, text[start:end]) > 1 or text[end - 1 : end + 1] == "\r\n"):
        end += 1
    while start and (occurrences(text, text[start:end]) > 1 or text[start - 1 : start + 1] == "\r\n"):
        start -= 1
    return start, end


def occurrences(text: str, wanted: str) -> int:
    return sum(text.startswith(wanted, place) for place in range(len(text)))


def around(text: str, mark: str) -> list[str]:
    """The parts of the mark's line that have it, and begin and end with no blank."""
    line = next(line for line in unified(text).split("\n") if mark in line)
    place = line.index(mark)
    parts = {line[low:high] for low in range(place + 1) for high in range(place + len(mark), len(line) + 1)}
    return sorted(part for part in parts if part == part.strip())


def unified(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def content_of(outcome: EditOutcome) -> bytes:
    assert isinstance(outcome, Edited), str(outcome)
    return outcome.content


@FEW
@given(samples())
def test_a_text_file_gives_its_bytes_back(sample: Sample) -> None:
    file = TextFile.decode(sample.data)
    assert file.text == sample.text
    assert file.encode(file.text) == file.splice(()) == sample.data


@FEW
@given(
    st.one_of(st.binary(max_size=200), st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")))
)
def test_any_bytes_come_back_or_are_no_text(data: bytes) -> None:
    try:
        file = TextFile.decode(data)
    except NotText as refusal:
        reason: str | None = refusal.reason
    else:
        reason = None
        assert file.encode(file.text) == file.splice((Splice(0, 0, ""),)) == data
    assert reason in {None, "binary", "undecodable"}


@FEW
@given(st.data())
def test_a_splice_changes_its_own_bytes_only(data: st.DataObject) -> None:
    sample = data.draw(samples())
    start = data.draw(st.integers(0, len(sample.text)))
    end = data.draw(st.integers(start, len(sample.text)))
    file = TextFile.decode(sample.data)
    lead = len(file.full) - len(file.text)
    wanted = as_bytes(sample.text[:start] + "QQ" + sample.text[end:], sample.form)
    assert file.splice((Splice(start + lead, end + lead, "QQ"),)) == wanted


@FEW
@given(st.data())
def test_a_part_of_a_line_is_replaced_and_nothing_else(data: st.DataObject) -> None:
    sample = data.draw(samples())
    place = data.draw(st.integers(0, len(sample.text)))
    place -= sample.text[max(place - 1, 0) : place + 1] == "\r\n"
    marked = Sample(f"{sample.text[:place]}<here>{sample.text[place:]}", sample.form)
    old = data.draw(st.sampled_from(around(marked.text, "<here>")))
    new = data.draw(FRESH)
    wanted = as_bytes(marked.text.replace(old, new), sample.form)
    assert content_of(apply_edits(marked.data, [EditSpec(old, new)])) == wanted


@FEW
@given(st.data())
def test_any_exact_part_becomes_the_new_text_or_is_refused(data: st.DataObject) -> None:
    """The text is sent with LF, as Read shows it; the file's one kind of ending is put in."""
    sample = data.draw(samples(mixed=False))
    shown = unified(sample.text)
    ending = next((kind for kind in ("\r\n", "\r") if kind in sample.text), "\n")
    start, end = data.draw(cuts(shown))
    new = "\n".join(data.draw(st.lists(st.one_of(LINE, FRESH), max_size=4)))
    assume(sample.form != "latin-1" or new.isascii())
    outcome = apply_edits(sample.data, [EditSpec(shown[start:end], new)])
    after = (shown[:start] + new + shown[end:]).replace("\n", ending)
    if isinstance(outcome, Edited) and not outcome.places[0].tolerances:
        assert outcome.content == as_bytes(after, sample.form) != sample.data


@FEW
@given(st.data())
def test_whole_lines_are_replaced_in_the_endings_of_the_file(data: st.DataObject) -> None:
    ending = data.draw(st.sampled_from(ENDINGS))
    form = data.draw(st.sampled_from(FORMS[:-1]))
    count = data.draw(st.integers(1, 9))
    lines = [f"{data.draw(LEADS)}line {number}{data.draw(TRAILS)}" for number in range(count)]
    low = data.draw(st.integers(0, count - 1))
    high = data.draw(st.integers(low + 1, count))
    new = data.draw(st.lists(st.tuples(LEADS, FRESH).map("".join), min_size=1, max_size=4))
    tail = data.draw(st.sampled_from(["", ending]))
    before = ending.join(lines) + tail
    after = ending.join([*lines[:low], *new, *lines[high:]]) + tail
    spec = EditSpec("\n".join(lines[low:high]), "\n".join(new))
    assume(ending in before and occurrences(unified(before), spec.old) == 1)
    assert content_of(apply_edits(as_bytes(before, form), [spec])) == as_bytes(after, form)


@FEW
@given(st.data())
def test_line_endings_around_an_edit_stay_mixed(data: st.DataObject) -> None:
    sample = data.draw(samples())
    start, end = data.draw(cuts(sample.text))
    old = sample.text[start:end]
    new = "\n".join(data.draw(st.lists(FRESH, min_size=1, max_size=3)))
    outcome = apply_edits(sample.data, [EditSpec(old, new)])
    if isinstance(outcome, Edited) and not outcome.places[0].tolerances:
        text = TextFile.decode(outcome.content).text
        assert unified(text) == unified(sample.text[:start] + new + sample.text[end:])
        rest = len(sample.text) - end
        assert text[:start] == sample.text[:start] and text[len(text) - rest :] == sample.text[end:]


@FEW
@given(samples(), st.booleans())
def test_old_equal_to_new_is_refused(sample: Sample, replace_all: bool) -> None:
    text = sample.text.split("\n")[0] or "x"
    outcome = apply_edits(sample.data, [EditSpec(text, text, replace_all)])
    assert isinstance(outcome, Refused) and outcome.reason is Reason.NO_CHANGE and outcome.edit == 0


@FEW
@given(samples(), FRESH, st.booleans())
def test_a_text_that_is_not_there_is_refused(sample: Sample, new: str, replace_all: bool) -> None:
    outcome = apply_edits(sample.data, [EditSpec("no such words\nanywhere here", new, replace_all)])
    assert isinstance(outcome, Refused) and outcome.reason is Reason.NOT_FOUND
    assert outcome.sentence.endswith(".")


@FEW
@given(st.lists(LINE, max_size=5), st.sampled_from(FORMS[:-1]), st.sampled_from(ENDINGS), st.integers(2, 4))
def test_equal_places_are_refused_unless_all_are_meant(
    between: list[str], form: str, ending: str, count: int
) -> None:
    text = ending.join(["target()", *between] * count) + ending
    outcome = apply_edits(as_bytes(text, form), [EditSpec("target()", "QQ")])
    assert isinstance(outcome, Refused) and outcome.reason is Reason.AMBIGUOUS
    assert [line.text.removeprefix("\ufeff") for line in outcome.near] == ["target()"] * count
    everywhere = content_of(apply_edits(as_bytes(text, form), [EditSpec("target()", "QQ", replace_all=True)]))
    assert everywhere == as_bytes(text.replace("target()", "QQ"), form)


@FEW
@given(st.data())
def test_several_edits_are_all_made_in_any_order(data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 8))
    ending = data.draw(st.sampled_from(ENDINGS))
    form = data.draw(st.sampled_from(FORMS[:-1]))
    lines = [f"{data.draw(LEADS)}<{number}>" for number in range(count)]
    chosen = data.draw(st.lists(st.integers(0, count - 1), min_size=2, unique=True))
    news = {number: data.draw(FRESH) for number in chosen}
    after = [lines[n].replace(f"<{n}>", news[n]) if n in news else lines[n] for n in range(count)]
    edits = [EditSpec(f"<{number}>", news[number]) for number in chosen]
    assert content_of(apply_edits(as_bytes(ending.join(lines), form), edits)) == as_bytes(
        ending.join(after), form
    )


@FEW
@given(st.integers(0, 3), st.integers(1, 4))
def test_one_edit_that_fails_stops_them_all(place: int, count: int) -> None:
    data = "".join(f"<{number}>\n" for number in range(5)).encode()
    edits = [EditSpec(f"<{number}>", "QQ") for number in range(count)]
    edits.insert(place, EditSpec("nowhere at all", "WW"))
    outcome = apply_edits(data, edits)
    assert isinstance(outcome, Refused) and outcome.edit == min(place, count)


@FEW
@given(samples(endings=("\n",)), FRESH)
def test_edits_that_undo_each_other_are_refused(sample: Sample, new: str) -> None:
    word = sample.text.strip().split("\n")[0].strip()
    assume(word and occurrences(sample.text, word) == 1)
    outcome = apply_edits(sample.data, [EditSpec(word, new), EditSpec(new, word)])
    assert isinstance(outcome, Refused)


# --- diffs ---------------------------------------------------------------------------------------------------


def lines_of(text: str) -> list[str]:
    found = text.split("\n")
    return [line + "\n" for line in found[:-1]] + found[-1:] * bool(found[-1])


def make_diff(before: str, after: str, context: int, old: str = "a/f", new: str = "b/f") -> str:
    made = difflib.unified_diff(lines_of(before), lines_of(after), old, new, n=context)
    return "".join(
        line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in made
    )


def make_envelope(before: str, after: str, context: int = 3) -> str:
    hunks = make_diff(before, after, context).split("\n")[2:-1]
    body = ["@@" if line.startswith("@@") else line for line in hunks]
    return "\n".join(["*** Begin Patch", "*** Update File: f", *body, "*** End Patch", ""])


def make_texts(*endings: str) -> st.SearchStrategy[str]:
    return st.builds(
        lambda lines, breaks, tail: "".join(map(str.__add__, lines, breaks)) + tail,
        st.lists(LINE, min_size=1, max_size=14),
        st.lists(st.sampled_from(endings), min_size=14, max_size=14),
        st.sampled_from(["", "tail", "    }"]),
    )


TEXTS = make_texts("\n", "\n", "\n", "\r\n")


@st.composite
def revisions(draw: st.DrawFn) -> tuple[str, str]:
    """Two texts; all lines of the first differ, and new lines are not among them: a diff of them has one reading."""
    lines = [f"{draw(LEADS)}line {number}{draw(TRAILS)}" for number in range(draw(st.integers(1, 16)))]
    after = list[str]()
    for line in lines:
        kind = draw(st.sampled_from(["keep", "keep", "keep", "drop", "change", "insert"]))
        after += {"keep": [line], "drop": [], "change": [f"QQ {line}"], "insert": [f"WW {line}", line]}[kind]
    ends = draw(st.sampled_from([("\n", "\n"), ("\n", ""), ("", "\n"), ("", "")]))
    before, behind = "\n".join(lines) + ends[0], "\n".join(after) + ends[1] * bool(after)
    assume(before != behind)
    return before, behind


@FEW
@given(revisions(), st.integers(1, 3), st.sampled_from(["\n", "\r\n"]), st.sampled_from(FORMS[:-1]))
def test_a_diff_of_distinct_lines_is_applied(
    texts: tuple[str, str], context: int, ending: str, form: str
) -> None:
    before, after = (text.replace("\n", ending) for text in texts)
    assume(ending in before)
    (change,) = parse_patch(make_diff(before, after, context))
    outcome = apply_change(change, as_bytes(before, form))
    assert content_of(outcome) == as_bytes(after, form)


@FEW
@given(revisions(), st.integers(1, 3), st.sampled_from(FORMS[:-1]))
def test_a_diff_sent_with_other_line_endings_is_applied(
    texts: tuple[str, str], context: int, form: str
) -> None:
    """The model saw LF; the file has CR LF."""
    before, after = texts
    assume("\n" in before)
    (change,) = parse_patch(make_diff(before, after, context))
    data = as_bytes(before.replace("\n", "\r\n"), form)
    assert content_of(apply_change(change, data)) == as_bytes(after.replace("\n", "\r\n"), form)


@FEW
@given(TEXTS, TEXTS, st.integers(1, 3))
def test_a_diff_gives_the_other_text_or_a_refusal(before: str, after: str, context: int) -> None:
    assume(before != after)
    (change,) = parse_patch(make_diff(before, after, context))
    outcome = apply_change(change, before.encode())
    assert isinstance(outcome, Refused) or outcome.content == after.encode()


@FEW
@given(st.sampled_from(["\n", "\r\n"]).map(make_texts), st.data())
def test_a_diff_without_context_gives_the_other_text_or_a_refusal(
    texts: st.SearchStrategy[str], data: st.DataObject
) -> None:
    before, after = data.draw(texts), data.draw(texts)
    assume(before != after)
    (change,) = parse_patch(make_diff(before, after, 0))
    outcome = apply_change(change, before.encode())
    assert isinstance(outcome, Refused) or outcome.content == after.encode()


@FEW
@given(revisions(), st.sampled_from(FORMS[:-1]))
def test_an_envelope_of_distinct_lines_is_applied(texts: tuple[str, str], form: str) -> None:
    before, after = texts
    (change,) = parse_patch(make_envelope(before, after))
    assert content_of(apply_change(change, as_bytes(before, form))) == as_bytes(after, form)


@FEW
@given(TEXTS, TEXTS, st.integers(1, 3))
def test_an_envelope_gives_the_other_text_or_a_refusal(before: str, after: str, context: int) -> None:
    assume(before != after)
    (change,) = parse_patch(make_envelope(before, after, context))
    outcome = apply_change(change, before.encode())
    assert isinstance(outcome, Refused) or outcome.content == after.encode()


@FEW
@given(st.integers(0, 9), st.integers(1, 3), st.sampled_from(["change", "insert"]))
def test_an_applied_diff_is_not_applied_again(number: int, context: int, kind: str) -> None:
    lines = [f"line number {place}\n" for place in range(10)]
    new = [f"something new {number}\n"] + [lines[number]] * (kind == "insert")
    before, after = "".join(lines), "".join([*lines[:number], *new, *lines[number + 1 :]])
    for text in (make_diff(before, after, context), make_envelope(before, after, context)):
        (change,) = parse_patch(text)
        outcome = apply_change(change, after.encode())
        assert isinstance(outcome, Refused) and outcome.reason is Reason.ALREADY_APPLIED


@FEW
@given(TEXTS)
def test_files_come_and_go(text: str) -> None:
    assume(text)
    added, deleted = make_diff("", text, 3, "/dev/null", "b/f"), make_diff(text, "", 3, "a/f", "/dev/null")
    (come,), (go,) = parse_patch(added), parse_patch(deleted)
    assert (come.kind, come.path, go.kind, go.path) == (ChangeKind.ADD, "f", ChangeKind.DELETE, "f")
    assert content_of(apply_change(come, None)) == text.encode()
    assert content_of(apply_change(go, text.encode())) == b""
    outcome = apply_change(go, (text + "\nmore of it\n").encode())
    assert isinstance(outcome, Refused)


@FEW
@given(st.lists(st.tuples(revisions(), st.booleans()), min_size=1, max_size=4))
def test_a_diff_of_several_files(texts: list[tuple[tuple[str, str], bool]]) -> None:
    parts = [
        f"diff --git a/f{n} b/f{n}\nindex 1234567..89abcde 100644\n" * with_header
        + make_diff(before, after, 3, f"a/f{n}", f"b/f{n}")
        for n, ((before, after), with_header) in enumerate(texts)
    ]
    changes = parse_patch("".join(parts))
    assert [change.path for change in changes] == [f"f{n}" for n in range(len(texts))]
    for change, ((before, after), _) in zip(changes, texts, strict=True):
        assert content_of(apply_change(change, before.encode())) == after.encode()
