"""Pastes: folded, written out again, files and pictures by their paths."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.errors import AuraError
from aura.ui import pastes as module
from aura.ui.dropped import mention, read_paths, shorten_path
from aura.ui.pastes import Pastes, read_picture, tidy

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 20
LONG = "line\n" * 40
BITS = st.sampled_from(
    ["a", "\n", "[paste #1, 11 lines]", "[paste #2, 11 lines]", "[", "]", "b\n" * 11, "c\n" * 11]
)
TEXTS = st.lists(BITS, max_size=12).map("".join)


def test_short_texts_stay_and_long_ones_become_labels() -> None:
    pastes = Pastes()
    assert pastes.fold("x\n" * 10) == "x\n" * 10
    assert pastes.fold("x" * 2_000) == "x" * 2_000
    assert pastes.fold(LONG) == "[paste #1, 40 lines]"
    assert pastes.fold("x" * 2_001) == "[paste #2, 1 line]"
    assert pastes.fold("x\n" * 10 + "y") == "[paste #3, 11 lines]"


def test_the_same_paste_is_found() -> None:
    pastes = Pastes()
    label = pastes.fold(LONG)
    assert pastes.find(LONG) == label
    assert pastes.find("other") == ""


@given(st.lists(st.tuples(TEXTS, st.booleans()), max_size=6))
def test_what_is_sent_is_what_was_written(parts: list[tuple[str, bool]]) -> None:
    """Pasted between typed texts that look like labels: each paste is written out once, and nothing in it."""
    pastes, text, expected = Pastes(), "", ""
    for part, is_pasted in parts:
        inserted = pastes.fold(part, text) if is_pasted else part.replace("[", "")
        text += inserted
        expected += part if is_pasted and inserted != part else inserted
    plain = [label for label in pastes.texts if expected.count(label) or text.count(label) != 1]
    if not plain:
        assert pastes.expand(text) == expected
        assert pastes.expand(pastes.refold(expected)) == expected


def test_labels_within_a_paste_are_not_written_out() -> None:
    pastes = Pastes()
    first = pastes.fold(LONG)
    second = pastes.fold(f"{first}\n" * 20)
    assert pastes.expand(f"{first}{second}") == LONG + f"{first}\n" * 20


def test_a_label_that_stands_there_already_is_not_taken() -> None:
    pastes = Pastes()
    assert pastes.fold(LONG, "I typed [paste #1, 40 lines] myself") == "[paste #2, 40 lines]"


def test_places_and_used_ones() -> None:
    pastes = Pastes()
    label = pastes.fold(LONG)
    pastes.fold("other\n" * 40)
    text = f"a {label} b {label}"
    assert pastes.spans(text) == [(2, 22), (25, 45)]
    assert pastes.labels(text) == [label]
    assert list(pastes.used(text).texts) == [label]
    assert Pastes().spans(text) == []


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("a.png", PNG, "image/png"),
        ("a.jpg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.gif", b"GIF89a", "image/gif"),
        ("a.webp", b"RIFF....WEBP", "image/webp"),
        ("wrong.gif", PNG, "image/png"),
    ],
)
def test_a_picture_is_what_its_bytes_say(tmp_path: Path, name: str, data: bytes, media_type: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    image = read_picture(path).image
    assert image.media_type == media_type
    assert base64.b64decode(image.data) == data


def test_what_is_no_picture_is_refused_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    with pytest.raises(AuraError, match=r"a\.png cannot be read"):
        read_picture(path)
    path.write_text("text")
    with pytest.raises(AuraError, match="not a picture"):
        read_picture(path)
    monkeypatch.setattr(module, "LARGEST_PICTURE", 3)
    with pytest.raises(AuraError, match="larger than 5 MB"):
        read_picture(path)


def test_pictures_have_labels_and_are_sent_in_order(tmp_path: Path) -> None:
    one, two = tmp_path / "one.png", tmp_path / "t[w]o.png"
    one.write_bytes(PNG + b"1")
    two.write_bytes(PNG + b"2")
    pastes = Pastes()
    first, second = (pastes.add_picture(read_picture(path)) for path in (one, two))
    assert (first, second) == ("[image #1 one.png]", "[image #2 two.png]")
    assert pastes.add_picture(read_picture(one)) == first
    images = pastes.images(f"{second} before {first}")
    assert [base64.b64decode(image.data)[-1:] for image in images] == [b"2", b"1"]
    assert pastes.expand(first) == first


@pytest.mark.parametrize(
    ("pasted", "expected"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("a\x07b", "a\u2407b"),
        ("hid\u202eden", "hid<U+202E>den"),
        ("tab\tgr\u00fc\u00df \U0001f600", "tab\tgr\u00fc\u00df \U0001f600"),
    ],
)
def test_a_paste_is_tidied(pasted: str, expected: str) -> None:
    assert tidy(pasted) == expected


# --- dropped files ------------------------------------------------------------------------------------------


@pytest.fixture
def dropped(tmp_path: Path) -> Path:
    (tmp_path / "a b.py").write_text("x")
    (tmp_path / "c'd.py").write_text("x")
    (tmp_path / "plain.py").write_text("x")
    (tmp_path / "folder").mkdir()
    return tmp_path


def test_paths_are_read_as_terminals_paste_them(dropped: Path) -> None:
    spaced, plain = dropped / "a b.py", dropped / "plain.py"
    ways = {
        str(plain): (plain,),
        f"{plain} ": (plain,),
        str(spaced): (spaced,),
        f"'{spaced}'": (spaced,),
        f'"{spaced}"': (spaced,),
        str(spaced).replace(" ", "\\ "): (spaced,),
        f"file://{dropped}/a%20b.py": (spaced,),
        f"file://localhost{plain}": (plain,),
        f"'{spaced}' {plain}": (spaced, plain),
        f"{spaced}\n{plain}\n": (spaced, plain),
        f"'{dropped}/c'\\''d.py'": (dropped / "c'd.py",),
        str(dropped / "folder"): (dropped / "folder",),
    }
    assert {text: read_paths(text) for text in ways} == ways


def test_other_texts_are_no_paths(dropped: Path) -> None:
    plain = dropped / "plain.py"
    for text in (
        "",
        "plain.py",
        f"{plain} is broken",
        f"see {plain}",
        f"{dropped}/gone.py",
        "/",
        "'",
        "file://",
        "//",
    ):
        assert read_paths(text) in ((), (Path("/"),), (Path("//"),)), text
    assert read_paths(f"{plain} is broken") == ()
    assert read_paths(f"file://elsewhere{plain}") == ()


def test_mentions_are_relative_and_quoted(dropped: Path) -> None:
    assert shorten_path(dropped / "plain.py", str(dropped)) == "plain.py"
    assert shorten_path(dropped / "folder", str(dropped)) == "folder/"
    assert shorten_path(dropped / "plain.py", "/elsewhere") == str(dropped / "plain.py")
    assert mention("src/a.py") == "@src/a.py"
    assert mention("a b.py") == '@"a b.py"'
    assert mention('a"b.py') == '@"a\\"b.py"'
