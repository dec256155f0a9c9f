"""A file's text and the way back to its bytes: encodings, marks, line endings, and what is no text."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.tools.textfile import NotEncodable, NotText, Splice, TextFile

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"))


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        (b"", "utf-8", ""),
        (b"plain\n", "utf-8", "plain\n"),
        ("naïve ☃\r\n".encode(), "utf-8", "naïve ☃\r\n"),
        (codecs.BOM_UTF8 + b"x\n", "utf-8", "x\n"),
        (codecs.BOM_UTF16_LE + "ä\n".encode("utf-16-le"), "utf-16-le", "ä\n"),
        (codecs.BOM_UTF16_BE + "ä\n".encode("utf-16-be"), "utf-16-be", "ä\n"),
        (codecs.BOM_UTF32_LE + "ä\n".encode("utf-32-le"), "utf-32-le", "ä\n"),
        (codecs.BOM_UTF32_BE + "ä\n".encode("utf-32-be"), "utf-32-be", "ä\n"),
        ("int x = 1;\n".encode("utf-16-le"), "utf-16-le", "int x = 1;\n"),
        ("int x = 1;\n".encode("utf-16-be"), "utf-16-be", "int x = 1;\n"),
        ("// © Müller\n".encode("latin-1"), "latin-1", "// © Müller\n"),
        ("“so”\n".encode("cp1252"), "cp1252", "“so”\n"),
        (
            "# -*- coding: cp1251 -*-\n# Привет\n".encode("cp1251"),
            "cp1251",
            "# -*- coding: cp1251 -*-\n# Привет\n",
        ),
        (b"# -*- coding: latin-1 -*-\n", "iso8859-1", "# -*- coding: latin-1 -*-\n"),
        (b'<?xml version="1.0" encoding="windows-1252"?>\n<a/>\n', "cp1252", None),
    ],
)
def test_encodings_are_recognised(data: bytes, encoding: str, text: str | None) -> None:
    file = TextFile.decode(data)
    assert file.encoding == encoding
    assert text is None or file.text == text
    assert file.encode(file.text) == data


def test_stray_bytes_in_utf8_are_carried_through() -> None:
    data = "grüße, naïve\n".encode() + b"broken \xe9 here\n" + "schöne Grüße\n".encode()
    file = TextFile.decode(data)
    assert (file.encoding, file.errors) == ("utf-8", "surrogateescape")
    start = file.text.index("schöne")
    assert file.splice([Splice(start, start + 6, "herzliche")]) == data.replace(
        "schöne".encode(), b"herzliche"
    )


def test_surrogates_in_utf16_are_carried_through() -> None:
    data = codecs.BOM_UTF16_LE + "a\ud800b\n".encode("utf-16-le", "surrogatepass")
    file = TextFile.decode(data)
    assert file.encode(file.text) == data


def test_a_literal_nul_in_a_long_text_is_text() -> None:
    data = b"some line of text\n" * 200 + b"a\0b\n"
    assert TextFile.decode(data).encoding == "utf-8"


@pytest.mark.parametrize(
    ("data", "reason", "word"),
    [
        (b"\x89PNG\r\n\x1a\n", "binary", "PNG"),
        (b"PK\x03\x04...", "binary", "ZIP"),
        (b"%PDF-1.7\n", "binary", "PDF"),
        (b"abc\0def", "binary", "NUL"),
        (b"\x01\x02\x03\x04abc", "binary", "control"),
        (b"\xff\xfea", "undecodable", "UTF-16"),
        (codecs.BOM_UTF32_LE + b"abc", "undecodable", "UTF-32"),
        (b"\x00\x01\xff\xe9\x80", "binary", "NUL"),
        (b"\x01\xe9\x02\xff\x03", "binary", "control"),
    ],
)
def test_what_is_no_text_is_refused_by_name(data: bytes, reason: str, word: str) -> None:
    with pytest.raises(NotText) as caught:
        TextFile.decode(data)
    assert caught.value.reason == reason
    assert word in str(caught.value)


@pytest.mark.parametrize(
    ("data", "character"),
    [("é\n".encode("latin-1"), "😀"), ("é\n".encode("latin-1"), "“"), (b"x", "\ud800")],
)
def test_characters_without_bytes_are_refused(data: bytes, character: str) -> None:
    with pytest.raises(NotEncodable) as caught:
        TextFile.decode(data).encode("a" + character)
    assert caught.value.character == character


@pytest.mark.parametrize(
    ("text", "ending"), [("a\nb\r\nc\r\n", "\r\n"), ("a\rb\r", "\r"), ("a", "\n"), ("a\nb", "\n")]
)
def test_the_newline_is_the_one_most_lines_have(text: str, ending: str) -> None:
    assert TextFile.decode(text.encode()).newline == ending


def test_other_readings_are_those_somebody_may_have_used() -> None:
    file = TextFile.decode("“x” é\n".encode("cp1252"))
    assert {other.encoding for other in file.other_readings()} == {"utf-8", "latin-1"}
    assert TextFile.decode(b"plain").other_readings() == ()


@given(st.binary())
def test_decoding_and_encoding_gives_the_same_bytes(data: bytes) -> None:
    try:
        file = TextFile.decode(data)
    except NotText:
        return
    assert file.encode(file.text) == data


@given(TEXTS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]), st.data())
def test_a_splice_leaves_all_other_bytes_alone(text: str, encoding: str, data: st.DataObject) -> None:
    try:
        file = TextFile.decode(text.encode(encoding))
    except NotText:
        return
    full = file.full
    start = data.draw(st.integers(0, len(full)))
    end = data.draw(st.integers(start, len(full)))
    new = data.draw(TEXTS)
    spliced = file.splice([Splice(start, end, new)])
    head = len(full[:start].encode(file.encoding))
    tail = len(full[end:].encode(file.encoding))
    assert spliced[:head] == file.data[:head]
    assert spliced[len(spliced) - tail :] == file.data[len(file.data) - tail :]
    assert spliced[head : len(spliced) - tail] == new.encode(file.encoding)
